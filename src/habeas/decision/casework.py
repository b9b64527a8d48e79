"""Work on cases as acts of staff, and the clocks of cases (model 5.4)."""

from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.case import Case, CaseStatus, CaseStep
from habeas.domain.casework import step, ticked, why_not_step
from habeas.domain.decision import Refusal


def work(draft: Draft, act: data.CaseWork) -> Refusal | None:
    """A person takes a step on a case."""
    case = _case(draft, act.case)
    if case is None:
        return Refusal("not_open", f"account `{draft.state.account}` has no case `{act.case}`")
    policy = draft.policy.casework
    refused = why_not_step(
        case, act.step, act.actor, draft.now, policy.skills.get(case.queue), policy.reopen_within_for
    )
    if refused is not None:
        return Refusal("not_permitted", refused)
    if act.step is CaseStep.REFER and not act.value:
        return Refusal("no_value", "say what its number is in the other system")
    changed = step(
        case, act.step, act.actor, draft.now, note=act.note, value=act.value, hardship_for=policy.hardship_for
    )
    draft.change_case(changed)
    if act.step is CaseStep.HARDSHIP:
        draft.page(changed)
    return None


def clock(draft: Draft, due: data.TimerDue) -> None:
    """The clock of a case speaks: a reminder, a silence that is over, a breach that is near, a breach."""
    case = _case(draft, due.about)
    if case is None or case.generation != due.generation or case.status is not CaseStatus.OPEN:
        return
    changed, said = ticked(case, draft.now, draft.policy.casework.remind_after_for)
    draft.change_case(changed)
    draft.tell_of_case(changed, said)


def _case(draft: Draft, id_: str) -> Case | None:
    case = draft.facts.case
    return case if case is not None and case.id == id_ else None
