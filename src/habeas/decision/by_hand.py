"""Acts of staff on restrictions: place or propose, approve, renew, lift, annul, exempt. Each says why it is refused."""

from datetime import timedelta

from msgspec.structs import replace

from habeas.decision import release
from habeas.decision.birth import born
from habeas.decision.desks import why_not_by_hand
from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.case import CaseOutcome, CaseStatus, Opinion, Priority, with_opinion
from habeas.domain.decision import Refusal
from habeas.domain.errors import MissingStatementError
from habeas.domain.evidence import Allowance, Evidence, allowed_length
from habeas.domain.kind import FOUR_EYES_KINDS, PERSON_ONLY_KINDS, Kind
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import (
    AtEnd,
    Exemption,
    Restriction,
    Scope,
    Status,
    annul,
    approve,
    decline,
    lift,
    needs_four_eyes,
    renew,
    supersede,
    why_not_annul,
    why_not_approve,
    why_not_exempt,
    why_not_place,
    why_not_renew,
)
from habeas.playbook.plan import Planned
from habeas.playbook.policy import CasePolicy, Placement

SIGNATURES = CasePolicy(queue="signatures", priority=Priority.HIGH)
"""A proposal limits nothing, and still somebody must look at it within a day."""

NOT_A_PERSON = Refusal("not_permitted", "an act of staff is done by a person")


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
    if planned.kind is Kind.LEGAL_FREEZE or act.reason in (Reason.LEGAL_ORDER, Reason.TERMS_REVIEW):
        return Refusal("desk_only", f"{act.reason} as {planned.kind} is placed by its desk; see `habeas order`")
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
    restriction = born(
        draft,
        planned,
        act.actor,
        (ends_at, condition),
        act.evidence_ids or (f"event:{draft.event.id}",),
        disclosure=act.disclosure or reason.disclosure,
        least_restrictive_considered=act.considered or reason.considered,
        facts=act.facts,
        note=act.note,
    )
    try:
        if is_proposal:
            draft.propose(replace(restriction, status=Status.PROPOSED))
            why = f"{restriction.kind} proposed by {act.actor} waits for its second signature"
            draft.open_case(SIGNATURES, restriction.reason, why, about=restriction.id)
            _protect(draft, restriction)
        else:
            draft.place(restriction)
    except MissingStatementError as exc:
        return Refusal("incomplete", str(exc))
    return None


def _protect(draft: Draft, proposal: Restriction) -> None:
    """Where the playbook says so, a freeze or a ban that waits for its second signature freezes the account meanwhile."""
    protective_for = draft.policy.safety.protective_for
    if protective_for is None or proposal.kind not in (Kind.FROZEN, Kind.PERM_BAN):
        return
    planned = Planned(
        draft.policy, Placement(reason=proposal.reason, kind=Kind.FROZEN, evidence=Evidence.E3, at_end=AtEnd())
    )
    allowance = planned.allowance(draft.policy, ())
    if not allowance.permitted:
        return
    ends_at = draft.now + min(protective_for, allowance.max_for or protective_for)
    note = f"until `{proposal.id}` is signed or declined"
    evidence = (*proposal.evidence_ids, _waiting_for(proposal))
    draft.place(born(draft, planned, proposal.placed_by, (ends_at, None), evidence, facts=proposal.facts, note=note))


def _waiting_for(proposal: Restriction) -> str:
    """How a protective freeze names the proposal that it waits for."""
    return f"proposal:{proposal.id}"


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
    if act.evidence < planned.reason.evidence_min:
        needed = planned.reason.evidence_min
        return Refusal(
            "evidence_ladder", f"the reason {act.reason} needs evidence {needed} at least, not {act.evidence}"
        )
    if act.disclosure in (Disclosure.GAGGED, Disclosure.STATUTORY):
        return Refusal("disclosure", f"the disclosure class {act.disclosure} belongs to the sealed desk")
    if act.condition is not None and act.condition.recheck_at <= draft.now:
        return Refusal("end_in_the_past", "the date to look again is not after now")
    end = act.at_end
    if end is not None and end.kind is not None:
        after = allowed_length(draft.policy.ladder, end.kind, act.evidence, end.scope)
        too_long = after.max_for is not None and (end.lasts_for is None or end.lasts_for > after.max_for)
        if end.kind in FOUR_EYES_KINDS or end.kind in PERSON_ONLY_KINDS or not after.permitted or too_long:
            return Refusal(
                "evidence_ladder", f"evidence {act.evidence} does not carry a fall-back to {end.kind} like this"
            )
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
    subject = _subject(draft, act)
    if isinstance(subject, Refusal):
        return subject
    refused = why_not_approve(subject, act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    if act.declined:
        draft.end(decline(subject, act.actor, draft.now, act.note))
    else:
        draft.place(replace(approve(subject, act.actor, draft.now), approved_by=act.actor))
    for case in draft.facts.cases:
        if (case.queue, case.about) == (SIGNATURES.queue, subject.id) and case.status is CaseStatus.OPEN:
            # Whoever signs or declines has decided what the case asks.
            opinion = Opinion(act.actor, CaseOutcome.RESOLVED, act.note, draft.now)
            draft.change_case(with_opinion(case, opinion, releases=False))
    for protective in draft.state.in_force(draft.now):
        if _waiting_for(subject) in protective.evidence_ids:
            draft.end(
                lift(protective, act.actor, draft.now, f"`{subject.id}` was declined")
                if act.declined
                else supersede(protective, act.actor, draft.now, subject.id)
            )
    return None


def renew_by_hand(draft: Draft, act: data.RenewAct) -> Refusal | None:
    """A person prolongs a restriction on new or higher evidence, as far as the ladder goes from now."""
    subject = _subject(draft, act)
    if isinstance(subject, Refusal):
        return subject
    if act.ends_at <= draft.now:
        return Refusal(
            "end_in_the_past", f"the end {act.ends_at.isoformat()} is not after now, {draft.now.isoformat()}"
        )
    refused = why_not_renew(subject, act.actor, act.ends_at, act.evidence, act.evidence_ids)
    if refused is not None:
        return Refusal("not_permitted", refused)
    allowance = allowed_length(draft.policy.ladder, subject.kind, act.evidence, subject.scope)
    length = act.ends_at - draft.now
    if not allowance.permitted or (allowance.max_for is not None and length > allowance.max_for):
        most = allowance.max_for or "no time at all"
        message = f"evidence {act.evidence} allows {subject.kind} for at most {most}, not {length}"
        return Refusal("evidence_ladder", message)
    renewed = renew(subject, act.actor, act.ends_at, act.evidence, act.evidence_ids)
    draft.change(replace(renewed, because=act.because or ""))
    return None


def lift_by_hand(draft: Draft, act: data.LiftAct) -> Refusal | None:
    """A person lifts a restriction and says why. Some reasons are not left on anybody's word alone (row A038)."""
    subject = _subject(draft, act)
    if isinstance(subject, Refusal):
        return subject
    refusal = release.why_not(draft, subject, act.actor, act.attests)
    if refusal is not None:
        return refusal
    release.release(draft, subject, act.actor, act.note, act.because or "")
    return None


def annul_by_hand(draft: Draft, act: data.AnnulAct) -> Refusal | None:
    """A person declares a restriction void from the start: an error, counted against what placed it."""
    subject = _subject(draft, act)
    if isinstance(subject, Refusal):
        return subject
    refused = why_not_annul(subject, act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    draft.end(annul(subject, act.actor, draft.now, act.note))
    return None


def _subject(
    draft: Draft, act: data.ApproveAct | data.RenewAct | data.LiftAct | data.AnnulAct
) -> Restriction | Refusal:
    """The restriction that an act is about, or why this act cannot be about it."""
    if not act.actor.is_person:
        return NOT_A_PERSON
    found = next((r for r in draft.state.restrictions if r.id == act.restriction), None)
    if found is None and draft.facts.restriction is not None and draft.facts.restriction.id == act.restriction:
        found = draft.facts.restriction
    if found is None:
        return Refusal("not_active", f"account `{draft.state.account}` has no restriction `{act.restriction}`")
    if found.origin is not None and found.origin_account in draft.facts.siblings:
        message = f"it mirrors `{found.origin}`, which stands for the whole holder; do this on that one"
        return Refusal("mirrored", message)
    return why_not_by_hand(found) or found


def exempt(draft: Draft, act: data.ExemptAct) -> Refusal | None:
    """A person suppresses new discretionary restrictions of some kinds for a time. Audited like every act."""
    refused = why_not_exempt(act.actor)
    if refused is not None:
        return Refusal("not_permitted", refused)
    most = draft.policy.safety.exemption_max_for
    if act.until_at - draft.now > most:
        return Refusal("too_long", f"an exemption lasts at most {most}; renew it when the time is over")
    if act.until_at <= draft.now:
        return Refusal("end_in_the_past", f"the exemption would end at {act.until_at.isoformat()}, before it begins")
    granted = Exemption(act.kinds, act.until_at, act.actor, draft.now, act.note)
    draft.state = replace(draft.state, exemptions=(*draft.state.exemptions, granted))
    return None
