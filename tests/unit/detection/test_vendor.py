"""What a vendor's system reports is answered by the playbook's responses."""

import pytest

from habeas.domain.capability import Level
from tests.stories import Story, signals_of


@pytest.mark.row("A061", "A062")
def test_a_nexus_without_a_listing_denies_trading_leaves_withdrawals_and_is_reviewed() -> None:
    story = Story()
    evidence = {"shared": "60 % of the shares with a listed company"}
    outcome = story.event("signal.received", typology="sanctions_nexus", score=0.9, evidence=evidence, vendor="acme")
    assert signals_of(outcome) == ["vendor.sanctions_nexus"]
    assert story.standing == [("SANCTIONS_NEXUS", "REGION_LOCK", "account")]
    assert story.levels("place_order", "withdraw_crypto") == [Level.DENY, Level.ALLOW]
    assert [case.queue for case in story.decisions[-1].cases] == ["sanctions"]


@pytest.mark.row("A061")
def test_time_alone_does_not_end_a_nexus() -> None:
    story = Story()
    story.event("signal.received", typology="sanctions_nexus", score=0.9)
    story.wait("300d")
    assert story.level("place_order") is Level.DENY
    assert story.pages >= 1


def test_a_typology_that_the_playbook_does_not_answer_is_only_recorded() -> None:
    story = Story()
    outcome = story.event("signal.received", typology="leap_chain", score=1.0, vendor="acme")
    assert signals_of(outcome) == ["vendor.leap_chain"]
    assert story.standing == []
