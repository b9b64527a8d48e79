"""Work on a case from the command line, and what a person vouches for when lifting."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

TOM = ("--note", "looked into it", "--as", "tom:analyst")


def tell(run: Run, tmp_path: Path, id_: str, type_: str, **data: object) -> None:
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:x",
        "type": type_,
        "subject": "kim",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
    file = tmp_path / "day.ndjson"
    file.write_text(json.dumps(event), encoding="utf-8")
    assert run("ingest", file).code == 0


@pytest.fixture
def case(run: Run, tmp_path: Path) -> str:
    """A case that is about to be worked on: an insult was found."""
    tell(run, tmp_path, "e1", "account.opened", residence="DE")
    tell(run, tmp_path, "e2", "conduct.found", finding="abuse", severity="high", evidence="chat-1")
    (found,) = run("case", "list", "--json").json()
    return str(found["id"])


def test_a_case_is_worked_on_step_by_step(run: Run, case: str) -> None:
    assert "stage new, nobody's yet" in run("case", "show", case).out
    assert "with tom" in run("case", "step", case, "assign", *TOM).out
    assert "with ann" in run("case", "step", case, "assign", "--to", "ann", *TOM).out
    assert "the clock stands still" in run("case", "step", case, "wait", *TOM).out
    assert "waits for the user since" in run("case", "show", case).out
    assert ", due " in run("case", "step", case, "resume", *TOM).out
    assert "JIRA-7 in another system" in run("case", "step", case, "refer", "--ref", "JIRA-7", *TOM).out
    assert "in hardship" in run("case", "step", case, "hardship", *TOM).out
    run("case", "step", case, "note", "--note", "rang the user", "--as", "fay:frontline")
    assert "fay:frontline note on " in run("case", "show", case).out
    (shown,) = run("case", "show", case, "--json").json()
    assert (shown["assignee"], shown["external_ref"], shown["stage"]) == ("ann", "JIRA-7", "working")
    assert len(shown["remarks"]) == 7


def test_a_decided_case_is_opened_again(run: Run, case: str) -> None:
    (shown,) = run("case", "show", case, "--json").json()
    done = [option for task in shown.get("tasks", ()) for option in ("--done", task)]
    assert run("case", "decide", case, "--outcome", "resolved", *done, *TOM).code == 0
    assert ", decided " in run("case", "show", case).out
    assert run("case", "step", case, "note", *TOM).code == 1
    assert run("case", "step", case, "reopen", *TOM).code == 0
    assert run("case", "list", "--json").json()[0]["id"] == case


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("jump",), 2, "STEP `jump` must be one of assign, wait"),
        (("wait", "--to", "ann"), 2, "--to goes with the step assign, not with wait"),
        (("assign", "--ref", "7"), 2, "--ref goes with the step refer, not with assign"),
        (("refer",), 2, "needs --ref"),
        (("resume",), 1, "does not wait for the user"),
    ],
)
def test_a_step_that_cannot_be_taken_is_refused_in_a_sentence(
    run: Run, case: str, options: tuple[str, ...], code: int, says: str
) -> None:
    ran = run("case", "step", case, *options, *TOM)
    assert (ran.code, len(ran.err.splitlines())) == (code, 1)
    assert says in ran.err


def test_an_auditor_takes_no_step_and_a_case_that_is_not_there_has_none(run: Run, case: str) -> None:
    assert (
        "auditor does not work on cases"
        in run("case", "step", case, "note", "--note", "hello", "--as", "a:auditor").err
    )
    assert "there is no case `cs_x` here" in run("case", "step", "cs_x", "note", *TOM).err
    assert "--note must say why" in run("case", "step", case, "note", "--note", " ", "--as", "t:analyst").err


def test_what_a_person_vouches_for_completes_a_way_out_by_points(run: Run, tmp_path: Path) -> None:
    """Row A040: liveness is worth 40 points and the account's history 30; 70 are needed."""
    tell(run, tmp_path, "e1", "account.opened", residence="DE")
    placed = run(
        *(
            "restrict",
            "kim",
            "--reason",
            "ACCOUNT_TAKEOVER",
            "--kind",
            "OUTFLOW_HOLD",
            "--evidence",
            "E3",
            "--for",
            "24h",
        ),
        *("--note", "reported by phone", "--as", "sue:senior_analyst", "--json"),
    )
    (restriction,) = placed.json()[0]["placed"]
    tell(run, tmp_path, "e2", "challenge.passed", method="liveness")
    lift = ("lift", restriction["id"], "--note", "knew the last five trades", "--as", "tom:analyst")
    assert run(*lift).code == 1
    assert "--attest `charm` must be one of history" in run(*lift, "--attest", "charm").err
    done = run(*lift, "--attest", "history")
    assert (done.code, done.err) == (0, "")
