"""A suspicion about what somebody did: reports, what people decide about it, and what that means for other accounts.

When people find that an account deceives others, whoever dealt with it is told by an effect on their own account, and those
who reported it have been right. When they find the suspicion unfounded, what automation placed for it ends, and those who
reported it have been wrong.
"""

from msgspec.structs import replace

from habeas.decision.birth import born
from habeas.decision.draft import Draft
from habeas.detection import scam
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.actor import Actor
from habeas.domain.case import SUSPICION_OUTCOMES, Case, CaseOutcome
from habeas.domain.decision import Refusal
from habeas.domain.event import OFFENDER_CONFIRMED, REPORT_JUDGED, REPORT_RECEIVED
from habeas.domain.evidence import Evidence
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import Restriction, Scope, Status, lift
from habeas.playbook.plan import Planned
from habeas.playbook.policy import Placement

OFFENDER = str(Reason.SCAM_OFFENDER)


def report_filed(draft: Draft, report: data.Report) -> Refusal | None:
    """A report that is filed on its author's account is an event on the account that it is about."""
    if report.against != draft.state.account:
        told = replace(report, reporter=report.reporter or draft.state.account)
        draft.tell(report.against, REPORT_RECEIVED, told, draft.event.id)
    return None


# --- what people decide ----------------------------------------------------------------------------------------------


def why_not_about(draft: Draft, case: Case, outcome: CaseOutcome) -> Refusal | None:
    """Why a case cannot be decided with an outcome about a suspicion; None if it can."""
    if outcome not in SUSPICION_OUTCOMES:
        return None
    reason = draft.policy.reasons.get(case.reason)
    if reason is None or reason.confirmed is None:
        message = f"a case about {case.reason} is not about a suspicion; decide it as resolved"
        return Refusal("not_permitted", message)
    return None


def decided(draft: Draft, case: Case, by: Actor) -> None:
    """What follows from what a person found about a suspicion."""
    match case.outcome:
        case CaseOutcome.UNFOUNDED:
            _release(draft, case, by)
            _judge_reports(draft, case, upheld=False)
        case CaseOutcome.CONFIRMED:
            _place_confirmed(draft, case, by)
            _judge_reports(draft, case, upheld=True)
        case CaseOutcome.OFFBOARD:
            _place_confirmed(draft, case, by)
            _judge_reports(draft, case, upheld=True)
            _propose_ban(draft, case, by)
        case _:
            pass


def _release(draft: Draft, case: Case, by: Actor) -> None:
    """What automation placed for this suspicion ends. What a person placed, a person lifts."""
    for restriction in draft.state.restrictions:
        is_own = restriction.status is Status.ACTIVE and restriction.origin is None
        if is_own and restriction.is_automated and restriction.reason == case.reason:
            draft.end(lift(restriction, by, draft.now, f"case `{case.id}` found the suspicion unfounded"))


def _place_confirmed(draft: Draft, case: Case, by: Actor) -> None:
    """What the playbook says for a suspicion that a person has confirmed, as far as the ladder goes."""
    confirmed = draft.policy.reasons[case.reason].confirmed
    if confirmed is None or confirmed.kind is None:
        return
    planned = Planned(draft.policy, Placement(reason=case.reason, kind=confirmed.kind, evidence=confirmed.evidence))
    if any((r.reason, r.kind) == (case.reason, planned.kind) and not r.is_automated for r in draft.state.restrictions):
        return
    ends = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
    draft.place(born(draft, planned, by, ends, (f"case:{case.id}",), note=_note(case)))


def _propose_ban(draft: Draft, case: Case, by: Actor) -> None:
    """The way out of the house (row A052): a ban of the whole holder waits for its second signature, counsel's."""
    placement = Placement(reason=case.reason, kind=Kind.PERM_BAN, scope=Scope.HOLDER, evidence=Evidence.E4)
    planned = Planned(draft.policy, placement)
    ends = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
    ban = born(draft, planned, by, ends, (f"case:{case.id}",), note=_note(case))
    draft.propose(replace(ban, status=Status.PROPOSED))


def _note(case: Case) -> str:
    return case.opinions[-1].note


def _judge_reports(draft: Draft, case: Case, *, upheld: bool) -> None:
    """Each author hears once how the report was judged, which is what their next report weighs by."""
    if case.reason != OFFENDER:
        return
    judged = data.ReportJudged(against=draft.state.account, upheld=upheld)
    for report in draft.state.reports:
        draft.tell(report.reporter, REPORT_JUDGED, judged, case.id)
    draft.state = replace(draft.state, reports=())


# --- what it means for others ----------------------------------------------------------------------------------------


def follow(draft: Draft, before: AccountState) -> None:
    """Whether people have found this account to deceive others, after everything else; and who must be told if that is new."""
    standing = [r for r in draft.state.restrictions if _is_finding(r)]
    if standing and before.offender_since is None:
        draft.state = replace(draft.state, offender_since=draft.now)
        _tell_those_who_dealt(draft)
    elif not standing and any(_is_taken_back(r) for r in draft.changed.values()):
        draft.state = replace(draft.state, offender_since=None)


def _is_finding(restriction: Restriction) -> bool:
    """Placed by a person, and in force: a proposal is none, and neither is what automation suspects."""
    return restriction.status is Status.ACTIVE and _is_by_person(restriction)


def _is_taken_back(restriction: Restriction) -> bool:
    """A person ended a finding. What merely ran out stays found."""
    return restriction.status in (Status.LIFTED, Status.ANNULLED) and _is_by_person(restriction)


def _is_by_person(restriction: Restriction) -> bool:
    return restriction.reason == OFFENDER and not restriction.is_automated


def _tell_those_who_dealt(draft: Draft) -> None:
    params = draft.policy.detectors.get(scam.DETECTOR.name)
    if not isinstance(params, scam.Params):
        return
    for dealt in draft.facts.dealt_with:
        if draft.now - dealt.at <= params.told_within_for and dealt.account not in draft.facts.siblings:
            told = data.OffenderConfirmed(counterparty=draft.state.account, dealt_at=dealt.at, has_paid=dealt.has_paid)
            draft.tell(dealt.account, OFFENDER_CONFIRMED, told)
