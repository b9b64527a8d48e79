"""Account takeover: the sequence of access, control and the way out, scored over 72 hours (detection 3, rows A029-A036).

Each kind of step counts once. Steps of the way out count only after one of access or control: somebody who empties an
account and then buys a new phone has not been robbed.
"""

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.detection.leaps import is_proved_since
from habeas.domain.account import AccountState, Step, StepName
from habeas.domain.facts import EnrichedEvent
from habeas.domain.signal import Signal

VERSION = 1

_WAY_OUT = frozenset(
    {StepName.ALLOWLIST_OFF, StepName.NEW_ADDRESS, StepName.WITHDRAW_API_KEY, StepName.LARGE_WITHDRAWAL}
)


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """Points for each step, policy data tuned on the simulation; `points_full` is the score 1.0."""

    within_for: timedelta
    points: dict[StepName, int]
    points_new_device_reset: int
    """Added to a credential reset from a device first seen less than 24 h before."""
    points_full: int


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """The score of the sequence so far, when this event added a step to it; and single facts that speak alone."""
    now = state.decided_at or enriched.event.time
    steps = [s for s in state.steps if now - s.at <= params.within_for and not is_proved_since(state, s.at)]
    added = [step for step in steps if step.mark == enriched.mark]
    if not added:
        return
    points = {step.what: _points(step, params) for step in _counted(steps)}
    total = sum(points.values())
    before = sum(_points(step, params) for step in _counted([step for step in steps if step not in added]))
    evidence = {"points": str(total), "steps": ", ".join(f"{name} {value}" for name, value in points.items())}
    if total > before:  # A step that was counted before is no new evidence (the ladder rule of model 5.2).
        yield Signal(
            typology="takeover_sequence",
            score=min(1.0, total / params.points_full),
            detector=DETECTOR.label,
            evidence=evidence,
            circumstances=_circumstances(set(points)),
            lists=enriched.facts.place.sources if enriched.facts.place else (),
        )
    for step in added:
        if step.what in (StepName.CREDENTIAL_LEAKED, StepName.SESSION_REUSED):
            yield Signal(typology=str(step.what), score=0.5, detector=DETECTOR.label, evidence=_alone(enriched))


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
            "withdrawal.requested",
            "withdrawal.fiat_requested",
        }
    ),
    typologies=frozenset({"takeover_sequence", "credential_leaked", "session_reused"}),
    params=Params,
    judge=judge,
)
