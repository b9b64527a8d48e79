"""Timers: what happens when a restriction's end or recheck has come. Effects end by time, not by the timer."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.capability import Level
from habeas.domain.case import CaseStatus
from habeas.domain.decision import Timer
from habeas.domain.ids import RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import AtEnd, Condition, Ending, Restriction, Scope, Status
from tests.builders import HOUR, NOON, a_restriction
from tests.stories import ANALYST, Story, a_settled_state, kinds_of, span


def a_story_of(*restrictions: Restriction) -> Story:
    return Story(replace(a_settled_state(), restrictions=restrictions))


def due(generation: int = 0, *, after: str = "24h") -> Timer:
    return Timer(RestrictionId("rs_1"), generation, NOON + span(after))


def test_a_restriction_expires_when_its_timer_fires() -> None:
    story = a_story_of(a_restriction("rs_1"))
    outcome = story.timer(due())
    assert [(brief.id, brief.status) for brief in outcome.lifted] == [("rs_1", Status.EXPIRED)]
    assert story.state.restrictions == ()


def test_a_timer_that_fires_late_ends_it_when_it_was_due() -> None:
    story = a_story_of(a_restriction("rs_1"))
    story.timer(due(), at=NOON + span("30h"))
    assert story.restrictions[RestrictionId("rs_1")].ended_at == NOON + span("24h")


def test_a_timer_of_an_earlier_generation_does_nothing() -> None:
    story = a_story_of(a_restriction("rs_1", generation=1, ends_at=NOON + span("48h")))
    outcome = story.timer(due(0))
    assert (outcome.lifted, story.decisions[-1].messages) == ((), ())
    assert story.state.in_force(NOON + span("30h")) != ()


def test_a_timer_of_a_restriction_that_ended_does_nothing() -> None:
    assert a_story_of().timer(due()).lifted == ()


def test_a_prolonged_restriction_gets_a_timer_of_its_own() -> None:
    story = Story(a_settled_state(home="CN"))
    story.travel("CN", "US", "IN")
    first = story.timers[story.the(Kind.TEMP_RISK).id]
    story.login("RU", "30m")
    second = story.timers[first.about]
    assert (first.generation, second.generation) == (0, 1)
    assert second.due_at == story.now + span("24h")
    assert story.timer(first, at=first.due_at).lifted == ()


def test_every_placed_restriction_has_a_timer() -> None:
    story = Story()
    story.sim_changed()
    story.event("account.profile_changed", residence="CN")
    assert set(story.timers) == {r.id for r in story.state.restrictions}


# --- rechecks


def a_lock(**changes: Any) -> Restriction:
    condition = Condition(until="you have shown where you live", recheck_at=NOON + span("24h"), owner="region")
    values = {"kind": Kind.REGION_LOCK, "reason": "KYC_REGION", "ends_at": None, "condition": condition}
    return a_restriction("rs_1", **(values | changes))


def test_a_recheck_opens_a_case_for_its_owner_and_changes_nothing_for_the_user() -> None:
    story = a_story_of(a_lock())
    story.timer(due())
    (case,) = story.decisions[-1].cases
    assert (case.queue, case.reason, case.restrictions) == ("region", "KYC_REGION", ("rs_1",))
    assert story.level("place_order", at=NOON + span("48h")) is Level.DENY


def test_a_recheck_sets_the_next_one() -> None:
    story = a_story_of(a_lock())
    story.timer(due())
    (timer,) = (timer for timer in story.decisions[-1].timers if timer.about == "rs_1")
    assert (timer.generation, timer.due_at) == (1, NOON + span("24h") + span("365d"))


def test_a_recheck_of_a_reason_that_the_playbook_no_longer_has_comes_again_after_the_general_interval() -> None:
    story = a_story_of(a_lock(reason="OLD_REASON"))
    story.timer(due())
    (timer,) = (timer for timer in story.decisions[-1].timers if timer.about == "rs_1")
    assert timer.due_at == NOON + span("24h") + span("30d")


# --- endings


def falls_back(**changes: Any) -> Restriction:
    at_end = AtEnd(ending=Ending.FALL_BACK, kind=Kind.STEP_UP, lasts_for=span("72h"))
    return a_restriction("rs_1", **({"kind": Kind.OUTFLOW_HOLD, "at_end": at_end} | changes))


def test_a_fall_back_becomes_a_restriction_of_its_own() -> None:
    story = a_story_of(falls_back())
    outcome = story.timer(due())
    assert kinds_of(outcome.placed) == [("STEP_UP", "account")]
    (milder,) = story.state.restrictions
    assert (milder.starts_at, milder.ends_at) == (NOON + span("24h"), NOON + span("96h"))
    assert milder.reason == "ACCOUNT_TAKEOVER"


def test_a_fall_back_whose_timer_comes_late_still_counts_from_the_end() -> None:
    story = a_story_of(falls_back())
    story.timer(due(), at=NOON + span("40h"))
    (milder,) = story.state.restrictions
    assert (milder.starts_at, milder.ends_at) == (NOON + span("24h"), NOON + span("96h"))


def test_a_fall_back_ends_by_itself() -> None:
    story = a_story_of(falls_back())
    story.timer(due())
    story.wait("96h")
    assert story.state.restrictions == ()


@pytest.mark.parametrize("known_for", ["1h", "80h", "200h"])
@pytest.mark.parametrize("later", ["25h", "60h", "95h", "97h"])
def test_a_fall_back_means_the_same_before_and_after_its_timer(known_for: str, later: str) -> None:
    # The shipped playbook: a scam offender's hold falls back to a hold on new destinations.
    before, after = Story(), Story()
    for story in (before, after):
        story.placed_by_staff("SCAM_OFFENDER", "0s", evidence="E2")
    after.wait("24h")
    at = NOON + span(later)
    known = {"destination": "bc1q", "destination_known_since": at - span(known_for)}
    assert before.level("withdraw_crypto", at=at, **known) is after.level("withdraw_crypto", at=at, **known)


def test_a_fall_back_of_a_reason_that_the_playbook_no_longer_has_still_follows() -> None:
    story = a_story_of(falls_back(reason="OLD_REASON"))
    story.timer(due())
    assert [r.kind for r in story.state.restrictions] == [Kind.STEP_UP]


@pytest.mark.parametrize("kind", [Kind.LEGAL_FREEZE, Kind.SANCTIONS_BLOCK])
def test_what_law_holds_stays_at_its_end_and_a_person_is_called(kind: Kind) -> None:
    story = a_story_of(a_restriction("rs_1", kind=kind, at_end=AtEnd(ending=Ending.HOLD_AND_PAGE)))
    outcome = story.timer(due())
    assert (outcome.lifted, story.pages) == ((), 1)
    assert story.level("withdraw_crypto", at=NOON + span("300d")) is Level.DENY


def test_what_waits_for_a_person_comes_back_when_that_case_was_decided_without_ending_it() -> None:
    story = a_story_of(a_restriction("rs_1", kind=Kind.FROZEN, at_end=AtEnd(ending=Ending.HOLD_AND_PAGE)))
    story.timers["rs_1"] = due()
    story.wait("24h")
    for pages in (1, 2, 3):
        assert story.pages == pages
        (case,) = (case for case in story.cases.values() if case.status is CaseStatus.OPEN)
        story.opinion(case, "resolved", "1m", actor=ANALYST)
        story.wait("30d")


def test_a_person_is_called_for_every_order_that_ends_and_not_only_for_the_first() -> None:
    pages = AtEnd(ending=Ending.HOLD_AND_PAGE)
    first = a_restriction("rs_1", kind=Kind.LEGAL_FREEZE, reason="LEGAL_ORDER", at_end=pages)
    second = replace(first, id=RestrictionId("rs_2"), ends_at=NOON + span("90d"))
    story = a_story_of(first, second)
    story.timer(due())
    story.timer(Timer(RestrictionId("rs_2"), 0, NOON + span("90d")))
    assert story.pages == 2


def test_a_timer_at_its_due_time_leaves_a_later_clock_alone() -> None:
    story = a_story_of(a_restriction("rs_1"))
    story.login("GB", "30h")
    story.timer(due())
    assert story.state.decided_at == NOON + span("30h")


def test_a_hold_on_new_destinations_expires_like_any_other() -> None:
    narrow = a_restriction("rs_1", scope=Scope.NEW_DESTINATIONS, cool_off_for=24 * HOUR)
    assert kinds_of(a_story_of(narrow).timer(due()).lifted) == [("OUTFLOW_HOLD", "new_destinations")]
