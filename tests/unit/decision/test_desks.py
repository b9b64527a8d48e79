"""The acts of the review desk and of the order desk, as the public record has them."""

from datetime import timedelta
from typing import Any

import pytest

from habeas.decision.desks import ORDER_DESK, REVIEW_DESK
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.case import CaseOutcome, CaseStatus
from habeas.domain.decision import Outcome
from habeas.domain.evidence import Evidence
from habeas.domain.kind import Kind
from habeas.domain.restriction import Restriction, Scope, Status
from habeas.playbook.cover import end_after
from tests.builders import NOON
from tests.stories import Story, span, the_policy

ALMA, SUE, CORA = (
    Actor("alma", Role.APPEALS_OFFICER),
    Actor("sue", Role.SENIOR_ANALYST),
    Actor("cora", Role.COUNSEL),
)
FACTS = {"authority": "the court of Oslo", "authority_contact": "+47 1", "authority_reference": "12/26"}


def a_slot(story: Story, length: str = "15d") -> Any:
    return end_after(the_policy().covers, story.now, span(length))


def reviewed(story: Story, cover: str = "account_review", **more: Any) -> Outcome:
    values = {"cover": cover, "ends_at": a_slot(story)} | more
    return story.event("habeas.review.place", by="habeas:staff", **values)


def ordered(story: Story, **more: Any) -> Outcome:
    values = {"reference": "or_1", "jurisdiction": "NO", "facts": FACTS} | more
    return story.event("habeas.order.place", by="habeas:staff", **values)


def ended(story: Story, restriction: Restriction, **more: Any) -> Outcome:
    return story.event("habeas.desk.end", "1h", by="habeas:staff", restriction=restriction.id, **more)


def code(outcome: Outcome) -> str | None:
    return None if outcome.refusal is None else outcome.refusal.code


def test_a_review_is_placed_with_the_actor_the_evidence_and_the_end_of_its_class() -> None:
    story = Story()
    assert code(reviewed(story)) is None
    placed = story.the(Kind.FROZEN)
    assert (placed.reason, placed.placed_by, placed.note, placed.facts) == ("TERMS_REVIEW", REVIEW_DESK, "", {})
    assert placed.evidence_ids == ("kept-apart",)
    assert story.level("withdraw_crypto") is Level.DENY


def test_a_review_does_not_end_by_itself_and_a_person_is_called() -> None:
    story = Story()
    reviewed(story)
    story.wait("60d")
    assert story.pages >= 1
    assert story.level("withdraw_crypto") is Level.DENY


@pytest.mark.parametrize("off_by", [timedelta(hours=1), -timedelta(seconds=1), timedelta(days=1)])
def test_no_end_of_a_review_lies_between_the_slots_of_its_class(off_by: timedelta) -> None:
    story = Story()
    assert code(reviewed(story, ends_at=a_slot(story) + off_by)) == "no_slot"
    reviewed(story)
    renewal = story.event(
        "habeas.desk.renew", by="habeas:staff", restriction=story.the(Kind.FROZEN).id, ends_at=a_slot(story) + off_by
    )
    assert code(renewal) == "no_slot"


def test_an_unknown_cover_or_one_of_another_scope_is_refused() -> None:
    assert code(reviewed(Story(), "nothing")) == "unknown_cover"
    assert code(reviewed(Story(), "account_review", scope=Scope.HOLDER)) == "unknown_cover"


def test_a_second_review_never_replaces_the_first() -> None:
    # Else the end of an ordinary one could end one that law holds.
    story = Story()
    reviewed(story)
    reviewed(story, "terms_review", ends_at=a_slot(story, "40d"))
    assert len(story.standing) == 2


@pytest.mark.row("A012", "A015", "A101")
def test_nobody_places_or_ends_by_hand_what_the_desks_place() -> None:
    story = Story()
    for reason, kind in (("LEGAL_ORDER", None), ("TERMS_REVIEW", None), ("MALICIOUS_USER", "LEGAL_FREEZE")):
        assert code(story.placed_by_staff(reason, kind=kind, evidence="E5", actor=CORA)) == "desk_only"
    reviewed(story)
    ordered(story)
    review, freeze = story.the(Kind.FROZEN), story.the(Kind.LEGAL_FREEZE)
    for subject, refused in ((review, "desk_only"), (freeze, "not_permitted")):
        assert code(story.lifted_by_staff(subject.id, actor=SUE)) == refused
        assert code(story.annulled(subject.id, actor=SUE)) == refused
        assert code(story.renewed(subject.id, story.now + span("30d"), actor=SUE, evidence="E5")) == refused
    assert len(story.standing) == 2


def test_a_desk_ends_only_what_a_desk_has_placed() -> None:
    story = Story()
    story.placed_by_staff("TOS_ABUSE")
    assert code(ended(story, story.the(Kind.REGION_LOCK))) == "not_permitted"
    reviewed(story)
    ended(story, story.the(Kind.FROZEN))
    assert code(ended(story, next(r for r in story.restrictions.values() if r.kind is Kind.FROZEN))) == "not_active"


@pytest.mark.parametrize(("is_void", "outcome", "status"), [(True, "granted", "annulled"), (False, "partly", "lifted")])
def test_an_appeal_against_a_review_is_answered_by_the_desk_and_by_nobody_else(
    is_void: bool, outcome: str, status: str
) -> None:
    story = Story()
    reviewed(story)
    review = story.the(Kind.FROZEN)
    story.event("appeal.filed", "1h", restriction=review.id, text="it is mine")
    (appeal,) = (case for case in story.cases.values() if case.appeal is not None)
    for asked in ("granted", "partly"):
        assert code(story.opinion(appeal, asked, actor=ALMA)) == "desk_only"
    ended(story, review, is_void=is_void)
    answered = story.cases[appeal.id]
    assert (answered.status, answered.outcome) == (CaseStatus.DECIDED, CaseOutcome(outcome))
    assert story.restrictions[review.id].status is Status(status)


@pytest.mark.row("A092")
def test_an_order_that_may_be_told_names_who_gave_it() -> None:
    story = Story()
    assert code(ordered(story)) is None
    placed = story.the(Kind.LEGAL_FREEZE)
    assert (placed.placed_by, placed.evidence, placed.facts, placed.disclosure) == (
        ORDER_DESK,
        Evidence.E5,
        FACTS,
        "FULL",
    )
    assert (placed.ground.jurisdiction, placed.evidence_ids) == ("NO", ("order:or_1",))
    assert placed.condition is not None


def test_time_never_frees_what_an_order_holds() -> None:
    story = Story()
    ordered(story, ends_at=NOON + span("10d"))
    story.wait("200d")
    assert story.pages >= 1
    assert story.level("withdraw_fiat") is Level.DENY


@pytest.mark.parametrize("disclosure", ["GAGGED", "STATUTORY"])
def test_a_secret_order_is_never_placed_as_an_order(disclosure: str) -> None:
    assert code(ordered(Story(), disclosure=disclosure)) == "disclosure"
