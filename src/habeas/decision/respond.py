"""Signals to restrictions and cases, as the playbook's responses say and its evidence ladder allows."""

from msgspec.structs import replace

from habeas.decision.birth import born
from habeas.decision.draft import Draft
from habeas.domain.actor import Actor, Role
from habeas.domain.case import Match, Priority
from habeas.domain.kind import HELD_BY_LAW_KINDS, Kind
from habeas.domain.restriction import HeldAmount, Restriction, Scope, Status, extend, why_not_place
from habeas.domain.signal import Signal
from habeas.playbook.plan import Planned
from habeas.playbook.policy import AskPolicy, CasePolicy, Response

DUE_AT = "due_at"
"""The fact that says by when the user must have done something."""


def respond(draft: Draft, signal: Signal) -> None:
    """Carry out the row of the playbook that a signal reaches."""
    response = draft.policy.response(signal.typology, signal.score)
    if response is None:
        return
    for placement in response.place:
        _place_or_extend(draft, signal, Planned(draft.policy, placement))
    for placement in response.rearm:
        planned = Planned(draft.policy, placement)
        standing = _standing(draft, signal, planned)
        if standing is not None:
            _extend(draft, signal, planned, standing)
    if response.case is not None:
        stands = draft.state.in_force(draft.now)
        if signal.match is not None:
            stands = tuple(r for r in stands if match_evidence(signal.match) in r.evidence_ids)
        about = tuple(r.id for r in stands)
        draft.open_case(response.case, _case_reason(response, signal), _why(signal), about, match=signal.match)
    draft.request_actions(response.actions)
    if response.ask is not None:
        _ask(draft, signal, response.ask)
    if response.refuse_ip_for is not None:
        draft.refuse_ip(response.refuse_ip_for)


def match_evidence(match: Match) -> str:
    """How a restriction names the match that it rests on. It ends when all its matches were found false."""
    return f"match:{match.pair}"


def _rest_on(draft: Draft, standing: Restriction, signal: Signal) -> None:
    """What stands rests on one more match, or holds one more deposit of the same coins.

    Clearing the first match alone must not release it, and dust from a listed wallet must not pile up restrictions.
    """
    changed = standing
    if signal.match is not None and match_evidence(signal.match) not in standing.evidence_ids:
        changed = replace(changed, evidence_ids=(*standing.evidence_ids, match_evidence(signal.match)))
    if standing.held is not None and signal.held is not None and standing.cause != draft.event.id:
        changed = replace(changed, held=HeldAmount(standing.held.asset, standing.held.amount + signal.held.amount))
    if changed is not standing:
        draft.change(changed)


def _ask(draft: Draft, signal: Signal, ask: AskPolicy) -> None:
    """Ask the user for documents, in connection with the restriction that stands for the same reason."""
    named = (signal.facts[ask.from_fact],) if ask.from_fact in signal.facts else ()
    standing = next((r.id for r in draft.state.in_force(draft.now) if r.reason == ask.reason), None)
    draft.ask(ask, (*ask.documents, *named), _why(signal), standing)


def _place_or_extend(draft: Draft, signal: Signal, planned: Planned) -> None:
    standing = _standing(draft, signal, planned)
    if standing is not None and (signal.match is not None or planned.scope is Scope.AMOUNT):
        _rest_on(draft, standing, signal)
    elif standing is not None:
        _extend(draft, signal, planned, standing)
    elif _is_exempt(draft, planned):
        why = f"{planned.kind} was not placed, because the account is exempt; {_why(signal)}"
        draft.open_case(CasePolicy(queue="review"), planned.code, why)
    elif _is_used_up(draft, planned.kind):
        policy = CasePolicy(queue="risk", priority=Priority.HIGH)
        draft.open_case(policy, planned.code, f"{planned.kind} was used up by automation; {_why(signal)}")
    else:
        _place(draft, signal, planned)


def _place(draft: Draft, signal: Signal, planned: Planned) -> None:
    allowance = planned.allowance(draft.policy, signal.circumstances)
    placer = Actor(signal.detector, Role.DETECTOR)
    refused = why_not_place(placer, planned.kind, planned.evidence, is_declared_fact=planned.reason.is_declared_fact)
    if refused is not None or not allowance.permitted:
        why = refused or f"evidence {planned.evidence} does not permit {planned.kind}"
        draft.open_case(CasePolicy(queue="review", priority=Priority.HIGH), planned.code, f"{why}; {_why(signal)}")
        return
    if planned.scope is Scope.AMOUNT and signal.held is None:
        why = f"no amount was named that {planned.kind} could hold; {_why(signal)}"
        draft.open_case(CasePolicy(queue="review", priority=Priority.HIGH), planned.code, why)
        return
    ends = planned.end_or_condition(allowance, draft.now)
    rests_on = (match_evidence(signal.match),) if signal.match else ()
    draft.place(
        born(
            draft,
            planned,
            placer,
            ends,
            (f"event:{draft.event.id}", f"signal:{signal.typology}", *rests_on),
            held=signal.held if planned.scope is Scope.AMOUNT else None,
            cool_off_for=planned.cool_off(signal.circumstances),
            circumstances=signal.circumstances,
            facts=signal.facts | ({DUE_AT: ends[0].isoformat()} if ends[0] and _is_due(planned) else {}),
            note=_why(signal),
        )
    )


def _is_due(planned: Planned) -> bool:
    """Whether something milder than what follows it gives the user a date to meet."""
    return planned.at_end.condition is not None


def _extend(draft: Draft, signal: Signal, planned: Planned, standing: Restriction) -> None:
    """Re-arm: a further signal prolongs what stands, up to the ladder's limit from its start. Then a person decides.

    A destination must have been known for longer where the circumstances have become worse.
    """
    allowance = planned.allowance(draft.policy, signal.circumstances)
    if standing.ends_at is None or allowance.max_for is None or _is_due(planned):
        return  # A date that the user was given to meet is not moved by a further signal.
    extended = extend(standing, draft.now + (planned.first_for or allowance.max_for), allowance.max_for)
    cool_off_for = planned.cool_off(signal.circumstances)
    if cool_off_for is not None and standing.cool_off_for is not None and cool_off_for > standing.cool_off_for:
        extended = replace(extended, cool_off_for=cool_off_for)
    if extended is not standing:
        draft.change(extended)


def _standing(draft: Draft, signal: Signal, planned: Planned) -> Restriction | None:
    """The restriction in force that says the same: same reason, kind and scope."""
    said = (planned.code, planned.kind, planned.scope)
    # A mirror is another account's matter: what this account gave cause for is a restriction of its own.
    own = (r for r in draft.state.in_force(draft.now) if r.status is Status.ACTIVE and r.origin is None)
    alike = [r for r in own if (r.reason, r.kind, r.scope) == said]
    if planned.scope is Scope.AMOUNT:
        alike = [r for r in alike if _is_of_the_same_coins(r, signal, draft)]
    return next(iter(alike), None)


def _is_of_the_same_coins(restriction: Restriction, signal: Signal, draft: Draft) -> bool:
    """Whether a held amount is of this very deposit, or of the same asset: from the same listed sender, or, where no list is
    the reason, held so lately that one end serves both. So nobody fills an account's record with small deposits.
    """
    if restriction.cause == draft.event.id:
        return True
    if restriction.held is None or signal.held is None or restriction.held.asset != signal.held.asset:
        return False
    if signal.match is not None:
        return match_evidence(signal.match) in restriction.evidence_ids
    return draft.now - restriction.starts_at <= draft.policy.safety.joins_held_within_for


def _is_exempt(draft: Draft, planned: Planned) -> bool:
    """Whether a person has exempted the account from this discretionary kind. What law requires has no exemption."""
    if planned.reason.is_mandatory or planned.kind in HELD_BY_LAW_KINDS:
        return False
    return any(planned.kind in e.kinds and e.until_at > draft.now for e in draft.state.exemptions)


def _is_used_up(draft: Draft, kind: Kind) -> bool:
    """Whether automation has placed this kind as often as it may without a person."""
    policy = draft.policy.kind_policy(kind)
    if policy.automated_max is None or policy.automated_within_for is None:
        return False
    since = draft.now - policy.automated_within_for
    return sum(p.kind is kind and p.at > since for p in draft.state.automated) >= policy.automated_max


def _case_reason(response: Response, signal: Signal) -> str:
    if response.place:
        return response.place[0].reason
    return response.case.reason if response.case and response.case.reason else signal.typology


def _why(signal: Signal) -> str:
    evidence = "; ".join(f"{name}: {value}" for name, value in signal.evidence.items())
    return f"{signal.typology} {signal.score:.2f} by {signal.detector} ({evidence})"
