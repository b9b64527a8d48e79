"""What happens to an event that could not be judged: it is kept, outflow is held, and a person is called."""

from datetime import datetime

from msgspec.structs import replace

from habeas.decision.asking import asked_capability, decided_now
from habeas.decision.birth import born
from habeas.decision.draft import AUTOMATION, Draft
from habeas.decision.standing import standing_of
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.capability import FLOOR, Level
from habeas.domain.decision import Decision
from habeas.domain.disposition import Disposition
from habeas.domain.facts import EnrichedEvent
from habeas.domain.restriction import Status
from habeas.domain.verdict import Request, Verdict, evaluate, statement_path
from habeas.playbook.plan import Planned
from habeas.playbook.policy import Policy

ERROR_LENGTH_MAX = 300


def quarantine(state: AccountState, enriched: EnrichedEvent, policy: Policy, error: str) -> Decision:
    """The decision about an event whose judging raised. It remembers nothing of the event but that it came.

    What the event asked for is denied, outflow is held for a while, and a case pages a person. Other events go on.
    """
    now = decided_now(state, enriched.event)
    why = f"event `{enriched.event.id}` could not be judged: {error[:ERROR_LENGTH_MAX]}"
    draft = Draft(replace(state, decided_at=now, watched_since=state.watched_since or now), enriched, policy, now)
    planned = Planned(policy, policy.safety.quarantine)
    if not any(r.status is Status.ACTIVE and r.reason == planned.code for r in state.in_force(now)):
        ends = planned.end_or_condition(planned.allowance(policy, ()), now)
        draft.place(born(draft, planned, AUTOMATION, ends, (f"event:{enriched.event.id}",), note=why))
    draft.open_case(policy.safety.quarantine_case, planned.code, why)
    is_deposit = isinstance(enriched.event.data, data.CryptoDeposit | data.FiatDeposit)
    decision = draft.finish(_denied(draft, enriched, now), Disposition.HOLD if is_deposit else None)
    return replace(decision, outcome=replace(decision.outcome, quarantined=True))


def _denied(draft: Draft, enriched: EnrichedEvent, now: datetime) -> Verdict | None:
    """What the event asked for is denied, but for what is never denied."""
    asked = asked_capability(enriched.event, enriched.facts.is_own_counterparty)
    if asked is None:
        return None
    verdict = evaluate(standing_of(draft.state, draft.policy), Request(asked, now))
    if asked in FLOOR:
        return verdict
    return replace(verdict, level=Level.DENY, statement=statement_path(draft.state.account))
