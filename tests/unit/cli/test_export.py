"""Files for people: of a case, for a regulator, for the person behind an account."""

import json
import stat
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.test_commands import a_file, a_line


@pytest.fixture
def told(run: Run, tmp_path: Path) -> Path:
    """`wei` is region locked, limited by a person, and lifted again; `ana` is free."""
    lines = [
        a_line(id="e-1", data={"residence": "CN", "name": "Wei Zhang", "score_of_the_sender": 17}),
        a_line(id="e-2", type="login.succeeded", data={"ip": "114.114.114.114", "device": "phone"}),
        a_line(id="e-3", subject="ana", data={"residence": "DE"}),
    ]
    assert run("ingest", a_file(tmp_path / "day.ndjson", *lines)).code == 0
    return tmp_path


def test_a_person_gets_the_own_data(run: Run, told: Path) -> None:
    acted = run("restrict", "wei", "--reason", "TOS_ABUSE", "--note", "SECRET note", "--as", "jane:analyst")
    assert acted.code == 0
    ran = run("export", "subject", "wei", "--out", "wei")
    assert (ran.code, ran.err) == (0, "")
    file = json.loads((told / "wei/subject.json").read_text())
    text = (told / "wei/subject.md").read_text()
    assert file["profile"]["name"] == "Wei Zhang"
    assert [event["event"]["type"] for event in file["events"]] == ["account.opened", "login.succeeded"]
    assert file["events"][1]["said"]["ip"] == "114.114.114.114"
    assert file["events"][1]["place"]["area"] == "CN"
    assert len(file["restrictions"]) == 2
    for hidden in ("SECRET", "jane", "score_of_the_sender"):
        assert hidden not in text
        assert hidden not in json.dumps(file)
    assert stat.S_IMODE((told / "wei/subject.json").stat().st_mode) == 0o600
    assert run("export", "subject", "ana", "--out", "ana").code == 0
    assert json.loads((told / "ana/subject.json").read_text()).keys() == file.keys()


def test_a_folder_with_something_in_it_is_left_alone(run: Run, told: Path) -> None:
    ran = run("export", "subject", "wei", "--out", ".")
    assert (ran.code, ran.err) == (2, "habeas: the folder `.` is not empty; name one that is empty or not there yet\n")
    (told / "taken").write_text("")
    assert run("export", "subject", "wei", "--out", "taken").code == 2
    assert run("export", "subject", "nobody", "--out", "x").code == 2
    assert run("case", "export", "cs_nothing", "--out", "x").code == 2
    assert not (told / "x").exists()


def test_a_regulator_gets_a_sample(run: Run, told: Path) -> None:
    args = ("export", "regulator", "--from", "2026-01-01", "--to", "2026-12-31")
    ran = run(*args, "--out", "q", "--sample", "3", "--seed", "5")
    assert (ran.code, ran.err) == (0, "")
    file = json.loads((told / "q/regulator.json").read_text())
    assert (file["restrictions"], file["accounts"], file["seed"], file["drawn"]) == ("1-4", "1-4", 5, [])
    assert "wei" not in (told / "q/regulator.md").read_text()
    assert run("export", "regulator", "--from", "2026-01", "--to", "2026-12-31", "--out", "r").code == 2
    assert run("export", "regulator", "--from", "2026-01-02", "--to", "2026-01-02", "--out", "r").code == 2


def test_a_case_is_handed_over_whole(run: Run, told: Path) -> None:
    body = {"asset": "ETH", "chain": "ETH", "amount": "1", "usd": "3000", "tx": "0x1"}
    body["from"] = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
    run("ingest", a_file(told / "more.ndjson", a_line(id="e-9", type="deposit.crypto", data=body)))
    [case] = [each for each in run("case", "list", "--json").json() if "listed_wallet" in each["why"]]
    decided = run(
        "case",
        "decide",
        case["id"],
        "--outcome",
        "true_match",
        "--note",
        "same wallet",
        "--as",
        "olga:sanctions_officer",
    )
    assert decided.code == 0
    ran = run("case", "export", case["id"], "--out", "case")
    assert (ran.code, ran.err) == (0, "")
    file = json.loads((told / "case/case.json").read_text())
    text = (told / "case/case.md").read_text()
    assert file["case"]["id"] == case["id"]
    assert [(h["type"], h["by"], h["note"]) for h in file["timeline"]] == [
        ("deposit.crypto", None, None),
        ("habeas.case.decide", "olga:sanctions_officer", "same wallet"),
    ]
    [restriction] = file["restrictions"]
    assert restriction["restriction"]["kind"] == "SANCTIONS_BLOCK"
    assert restriction["reasons"]["what_happened"]
    assert [e["type"] for e in file["evidence"] if e["id"].startswith("event:")] == ["deposit.crypto"]
    for heading in ("## Decisions", "## Timeline", "## Restrictions", "## Evidence", "## Documents requested"):
        assert heading in text
    assert "same wallet" in text
    assert "Wei Zhang" not in text
    assert "KYC" not in text
