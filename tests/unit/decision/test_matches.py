"""Matches with sanctions lists: reviewed by people, never a finding of a score."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.case import Case
from habeas.domain.facts import Facts, ListHit, NameHit
from tests.stories import Story, a_settled_state

OLGA, RAVI = Actor("olga", Role.SANCTIONS_OFFICER), Actor("ravi", Role.SENIOR_ANALYST)
HIT = NameHit(
    "OFAC-SDN", "OFAC-SDN@2024-05-03", "7140", "MAKHLUF, Rami", 0.93, ("birth_year",), "pair-1", ("rami = rami",)
)
BLOCK = [("SANCTIONS_NEXUS", "SANCTIONS_BLOCK", "holder")]


def named(*hits: NameHit, story: Story | None = None) -> Story:
    """An account whose declared name resembles listed ones."""
    story = story or Story(replace(a_settled_state(), residence="GB"))
    story.event("account.profile_changed", "1h", looked_up=Facts(names=hits), name="Rami Makhlouf")
    return story


def the_case(story: Story) -> Case:
    (case,) = story.decisions[-1].cases
    return case


def test_a_strong_name_with_something_else_agreeing_blocks_until_a_person_has_looked() -> None:
    story = named(HIT)
    assert story.standing == BLOCK
    assert story.pages == 1
    assert the_case(story).match is not None
    assert story.wait("300d").level("withdraw_crypto") is Level.DENY


@pytest.mark.parametrize(
    "hit", [replace(HIT, agrees=()), replace(HIT, score=0.75), replace(HIT, score=0.6, name_score=0.9, agrees=())]
)
def test_the_name_alone_or_a_weaker_one_is_reviewed_and_limits_nobody(hit: NameHit) -> None:
    story = named(hit)
    assert story.standing == []
    assert the_case(story).queue == "sanctions"
    assert story.level("withdraw_crypto") is Level.ALLOW


def test_a_name_below_the_band_is_nothing() -> None:
    assert named(replace(HIT, score=0.69)).decisions[-1].cases == ()


def test_a_false_match_that_blocks_is_released_by_two_reviewers_and_stays_quiet() -> None:
    story = named(HIT)
    case = the_case(story)
    story.opinion(case, "false_match", actor=OLGA)
    assert story.standing == BLOCK
    refused = story.opinion(case, "false_match", actor=OLGA).refusal
    assert refused is not None
    assert "a second person" in refused.message
    story.opinion(case, "false_match", actor=RAVI)
    assert story.standing == []
    assert named(HIT, story=story).standing == []
    # Another birth date on either side is another pair.
    assert named(replace(HIT, pair="pair-2"), story=story).standing == BLOCK


def test_a_review_that_limits_nobody_is_cleared_by_one_reviewer() -> None:
    story = named(replace(HIT, agrees=()))
    story.opinion(the_case(story), "false_match", actor=RAVI)
    assert story.state.cases == ()
    assert named(replace(HIT, agrees=()), story=story).decisions[-1].cases == ()


def test_a_true_match_takes_two_people_and_then_rests_on_the_confirmed_entry() -> None:
    story = named(replace(HIT, agrees=()))
    case = the_case(story)
    story.opinion(case, "true_match", actor=OLGA)
    assert story.standing == []
    story.opinion(case, "true_match", actor=RAVI)
    assert story.standing == BLOCK
    (block,) = story.state.in_force(story.now)
    assert (block.evidence, block.disclosure, "OFAC-SDN:7140" in block.evidence_ids) == ("E5", "FULL", True)


def test_a_confirmed_block_is_told_in_full() -> None:
    story = named(HIT)
    case = the_case(story)
    for actor in (OLGA, RAVI):
        story.opinion(case, "true_match", actor=actor)
    (block,) = story.state.in_force(story.now)
    assert (block.evidence, block.disclosure) == ("E5", "FULL")


def test_reviewers_who_differ_leave_the_block_and_the_case_open() -> None:
    story = named(HIT)
    case = the_case(story)
    story.opinion(case, "false_match", actor=OLGA)
    story.opinion(case, "true_match", actor=RAVI)
    assert story.standing == BLOCK
    assert [open_case.id for open_case in story.state.cases] == [case.id]


@pytest.mark.row("A057")
@pytest.mark.parametrize("role", [Role.FRONTLINE, Role.APPEALS_OFFICER, Role.AUDITOR, Role.CAMPAIGN_MANAGER])
def test_no_agent_and_no_appeal_waives_a_match(role: Role) -> None:
    story = named(HIT)
    refused = story.opinion(the_case(story), "false_match", actor=Actor("fay", role)).refusal
    assert refused is not None
    assert story.standing == BLOCK
    (block,) = story.state.in_force(story.now)
    for outcome in (
        story.lifted_by_staff(block.id, actor=Actor("sue", Role.MLRO)),
        story.annulled(block.id, actor=Actor("ann", Role.APPEALS_OFFICER)),
    ):
        assert outcome.refusal is not None
    assert story.standing == BLOCK


def test_an_exemption_does_not_suppress_a_match() -> None:
    from habeas.domain.kind import Kind

    story = Story()
    story.exempted(Kind.SANCTIONS_BLOCK)
    assert named(HIT, story=story).standing == BLOCK


def test_a_block_that_rests_on_two_matches_is_released_when_both_were_found_false() -> None:
    story = named(HIT, replace(HIT, entry="7141", pair="pair-9"))
    first, second = story.decisions[-1].cases
    for actor in (OLGA, RAVI):
        story.opinion(first, "false_match", actor=actor)
    assert story.standing == BLOCK
    story.opinion(second, "false_match", actor=OLGA)
    assert story.standing == BLOCK
    story.opinion(second, "false_match", actor=RAVI)
    assert story.standing == []


def test_clearing_a_listed_wallet_releases_every_deposit_that_it_blocked_and_lets_withdrawals_go_there() -> None:
    hit = ListHit("OFAC-SDN", "OFAC-SDN@2024-05-03", "27307", "ETH:0xa")
    facts = Facts(wallets=(hit,))
    story = Story()
    deposit: dict[str, Any] = {"asset": "ETH", "amount": "2", "usd": "6000", "from": "0xa"}
    story.event("deposit.crypto", looked_up=facts, tx="0x1", **deposit)
    case = the_case(story)
    story.event("deposit.crypto", "1h", looked_up=facts, tx="0x2", **deposit)
    assert story.standing == [("SANCTIONS_NEXUS", "SANCTIONS_BLOCK", "amount")]
    for actor in (OLGA, RAVI):
        story.opinion(case, "false_match", actor=actor)
    assert story.standing == []
    asked = story.event("withdrawal.requested", "1h", looked_up=facts, asset="ETH", amount="1", usd="1", address="0xa")
    assert asked.verdict is not None
    assert asked.verdict.level is Level.ALLOW


def test_each_entry_is_a_case_of_its_own() -> None:
    story = named(HIT, replace(HIT, entry="7141", pair="pair-9"))
    assert len(story.decisions[-1].cases) == 2


def test_a_case_that_is_no_match_is_resolved_by_one_person_and_may_open_again() -> None:
    leaked = Story()
    leaked.event("login.succeeded", device="phone", session="s1")
    leaked.event("session.seen", "1h", session="s1", device="other")
    case = the_case(leaked)
    leaked.opinion(case, "resolved", actor=RAVI)
    assert leaked.state.cases == ()
    refused = leaked.opinion(case, "resolved", actor=OLGA).refusal
    assert refused is not None
