"""The life of an account after its user has left, and that nothing is forgotten while something rests on it."""

import pytest

from habeas.domain.account import Life
from habeas.domain.capability import Level
from tests.stories import ANALYST, Story


def a_left_account() -> Story:
    story = Story()
    story.event("account.deactivated")
    return story


@pytest.mark.row("B065", "B067", "B068")
def test_after_deactivation_the_user_can_still_withdraw_and_do_little_else() -> None:
    story = a_left_account()
    assert story.state.life is Life.DEACTIVATED
    assert story.level("withdraw_crypto") is Level.ALLOW
    assert story.level("login") is Level.ALLOW
    assert story.level("place_order") is Level.DENY
    assert story.level("file_appeal") is Level.ALLOW


@pytest.mark.row("B067")
def test_when_the_window_is_over_records_stay_and_a_person_looks_at_what_is_left() -> None:
    story = a_left_account().wait("366d")
    assert story.state.life is Life.RETAINED
    assert [case.queue for case in story.state.cases] == ["unclaimed"]
    assert story.level("withdraw_crypto") is Level.HOLD
    assert story.level("contact_support") is Level.ALLOW


def test_an_account_is_not_forgotten_while_a_case_about_it_is_open() -> None:
    story = a_left_account().wait("2200d")
    assert story.state.life is Life.RETAINED
    assert not any(decision.is_purge for decision in story.decisions)


def test_when_nothing_rests_on_it_the_account_is_forgotten_five_years_after_it_was_left() -> None:
    story = a_left_account().wait("366d")
    (case,) = story.decisions[-1].cases
    story.opinion(case, "resolved", actor=ANALYST)
    story.wait("1459d")
    assert not any(decision.is_purge for decision in story.decisions)
    story.wait("3d")
    assert story.state.life is Life.PURGED
    assert story.decisions[-1].is_purge
    assert (story.state.proofs, story.state.devices, story.state.anchors) == ((), (), ())


def test_a_freeze_that_comes_after_the_user_left_still_bites_and_keeps_the_records() -> None:
    story = a_left_account()
    story.placed_by_staff("SCAM_OFFENDER")
    assert story.level("withdraw_crypto") is Level.DENY
