"""Geographic leaps and the temporary risk control that lifts itself (detection 2, rows B024-B027).

No travel rule alone is fit to lock anyone, so: several leaps start the risk control; one leap or an anonymiser on a new
device asks for a fresh proof, and only a sensitive action after it starts the risk control.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain.account import AccountState, StepName
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import fingerprint
from habeas.domain.kind import Kind
from habeas.domain.place import Anchor, LeapRule, is_leap
from habeas.domain.reason import Reason
from habeas.domain.signal import Signal

VERSION = 1

SENSITIVE_TYPES = frozenset(
    {
        "credential.changed",
        "address.added",
        "withdrawal.requested",
        "withdrawal.fiat_requested",
        "transfer.requested",
        "p2p.opened",
        "p2p.paid",
    }
)
_REARMING_STEPS = frozenset({StepName.CREDENTIAL_RESET, StepName.CONTACT_CHANGE, StepName.SIM_CHANGE})


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """When leaps are a chain, and when a known device makes them harmless."""

    leap: LeapRule
    chain_leaps_min: int
    chain_areas_min: int
    chain_within_for: timedelta
    sensitive_within_for: timedelta
    trusted_device_for: timedelta
    """A device known for this long, with a strong second factor seen on it, is only logged for a single leap."""


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """Signals about a login, or about a sensitive action after an unusual login."""
    now = state.decided_at or enriched.event.time
    if enriched.event.type == "login.succeeded":
        yield from _judge_login(state, enriched, params, now)
    if _is_risk_controlled(state, now) and _rearms(state, enriched, params, now):
        yield _signal("risk_control_rearmed", 1.0, enriched, {"event": enriched.event.type})
    elif enriched.event.type in SENSITIVE_TYPES:
        unusual = next((a for a in reversed(state.anchors) if _is_unusual(state, a, params, now)), None)
        if unusual is not None or _anonymised_step(state, now, params):
            yield _signal("sensitive_after_unusual_login", 0.6, enriched, {"action": enriched.event.type})


def _judge_login(state: AccountState, enriched: EnrichedEvent, params: Params, now: datetime) -> Iterator[Signal]:
    place, device = enriched.facts.place, _device(enriched)
    leaps = _leaps(state, params, now)
    areas = {anchor.area for pair in leaps for anchor in pair}
    leapt_now = bool(leaps) and leaps[-1][1].at == now
    if leapt_now and len(leaps) >= params.chain_leaps_min and len(areas) >= params.chain_areas_min:
        yield _signal(
            "leap_chain",
            1.0,
            enriched,
            {"leaps": str(len(leaps)), "areas": ", ".join(dict.fromkeys(a.area for pair in leaps for a in pair))},
        )
        return
    unusual = leapt_now or (place is not None and place.is_anonymised)
    if not unusual:
        return
    if state.is_new_device(device, now):
        yield _signal("unusual_login_new_device", 0.5, enriched, _login_evidence(leaps, leapt_now, enriched))
    elif leapt_now and not _is_trusted(state, device, params, now):
        yield _signal("single_leap", 0.2, enriched, _login_evidence(leaps, leapt_now, enriched))


def _leaps(state: AccountState, params: Params, now: datetime) -> list[tuple[Anchor, Anchor]]:
    """The leaps within the chain window, oldest first. A sample makes at most one, from the nearest earlier sample."""
    pairs = []
    for index, later in enumerate(state.anchors):
        if now - later.at > params.chain_within_for:
            continue
        origin = next((e for e in reversed(state.anchors[:index]) if is_leap(e, later, params.leap)), None)
        if origin is not None:
            pairs.append((origin, later))
    return pairs


def _is_unusual(state: AccountState, anchor: Anchor, params: Params, now: datetime) -> bool:
    """Whether a remembered login of the last day leapt, on a device that was new then."""
    if now - anchor.at > params.sensitive_within_for or not state.is_new_device(anchor.device, now):
        return False
    return any(is_leap(earlier, anchor, params.leap) for earlier in state.anchors if earlier.at < anchor.at)


def _anonymised_step(state: AccountState, now: datetime, params: Params) -> bool:
    """Whether, within the window, somebody came through an anonymiser on a new device. It leaves no anchor, but a step."""
    recent = [s for s in state.steps if now - s.at <= params.sensitive_within_for]
    return any(s.what is StepName.NEW_COUNTRY and s.on_new_device and s.is_anonymised for s in recent)


def _is_risk_controlled(state: AccountState, now: datetime) -> bool:
    return any(r.kind is Kind.TEMP_RISK and r.reason == Reason.RISK_CONTROL for r in state.in_force(now))


def _rearms(state: AccountState, enriched: EnrichedEvent, params: Params, now: datetime) -> bool:
    if enriched.event.type == "login.succeeded":
        leaps = _leaps(state, params, now)
        return bool(leaps) and leaps[-1][1].at == now
    return any(step.at == now and step.what in _REARMING_STEPS for step in state.steps)


def _is_trusted(state: AccountState, device: str, params: Params, now: datetime) -> bool:
    return any(
        known.name == device and known.is_strong and now - known.first_seen_at >= params.trusted_device_for
        for known in state.devices
    )


def _device(enriched: EnrichedEvent) -> str:
    device = getattr(enriched.event.data, "device", None)
    return fingerprint(device) if device else ""


def _login_evidence(leaps: list[tuple[Anchor, Anchor]], leapt: bool, enriched: EnrichedEvent) -> dict[str, str]:
    place = enriched.facts.place
    if leapt:
        return {"from": leaps[-1][0].area, "to": leaps[-1][1].area}
    return {"network": ", ".join(place.tags) if place else ""}


def _signal(typology: str, score: float, enriched: EnrichedEvent, evidence: dict[str, str]) -> Signal:
    place = enriched.facts.place
    return Signal(typology, score, DETECTOR.label, evidence, lists=place.sources if place else ())


DETECTOR = Detector(
    name="travel",
    version=VERSION,
    events=SENSITIVE_TYPES | {"login.succeeded", "phone.sim_changed"},
    typologies=frozenset(
        {
            "leap_chain",
            "unusual_login_new_device",
            "single_leap",
            "sensitive_after_unusual_login",
            "risk_control_rearmed",
        }
    ),
    params=Params,
    judge=judge,
)
