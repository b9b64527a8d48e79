"""`habeas screen` and `habeas evaluate names`: what they print, how they refuse, what their exit codes are."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

OWN_LIST = """
list = "EXAMPLE"
source = "this test"
as_of = 2026-01-01

[[entry]]
id = "x-1"
kind = "person"
names = ["KOROLENKO, Grigory"]
births = ["circa 1962"]
nationalities = ["RU"]
"""


def test_a_listed_name_is_shown_with_its_reasons(run: Run) -> None:
    code, out, _ = run("screen", "Vladimir Putin", "--birth-date", "1952", "--country", "ru")
    assert code == 0
    assert "1.000 block_pending_review  PUTIN, Vladimir Vladimirovich" in out
    assert "vladimir ~ vladimir: same" in out
    assert "birth_date: 1952 / 1952-10-07 agrees" in out


def test_the_lists_of_the_store_are_asked_in_the_version_that_is_current(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN_LIST)
    assert run("screen", "Grigory Korolenko", "--json")[1].count('"entry"') == 0
    code, _, err = run("reference", "load", "own.toml", "--as", "olga:sanctions_officer")
    assert (code, err) == (0, "")
    for _ in range(2):  # the second time from the cache
        answer = json.loads(run("screen", "Grigory Korolenko", "--json")[1])
        assert answer["versions"]["EXAMPLE"] == "2026-01-01"
        assert [hit["entry"] for hit in answer["hits"]] == ["x-1"]


def an_event(account: str, type_: str, **data: object) -> dict[str, object]:
    at = "2026-01-02T10:00:00Z"
    return {
        "specversion": "1.0",
        "id": f"{account} {type_} {len(data)}",
        "source": "urn:exchange",
        "type": type_,
        "subject": account,
        "time": at,
        "data": data,
    }


def test_customers_are_screened_again_when_the_list_has_changed(run: Run, tmp_path: Path) -> None:
    people = [
        an_event("grigory", "account.opened", name="G. Korolenko", residence="DE"),
        an_event("grigory", "account.profile_changed", name="Grigori Korolenko"),
        an_event(
            "grigory", "account.profile_changed", birth_date="1962-05-01", nationalities=["RU"], email="g@example"
        ),
        an_event("anna", "account.opened", name="Anna Bergmann", birth_date="1990-01-01", residence="DE"),
        an_event("nameless", "account.opened", residence="DE"),
    ]
    (tmp_path / "people.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in people))
    (tmp_path / "own.toml").write_text(OWN_LIST)
    assert run("ingest", "people.ndjson")[0] == 0
    assert json.loads(run("rescreen", "--json")[1]) == {"named": 2, "reported": 0, "delisted": 0}
    run("reference", "load", "own.toml", "--as", "olga:sanctions_officer")
    assert json.loads(run("rescreen", "--json")[1]) == {"named": 2, "reported": 1, "delisted": 0}
    account = json.loads(run("account", "grigory", "--json")[1])
    assert [case["match"]["entry"] for case in account["cases"]] == ["x-1"]
    # The birth date came later than the name, and both are compared.
    assert [each["kind"] for each in account["restrictions"]] == ["SANCTIONS_BLOCK"]
    assert json.loads(run("rescreen", "--json")[1]) == {"named": 2, "reported": 0, "delisted": 0}


def test_with_the_version_before_only_those_are_screened_whom_the_change_can_be_about(run: Run, tmp_path: Path) -> None:
    people = [
        an_event(name.partition(" ")[0], "account.opened", name=name) for name in ("Grigory Korolenko", "Anna Bergmann")
    ]
    (tmp_path / "people.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in people))
    before = OWN_LIST.replace("KOROLENKO, Grigory", "SOMEBODY, Else").replace("2026-01-01", "2025-12-31")
    for text in (before, OWN_LIST):
        (tmp_path / "own.toml").write_text(text)
        run("reference", "load", "own.toml", "--as", "olga:sanctions_officer")
        run("ingest", "people.ndjson")
    assert json.loads(run("rescreen", "--since", "sanctions.EXAMPLE@2025-12-31", "--json")[1]) == {
        "named": 1,
        "reported": 1,
        "delisted": 0,
    }
    assert json.loads(run("rescreen", "--since", "own.toml", "--json")[1])["named"] == 0
    code, _, err = run("rescreen", "--since", "sanctions.EXAMPLE@2024")
    assert (code, "no version that is stored" in err) == (2, True)


def test_a_change_of_a_profile_is_compared_with_all_that_the_account_has_said(run: Run, tmp_path: Path) -> None:
    people = [
        an_event("grigory", "account.opened", name="Grigory Korolenko"),
        an_event("grigory", "account.profile_changed", birth_date="1962-05-01"),
        an_event("grigory", "account.profile_changed", email="g@example.org", phone="1"),
    ]
    (tmp_path / "people.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in people))
    (tmp_path / "own.toml").write_text(OWN_LIST)
    run("reference", "load", "own.toml", "--as", "olga:sanctions_officer")
    outcomes = [json.loads(line) for line in run("ingest", "people.ndjson", "--json")[1].splitlines()]
    assert [[signal["typology"] for signal in each["signals"]] for each in outcomes] == [
        ["similar_name"],
        ["listed_name"],
        [],
    ]


def test_a_true_match_whose_entry_is_gone_is_looked_at_again_and_ends_by_people_only(run: Run, tmp_path: Path) -> None:
    her = an_event("g", "account.opened", name="Grigory Korolenko", birth_date="1962-05-01", residence="DE")
    (tmp_path / "her.ndjson").write_text(json.dumps(her))
    (tmp_path / "own.toml").write_text(OWN_LIST)
    (tmp_path / "later.toml").write_text(OWN_LIST.replace("2026-01-01", "2026-02-01").replace("x-1", "x-2"))

    def account() -> dict[str, list[dict[str, object]]]:
        answer: dict[str, list[dict[str, object]]] = json.loads(run("account", "g", "--json")[1])
        return answer

    run("reference", "load", "own.toml", "--as", "olga:sanctions_officer")
    run("ingest", "her.ndjson")
    (case,) = account()["cases"]
    for who in ("olga:sanctions_officer", "ravi:senior_analyst"):
        decided = ("case", "decide", str(case["id"]), "--outcome", "true_match", "--as", who, "--note", "same passport")
        assert run(*decided)[0] == 0
    assert json.loads(run("rescreen", "--json")[1])["delisted"] == 0
    assert run("reference", "load", "later.toml", "--as", "olga:sanctions_officer")[0] == 0
    assert json.loads(run("rescreen", "--json")[1])["delisted"] == 1
    assert json.loads(run("rescreen", "--json")[1])["delisted"] == 0
    entries = [each["match"]["entry"] for each in account()["cases"] if "outcome" not in each]  # type: ignore[index]
    assert sorted(entries) == ["x-1", "x-2"]
    standing = [each["kind"] for each in account()["restrictions"] if "ended_at" not in each and "status" not in each]
    assert standing == ["SANCTIONS_BLOCK"]


def test_json_has_the_fixed_names(run: Run) -> None:
    code, out, _ = run("screen", "Vladimir Putin", "--json")
    answer = json.loads(out)
    assert code == 0
    assert set(answer) == {"name", "versions", "hits"}
    assert {"list", "entry", "name", "score", "band", "explanation"} <= set(answer["hits"][0])


def test_nobody_is_an_answer_too(run: Run) -> None:
    code, out, _ = run("screen", "Jane Doe", "--json")
    assert code == 0
    assert json.loads(out)["hits"] == []


def test_a_file_is_looked_at_and_its_index_kept(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN_LIST)
    for _ in range(2):
        code, out, _ = run("screen", "Григорий Короленко", "--birth-date", "1963-05", "--list", "own.toml", "--json")
        (hit,) = json.loads(out)["hits"]
        assert (code, hit["entry"], hit["band"]) == (0, "x-1", "block_pending_review")
    assert len(list((tmp_path / "cache").rglob("names-*.index"))) == 1


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("",), "has no letter and no digit, so it is no name"),
        (("?!...",), "has no letter and no digit, so it is no name"),
        (("x" * 10_000,), "a name of 10000 characters is too long"),
        (("Ann", "--birth-date", "circa 1962"), "`circa 1962` is no date of birth; write a year, a month or a day"),
        (("Ann", "--birth-date", "1962-13"), "`1962-13` is no date of birth"),
        (("Ann", "--birth-date", "1962-02-30"), "`1962-02-30` is no date of birth"),
        (("Ann", "--birth-date", "1962-00"), "`1962-00` is no date of birth"),
        (("Ann", "--birth-date", "9999"), "is in the future"),
        (("Ann", "--country", "Russia"), "`RUSSIA` is no country code"),
        (("Ann", "--list", "none.csv"), "cannot read `none.csv`"),
        (("Ann", "--list", "."), "cannot read `.`"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(run: Run, args: tuple[str, ...], sentence: str) -> None:
    code, out, err = run("screen", *args)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.startswith("habeas: ")
    assert len(err.splitlines()) == 1


def test_a_file_that_is_no_list_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><html></html>")
    code, _, err = run("screen", "Ann", "--list", "page.html")
    assert code == 2
    assert "is a web page and no list" in err


def test_an_evaluation_prints_a_table_and_writes_its_files(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("evaluate", "names", "--queries", "40", "--seed", "2", "--out", "figures")
    assert code == 0
    assert "| **recall, all kinds** |" in out
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["names.json", "names.md", "names.svg"]


def test_an_evaluation_can_be_read_by_machines(run: Run) -> None:
    code, out, _ = run("evaluate", "names", "--queries", "20", "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["recall"]["of"] == 20


def test_an_oracle_that_is_not_there_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from habeas.evaluation import oracle

    monkeypatch.setattr(oracle, "installed", lambda: False)
    code, _, err = run("evaluate", "names", "--oracle", "10")
    assert code == 2
    assert "nomenklatura is not there to be asked" in err
