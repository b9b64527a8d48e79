"""Opinions on cases, and what becomes of a match with a sanctions list when enough people agree."""

from msgspec.structs import replace

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
from habeas.domain.restriction import Status, lift
from habeas.playbook.plan import Planned
from habeas.playbook.policy import Placement


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
        ends = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
        note = f"true match with {entry}, found by {_names(case)}"
        draft.place(born(draft, planned, by, ends, (entry,), disclosure=Disclosure.FULL, note=note))


def _names(case: Case) -> str:
    return " and ".join(str(opinion.by) for opinion in case.opinions if opinion.outcome is case.outcome)
