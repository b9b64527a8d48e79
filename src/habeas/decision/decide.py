"""What one event means for one account: the sentence of the whole system, in about a page."""

from collections.abc import Iterator

from habeas.decision import acts, assistance, campaigns, holder, life, release, suspicion
from habeas.decision.asking import asked_capability, decided_now, request_of
from habeas.decision.draft import Draft
from habeas.decision.limits import request_limits
from habeas.decision.remember import remember, remember_destination, remember_login
from habeas.decision.respond import respond
from habeas.decision.standing import standing_of
from habeas.detection.rules import judge_by_rules
from habeas.detection.table import DETECTORS
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.capability import Level
from habeas.domain.decision import Decision
from habeas.domain.disposition import Disposition, disposition
from habeas.domain.event import ACCOUNT_IMPORTED
from habeas.domain.facts import EnrichedEvent
from habeas.domain.verdict import Verdict, evaluate, permit_for
from habeas.playbook.policy import CasePolicy, Policy

_LISTENING = {
    event: tuple(detector for detector in DETECTORS if event in detector.events)
    for event in {event for detector in DETECTORS for event in detector.events}
}


RULE_FAULT = "rule_fault"
"""What the case is about that a failing rule opens: one for an account while it is open, whatever fails."""
_RULE_CASE = CasePolicy(queue="operations")


def decide(state: AccountState, enriched: EnrichedEvent, policy: Policy) -> Decision:
    """Everything that this event leads to. Pure: the same values give the same decision, today and in a replay.

    An event enriched with facts is remembered, judged by detectors into signals, which the playbook turns into
    restrictions and cases; or it is an act (a timer, a person, a proof of control) that is carried out. Then the verdict on
    what the event asks for is computed from all that stands.
    """
    event = enriched.event
    now = decided_now(state, event)
    draft = Draft(remember(state, enriched, policy, now), enriched, policy, now)

    carry_out = acts.ACTS.get(type(event.data))
    if carry_out is not None:
        draft.refusal = carry_out(draft, event.data)
    if event.type == "challenge.passed" and isinstance(event.data, data.Challenge):
        acts.challenge_passed(draft, event.data)
    if isinstance(event.data, data.Profile):
        holder.follow_holder(draft)
        campaigns.join(draft)
    # What was known elsewhere long ago is shown to nobody now: it lifts nothing.
    if isinstance(event.data, release.SHOWING) and event.type != ACCOUNT_IMPORTED:
        release.follow(draft)

    for detector in _LISTENING.get(event.type, ()):
        params = policy.detectors.get(detector.name)
        if params is not None:
            draft.signals.extend(detector.judge(draft.state, enriched, params))
    judged = judge_by_rules(draft.state, enriched, policy.rules)
    draft.state = judged.state
    draft.signals.extend(judged.signals)
    if judged.faults:
        draft.open_case(_RULE_CASE, RULE_FAULT, "; ".join(judged.faults))
    for signal in draft.signals:
        respond(draft, signal)

    suspicion.follow(draft, state)
    draft.state = remember_login(draft.state, enriched, policy, now)
    for doubt in _doubts(state, enriched):
        draft.open_case(policy.safety.quarantine_case, policy.safety.quarantine.reason, doubt)
    verdict = _verdict(draft, state.is_known)
    if verdict is not None and verdict.level is Level.ALLOW:
        draft.state = remember_destination(draft.state, event, policy, now)
    if event.type == "account.deactivated" and verdict is not None and verdict.level is Level.ALLOW:
        life.deactivate(draft)
    return draft.finish(verdict, _disposition(draft))


def _doubts(state: AccountState, enriched: EnrichedEvent) -> Iterator[str]:
    """What a person must look at because it could not be read or asked. A place that nobody knows is no such thing."""
    if state.unreadable:
        yield "a record of the account is unreadable"
    for source in enriched.facts.unavailable:
        if source != "place":
            yield f"{source} of event `{enriched.event.id}` could not be looked up"


def _disposition(draft: Draft) -> Disposition | None:
    """What happens to coins or money that a deposit brings."""
    if not isinstance(draft.event.data, data.CryptoDeposit | data.FiatDeposit):
        return None
    standing = standing_of(draft.state, draft.policy, draft.facts.mains)
    if standing.is_unreadable or "wallets" in draft.facts.unavailable:
        return Disposition.HOLD
    return disposition(standing.restrictions, draft.touched, draft.now)


def _verdict(draft: Draft, is_known: bool) -> Verdict | None:
    """The verdict on what the event asks for; None for an event that only tells."""
    capability = asked_capability(draft.event, draft.facts.is_own_counterparty)
    if capability is None:
        return None
    is_outgoing = isinstance(draft.event.data, data.Withdrawal | data.WithdrawalStage)
    limits = request_limits(
        draft.state.account,
        draft.facts,
        draft.policy,
        draft.now,
        is_outgoing=is_outgoing,
        cleared=draft.state.cleared,
    )
    standing = standing_of(draft.state, draft.policy, draft.facts.mains, is_known=is_known, request=limits)
    request = request_of(draft.event, capability, draft.state, draft.now)
    verdict = evaluate(standing, request)
    permit = permit_for(standing, request, draft.now)
    if permit is not None and permit.used_at is None and verdict.level is Level.ALLOW:
        assistance.use(draft, permit)
    return verdict
