"""Opinions on cases, and what becomes of a match with a sanctions list when enough people agree."""

from msgspec.structs import replace

from habeas.decision import appeals, suspicion
from habeas.decision.birth import born
from habeas.decision.draft import Draft
from habeas.decision.respond import match_evidence
from habeas.domain import event_data as data
from habeas.domain.account import CLEARED_MAX
from habeas.domain.actor import Actor
from habeas.domain.case import Case, CaseOutcome, Opinion, why_not_decide, with_opinion
from habeas.domain.decision import Refusal
from habeas.domain.evidence import Evidence
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import Restriction, Status, lift
from habeas.playbook.plan import Planned
from habeas.playbook.policy import Placement


def decide_case(draft: Draft, act: data.CaseAct) -> Refusal | None:
    """A person gives an opinion on a case; with enough of them the case is decided, and a match has its consequence."""
    case = draft.facts.case
    if case is None or case.id != act.case:
        return Refusal("not_open", f"account `{draft.state.account}` has no case `{act.case}`")
    refused = why_not_decide(case, act.actor, act.outcome, act.done)
    if refused is not None:
        return Refusal("not_permitted", refused)
    refusal = suspicion.why_not_about(draft, case, act.outcome) or appeals.why_not(draft, case, act.actor, act.outcome)
    if refusal is not None:
        return refusal
    case = replace(case, done=tuple(dict.fromkeys((*case.done, *act.done))))
    opinion = Opinion(act.actor, act.outcome, act.note, draft.now)
    releases = bool(_resting_on(draft, case)) or appeals.ends_what_two_signed(draft, case)
    decided = with_opinion(case, opinion, releases=releases)
    draft.change_case(decided)
    match decided.outcome:
        case CaseOutcome.FALSE_MATCH:
            _clear(draft, decided, act.actor)
        case CaseOutcome.TRUE_MATCH:
            _confirm(draft, decided, act.actor)
        case CaseOutcome.GRANTED | CaseOutcome.PARTLY:
            appeals.decided(draft, decided, act.actor)
        case _:
            suspicion.decided(draft, decided, act.actor)
    return None


def _resting_on(draft: Draft, case: Case) -> list[Restriction]:
    """What stands on this account because of the match of a case. Mirrors rest on a match of another account."""
    if case.match is None:
        return []
    evidence = match_evidence(case.match)
    active = (r for r in draft.state.restrictions if r.status is Status.ACTIVE and r.origin is None)
    return [r for r in active if evidence in r.evidence_ids]


def _clear(draft: Draft, case: Case, by: Actor) -> None:
    """A false match: what rests on it and on no other match is released, and the pair stays quiet until a side changes."""
    assert case.match is not None
    cleared = (*draft.state.cleared, case.match.pair)[-CLEARED_MAX:]
    draft.state = replace(draft.state, cleared=cleared)
    known_false = {f"match:{pair}" for pair in cleared}
    for restriction in _resting_on(draft, case):
        if {evidence for evidence in restriction.evidence_ids if evidence.startswith("match:")} <= known_false:
            draft.end(lift(restriction, by, draft.now, f"false match, found by {_names(case)}"))


def _confirm(draft: Draft, case: Case, by: Actor) -> None:
    """Two reviewers found a true match: what stands rests on a confirmed entry from now on, or is placed."""
    assert case.match is not None
    entry = f"{case.match.list}:{case.match.entry}"
    standing = _resting_on(draft, case)
    for restriction in standing:
        confirmed = replace(restriction, evidence=Evidence.E5, evidence_ids=(*restriction.evidence_ids, entry))
        draft.change(replace(confirmed, disclosure=Disclosure.FULL))
    if not standing:
        planned = Planned(draft.policy, Placement(reason=Reason.SANCTIONS_NEXUS, evidence=Evidence.E5))
        ends = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
        note = f"true match with {entry}, found by {_names(case)}"
        draft.place(born(draft, planned, by, ends, (entry,), disclosure=Disclosure.FULL, note=note))


def _names(case: Case) -> str:
    return " and ".join(str(opinion.by) for opinion in case.opinions if opinion.outcome is case.outcome)
