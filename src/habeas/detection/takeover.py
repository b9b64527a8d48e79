"""Account takeover: the sequence of access, control and the way out, scored over 72 hours (detection 3, rows A029-A036).

Each kind of step counts once. Steps of the way out count only after one of access or control: somebody who empties an
account and then buys a new phone has not been robbed. What the steps so far mean for the way out is said when something is to
leave to a destination that is not known for long: most people with a new phone send nothing anywhere, and are not held for it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.detection.leaps import is_proved_since
from habeas.domain.account import AccountState, Step, StepName
from habeas.domain.facts import EnrichedEvent
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.signal import Signal

VERSION = 2

_WAY_OUT = frozenset(
    {StepName.ALLOWLIST_OFF, StepName.NEW_ADDRESS, StepName.WITHDRAW_API_KEY, StepName.LARGE_WITHDRAWAL}
)


_OUTGOING = {
    "withdrawal.requested": "address",
    "withdrawal.fiat_requested": "bank_account",
    "transfer.requested": "counterparty",
    "p2p.opened": "counterparty",
    "p2p.paid": "counterparty",
}
"""What asks to move value out, and the field that says where to."""


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """Points for each step, policy data tuned on the simulation; `points_full` is the score 1.0."""

    within_for: timedelta
    points: dict[StepName, int]
    points_new_device_reset: int
    """Added to a credential reset from a device first seen less than 24 h before."""
    points_full: int
    fresh_for: timedelta
    """For how long after a step of access or control a request to a new destination is held because of it; and how long a
    destination must have been known so that it is not new.
    """


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """The score of the sequence so far, when this event added a step to it; and single facts that speak alone."""
    now = state.decided_at or enriched.event.time
    steps = [s for s in state.steps if now - s.at <= params.within_for and not is_proved_since(state, s.at)]
    added = [step for step in steps if step.mark == enriched.mark]
    points = {step.what: _points(step, params) for step in _counted(steps)}
    total = sum(points.values())
    before = sum(_points(step, params) for step in _counted([step for step in steps if step not in added]))
    # A step that was counted before is no new evidence (the ladder rule of model 5.2).
    said = [] if total <= before else ["takeover_sequence"]
    leads_out = any(step.what in _WAY_OUT for step in added)
    if (said and leads_out) or _is_way_out(state, enriched, steps, params, now):
        said.append("takeover_way_out")
    for typology in said:
        yield Signal(
            typology=typology,
            score=min(1.0, total / params.points_full),
            detector=DETECTOR.label,
            evidence={"points": str(total), "steps": ", ".join(f"{name} {value}" for name, value in points.items())},
            circumstances=_circumstances(set(points)),
            lists=enriched.facts.place.sources if enriched.facts.place else (),
        )
    for step in added:
        if step.what in (StepName.CREDENTIAL_LEAKED, StepName.SESSION_REUSED):
            yield Signal(typology=str(step.what), score=0.5, detector=DETECTOR.label, evidence=_alone(enriched))


def _is_way_out(state: AccountState, enriched: EnrichedEvent, steps: list[Step], params: Params, now: datetime) -> bool:
    """Whether something is to leave to a new destination soon after a step of access or control.

    Only the first such request: what stands because of it is not prolonged by asking again.
    """
    field = _OUTGOING.get(enriched.event.type)
    if field is None or all(now - step.at > params.fresh_for for step in steps if step.what not in _WAY_OUT):
        return False
    since = [
        at
        for at in (
            getattr(enriched.event.data, "known_since", None),
            state.destination_known_since(getattr(enriched.event.data, field)),
        )
        if at is not None
    ]
    if since and now - min(since) >= params.fresh_for:
        return False
    return all(r.kind is not Kind.OUTFLOW_HOLD or r.reason != Reason.ACCOUNT_TAKEOVER for r in state.in_force(now))


def _counted(steps: list[Step]) -> list[Step]:
    """The first step of each kind that counts, in order of time; a reset from a new device goes before another reset."""
    counted: dict[StepName, Step] = {}
    for step in sorted(steps, key=lambda s: s.at):
        if step.what in _WAY_OUT and not any(name not in _WAY_OUT for name in counted):
            continue
        earlier = counted.get(step.what)
        if earlier is None or (step.on_new_device and not earlier.on_new_device):
            counted[step.what] = step
    return list(counted.values())


def _points(step: Step, params: Params) -> int:
    points = params.points.get(step.what, 0)
    if step.what is StepName.CREDENTIAL_RESET and step.on_new_device:
        return points + params.points_new_device_reset
    return points


def _circumstances(names: set[StepName]) -> tuple[str, ...]:
    """The names under which the evidence ladder allows more time (model 5.2)."""
    if not names & {StepName.CREDENTIAL_RESET, StepName.CONTACT_CHANGE}:
        return ()
    if StepName.SIM_CHANGE in names:
        return ("credential_change", "sim_and_credential_change")
    return ("credential_change",)


def _alone(enriched: EnrichedEvent) -> dict[str, str]:
    origin = getattr(enriched.event.data, "origin", None)
    return {"origin": origin} if origin else {"event": enriched.event.type}


DETECTOR = Detector(
    name="takeover",
    version=VERSION,
    events=frozenset(
        {
            "login.succeeded",
            "session.seen",
            "credential.changed",
            "credential.leaked",
            "phone.sim_changed",
            "address.added",
            *_OUTGOING,
        }
    ),
    typologies=frozenset({"takeover_sequence", "takeover_way_out", "credential_leaked", "session_reused"}),
    params=Params,
    judge=judge,
)
