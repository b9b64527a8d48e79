"""`habeas order ...`: from a letter to its end, as the desk types it."""

import json
from pathlib import Path

import msgspec
import pytest

from tests.desks import AGENCIES, HOW, a_letter
from tests.unit.cli.conftest import Run

LENA, CORA, FINN = ("--as", "lena:le_desk"), ("--as", "cora:counsel"), ("--as", "finn:frontline")
NOTE = ("--note", "as the file says")


@pytest.fixture
def desk(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A sealed store with a registry, and `alice` in the public one."""
    monkeypatch.setenv("HABEAS_SEALED_STORE", f"sqlite:///{tmp_path / 'sealed.db'}")
    (tmp_path / "agencies.toml").write_bytes(AGENCIES)
    opened = {"specversion": "1.0", "id": "1", "source": "x", "type": "account.opened", "subject": "alice"}
    event = opened | {"time": "2026-03-01T00:00:00Z", "data": {"residence": "NO"}}
    (tmp_path / "events.ndjson").write_text(json.dumps(event) + "\n")
    assert run("ingest", tmp_path / "events.ndjson").code == 0
    (proposed,) = run("order", "agency", "load", tmp_path / "agencies.toml", *LENA, "--json").json()
    assert run("order", "agency", "approve", proposed["id"], *CORA).code == 0
    return run


def a_file(folder: Path, **changes: object) -> Path:
    path = folder / "letter.json"
    path.write_bytes(msgspec.json.encode(a_letter(**changes)))  # type: ignore[arg-type]
    return path


def received(desk: Run, folder: Path, **changes: object) -> str:
    (order,) = desk("order", "receive", a_file(folder, **changes), *LENA, "--json").json()
    return str(order["id"])


def executed(desk: Run, folder: Path, **changes: object) -> str:
    order = received(desk, folder, **changes)
    for level, how in HOW.items():
        assert desk("order", "verify", order, "--level", level.name, "--how", how, *LENA).code == 0
    assert desk("order", "accept", order, *NOTE, *LENA).code == 0
    assert desk("order", "accept", order, *NOTE, *CORA).code == 0
    assert desk("order", "scope", order, "--why", "the court says so", *CORA).code == 0
    ran = desk("order", "execute", order, *LENA)
    assert (ran.code, ran.out.split()[1]) == (0, "executed")
    return order


GAG = {"force": "ordered", "until_at": "2099-01-01T00:00:00Z", "instrument": "d1"}


def test_an_order_goes_its_whole_way(desk: Run, tmp_path: Path) -> None:
    order = executed(desk, tmp_path)
    assert desk("check", "alice", "withdraw_crypto", "--json").json()[0]["level"] == "DENY"
    shown = desk("order", "show", order, *LENA).out
    assert all(word in shown for word in ("V4 passed", "alice", "held", "FULL"))
    assert desk("order", "release", order, "--target", "alice", "--cleared", *NOTE, *LENA).code == 0
    assert desk("order", "release", order, "--target", "alice", *NOTE, *CORA).code == 0
    assert desk("order", "withdraw", order, *NOTE, *LENA).code == 0
    assert desk("check", "alice", "login", "--json").json()[0]["level"] == "ALLOW"
    assert desk("order", "list", *LENA).out == "no order\n"
    assert "withdrawn" in desk("order", "list", "--all", *LENA).out
    journal = desk("order", "journal", "--as", "sam:sealed_auditor")
    assert (journal.code, "receive" in journal.out, "applied" in journal.out) == (0, True, True)


@pytest.mark.row("A094")
def test_what_staff_and_users_see_of_a_gagged_order_says_nothing_of_it(desk: Run, tmp_path: Path) -> None:
    order = executed(desk, tmp_path, gag=GAG)
    seen = "".join(
        desk(*command).out
        for command in (
            ("statement", "alice"),
            ("account", "alice"),
            ("account", "alice", "--json"),
            ("notices", "alice"),
            ("case", "list"),
            ("doctor",),
        )
    )
    assert "We limited your account while we review it" in seen
    for secret in (order, "Oslo", "12/26", "lena", "cora", "GAGGED", "legal order about", "sealed"):
        assert secret not in seen, secret


def test_a_refused_letter_says_its_code_and_exits_with_one(desk: Run, tmp_path: Path) -> None:
    ran = desk("order", "receive", a_file(tmp_path, documents=[]), *LENA)
    assert (ran.code, ran.err) == (1, "refused: unsigned: no document is signed\n")
    assert "returned_for_defect" in ran.out


def test_what_is_not_allowed_is_refused_in_one_sentence(desk: Run, tmp_path: Path) -> None:
    order = received(desk, tmp_path)
    for command in (
        ("accept", order, *NOTE),
        ("reject", order, "--code", "forged", *NOTE),
        ("return", order, "--code", "unclear", *NOTE),
        ("execute", order),
        ("list",),
        ("show", order),
        ("journal",),
        ("statistics", "--from", "2026-01-01", "--to", "2027-01-01"),
    ):
        ran = desk("order", *command, *FINN)
        assert (ran.code, ran.err.startswith("refused: "), ran.err.count("\n")) == (1, True, 1), command


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("show", "or_none"), "there is no order `or_none` here"),
        (("verify", "or_none", "--level", "V9", "--how", "x"), "must be one of V0"),
        (("custody", "or_none", "alice", "fly", *NOTE), "is no step"),
        (("scope", "or_none", "--disclosure", "SOME"), "--disclosure"),
        (("statistics", "--from", "spring", "--to", "autumn"), "must be days"),
    ],
)
def test_bad_usage_is_one_sentence_and_exits_with_two(desk: Run, command: tuple[str, ...], said: str) -> None:
    ran = desk("order", *command, *LENA)
    assert ran.code == 2
    assert said in ran.err


def test_no_sealed_store_is_ever_guessed(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HABEAS_SEALED_STORE", raising=False)
    ran = run("order", "list", *LENA)
    assert (ran.code, "no sealed store is named" in ran.err) == (2, True)
    assert run("worker", "--once").code == 0
    assert not list(tmp_path.glob("*sealed*"))


def test_the_worker_sweeps_where_a_sealed_store_is_configured(desk: Run, tmp_path: Path) -> None:
    executed(desk, tmp_path)
    assert "orders" in desk("worker", "--once", "--json").json()[0]
    assert desk("order", "sweep").out == "0 done\n"


def test_in_need_the_glass_is_broken(desk: Run, tmp_path: Path) -> None:
    order = received(desk, tmp_path)
    ran = desk("order", "break-glass", order, "--note", "the court asks", *FINN)
    assert (ran.code, order in ran.out) == (0, True)
    assert "break_glass" in desk("order", "journal", *LENA).out


def test_an_ordinary_review_goes_its_way(desk: Run) -> None:
    placed = desk(
        "order",
        "review",
        "place",
        "alice",
        "--reason",
        "MALICIOUS_USER",
        "--evidence",
        "E4",
        *NOTE,
        "--as",
        "sue:senior_analyst",
        "--json",
    )
    review = placed.json()[0]["id"]
    assert "in_force" in desk("order", "review", "list", "--as", "tom:analyst").out
    more = ("--evidence", "E4", "--evidence-id", "rp-2", *NOTE, "--as", "mia:senior_analyst")
    assert desk("order", "review", "renew", review, *more).code == 0
    assert desk("order", "review", "looked-at", review, *NOTE, "--as", "mia:senior_analyst").code == 0
    assert desk("order", "population", *CORA).code == 0
    assert desk("order", "review", "end", review, *NOTE, "--as", "tom:analyst").code == 0
    assert "ending" in desk("order", "review", "list", "--as", "tom:analyst").out
    refused = desk("restrict", "alice", "--reason", "TERMS_REVIEW", *NOTE, "--as", "sue:senior_analyst")
    assert (refused.code, "placed by its desk" in refused.err) == (1, True)


def test_a_report_goes_its_way(desk: Run) -> None:
    mlro = ("--as", "max:mlro")
    opened = desk("order", "report", "open", "alice", "--type", "police", *NOTE, *mlro, "--json")
    report = opened.json()[0]["id"]
    assert report in desk("order", "report", "list", *mlro).out
    assert json.loads(desk("order", "report", "package", report, *mlro).out)["account"] == "alice"
    assert desk("order", "report", "file", report, "--reference", "P-1", *mlro).code == 0
    assert desk("order", "report", "list", *mlro).out == ""
    assert desk("order", "report", "list", *FINN).code == 1


def test_agencies_are_listed_with_the_number_to_call(desk: Run) -> None:
    assert "+47 22 00 00 00" in desk("order", "agency", "list").out
