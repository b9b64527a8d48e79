"""Whoever registers again with the same document under another name: looked at, and limited only for grave reasons."""

from typing import Any

import pytest

from habeas.domain.capability import Level
from habeas.domain.decision import Outcome
from habeas.domain.facts import EarlierAccount, Facts, StandsThere
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from tests.stories import ANALYST, Story

PASSPORT = {"kind": "passport", "number": "X1", "country": "DE"}


def stood(reason: str, kind: Kind, *, by_person: bool = True) -> EarlierAccount:
    return EarlierAccount(AccountId("before"), (StandsThere(reason, kind, by_person),))


def checked(earlier: EarlierAccount | None, story: Story | None = None) -> Story:
    """An identity check of an account, after which it is known which other account has the document."""
    story = story or Story()
    facts = Facts(earlier=(earlier,) if earlier else ())
    story.event("kyc.decided", looked_up=facts, result="accepted", tier=1)
    return story


def opened(earlier: EarlierAccount, **data: Any) -> tuple[Story, Outcome]:
    story = Story()
    outcome = story.event("account.opened", looked_up=Facts(earlier=(earlier,)), document=PASSPORT, **data)
    return story, outcome


COPIED = [
    ("SCAM_OFFENDER", Kind.FROZEN),
    ("MALICIOUS_USER", Kind.FROZEN),
    ("TOS_ABUSE", Kind.PERM_BAN),
]


@pytest.mark.row("B086")
@pytest.mark.parametrize(("reason", "kind"), COPIED)
def test_grave_reasons_are_copied_by_reason_and_reviewed(reason: str, kind: Kind) -> None:
    story = checked(stood(reason, kind))
    assert story.standing == [("REREGISTRATION", "REGION_LOCK", "account")]
    placed = story.the(Kind.REGION_LOCK)
    assert placed.facts == {"copied_reason": reason}
    assert placed.condition is not None
    assert [case.queue for case in story.state.cases] == ["identity"]
    assert story.levels("place_order", "withdraw_crypto") == [Level.DENY, Level.ALLOW]


@pytest.mark.row("B086")
@pytest.mark.parametrize(("reason", "kind"), COPIED)
def test_registration_itself_stays_possible_and_is_flagged(reason: str, kind: Kind) -> None:
    story, outcome = opened(stood(reason, kind))
    assert outcome.verdict is not None
    assert (outcome.verdict.level, story.standing) == (Level.ALLOW, [])
    assert [case.reason for case in story.state.cases] == ["REREGISTRATION"]


def test_what_may_belong_to_a_listed_person_is_held_until_somebody_looks() -> None:
    story = checked(stood("SANCTIONS_NEXUS", Kind.SANCTIONS_BLOCK, by_person=False))
    assert story.level("withdraw_crypto") is Level.DENY
    assert story.pages == 1


@pytest.mark.parametrize(
    "earlier",
    [
        stood("SCAM_VICTIM", Kind.OUTFLOW_HOLD),
        stood("ACCOUNT_TAKEOVER", Kind.OUTFLOW_HOLD),
        stood("KYC_REGION", Kind.REGION_LOCK, by_person=False),
        stood("POLICY_EXIT", Kind.WITHDRAW_ONLY),
        stood("SANCTIONED_RESIDENCE", Kind.WITHDRAW_ONLY),
        EarlierAccount(AccountId("before")),
    ],
)
def test_victims_those_who_left_and_those_with_nothing_standing_are_not_punished_again(earlier: EarlierAccount) -> None:
    story = checked(earlier)
    assert (story.standing, story.state.cases) == ([], ())


@pytest.mark.parametrize(
    "earlier",
    [
        stood("SCAM_OFFENDER", Kind.OUTFLOW_HOLD, by_person=False),
        stood("TERMS_REVIEW", Kind.FROZEN),
        EarlierAccount(AccountId("before"), is_unreadable=True),
    ],
)
def test_what_nobody_has_decided_or_may_be_told_is_looked_at_and_limits_nobody(earlier: EarlierAccount) -> None:
    story = checked(earlier)
    assert story.standing == []
    assert [case.reason for case in story.state.cases] == ["REREGISTRATION"]


def test_a_link_that_a_person_finds_wrong_ends_the_limit() -> None:
    story = checked(stood("SCAM_OFFENDER", Kind.FROZEN))
    case = story.decisions[-1].cases[0]
    story.opinion(case, "unfounded", actor=ANALYST)
    assert story.standing == []


def test_the_statement_tells_nothing_of_the_other_persons_record() -> None:
    story = checked(stood("SCAM_OFFENDER", Kind.FROZEN))
    placed = story.the(Kind.REGION_LOCK)
    assert placed.disclosure == "LIMITED"
    assert "before" not in repr(placed.facts)
