"""What is not judged but carried out: timers, acts of staff, proofs of control, effects of other accounts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from habeas.decision.draft import AUTOMATION, Draft
from habeas.decision.respond import match_evidence
from habeas.domain import event_data as data
from habeas.domain.account import CLEARED_MAX, Life
from habeas.domain.actor import Actor, Role
from habeas.domain.case import Case, CaseOutcome, Opinion, Priority, why_not_decide, with_opinion
from habeas.domain.decision import Refusal
from habeas.domain.errors import MissingStatementError
from habeas.domain.evidence import Allowance, Evidence, allowed_length
from habeas.domain.ids import RestrictionId
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import (
    ACCOUNT_WIDE,
    Condition,
    Ending,
    Exemption,
    Restriction,
    Scope,
    Status,
    annul,
    approve,
    decline,
    expire,
    lift,
    needs_four_eyes,
    renew,
    why_not_annul,
    why_not_approve,
    why_not_exempt,
    why_not_lift,
    why_not_place,
    why_not_renew,
)
from habeas.playbook.plan import Planned
from habeas.playbook.policy import CasePolicy, Placement

PAGE = CasePolicy(queue="review", priority=Priority.PAGE)
NOT_A_PERSON = Refusal("not_permitted", "an act of staff is done by a person")


# --- timers ----------------------------------------------------------------------------------------------------------


def timer_due(draft: Draft, due: data.TimerDue) -> None:
    """A restriction's end or recheck has come. A stale timer does nothing."""
    restriction = _find(draft, due.restriction)
    if restriction is None or restriction.generation != due.generation or restriction.status is not Status.ACTIVE:
        return
    if restriction.condition is not None:
        _recheck(draft, restriction)
        return
    match restriction.at_end.ending:
        case Ending.LIFT:
            draft.end(expire(restriction))
        case Ending.FALL_BACK:
            draft.end(expire(restriction))
            draft.place(_fall_back(draft, restriction))
        case Ending.HOLD_AND_PAGE:
            why = "its time is over, and only a person may end it"
            draft.open_case(PAGE, restriction.reason, why, about=restriction.id)


def _recheck(draft: Draft, restriction: Restriction) -> None:
    """The date to look again has come: a case for its owner, and the next date."""
    assert restriction.condition is not None
    reason = draft.policy.reasons.get(restriction.reason)
    again_for = reason.condition.recheck_for if reason and reason.condition else draft.policy.safety.recheck_for
    condition = replace(restriction.condition, recheck_at=draft.now + again_for)
    draft.change(replace(restriction, condition=condition, generation=restriction.generation + 1))
    why = f"look again whether it still holds: {restriction.condition.until}"
    draft.open_case(CasePolicy(queue=restriction.condition.owner), restriction.reason, why, about=restriction.id)


def _fall_back(draft: Draft, over: Restriction) -> Restriction:
    """The milder restriction that follows when the heavier one's time is over."""
    end = over.at_end
    assert end.kind is not None
    assert over.ends_at is not None
    return replace(
        over,
        id=RestrictionId(draft.new_id("rs", "fall_back", over.id)),
        kind=end.kind,
        scope=end.scope,
        starts_at=over.ends_at,
        placed_at=draft.now,
        placed_by=AUTOMATION,
        cause=draft.event.id,
        ends_at=over.ends_at + end.lasts_for if end.lasts_for else None,
        condition=end.condition.starting(draft.now) if end.condition else None,
        at_end=type(end)(),
        cool_off_for=over.cool_off_for if end.scope is Scope.NEW_DESTINATIONS else None,
        generation=0,
        status=Status.ACTIVE,
    )


# --- acts of staff ---------------------------------------------------------------------------------------------------


def place(draft: Draft, act: data.PlaceAct) -> Refusal | None:
    """A person places a restriction, as far as role, ladder and four-eyes allow."""
    if not act.actor.is_person:
        return NOT_A_PERSON
    reason = draft.policy.reasons.get(act.reason)
    if reason is None:
        return Refusal("unknown_reason", f"the playbook has no reason `{act.reason}`")
    if act.kind is None and reason.kind is None:
        return Refusal("no_kind", f"the reason {act.reason} has no default kind; name one with --kind")
    placement = Placement(reason=act.reason, kind=act.kind, scope=act.scope, evidence=act.evidence, at_end=act.at_end)
    planned = Planned(draft.policy, placement)
    allowance = allowed_length(draft.policy.ladder, planned.kind, act.evidence, planned.scope)
    refused = _why_not(draft, act, planned, allowance.permitted)
    if refused is not None:
        return refused
    ends_at, condition = act.ends_at, act.condition
    if ends_at is None and condition is None:
        ends_at, condition = planned.end_or_condition(allowance, draft.now)
    lasts_for = None if ends_at is None else ends_at - draft.now
    is_proposal = needs_four_eyes(planned.kind, planned.scope, lasts_for)
    refused = _why_not_so_long(act, planned, allowance, lasts_for)
    if refused is not None:
        return refused
    if ends_at is None and condition is None:
        return Refusal("no_end", f"say when it ends, or on what condition: {act.reason} has neither for {planned.kind}")
    restriction = _by_hand(draft, act, planned, ends_at, condition)
    try:
        if is_proposal:
            draft.propose(replace(restriction, status=Status.PROPOSED))
        else:
            draft.place(restriction)
    except MissingStatementError as exc:
        return Refusal("incomplete", str(exc))
    return None


def _by_hand(
    draft: Draft, act: data.PlaceAct, planned: Planned, ends_at: datetime | None, condition: Condition | None
) -> Restriction:
    reason = planned.reason
    return Restriction(
        id=RestrictionId(draft.new_id("rs", act.reason, planned.kind, planned.scope)),
        account=draft.state.account,
        kind=planned.kind,
        reason=act.reason,
        scope=planned.scope,
        purpose=reason.purpose,
        ground=reason.ground,
        evidence=act.evidence,
        evidence_ids=act.evidence_ids or (f"event:{draft.event.id}",),
        disclosure=act.disclosure or reason.disclosure,
        placed_by=act.actor,
        cause=draft.event.id,
        placed_at=draft.now,
        starts_at=draft.now,
        playbook=draft.policy.playbook,
        least_restrictive_considered=act.considered or reason.considered,
        ends_at=ends_at,
        condition=condition,
        at_end=planned.at_end,
        cool_off_for=planned.cool_off(()),
        facts=act.facts,
        note=act.note,
    )


def _why_not_so_long(
    act: data.PlaceAct, planned: Planned, allowance: Allowance, lasts_for: timedelta | None
) -> Refusal | None:
    """Why not for this long (None: with no end by time); None if nothing speaks against it."""
    if allowance.max_for is not None and (lasts_for is None or lasts_for > allowance.max_for):
        asked = "without an end" if lasts_for is None else f"for {lasts_for}"
        message = f"evidence {act.evidence} allows {planned.kind} for at most {allowance.max_for}, not {asked}"
        return Refusal("evidence_ladder", message)
    return None


def _why_not(draft: Draft, act: data.PlaceAct, planned: Planned, permitted: bool) -> Refusal | None:
    refused = why_not_place(act.actor, planned.kind, act.evidence)
    if refused is not None:
        return Refusal("not_permitted", refused)
    signing = planned.reason.sign_off.get(planned.kind)
    if signing is not None and act.actor.role not in signing:
        roles = ", ".join(signing)
        return Refusal("sign_off", f"{planned.kind} for {act.reason} needs the sign-off of {roles}")
    if not permitted:
        return Refusal(
            "evidence_ladder", f"evidence {act.evidence} does not permit {planned.kind} of scope {planned.scope}"
        )
    if act.disclosure in (Disclosure.GAGGED, Disclosure.STATUTORY):
        return Refusal("disclosure", f"the disclosure class {act.disclosure} belongs to the sealed desk")
    if act.condition is not None and act.condition.recheck_at <= draft.now:
        return Refusal("end_in_the_past", "the date to look again is not after now")
    if act.ends_at is not None and act.condition is not None:
        return Refusal("end_and_condition", "give either an end time or a condition, not both")
    if act.ends_at is not None and act.ends_at <= draft.now:
        return Refusal(
            "end_in_the_past", f"the end {act.ends_at.isoformat()} is not after now, {draft.now.isoformat()}"
        )
    if planned.scope in (Scope.AMOUNT, Scope.REQUEST_IP):
        return Refusal("scope", f"a restriction of scope {planned.scope} is placed by its detector, not by hand")
    if planned.scope is Scope.NEW_DESTINATIONS and planned.cool_off_for is None:
        return Refusal("scope", f"the reason {act.reason} has no cool-off for new destinations in the playbook")
    return None


def approve_by_hand(draft: Draft, act: data.ApproveAct) -> Refusal | None:
    """A second person signs a proposal, which then is in force, or declines it."""
    restriction = _find(draft, act.restriction)
    if restriction is None:
        return _not_here(draft, act.restriction)
    refused = why_not_approve(restriction, act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    if act.declined:
        draft.end(decline(restriction, act.actor, draft.now, act.note))
    else:
        approved = approve(restriction, act.actor, draft.now)
        draft.place(replace(approved, approved_by=act.actor))
    return None


def renew_by_hand(draft: Draft, act: data.RenewAct) -> Refusal | None:
    """A person prolongs a restriction on new or higher evidence, as far as the ladder goes from now."""
    if not act.actor.is_person:
        return NOT_A_PERSON
    restriction = _find(draft, act.restriction)
    if restriction is None:
        return _not_here(draft, act.restriction)
    refused = why_not_renew(restriction, act.actor, act.ends_at, act.evidence, act.evidence_ids)
    if refused is not None:
        return Refusal("not_permitted", refused)
    allowance = allowed_length(draft.policy.ladder, restriction.kind, act.evidence, restriction.scope)
    length = act.ends_at - draft.now
    if not allowance.permitted or (allowance.max_for is not None and length > allowance.max_for):
        most = allowance.max_for or "no time at all"
        return Refusal(
            "evidence_ladder", f"evidence {act.evidence} allows {restriction.kind} for at most {most}, not {length}"
        )
    draft.change(renew(restriction, act.actor, act.ends_at, act.evidence, act.evidence_ids))
    return None


def annul_by_hand(draft: Draft, act: data.AnnulAct) -> Refusal | None:
    """A person declares a restriction void from the start: an error, counted against what placed it."""
    restriction = _find(draft, act.restriction)
    if restriction is None:
        return _not_here(draft, act.restriction)
    if restriction.origin is not None:
        return _is_mirror(restriction)
    refused = why_not_annul(restriction, act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    draft.end(annul(restriction, act.actor, draft.now, act.note))
    return None


def decide_case(draft: Draft, act: data.CaseAct) -> Refusal | None:
    """A person gives an opinion on a case; with enough of them the case is decided, and a match has its consequence."""
    case = draft.facts.case
    if case is None or case.id != act.case:
        return Refusal("not_open", f"account `{draft.state.account}` has no case `{act.case}`")
    refused = why_not_decide(case, act.actor, act.outcome)
    if refused is not None:
        return Refusal("not_permitted", refused)
    decided = with_opinion(case, Opinion(act.actor, act.outcome, act.note, draft.now))
    draft.decide_case(decided)
    match decided.outcome:
        case CaseOutcome.FALSE_MATCH:
            _clear(draft, decided, act.actor)
        case CaseOutcome.TRUE_MATCH:
            _confirm(draft, decided, act.actor)
        case _:
            pass
    return None


def _clear(draft: Draft, case: Case, by: Actor) -> None:
    """A false match: what rests on it and on no other match is released, and the pair stays quiet until a side changes."""
    assert case.match is not None
    cleared = (*draft.state.cleared, case.match.pair)[-CLEARED_MAX:]
    draft.state = replace(draft.state, cleared=cleared)
    known_false = {f"match:{pair}" for pair in cleared}
    for restriction in draft.state.restrictions:
        matches = {evidence for evidence in restriction.evidence_ids if evidence.startswith("match:")}
        rests_on_this = match_evidence(case.match) in matches and restriction.status is Status.ACTIVE
        if rests_on_this and restriction.origin is None and matches <= known_false:
            draft.end(lift(restriction, by, draft.now, f"false match, found by {_names(case)}"))


def _confirm(draft: Draft, case: Case, by: Actor) -> None:
    """Two reviewers found a true match: what stands rests on a confirmed entry from now on, or is placed."""
    assert case.match is not None
    entry = f"{case.match.list}:{case.match.entry}"
    standing = [r for r in draft.state.restrictions if r.id in case.restrictions and r.status is Status.ACTIVE]
    for restriction in standing:
        confirmed = replace(restriction, evidence=Evidence.E5, evidence_ids=(*restriction.evidence_ids, entry))
        draft.change(replace(confirmed, disclosure=Disclosure.FULL))
    if not standing:
        planned = Planned(draft.policy, Placement(reason=Reason.SANCTIONS_NEXUS, evidence=Evidence.E5))
        ends_at, condition = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
        note = f"true match with {entry}, found by {_names(case)}"
        act = data.PlaceAct(actor=by, note=note, reason=planned.code, evidence=Evidence.E5, evidence_ids=(entry,))
        draft.place(replace(_by_hand(draft, act, planned, ends_at, condition), disclosure=Disclosure.FULL))


def _names(case: Case) -> str:
    return " and ".join(str(opinion.by) for opinion in case.opinions if opinion.outcome is case.outcome)


def lift_by_hand(draft: Draft, act: data.LiftAct) -> Refusal | None:
    """A person lifts a restriction and says why."""
    if not act.actor.is_person:
        return NOT_A_PERSON
    restriction = _find(draft, act.restriction)
    if restriction is None:
        return _not_here(draft, act.restriction)
    if restriction.origin is not None:
        return _is_mirror(restriction)
    refused = why_not_lift(restriction, act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    draft.end(lift(restriction, act.actor, draft.now, act.note))
    return None


def _not_here(draft: Draft, restriction: RestrictionId) -> Refusal:
    return Refusal(
        "not_active", f"account `{draft.state.account}` has no active or proposed restriction `{restriction}`"
    )


def _is_mirror(restriction: Restriction) -> Refusal:
    message = f"it mirrors `{restriction.origin}`, which stands for the whole holder; do this on that one"
    return Refusal("mirrored", message)


def exempt(draft: Draft, act: data.ExemptAct) -> Refusal | None:
    """A person suppresses new discretionary restrictions of some kinds for a time. Audited like every act."""
    refused = why_not_exempt(act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    if act.until_at <= draft.now:
        return Refusal("end_in_the_past", f"the exemption would end at {act.until_at.isoformat()}, before it begins")
    granted = Exemption(act.kinds, act.until_at, act.actor, draft.now, act.note)
    draft.state = replace(draft.state, exemptions=(*draft.state.exemptions, granted))
    return None


# --- the user and the holder's other accounts ------------------------------------------------------------------------


def challenge_passed(draft: Draft, challenge: data.Challenge) -> None:
    """A fresh proof of control lifts what asks for one, if an intruder could not have given it."""
    policy = draft.policy.challenges
    changed_at = draft.state.mfa_changed_at
    is_unsettled = changed_at is not None and draft.now - changed_at < policy.factor_settles_for
    if challenge.method in policy.factors and is_unsettled:
        return
    if challenge.method in policy.strong:
        draft.state = replace(draft.state, proved_at=draft.now)
    user = Actor(f"challenge {challenge.method}", Role.USER)
    for restriction in draft.state.in_force(draft.now):
        is_meant = challenge.restriction in (None, restriction.id)
        suffices = challenge.method in policy.lifts.get(restriction.kind, ())
        is_fitting = (
            restriction.is_automated and restriction.scope in ACCOUNT_WIDE and restriction.reason in policy.reasons
        )
        if is_meant and suffices and is_fitting:
            draft.end(lift(restriction, user, draft.now, f"control was proved by {challenge.method}"))


def follow_holder(draft: Draft) -> None:
    """An account that comes to a holder gets what already stands on the holder's other accounts."""
    for restriction in draft.facts.holder_restrictions:
        _mirror(draft, restriction)


def mirrored(draft: Draft, effect: data.Mirrored) -> None:
    """A holder-wide restriction of another account began, changed or ended."""
    _mirror(draft, effect.restriction)


def _mirror(draft: Draft, original: Restriction) -> None:
    root = original.origin or original.id
    own = next((r for r in draft.state.restrictions if root in (r.origin, r.id)), None)
    if original.status is Status.ACTIVE:
        copy_id = own.id if own else RestrictionId(draft.new_id("rs", "mirror", root))
        generation = own.generation + 1 if own else 0
        copy = replace(original, id=copy_id, account=draft.state.account, origin=root, generation=generation)
        if own is None:
            draft.place(copy)
        elif own.origin == root and replace(copy, generation=own.generation) != own:
            draft.change(copy)
    elif own is not None and own.origin == root:
        draft.end(
            replace(
                own,
                status=original.status,
                ended_at=original.ended_at or draft.now,
                ended_by=original.ended_by,
                end_note=original.end_note,
            )
        )


def deactivate(draft: Draft) -> None:
    """The user closes the account: from now on only the way out is open (model X12)."""
    draft.state = replace(draft.state, life=Life.DEACTIVATED)


def _find(draft: Draft, restriction: RestrictionId) -> Restriction | None:
    return next((r for r in draft.state.restrictions if r.id == restriction), None)


ACTS: dict[type, Callable[[Draft, Any], Refusal | None]] = {
    data.TimerDue: timer_due,
    data.PlaceAct: place,
    data.LiftAct: lift_by_hand,
    data.ApproveAct: approve_by_hand,
    data.RenewAct: renew_by_hand,
    data.AnnulAct: annul_by_hand,
    data.CaseAct: decide_case,
    data.ExemptAct: exempt,
    data.Mirrored: mirrored,
}
"""Acts by the shape of their event's data; each answers with a refusal, or None when it was carried out."""
