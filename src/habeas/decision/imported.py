"""What an older system has placed is taken in, and taken back: nothing is judged, and nobody is told."""

from habeas.decision.birth import born
from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.account import Life
from habeas.domain.actor import Actor
from habeas.domain.decision import Refusal
from habeas.domain.ids import BatchId, RestrictionId
from habeas.domain.imported import (
    CARRIED_OVER_BEFORE,
    LEGACY,
    NOT_KNOWN,
    UNTIL_REVIEWED,
    Older,
    Signing,
    ending,
    evidence_of,
    is_carried_over,
    review_at,
    signing,
    why_not_stand_behind,
)
from habeas.domain.kind import HELD_BY_LAW_KINDS
from habeas.domain.restriction import AtEnd, Condition, Ending, Restriction, Status, lift
from habeas.playbook.plan import Planned
from habeas.playbook.policy import Placement, Policy

_OVER = frozenset({Life.RETAINED, Life.PURGED})


def carry_over(draft: Draft, said: data.ImportedRestriction) -> Refusal | None:
    """A restriction of an older system, with the date from which it stands there."""
    refused = _why_not_carry_over(draft, said)
    if refused is not None:
        return refused
    # Taken in at the time of the import, so that a file that is read again says the same.
    read_at, batch = draft.event.time, BatchId(said.batch)
    at_end = AtEnd(Ending.HOLD_AND_PAGE) if said.kind in HELD_BY_LAW_KINDS else AtEnd()
    planned = Planned(
        draft.policy,
        Placement(reason=said.reason, kind=said.kind, scope=said.scope, evidence=said.evidence, at_end=at_end),
    )
    review = Condition(UNTIL_REVIEWED, review_at(draft.state.account, read_at), LEGACY)
    restriction = born(
        draft,
        planned,
        said.actor,
        (said.ends_at, review if said.ends_at is None else None),
        (evidence_of(batch), f"event:{draft.event.id}"),
        id=RestrictionId(draft.new_id("rs", said.batch)),
        starts_at=said.starts_at or read_at,
        approved_by=said.signed_by if _signing(draft.policy, said).second else None,
        least_restrictive_considered=NOT_KNOWN,
        disclosure=said.disclosure or planned.reason.disclosure,
        batch=batch,
        facts=said.facts,
        note=": ".join(filter(None, (said.status, said.note))),
    )
    older = Older(kind=said.kind, reason=said.reason, scope=said.scope, starts_at=said.starts_at, ends_at=said.ends_at)
    if any(r.status is Status.ACTIVE and older.is_that(r) for r in draft.state.restrictions):
        return Refusal(CARRIED_OVER_BEFORE, "an import has brought this restriction in before")
    draft.carry_over(restriction)
    return None


def _signing(policy: Policy, said: data.ImportedRestriction) -> Signing:
    lasts_for = None if said.ends_at is None or said.starts_at is None else said.ends_at - said.starts_at
    return signing(said.kind, said.scope, lasts_for, policy.reasons[said.reason].sign_off.get(said.kind, ()))


def _why_not_carry_over(draft: Draft, said: data.ImportedRestriction) -> Refusal | None:
    if said.reason not in draft.policy.reasons:
        return Refusal("unknown_reason", f"the playbook has no reason `{said.reason}`")
    if draft.state.life in _OVER:
        return Refusal("closed", f"the account is {draft.state.life}")
    refused = why_not_stand_behind(_signing(draft.policy, said), said.actor, said.signed_by)
    if refused is not None:
        return Refusal("not_permitted", f"{said.kind} for {said.reason}: {refused}")
    if said.ends_at is not None and said.ends_at <= draft.now:
        return Refusal("over", f"it ended at {said.ends_at.isoformat()}")
    return None


def take_back(draft: Draft, act: data.ImportUndone) -> Refusal | None:
    """What an import placed here ends, as far as nobody has worked on it since: the older system is right again."""
    placed = [
        r
        for r in draft.state.restrictions
        if r.batch == act.batch and r.origin is None and r.status is Status.ACTIVE and is_carried_over(r)
    ]
    left = {r.id: why for r in placed if (why := _why_left(draft, r, act.actor, act.signed_by)) is not None}
    for restriction in placed:
        if restriction.id not in left:
            draft.take_back(lift(restriction, act.actor, draft.now, act.note))
    return Refusal("left", "; ".join(f"`{id_}` {why}" for id_, why in left.items())) if left else None


def _why_left(draft: Draft, restriction: Restriction, by: Actor, second: Actor | None) -> str | None:
    if restriction.generation:
        return "was prolonged or looked at since"
    if any(restriction.id in (case.about, *case.restrictions) for case in draft.facts.cases):
        return "is what an open case is about"
    signed = restriction.approved_by is not None
    refused = why_not_stand_behind(ending(restriction.kind, is_signed=signed), by, second)
    return None if refused is None else f"is not ended like this: {refused}"
