"""Signals to restrictions and cases, as the playbook's responses say and its evidence ladder allows."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from habeas.decision.draft import Draft
from habeas.domain.actor import Actor, Role
from habeas.domain.case import Priority
from habeas.domain.evidence import Allowance, Evidence, allowed_length
from habeas.domain.ids import RestrictionId
from habeas.domain.kind import MANDATORY_KINDS, Kind
from habeas.domain.restriction import Condition, Restriction, Scope, Status, extend, why_not_place
from habeas.domain.signal import Signal
from habeas.playbook.policy import CasePolicy, EndCondition, Placement, Policy, ReasonPolicy


def respond(draft: Draft, signal: Signal) -> None:
    """Carry out the row of the playbook that a signal reaches."""
    response = draft.policy.response(signal.typology, signal.score)
    if response is None:
        return
    for placement in response.place:
        _place_or_extend(draft, signal, Planned(draft.policy, placement))
    for placement in response.rearm:
        planned = Planned(draft.policy, placement)
        standing = _standing(draft, planned)
        if standing is not None:
            _extend(draft, signal, planned, standing)
    if response.case is not None:
        about = tuple(r.id for r in draft.state.in_force(draft.now))
        draft.open_case(response.case, _case_reason(response.place, signal), _why(signal), about)
    draft.request_actions(response.actions)


class Planned:
    """A placement with the gaps filled from its reason's row."""

    def __init__(self, policy: Policy, placement: Placement) -> None:
        reason = policy.reasons[placement.reason]
        kind = placement.kind or reason.kind
        assert kind is not None, "a loaded playbook has a kind for every placement"
        self.code = placement.reason
        self.reason: ReasonPolicy = reason
        self.kind: Kind = kind
        self.scope: Scope = placement.scope or reason.scope
        self.evidence: Evidence = placement.evidence or reason.evidence
        # A placement of another kind than the reason's default takes neither its first length nor its condition:
        # where it names none of its own, the ladder's limit is the length.
        same = kind is reason.kind
        self.first_for: timedelta | None = placement.first_for or (reason.first_for if same else None)
        self.condition: EndCondition | None = placement.condition or (reason.condition if same else None)
        self.at_end = placement.at_end or reason.at_end
        self.cool_off_for = placement.cool_off_for or reason.cool_off_for

    def allowance(self, policy: Policy, circumstances: tuple[str, ...]) -> Allowance:
        return allowed_length(policy.ladder, self.kind, self.evidence, self.scope, circumstances)

    def cool_off(self, circumstances: tuple[str, ...]) -> timedelta | None:
        """How long a destination must have been known, now or after a fall-back; longer where the circumstances are worse."""
        if Scope.NEW_DESTINATIONS not in (self.scope, self.at_end.scope) or self.cool_off_for is None:
            return None
        longer = self.reason.cool_off_longer_for
        return max([self.cool_off_for, *(longer[name] for name in circumstances if name in longer)])


def _place_or_extend(draft: Draft, signal: Signal, planned: Planned) -> None:
    standing = _standing(draft, planned)
    if standing is not None:
        _extend(draft, signal, planned, standing)
    elif _is_exempt(draft, planned):
        return
    elif _is_used_up(draft, planned.kind):
        policy = CasePolicy(queue="risk", priority=Priority.HIGH)
        draft.open_case(policy, planned.code, f"{planned.kind} was used up by automation; {_why(signal)}")
    else:
        _place(draft, signal, planned)


def _place(draft: Draft, signal: Signal, planned: Planned) -> None:
    allowance = planned.allowance(draft.policy, signal.circumstances)
    placer = Actor(signal.detector, Role.DETECTOR)
    refused = why_not_place(placer, planned.kind, planned.evidence)
    if refused is not None or not allowance.permitted:
        why = refused or f"evidence {planned.evidence} does not permit {planned.kind}"
        draft.open_case(CasePolicy(queue="review", priority=Priority.HIGH), planned.code, f"{why}; {_why(signal)}")
        return
    ends_at, condition = end_or_condition(planned, allowance, draft.now)
    draft.place(
        Restriction(
            id=RestrictionId(draft.new_id("rs", planned.code, planned.kind, planned.scope)),
            account=draft.state.account,
            kind=planned.kind,
            reason=planned.code,
            scope=planned.scope,
            purpose=planned.reason.purpose,
            ground=planned.reason.ground,
            evidence=planned.evidence,
            evidence_ids=(f"event:{draft.event.id}", f"signal:{signal.typology}"),
            disclosure=planned.reason.disclosure,
            placed_by=placer,
            cause=draft.event.id,
            placed_at=draft.now,
            starts_at=draft.now,
            playbook=draft.policy.playbook,
            least_restrictive_considered=planned.reason.considered,
            ends_at=ends_at,
            condition=condition,
            at_end=planned.at_end,
            cool_off_for=planned.cool_off(signal.circumstances),
            circumstances=signal.circumstances,
            facts=signal.facts,
            note=_why(signal),
        )
    )


def end_or_condition(planned: Planned, allowance: Allowance, now: datetime) -> tuple[datetime | None, Condition | None]:
    """When or on what condition a new restriction ends: exactly one of the two, if anything says so.

    The first length of the reason, cut to what the ladder allows; without one, the reason's condition; without
    either, the ladder's limit itself. Where all are silent, both are None, and nothing can be placed.
    """
    lengths = [length for length in (planned.first_for, allowance.max_for) if length is not None]
    if planned.condition is not None and planned.first_for is None:
        condition = planned.condition
        return None, Condition(until=condition.until, recheck_at=now + condition.recheck_for, owner=condition.owner)
    return (now + min(lengths), None) if lengths else (None, None)


def _extend(draft: Draft, signal: Signal, planned: Planned, standing: Restriction) -> None:
    """Re-arm: a further signal prolongs what stands, up to the ladder's limit from its start. Then a person decides.

    A destination must have been known for longer where the circumstances have become worse.
    """
    allowance = planned.allowance(draft.policy, signal.circumstances)
    if standing.ends_at is None or allowance.max_for is None:
        return
    extended = extend(standing, draft.now + (planned.first_for or allowance.max_for), allowance.max_for)
    cool_off_for = planned.cool_off(signal.circumstances)
    if cool_off_for is not None and standing.cool_off_for is not None and cool_off_for > standing.cool_off_for:
        extended = replace(extended, cool_off_for=cool_off_for)
    if extended is not standing:
        draft.change(extended)


def _standing(draft: Draft, planned: Planned) -> Restriction | None:
    """The restriction in force that says the same: same reason, kind and scope."""
    return next(
        (
            r
            for r in draft.state.in_force(draft.now)
            if r.status is Status.ACTIVE and (r.reason, r.kind, r.scope) == (planned.code, planned.kind, planned.scope)
        ),
        None,
    )


def _is_exempt(draft: Draft, planned: Planned) -> bool:
    """Whether a person has exempted the account from this discretionary kind. What law requires has no exemption."""
    if planned.reason.is_mandatory or planned.kind in MANDATORY_KINDS:
        return False
    return any(planned.kind in e.kinds and e.until_at > draft.now for e in draft.state.exemptions)


def _is_used_up(draft: Draft, kind: Kind) -> bool:
    """Whether automation has placed this kind as often as it may without a person."""
    policy = draft.policy.kind_policy(kind)
    if policy.automated_max is None or policy.automated_within_for is None:
        return False
    since = draft.now - policy.automated_within_for
    return sum(p.kind is kind and p.at > since for p in draft.state.automated) >= policy.automated_max


def _case_reason(placements: tuple[Placement, ...], signal: Signal) -> str:
    return placements[0].reason if placements else signal.typology


def _why(signal: Signal) -> str:
    evidence = "; ".join(f"{name}: {value}" for name, value in signal.evidence.items())
    return f"{signal.typology} {signal.score:.2f} by {signal.detector} ({evidence})"
