"""Appeals: what a user contests, and what becomes of it when somebody who had no part in it has decided (model 5.4)."""

from habeas.decision import release
from habeas.decision.desks import why_not_by_hand
from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.actor import Actor
from habeas.domain.appeal import Appeal, Contestable, why_not_decide_appeal, why_not_file
from habeas.domain.case import Case, CaseOutcome
from habeas.domain.decision import Refusal
from habeas.domain.kind import HELD_BY_LAW_KINDS
from habeas.domain.reason import Reason
from habeas.domain.restriction import Restriction, Status, annul, why_not_annul
from habeas.playbook.policy import CasePolicy

POLICY_REASONS = frozenset({Reason.POLICY_EXIT})
"""What a policy is cannot be appealed (row B071)."""


def file(draft: Draft, said: data.Appeal) -> Refusal | None:
    """A user appeals against a restriction: a case for somebody else than who placed it."""
    subject = subject_of(draft, said.restriction)
    if subject is None:
        return Refusal("no_restriction", f"account `{draft.state.account}` has no restriction `{said.restriction}`")
    policy = draft.policy.appeals
    is_open = any(case.queue == policy.queue and case.about == subject.id for case in draft.state.cases)
    refused = why_not_file(subject, draft.now, policy.window_for, is_open=is_open)
    if refused is not None:
        return Refusal("no_appeal", refused)
    appeal = Appeal(
        restriction=subject.id, text=said.text, filed_at=draft.now, contestable=_contestable(draft, subject)
    )
    case = CasePolicy(queue=policy.queue, due_for=policy.decide_for)
    draft.open_case(case, subject.reason, f"appeal against {subject.kind}", about=subject.id, appeal=appeal)
    return None


def why_not(draft: Draft, case: Case, by: Actor, outcome: CaseOutcome) -> Refusal | None:
    """Why this actor may not decide this appeal like this; None if it may."""
    if case.appeal is None:
        return None
    subject = subject_of(draft, case.appeal.restriction)
    ends_it = outcome in (CaseOutcome.GRANTED, CaseOutcome.PARTLY)
    if ends_it and subject is not None and (of_desk := why_not_by_hand(subject)) is not None:
        return of_desk
    refused = why_not_decide_appeal(subject, by)
    if refused is None and outcome is CaseOutcome.GRANTED and subject is not None:
        refused = why_not_annul(subject, by)
    if refused is None and outcome is CaseOutcome.PARTLY and subject is not None and subject.status is Status.ACTIVE:
        # To end it from now on is a lift, and no appeal is a way around what a lift needs.
        return release.why_not(draft, subject, by)
    return None if refused is None else Refusal("not_permitted", refused)


def ends_what_two_signed(draft: Draft, case: Case) -> bool:
    """Whether granting the appeal would end a restriction that has two signatures."""
    subject = subject_of(draft, case.appeal.restriction) if case.appeal is not None else None
    return subject is not None and subject.approved_by is not None


def decided(draft: Draft, case: Case, by: Actor) -> None:
    """What follows from a decided appeal."""
    subject = subject_of(draft, case.appeal.restriction) if case.appeal is not None else None
    if subject is None:
        return
    note = f"appeal `{case.id}`: {case.opinions[-1].note}"
    if case.outcome is CaseOutcome.GRANTED:
        draft.end(annul(subject, by, draft.now, note))
    elif case.outcome is CaseOutcome.PARTLY and subject.status is Status.ACTIVE:
        release.release(draft, subject, by, note)


def subject_of(draft: Draft, restriction: str) -> Restriction | None:
    """The restriction in question, in force or over."""
    standing = next((r for r in draft.state.restrictions if r.id == restriction), None)
    ended = draft.facts.restriction
    return standing or (ended if ended is not None and ended.id == restriction else None)


def _contestable(draft: Draft, subject: Restriction) -> Contestable:
    reason = draft.policy.reasons.get(subject.reason)
    is_bound = subject.kind in HELD_BY_LAW_KINDS or subject.reason in POLICY_REASONS
    return Contestable.FACTS if is_bound or (reason is not None and reason.is_mandatory) else Contestable.EVERYTHING
