"""What cannot be done on a way out is refused in one sentence with exit code 1, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Ran, Run
from tests.unit.cli.test_commands import a_file, a_line


class Office:
    """Tells the exchange's events to a store, one file each, and looks at what stands."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder, self.sent = run, folder, 0
        self.now = datetime.now(UTC)

    def tell(self, type_: str, data: dict[str, Any], *, days_ago: float = 0, json: bool = False) -> Ran:
        self.sent += 1
        at = (self.now - timedelta(days=days_ago)).isoformat()
        line = a_line(id=f"e-{self.sent}", type=type_, subject="kim", time=at, data=data)
        file = a_file(self.folder / f"{self.sent}.ndjson", line)
        return self.run("ingest", file, *(["--json"] if json else []))

    def placed(self, *more: str) -> str:
        words = ("restrict", "kim", "--reason", "TOS_ABUSE", "--note", "threats in chat", "--as", "jane:analyst")
        restriction = self.run(*words, *more, "--json").json()[0]["placed"][0]["id"]
        assert isinstance(restriction, str)
        return restriction

    def asked(self, *, days_ago: float = 0) -> str:
        """The request for a passport that has expired."""
        outcome = self.tell("document.expired", {"kind": "passport"}, days_ago=days_ago, json=True).json()[0]
        request = outcome["requests"][0]
        assert isinstance(request, str)
        return request

    def appealed(self, restriction: str) -> Ran:
        return self.tell("appeal.filed", {"restriction": restriction, "text": "It was my brother."})

    def stands(self, restriction: str) -> bool:
        return restriction in self.run("statement", "kim", "--json").out


@pytest.fixture
def office(run: Run, tmp_path: Path) -> Office:
    office = Office(run, tmp_path)
    assert office.tell("account.opened", {"residence": "DE"}, days_ago=40).code == 0
    return office


def is_refused(ran: Ran, words: str) -> None:
    """One sentence on stderr, and exit code 1."""
    assert (ran.code, len(ran.err.splitlines())) == (1, 1), ran
    assert "refused: " in ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err + ran.out


def test_a_document_for_an_expired_request(office: Office, run: Run) -> None:
    request = office.asked(days_ago=30)
    assert run("worker", "--once").code == 0
    is_refused(
        office.tell("document.received", {"kind": "passport", "request": request}),
        f"document request `{request}` is expired; ask for a new one",
    )
    assert run("check", "kim", "place_order").out.startswith("place_order: DENY")


def test_a_document_that_was_not_asked_for(office: Office) -> None:
    request = office.asked()
    ran = office.tell("document.received", {"kind": "selfie", "request": request})
    is_refused(ran, f"document request `{request}` asks for passport, not for `selfie`")
    is_refused(
        office.tell("document.received", {"kind": "passport", "request": "dr_none"}), "no document request `dr_none`"
    )


def test_an_appeal_that_waits_already(office: Office) -> None:
    restriction = office.placed()
    assert office.appealed(restriction).code == 0
    is_refused(office.appealed(restriction), "waits for its decision")
    is_refused(office.appealed("rs_none"), "has no restriction `rs_none`")
    assert office.stands(restriction)


@pytest.mark.parametrize("outcome", ["granted", "partly", "refused"])
def test_a_decision_about_an_appeal_by_who_placed_it(office: Office, run: Run, outcome: str) -> None:
    restriction = office.placed("--as", "sue:senior_analyst")
    office.appealed(restriction)
    (case,) = run("case", "list", "--queue", "appeals", "--json").json()
    decide = ("case", "decide", case["id"], "--note", "read again", "--outcome", outcome)
    is_refused(run(*decide, "--as", "sue:senior_analyst"), "had a part in restriction")
    is_refused(run(*decide, "--as", "sue:appeals_officer"), "had a part in restriction")
    is_refused(run(*decide, "--as", "tom:analyst"), "does not decide cases")
    assert office.stands(restriction)
    assert run(*decide, "--as", "alma:appeals_officer").code == 0
    assert office.stands(restriction) is (outcome == "refused")


def test_an_annulment_by_who_placed_it(office: Office, run: Run) -> None:
    restriction = office.placed()
    is_refused(
        run("annul", restriction, "--note", "I was wrong", "--as", "jane:senior_analyst"), "somebody else must decide"
    )
    assert office.stands(restriction)


def test_a_second_signature_by_the_same_person(office: Office, run: Run) -> None:
    ban = office.placed("--kind", "PERM_BAN", "--evidence", "E4")
    is_refused(run("approve", ban, "--note", "I am sure", "--as", "jane:counsel"), "a second person must sign")
    assert run("check", "kim", "login").out == "login: ALLOW\n"


def test_a_victims_hold_is_not_lifted_before_enough_was_shown(office: Office, run: Run) -> None:
    hold = office.placed("--reason", "SCAM_VICTIM")
    lift = ("lift", hold, "--note", "he asked nicely", "--as", "tom:analyst", "--attest", "history")
    is_refused(run(*lift), "strong_challenge, education is not yet")
    office.tell("challenge.passed", {"method": "passkey"})
    is_refused(run(*lift), "education is not yet")
    assert office.stands(hold)


def test_a_takeover_hold_is_lifted_on_a_proof_and_what_a_person_vouches_for(office: Office, run: Run) -> None:
    hold = office.placed("--reason", "ACCOUNT_TAKEOVER", "--kind", "OUTFLOW_HOLD", "--for", "2d")
    lift = ("lift", hold, "--note", "knew every trade of May", "--as", "tom:analyst", "--attest", "history")
    is_refused(run(*lift), "challenge:liveness")
    office.now = datetime.now(UTC)
    office.tell("challenge.passed", {"method": "liveness"})
    assert run(*lift).code == 0
    assert not office.stands(hold)
