"""What is not judged but carried out: timers, acts of staff, proofs of control, effects of other accounts."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from habeas.decision import (
    actions,
    appeals,
    assistance,
    by_hand,
    campaigns,
    casework,
    desks,
    documents,
    holder,
    imported,
    life,
    matches,
    release,
    suspicion,
)
from habeas.decision.draft import Draft
from habeas.decision.remember import remember_proof
from habeas.domain import event_data as data
from habeas.domain.actor import Actor, Role
from habeas.domain.campaign import OWNER
from habeas.domain.case import Priority
from habeas.domain.decision import Refusal, Timer
from habeas.domain.ids import RestrictionId
from habeas.domain.proof import EDUCATION, KYC, Proof, by_challenge
from habeas.domain.restriction import (
    ACCOUNT_WIDE,
    AtEnd,
    Ending,
    Restriction,
    Scope,
    Status,
    expire,
    followers,
    lift,
)
from habeas.playbook.policy import CasePolicy

PAGE = CasePolicy(queue="review", priority=Priority.PAGE)


# --- timers ----------------------------------------------------------------------------------------------------------


def timer_due(draft: Draft, due: data.TimerDue) -> None:
    """A restriction's end or recheck has come, or another clock. A stale timer does nothing."""
    documents.clock(draft, due)
    casework.clock(draft, due)
    life.clock(draft, due)
    actions.clock(draft, due)
    restriction = next((r for r in draft.state.restrictions if r.id == due.about), None)
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
            draft.follow_up(restriction, _fall_back(draft, restriction))
        case Ending.HOLD_AND_PAGE:
            why = "its time is over, and only a person may end it"
            draft.open_case(PAGE, restriction.reason, why, about=restriction.id)
            # Whoever decides that case and leaves this standing is asked again: nothing is held that nobody looks at.
            again_at = draft.now + draft.policy.safety.recheck_for
            draft.time(Timer(restriction.id, restriction.generation, again_at))


def _recheck(draft: Draft, restriction: Restriction) -> None:
    """The date to look again has come: a case for its owner, and the next date."""
    assert restriction.condition is not None
    reason = draft.policy.reasons.get(restriction.reason)
    again_for = reason.condition.recheck_for if reason and reason.condition else draft.policy.safety.recheck_for
    condition = replace(restriction.condition, recheck_at=draft.now + again_for)
    draft.change(replace(restriction, condition=condition, generation=restriction.generation + 1))
    if restriction.condition.owner == OWNER:
        return  # A campaign is looked at as a whole, not account by account.
    why = f"look again whether it still holds: {restriction.condition.until}"
    draft.open_case(CasePolicy(queue=restriction.condition.owner), restriction.reason, why, about=restriction.id)


def _fall_back(draft: Draft, over: Restriction) -> Restriction:
    """The restriction that follows when another one's time is over. Whoever placed that one decided this too."""
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
        cause=draft.event.id,
        ends_at=over.ends_at + end.lasts_for if end.lasts_for else None,
        condition=end.condition.starting(draft.now) if end.condition else None,
        at_end=end.then or AtEnd(),
        origin=None,
        origin_account=None,
        cool_off_for=over.cool_off_for if Scope.NEW_DESTINATIONS in (e.scope for e in followers(end)) else None,
        because="",
        generation=0,
        status=Status.ACTIVE,
    )


# --- the user --------------------------------------------------------------------------------------------------------


def challenge_passed(draft: Draft, challenge: data.Challenge) -> None:
    """A fresh proof of control lifts what asks for one, if an intruder could not have given it."""
    policy = draft.policy.challenges
    # What was proved was proved then: a proof that is told late neither hides nor lifts what came after it.
    proved_at, changed_at = draft.event.time, draft.state.mfa_changed_at
    is_unsettled = changed_at is not None and proved_at - changed_at < policy.factor_settles_for
    if challenge.method in policy.factors and is_unsettled:
        return
    draft.show(Proof(by_challenge(challenge.method), proved_at))
    if challenge.method in policy.strong:
        draft.state = replace(draft.state, proved_at=max(proved_at, draft.state.proved_at or proved_at))
    draft.state = remember_proof(draft.state, challenge, proved_at)
    user = Actor(f"challenge {challenge.method}", Role.USER)
    for restriction in draft.state.in_force(draft.now):
        is_meant = challenge.restriction in (None, restriction.id)
        suffices = challenge.method in policy.lifts.get(restriction.kind, ())
        is_fitting = (
            restriction.is_automated and restriction.scope in ACCOUNT_WIDE and restriction.reason in policy.reasons
        )
        if is_meant and suffices and is_fitting and restriction.starts_at <= proved_at:
            draft.end(lift(restriction, user, draft.now, f"control was proved by {challenge.method}"))


def educated(draft: Draft, lesson: data.Education) -> None:
    """The lesson about scams was taken for a restriction (row A046)."""
    draft.show(Proof(EDUCATION, draft.now, lesson.restriction))


def declared(draft: Draft, said: data.Declaration) -> None:
    """A declaration was made; it counts where it says what the restriction's way out asks for (row A066)."""
    standing = (r for r in draft.state.in_force(draft.now) if said.restriction in (None, r.id))
    for restriction in standing:
        release.declare(draft, restriction, said.answers)


def kyc_decided(draft: Draft, decided: data.KycDecision) -> None:
    """An identity check came to a good end (row B041)."""
    if decided.result in draft.policy.documents.accepted_results:
        draft.show(Proof(KYC, draft.now))


ACTS: dict[type, Callable[[Draft, Any], Refusal | None]] = {
    data.TimerDue: timer_due,
    data.PlaceAct: by_hand.place,
    data.LiftAct: by_hand.lift_by_hand,
    data.ApproveAct: by_hand.approve_by_hand,
    data.RenewAct: by_hand.renew_by_hand,
    data.AnnulAct: by_hand.annul_by_hand,
    data.ExemptAct: by_hand.exempt,
    data.CaseAct: matches.decide_case,
    data.DocumentFact: documents.document,
    data.ExtendAct: documents.extend,
    data.DocumentOpened: documents.opened,
    data.CaseWork: casework.work,
    data.ActionDone: actions.done,
    data.AssistAct: assistance.propose,
    data.AssistSignAct: assistance.sign,
    data.Appeal: appeals.file,
    data.Education: educated,
    data.KycDecision: kyc_decided,
    data.Declaration: declared,
    data.CampaignMet: campaigns.met,
    data.CampaignEnded: campaigns.ended,
    data.ResidualReported: campaigns.residual,
    data.ReviewAct: desks.place_review,
    data.OrderAct: desks.place_order,
    data.DeskRenewAct: desks.renew_by_desk,
    data.DeskEndAct: desks.end_by_desk,
    data.ImportedRestriction: imported.carry_over,
    data.ImportUndone: imported.take_back,
    data.Mirrored: holder.mirrored,
    data.Report: suspicion.report_filed,
}
"""Acts by the shape of their event's data; each answers with a refusal, or None when it was carried out."""
