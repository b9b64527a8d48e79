"""Acts of the review desk and of the order desk: they place, prolong and end what was decided elsewhere (model 5.5).

A review says nothing of its cause. Every one, whatever it is about, is placed by the same act with the same actor, the same
evidence and an end that the whole class shares, so that nothing here tells one from another; reason, evidence and approvals
are kept apart. An order that the user may hear of says who gave it.
"""

from habeas.decision.birth import born
from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.actor import Actor, Role
from habeas.domain.case import CaseOutcome, CaseStatus, Opinion, with_opinion
from habeas.domain.decision import Refusal
from habeas.domain.errors import MissingStatementError
from habeas.domain.kind import Kind
from habeas.domain.reason import Basis, Disclosure, LegalGround, Reason, Tier
from habeas.domain.restriction import AtEnd, Ending, Restriction, Status, annul, lift, stand_until
from habeas.playbook.cover import is_class_end
from habeas.playbook.plan import Planned
from habeas.playbook.policy import Placement

REVIEW_DESK = Actor("reviews", Role.ANALYST)
ORDER_DESK = Actor("orders", Role.LE_DESK)
SECOND = Actor("counsel", Role.COUNSEL)
"""Behind each desk stand two people, whose names are kept apart."""

_EVIDENCE_APART = ("kept-apart",)
_PAGES = AtEnd(Ending.HOLD_AND_PAGE)
_DESKS = {Reason.TERMS_REVIEW: REVIEW_DESK, Reason.LEGAL_ORDER: ORDER_DESK}


def place_review(draft: Draft, act: data.ReviewAct) -> Refusal | None:
    """An account is reviewed. One end, one actor, one evidence: those of the class."""
    cover = draft.policy.covers.row.get(act.cover)
    if cover is None or cover.scope is not act.scope:
        return Refusal("unknown_cover", f"the playbook has no cover `{act.cover}` of scope {act.scope}")
    if not is_class_end(draft.policy.covers, draft.now, act.ends_at):
        return Refusal("no_slot", f"the end {act.ends_at.isoformat()} is none of the class's slots")
    placement = Placement(reason=Reason.TERMS_REVIEW, kind=cover.kind, scope=cover.scope, at_end=_PAGES)
    return _place(draft, placement, REVIEW_DESK, act.ends_at, _EVIDENCE_APART, held=act.held)


def place_order(draft: Draft, act: data.OrderAct) -> Refusal | None:
    """An account is frozen on an instrument that was verified (rows A012, A015)."""
    if act.disclosure not in (Disclosure.FULL, Disclosure.LIMITED):
        return Refusal("disclosure", f"an order of the class {act.disclosure} is placed as a review")
    reason = draft.policy.reasons[Reason.LEGAL_ORDER]
    placement = Placement(
        reason=Reason.LEGAL_ORDER, kind=Kind.LEGAL_FREEZE, scope=act.scope, evidence=act.evidence, at_end=_PAGES
    )
    ground = LegalGround(Basis.ORDER, reason.ground.clause, act.jurisdiction, Tier.FOREIGN)
    return _place(
        draft,
        placement,
        ORDER_DESK,
        act.ends_at,
        (f"order:{act.reference}",),
        held=act.held,
        disclosure=act.disclosure,
        facts=act.facts,
        ground=ground,
    )


def _place(
    draft: Draft, placement: Placement, desk: Actor, ends_at: object, evidence_ids: tuple[str, ...], **more: object
) -> Refusal | None:
    planned = Planned(draft.policy, placement)
    condition = None
    if ends_at is None:
        assert planned.reason.condition is not None, "the reason has a condition where it has no length"
        condition = planned.reason.condition.starting(draft.now)
    ends = (ends_at, condition)
    try:
        draft.place(born(draft, planned, desk, ends, evidence_ids, approved_by=SECOND, **more))  # type: ignore[arg-type]
    except MissingStatementError as exc:
        return Refusal("incomplete", str(exc))
    return None


def renew_by_desk(draft: Draft, act: data.DeskRenewAct) -> Refusal | None:
    """What a desk placed goes on until another end."""
    subject = _subject(draft, act)
    if isinstance(subject, Refusal):
        return subject
    if act.ends_at <= draft.now:
        return Refusal(
            "end_in_the_past", f"the end {act.ends_at.isoformat()} is not after now, {draft.now.isoformat()}"
        )
    if subject.reason == Reason.TERMS_REVIEW and not is_class_end(draft.policy.covers, draft.now, act.ends_at):
        return Refusal("no_slot", f"the end {act.ends_at.isoformat()} is none of the class's slots")
    draft.change(stand_until(subject, act.ends_at))
    return None


def end_by_desk(draft: Draft, act: data.DeskEndAct) -> Refusal | None:
    """What a desk placed ends. An appeal against it is answered with that."""
    subject = _subject(draft, act)
    if isinstance(subject, Refusal):
        return subject
    desk = _DESKS[Reason(subject.reason)]
    end = annul if act.is_void else lift
    draft.end(end(subject, desk, draft.now, "decided by the desk"))
    outcome = CaseOutcome.GRANTED if act.is_void else CaseOutcome.PARTLY
    for case in draft.facts.cases:
        if case.appeal is not None and case.about == subject.id and case.status is CaseStatus.OPEN:
            draft.change_case(
                with_opinion(case, Opinion(desk, outcome, "decided by the desk", draft.now), releases=False)
            )
    return None


def why_not_by_hand(restriction: Restriction) -> Refusal | None:
    """Why nobody but the desk ends or prolongs a review, the same for every one; None for anything else."""
    if restriction.reason != Reason.TERMS_REVIEW:
        return None
    return Refusal("desk_only", f"`{restriction.id}` is a review; the review desk ends it, and hears of every appeal")


def _subject(draft: Draft, act: data.DeskRenewAct | data.DeskEndAct) -> Restriction | Refusal:
    found = next((r for r in draft.state.restrictions if r.id == act.restriction), None)
    if found is None or found.status is not Status.ACTIVE:
        return Refusal("not_active", f"account `{draft.state.account}` has no restriction `{act.restriction}` in force")
    if found.reason not in _DESKS:
        return Refusal("not_permitted", f"`{found.id}` was not placed by a desk")
    return found
