"""Files of older systems: what is read, and what is said of a line that cannot be."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from habeas.domain.errors import BadInputError
from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.service.account_order import by_account
from habeas.service.import_file import AccountRow, StatusRow, Unread, account_rows, status_rows
from habeas.service.import_map import (
    AccountMap,
    Meaning,
    RestrictionMap,
    read_account_map,
    read_restriction_map,
)

POLICY = shipped_playbook().policies[DEFAULT_ENTITY]
COLUMNS = {"account": "id", "status": "state", "since": "since", "until": "until", "note": "note"}


def a_map(**changes: Any) -> RestrictionMap:
    status = {"frozen": {"kind": "FROZEN", "reason": "ACCOUNT_TAKEOVER"}}
    return msgspec.convert({"column": COLUMNS, "status": status} | changes, RestrictionMap)


def an_account_map(**changes: Any) -> AccountMap:
    return msgspec.convert({"column": {"account": "id"}} | changes, AccountMap)


def a_file(tmp_path: Path, content: str | bytes, name: str = "users.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def the_row(tmp_path: Path, cells: str, **changes: Any) -> StatusRow | Unread:
    (row,) = status_rows(a_file(tmp_path, f"id,state,since,until,note\n{cells}\n"), a_map(**changes))
    return row


# --- restrictions ----------------------------------------------------------------------------------------------------


def test_a_row_says_who_since_when_until_when_and_why(tmp_path: Path) -> None:
    assert the_row(tmp_path, 'bob,frozen,2021-03-04,2027-01-01T12:00:00+01:00,"odd, very"') == StatusRow(
        line=2,
        account="bob",  # type: ignore[arg-type]
        status="frozen",
        since=datetime(2021, 3, 4, tzinfo=UTC),
        until=datetime(2027, 1, 1, 11, tzinfo=UTC),
        note="odd, very",
        facts={},
    )


def test_json_lines_say_the_same_as_csv(tmp_path: Path) -> None:
    line = {"id": 17, "state": "frozen", "since": None, "until": "", "note": "x", "else": [1]}
    (row,) = status_rows(a_file(tmp_path, json.dumps(line) + "\n\n"), a_map())
    other = the_row(tmp_path, "17,frozen,NULL,,x")

    assert isinstance(row, StatusRow)
    assert isinstance(other, StatusRow)
    assert msgspec.structs.replace(row, line=2) == other


BAD_ROWS = {
    "no account": (",frozen,,,", "names no account"),
    "a name that is no id": ("bob the builder,frozen,,,", "is no account id"),
    "a status that is a novel": (f"bob,{'x' * 300},,,", "which no status has"),
    "a bad date": ("bob,frozen,04/03/2021,,", "is no date"),
    "a zero date": ("bob,frozen,1970-01-01,,", "outside the years"),
    "a row that is cut": ("bob,froz", "2 columns where the header has 5"),
    "a row with too much": ("bob,frozen,,,,,", "7 columns where the header has 5"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, name: str) -> None:
    cells, why = BAD_ROWS[name]
    row = the_row(tmp_path, cells)

    assert isinstance(row, Unread)
    assert row.line == 2
    assert why in row.why


@pytest.mark.parametrize(
    "content",
    [
        b"id,state,since,until,note\nbob,frozen,,,caf\xe9\namy,frozen,,,x\n",
        b"id,state,since,until,note\nbob,frozen,,,a\x00\nb,\namy,frozen,,,x\n",
        b'{"id": "bob", "state"\n{"id": "amy", "state": "frozen"}\n',
        b'{"id": "bob", "state": "\xe9"}\n{"id": "amy", "state": "frozen"}\n',
    ],
    ids=["csv-no-utf-8", "csv-nul", "json-cut", "json-no-utf-8"],
)
def test_a_broken_line_keeps_no_other_from_being_read(tmp_path: Path, content: bytes) -> None:
    rows = list(status_rows(a_file(tmp_path, content), a_map()))

    assert isinstance(rows[0], Unread | StatusRow)
    assert any(isinstance(row, Unread) for row in rows)
    assert isinstance(rows[-1], StatusRow)
    assert rows[-1].account == "amy"


@pytest.mark.parametrize(("dates", "text"), [("epoch", "1614816000"), ("epoch_ms", "1614816000000")])
def test_dates_are_read_as_the_map_says(tmp_path: Path, dates: str, text: str) -> None:
    row = the_row(tmp_path, f"bob,frozen,{text},,", file={"dates": dates})
    assert isinstance(row, StatusRow)
    assert row.since == datetime(2021, 3, 4, tzinfo=UTC)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    file = a_file(tmp_path, "id,status\nbob,frozen\n")
    with pytest.raises(BadInputError, match="no column `state`; its header has `id`, `status`"):
        list(status_rows(file, a_map()))


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot read"):
        list(status_rows(tmp_path / "nowhere.csv", a_map()))


@pytest.mark.parametrize("run_max", [1, 2, 3, 7, 100])
def test_rows_come_by_account_however_few_are_sorted_at_once(tmp_path: Path, run_max: int) -> None:
    names = ["mia", "bob", "zoe", "amy", "bob", "kim", "amy"]
    lines = "".join(f"{name},frozen,2021-01-0{n + 1},,{n}\n" for n, name in enumerate(names))
    rows = [
        row
        for row in status_rows(a_file(tmp_path, "id,state,since,until,note\n" + lines), a_map())
        if isinstance(row, StatusRow)
    ]

    ordered = list(by_account(iter(rows), StatusRow, run_max))

    assert ordered == sorted(rows, key=lambda row: (row.account, row.line))
    assert [row.note for row in ordered] == ["3", "6", "1", "4", "5", "0", "2"]


# --- accounts --------------------------------------------------------------------------------------------------------


def test_an_account_is_read_with_its_document_and_its_countries_in_codes(tmp_path: Path) -> None:
    map_ = an_account_map(
        column={
            "account": "id",
            "name": "name",
            "birth_date": "born",
            "residence": "land",
            "nationalities": "of",
            "document_number": "pass",
            "document_country": "land",
        },
        always={"document_kind": "passport", "entity": "main"},
        country={"Germany": "DE"},
    )
    file = a_file(tmp_path, "id,name,born,land,of,pass\nbob,Bob Ng,1980-02-29,Germany,FR;CN,X1\namy,,,,,\n")

    bob, amy = account_rows(file, map_)

    assert isinstance(bob, AccountRow)
    assert bob.profile == {
        "entity": "main",
        "name": "Bob Ng",
        "birth_date": "1980-02-29",
        "residence": "DE",
        "nationalities": ["FR", "CN"],
        "document": {"kind": "passport", "number": "X1", "country": "DE"},
    }
    assert isinstance(amy, AccountRow)
    assert amy.profile == {"entity": "main"}


def test_a_document_without_its_country_is_not_guessed(tmp_path: Path) -> None:
    map_ = an_account_map(column={"account": "id", "document_number": "pass"}, always={"document_kind": "passport"})
    (row,) = account_rows(a_file(tmp_path, "id,pass\nbob,X1\n"), map_)
    assert isinstance(row, Unread)


# --- maps ------------------------------------------------------------------------------------------------------------

GOOD = '[column]\naccount = "id"\nstatus = "state"\n[status]\nok = "none"\n'


def test_a_map_says_what_each_status_means() -> None:
    text = GOOD + 'bad = { kind = "PERM_BAN", reason = "MALICIOUS_USER", scope = "holder" }\n'
    read = read_restriction_map(text.encode(), "map.toml", POLICY)
    assert read.status == {
        "ok": "none",
        "bad": Meaning(kind=Kind.PERM_BAN, reason="MALICIOUS_USER", scope=Scope.HOLDER),
    }


BAD_MAPS = {
    "no TOML": ("[column", "is no TOML"),
    "no status": ('[column]\naccount = "id"\nstatus = "s"\n', "`status`"),
    "an unknown kind": (GOOD + 'x = { kind = "JAIL", reason = "TOS_ABUSE" }', "JAIL"),
    "an unknown reason": (GOOD + 'x = { kind = "FROZEN", reason = "WHIM" }', "no reason `WHIM`"),
    "a status that is a word": (GOOD + 'x = "frozen"', "`status"),
    "a limit on one request": (GOOD + 'x = { kind = "IP_BLOCK", reason = "IP_REGION" }', "never stored"),
    "a narrow scope": (GOOD + 'x = { kind = "DEPOSIT_HOLD", reason = "TAINTED_FUNDS", scope = "amount" }', "scope is"),
    "a gag": (GOOD + 'x = { kind = "FROZEN", reason = "TERMS_REVIEW", disclosure = "GAGGED" }', "sealed desk"),
    "an unknown field": (GOOD.replace("account", "accuont"), "accuont"),
}


@pytest.mark.parametrize("name", BAD_MAPS)
def test_a_map_that_cannot_be_used_is_refused_and_says_where(name: str) -> None:
    text, why = BAD_MAPS[name]
    with pytest.raises(BadInputError) as refused:
        read_restriction_map(text.encode(), "map.toml", POLICY)
    assert str(refused.value).startswith("map.toml")
    assert why in str(refused.value)


def test_what_is_always_so_must_be_something_that_accounts_have() -> None:
    with pytest.raises(BadInputError, match="cannot say `shoe_size`"):
        read_account_map(b'[column]\naccount = "id"\n[always]\nshoe_size = "44"\n', "map.toml")
