"""What happens to an event whose judging failed: it is kept, outflow is held, a person is called; others go on."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.decision import decide as deciding
from habeas.decision.quarantine import quarantine
from habeas.detection.takeover import DETECTOR
from habeas.domain.account import AccountState, encode_state, new_account
from habeas.domain.capability import Level
from habeas.domain.decision import Outcome
from habeas.domain.event import EVENT_TYPES, make_event
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import event_seed
from habeas.domain.kind import Kind
from tests.builders import NOON, a_restriction
from tests.stories import Story, a_settled_state, kinds_of, span, the_policy
from tests.unit.decision.test_decide import DATA

SYSTEM_REVIEW = ("SYSTEM_REVIEW", "OUTFLOW_HOLD", "account")


def fails(*_: object) -> Any:
    raise RuntimeError("division by cucumber")


def quarantined(type_: str, *, state: AccountState | None = None, **data: Any) -> tuple[Story, Outcome]:
    """The story after an event that could not be judged."""
    story = Story(state)
    body = msgspec.json.encode(data or DATA.get(type_, {}))
    event = make_event("ev-bad", "urn:exchange", type_, story.state.account, NOON, body)
    enriched = EnrichedEvent(event, Facts(), event_seed(bytes(16), event.account, event.source, event.id), NOON)
    decision = quarantine(story.state, enriched, the_policy(), "RuntimeError: division by cucumber")
    return story, story.keep(decision).outcome


@pytest.fixture
def a_broken_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(DETECTOR, judge=fails)
    monkeypatch.setattr(deciding, "DETECTORS", (broken,))
    monkeypatch.setattr(deciding, "_LISTENING", dict.fromkeys(broken.events, (broken,)))


@pytest.mark.usefixtures("a_broken_detector")
def test_a_detector_that_fails_fails_the_decision_and_not_quietly() -> None:
    with pytest.raises(RuntimeError, match="cucumber"):
        Story().sim_changed()


@pytest.mark.usefixtures("a_broken_detector")
def test_events_that_the_broken_detector_does_not_judge_go_on() -> None:
    outcome = Story().event("order.placed", market="m", side="buy", usd="1")
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.ALLOW


@pytest.mark.row("A103")
def test_outflow_is_held_for_a_while() -> None:
    story, outcome = quarantined("login.succeeded")
    assert outcome.quarantined
    assert story.standing == [SYSTEM_REVIEW]
    assert story.the(Kind.OUTFLOW_HOLD).ends_at == NOON + span("24h")
    assert story.levels("withdraw_crypto", "withdraw_fiat", "p2p", "transfer_out") == [Level.DENY] * 4


def test_the_hold_ends_by_itself() -> None:
    story, _ = quarantined("login.succeeded")
    assert story.wait("24h").standing == []


def test_a_person_is_called_with_the_event_and_what_went_wrong() -> None:
    story, _ = quarantined("login.succeeded")
    (case,) = story.decisions[-1].cases
    assert (case.queue, str(case.priority), story.pages) == ("operations", "page", 1)
    assert "`ev-bad` could not be judged: RuntimeError: division by cucumber" in case.why


FLOOR_TYPES = ("document.received", "appeal.filed")


@pytest.mark.parametrize("type_", sorted(t for t, k in EVENT_TYPES.items() if k.asks and t not in FLOOR_TYPES))
def test_what_the_event_asked_for_is_denied(type_: str) -> None:
    _, outcome = quarantined(type_)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY
    assert outcome.verdict.statement == "/v1/accounts/acct-1/statement"


@pytest.mark.parametrize("type_", FLOOR_TYPES)
def test_the_floor_is_not_denied_even_then(type_: str) -> None:
    _, outcome = quarantined(type_)
    assert outcome.verdict is not None
    assert outcome.verdict.level <= Level.STEP_UP


def test_an_event_that_asks_for_nothing_gets_no_answer() -> None:
    assert quarantined("credential.leaked")[1].verdict is None


def test_a_change_of_an_api_key_is_answered_as_one() -> None:
    _, outcome = quarantined("credential.changed", what="api_key")
    assert outcome.verdict is not None
    assert outcome.verdict.capability == "api_keys"


def test_nothing_of_the_event_is_remembered_but_that_it_came() -> None:
    state = a_settled_state()
    story, _ = quarantined("login.succeeded", state=state, device="new", session="s-1")
    assert (story.state.devices, story.state.sessions, story.state.anchors) == (state.devices, (), state.anchors)
    assert story.state.decided_at == NOON


def test_a_second_failure_holds_nothing_twice() -> None:
    state = replace(a_settled_state(), restrictions=(a_restriction("rs_1", reason="SYSTEM_REVIEW"),))
    _, outcome = quarantined("login.succeeded", state=state)
    assert outcome.placed == ()


def test_other_restrictions_stay_as_they_are() -> None:
    state = replace(
        a_settled_state(), restrictions=(a_restriction("rs_1", kind=Kind.REGION_LOCK, reason="KYC_REGION"),)
    )
    story, outcome = quarantined("login.succeeded", state=state)
    assert kinds_of(outcome.placed) == [("OUTFLOW_HOLD", "account")]
    assert ("KYC_REGION", "REGION_LOCK", "account") in story.standing


def test_an_account_that_only_failed_so_far_is_known() -> None:
    story, _ = quarantined("login.succeeded", state=new_account(a_settled_state().account))
    assert story.state.watched_since == NOON


def test_a_long_error_does_not_swell_the_state() -> None:
    state = a_settled_state()
    event = make_event("ev-bad", "urn:exchange", "login.succeeded", state.account, NOON, b"{}")
    enriched = EnrichedEvent(event, Facts(), bytes(16), NOON)
    decision = quarantine(state, enriched, the_policy(), "x" * 100_000)
    assert len(encode_state(decision.state)) < 8 * 1024
