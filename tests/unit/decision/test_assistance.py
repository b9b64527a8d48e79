"""Assisted withdrawals: one withdrawal, two people, nothing that law holds."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.permit import Permit
from tests.stories import ANALYST, Story, a_settled_state

SUE = Actor("sue", Role.SENIOR_ANALYST)
TO = "bc1q-own"


def proposed(story: Story, **more: Any) -> Permit:
    data: dict[str, Any] = {"capability": "withdraw_crypto", "asset": "BTC", "amount": "0.5", "destination": TO}
    data |= {"until_at": story.now + timedelta(days=3)} | more
    story.act("habeas.assistance.propose", **data)
    return story.state.permits[-1]


def permitted(story: Story) -> Permit:
    permit = proposed(story)
    story.act("habeas.assistance.sign", actor=SUE, permit=permit.id)
    assert story.decisions[-1].outcome.refusal is None
    return permit


def refusal(story: Story) -> str:
    found = story.decisions[-1].outcome.refusal
    assert found is not None
    return found.message


def a_held_story() -> Story:
    story = Story()
    story.placed_by_staff("SCAM_OFFENDER")
    assert story.level("withdraw_crypto") is Level.DENY
    return story


@pytest.mark.row("A095", "B057")
def test_one_withdrawal_that_two_people_let_through_leaves_and_nothing_else_does() -> None:
    story = a_held_story()
    permit = proposed(story)
    asked = {"asset": "btc", "amount": "0.4", "destination": TO}
    assert story.level("withdraw_crypto", **asked) is Level.DENY  # type: ignore[arg-type]
    assert [case.queue for case in story.state.cases] == ["assistance"]
    story.act("habeas.assistance.sign", actor=SUE, permit=permit.id)
    outcome = story.event("withdrawal.requested", "1h", asset="BTC", amount="0.4", usd="20000", address=TO)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.ALLOW
    stage = story.event("withdrawal.broadcasting", request="w1", asset="BTC", amount="0.4", address=TO)
    assert stage.verdict is not None
    assert stage.verdict.level is Level.ALLOW
    again = story.event("withdrawal.requested", "1h", asset="BTC", amount="0.1", usd="5000", address=TO)
    assert again.verdict is not None
    assert again.verdict.level is Level.DENY


@pytest.mark.parametrize(
    "change", [{"amount": "0.6"}, {"address": "bc1q-other"}, {"asset": "ETH"}], ids=["more", "elsewhere", "other coins"]
)
def test_anything_but_the_withdrawal_that_was_permitted_is_denied(change: dict[str, str]) -> None:
    story = a_held_story()
    permitted(story)
    data: dict[str, Any] = {"asset": "BTC", "amount": "0.4", "usd": "20000", "address": TO} | change
    outcome = story.event("withdrawal.requested", "1h", **data)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY


def test_a_permit_ends() -> None:
    story = a_held_story()
    permitted(story)
    story.now += timedelta(days=4)
    story.placed_by_staff("SCAM_OFFENDER")
    outcome = story.event("withdrawal.requested", asset="BTC", amount="0.4", usd="20000", address=TO)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY


def test_a_second_person_of_the_right_role_signs() -> None:
    story = a_held_story()
    permit = proposed(story)
    story.act("habeas.assistance.sign", actor=ANALYST, permit=permit.id)
    assert "a second person must sign" in refusal(story)
    story.act("habeas.assistance.sign", actor=Actor("finn", Role.FRONTLINE), permit=permit.id)
    assert "is signed by" in refusal(story)
    story.act("habeas.assistance.sign", actor=SUE, permit="pm_none")
    assert "has no permit" in refusal(story)


def test_nothing_that_law_holds_is_opened() -> None:
    story = Story()
    story.placed_by_staff("SANCTIONS_NEXUS", actor=Actor("olga", Role.SANCTIONS_OFFICER), evidence="E5")
    block = story.state.restrictions[-1]
    story.approved(block.id, actor=Actor("cora", Role.COUNSEL))
    story.act(
        "habeas.assistance.propose",
        capability="withdraw_crypto",
        asset="BTC",
        amount="1",
        destination=TO,
        until_at=story.now + timedelta(days=1),
    )
    assert "no permit of ours opens what law holds" in refusal(story)


def test_a_freeze_that_comes_after_the_permit_closes_it() -> None:
    story = a_held_story()
    permitted(story)
    story.placed_by_staff("SANCTIONS_NEXUS", actor=Actor("olga", Role.SANCTIONS_OFFICER), evidence="E5")
    story.approved(story.state.restrictions[-1].id, actor=Actor("cora", Role.COUNSEL))
    outcome = story.event("withdrawal.requested", "1h", asset="BTC", amount="0.4", usd="20000", address=TO)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY


def test_a_retained_account_withdraws_with_assistance() -> None:
    story = Story(replace(a_settled_state(), life=Life.RETAINED))
    assert story.level("withdraw_crypto") is Level.HOLD
    permitted(story)
    outcome = story.event("withdrawal.requested", "1h", asset="BTC", amount="0.5", usd="20000", address=TO)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.ALLOW


# --- a freeze by one person, for as long as the second is looked for


def protecting() -> Story:
    story = Story()
    safety = replace(story.policy.safety, protective_for=timedelta(hours=24))
    story.policy = replace(story.policy, safety=safety)
    story.placed_by_staff("SCAM_OFFENDER", kind="PERM_BAN", scope="holder", evidence="E4")
    return story


def test_where_the_entity_says_so_a_proposed_ban_freezes_at_once_for_a_day_and_no_longer() -> None:
    story = protecting()
    assert story.level("withdraw_crypto") is Level.DENY
    assert sorted((str(r.kind), str(r.status)) for r in story.state.restrictions) == [
        ("FROZEN", "active"),
        ("PERM_BAN", "proposed"),
    ]
    story.wait("25h")
    assert story.level("withdraw_crypto") is Level.ALLOW


def test_declining_the_proposal_ends_the_freeze_and_signing_it_replaces_it() -> None:
    story = protecting()
    ban = next(r for r in story.state.restrictions if str(r.kind) == "PERM_BAN")
    story.approved(ban.id, actor=Actor("cora", Role.COUNSEL), declined=True)
    assert story.state.restrictions == ()
    story = protecting()
    ban = next(r for r in story.state.restrictions if str(r.kind) == "PERM_BAN")
    story.approved(ban.id, actor=Actor("cora", Role.COUNSEL))
    assert [str(r.kind) for r in story.state.in_force(story.now)] == ["PERM_BAN"]


def test_without_it_a_proposal_limits_nothing() -> None:
    story = Story()
    story.placed_by_staff("SCAM_OFFENDER", kind="PERM_BAN", scope="holder", evidence="E4")
    assert story.level("withdraw_crypto") is Level.ALLOW
