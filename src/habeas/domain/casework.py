"""Work on an open case, and its clocks: `new -> assigned -> working <-> waiting for the user`, then a decision (model 5.4).

A case's clock runs while it waits for us and stands still while it waits for the user. A breach is announced before it happens.
Nothing here ever closes a case: only people decide.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.case import Case, CaseStage, CaseStatus, CaseStep, Priority, Remark

REMARKS_MAX = 100
WORKING_ROLES = frozenset(
    {
        *(Role.FRONTLINE, Role.ANALYST, Role.SENIOR_ANALYST, Role.SANCTIONS_OFFICER, Role.MLRO),
        *(Role.COUNSEL, Role.APPEALS_OFFICER, Role.CAMPAIGN_MANAGER),
    }
)
"""Who may work on cases. Auditors only read."""


def why_not_step(
    case: Case, step: CaseStep, by: Actor, at: datetime, skills: tuple[Role, ...] | None, reopen_within_for: timedelta
) -> str | None:
    """Why this actor may not take this step now; None if it may. `skills`: the roles that take cases of its queue."""
    if by.role not in WORKING_ROLES:
        return f"the role {by.role} does not work on cases"
    if step is CaseStep.REOPEN:
        if case.status is not CaseStatus.DECIDED or case.decided_at is None:
            return f"case `{case.id}` is {case.status}; only a decided one is opened again"
        if at - case.decided_at > reopen_within_for:
            return (
                f"case `{case.id}` was decided on {case.decided_at.date()}, more than {reopen_within_for.days} days ago"
            )
        return None
    if case.status is not CaseStatus.OPEN:
        return f"case `{case.id}` is {case.status}; new facts open it again (reopen)"
    if step is CaseStep.ASSIGN and skills is not None and by.role not in skills:
        return f"cases of the queue {case.queue} are taken by {', '.join(skills)}, not by the role {by.role}"
    if step is CaseStep.WAIT and case.stage is CaseStage.WAITING_USER:
        return f"case `{case.id}` waits for the user already"
    if step is CaseStep.RESUME and case.stage is not CaseStage.WAITING_USER:
        return f"case `{case.id}` does not wait for the user"
    return None


def step(
    case: Case, what: CaseStep, by: Actor, at: datetime, *, note: str, value: str, hardship_for: timedelta
) -> Case:
    """The case after a step. `value` is who it is assigned to, or its number in another system."""
    changed = _STEPS[what](case, at, value or by.name, hardship_for)
    remark = Remark(by, what, note, at)
    return replace(changed, remarks=(*case.remarks, remark)[-REMARKS_MAX:], generation=case.generation + 1)


def _assigned(case: Case, _at: datetime, value: str, _hardship_for: timedelta) -> Case:
    return replace(case, assignee=value, stage=CaseStage.ASSIGNED if case.stage is CaseStage.NEW else case.stage)


def _waiting(case: Case, at: datetime, _value: str, _hardship_for: timedelta) -> Case:
    return replace(case, stage=CaseStage.WAITING_USER, waiting_since=at, reminders=0)


def resumed(case: Case, at: datetime) -> Case:
    """The case goes on, and the time that it waited for the user is not counted."""
    assert case.waiting_since is not None
    waited_for = at - case.waiting_since
    return replace(
        case,
        stage=CaseStage.WORKING,
        waiting_since=None,
        due_at=case.due_at + waited_for,
        counted_from=_counted_from(case) + waited_for,
    )


def _resumed(case: Case, at: datetime, _value: str, _hardship_for: timedelta) -> Case:
    return resumed(case, at)


def _noted(case: Case, _at: datetime, _value: str, _hardship_for: timedelta) -> Case:
    return replace(case, stage=CaseStage.WORKING) if case.stage is CaseStage.ASSIGNED else case


def _referred(case: Case, _at: datetime, value: str, _hardship_for: timedelta) -> Case:
    return replace(case, external_ref=value)


def _in_hardship(case: Case, at: datetime, _value: str, hardship_for: timedelta) -> Case:
    """Rent, food, wages: somebody looks within the hour (complaint 5 of model 4)."""
    return replace(
        case,
        is_hardship=True,
        priority=Priority.PAGE,
        due_at=at + hardship_for if case.is_late else min(case.due_at, at + hardship_for),
        counted_from=at,
        is_warned=False,
        is_late=False,
    )


def _reopened(case: Case, at: datetime, _value: str, _hardship_for: timedelta) -> Case:
    """New facts: it is decided anew, in as much time as it had at first."""
    return replace(
        case,
        status=CaseStatus.OPEN,
        stage=CaseStage.WORKING,
        outcome=None,
        decided_at=None,
        opinions=(),
        due_at=at + (case.due_at - _counted_from(case)),
        counted_from=at,
        is_warned=False,
        is_late=False,
    )


_STEPS: dict[CaseStep, Callable[[Case, datetime, str, timedelta], Case]] = {
    CaseStep.ASSIGN: _assigned,
    CaseStep.WAIT: _waiting,
    CaseStep.RESUME: _resumed,
    CaseStep.NOTE: _noted,
    CaseStep.REFER: _referred,
    CaseStep.HARDSHIP: _in_hardship,
    CaseStep.REOPEN: _reopened,
}


# --- the clock -------------------------------------------------------------------------------------------------------


def next_look(
    case: Case, warn_at_share: float, remind_after_for: tuple[timedelta, ...], silence_for: timedelta
) -> datetime | None:
    """When the clock of a case next has something to say; None when it has nothing more."""
    if case.status is not CaseStatus.OPEN:
        return None
    if case.waiting_since is not None:
        left = remind_after_for[case.reminders :]
        return case.waiting_since + (left[0] if left else silence_for)
    if not case.is_warned:
        return _counted_from(case) + (case.due_at - _counted_from(case)) * warn_at_share
    return None if case.is_late else case.due_at


def _counted_from(case: Case) -> datetime:
    return case.counted_from or case.opened_at


def ticked(case: Case, at: datetime, remind_after_for: tuple[timedelta, ...]) -> tuple[Case, str]:
    """The case after its clock has spoken, and what it said: `reminder`, `silence`, `late_soon` or `late`."""
    changed, said = _ticked(case, at, remind_after_for)
    return replace(changed, generation=case.generation + 1), said


def _ticked(case: Case, at: datetime, remind_after_for: tuple[timedelta, ...]) -> tuple[Case, str]:
    if case.waiting_since is not None and case.reminders < len(remind_after_for):
        return replace(case, reminders=case.reminders + 1), "reminder"
    if case.waiting_since is not None:
        # It is decided on what is there, and never closed for silence.
        return replace(resumed(case, at), priority=_higher(case.priority)), "silence"
    if not case.is_warned:
        return replace(case, is_warned=True, priority=_higher(case.priority)), "late_soon"
    return replace(case, is_late=True, priority=Priority.PAGE), "late"


def _higher(priority: Priority) -> Priority:
    return Priority.HIGH if priority is Priority.NORMAL else priority
