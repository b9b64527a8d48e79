"""Geographic leaps and the temporary risk control that lifts itself (detection 2, rows B024-B027).

No travel rule alone is fit to lock anyone, so: several leaps start the risk control; one leap or an anonymiser on a new
device asks for a fresh proof, and only a sensitive action after it starts the risk control.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.detection.leaps import is_proved_since, leaps, own_leap
from habeas.domain.account import AccountState, StepName
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import fingerprint
from habeas.domain.kind import Kind
from habeas.domain.place import LeapRule, Place
from habeas.domain.reason import Reason
from habeas.domain.region import RegionPolicy
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
    regions: RegionPolicy
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
    if _is_risk_controlled(state, now):
        if _rearms(state, enriched, params, now):
            yield _signal("risk_control_rearmed", 1.0, enriched, {"event": enriched.event.type})
    elif enriched.event.type in SENSITIVE_TYPES and _is_after_unusual_login(state, params, now):
        yield _signal("sensitive_after_unusual_login", 0.6, enriched, {"action": enriched.event.type})


def _judge_login(state: AccountState, enriched: EnrichedEvent, params: Params, now: datetime) -> Iterator[Signal]:
    place, device = enriched.facts.place, _device(enriched)
    found = leaps(state, params.leap, now - params.chain_within_for)
    own = own_leap(found, enriched)
    areas = dict.fromkeys(anchor.area for pair in found for anchor in pair)
    if own is not None and len(found) >= params.chain_leaps_min and len(areas) >= params.chain_areas_min:
        yield _signal("leap_chain", 1.0, enriched, {"leaps": str(len(found)), "areas": ", ".join(areas)})
        return
    if place is not None and state.is_new_device(device, now) and _is_high_risk(place, params):
        yield _signal("high_risk_region", 1.0, enriched, {"area": params.regions.area(place)})
        return
    if own is not None:
        evidence = {"from": own[0].area, "to": own[1].area}
    elif place is not None and place.is_anonymised:
        evidence = {"network": ", ".join(place.tags)}
    else:
        return
    if state.is_new_device(device, now):
        yield _signal("unusual_login_new_device", 0.5, enriched, evidence)
    elif own is not None and not _is_trusted(state, device, params, now):
        yield _signal("single_leap", 0.2, enriched, evidence)


def _is_after_unusual_login(state: AccountState, params: Params, now: datetime) -> bool:
    """Whether, within the window and since the last proof of control, a login leapt or came through an anonymiser, on a
    device that was new then. An anonymiser leaves no sample, but a step.
    """
    since = now - params.sensitive_within_for
    leapt = any(state.is_new_device(later.device, later.at) for _, later in leaps(state, params.leap, since))
    return leapt or any(
        step.is_anonymised and step.on_new_device and step.at >= since and not is_proved_since(state, step.at)
        for step in state.steps
    )


def _is_high_risk(place: Place, params: Params) -> bool:
    """Whether a place lies in an area on the playbook's high-risk list (row B006)."""
    return not place.disagrees_with and params.regions.area(place) in params.regions.high_risk


def _is_risk_controlled(state: AccountState, now: datetime) -> bool:
    return any(r.kind is Kind.TEMP_RISK and r.reason == Reason.RISK_CONTROL for r in state.in_force(now))


def _rearms(state: AccountState, enriched: EnrichedEvent, params: Params, now: datetime) -> bool:
    """Whether this event is a further leap, a credential change or a SIM swap."""
    if enriched.event.type == "login.succeeded":
        return own_leap(leaps(state, params.leap, now - params.chain_within_for), enriched) is not None
    return any(step.mark == enriched.mark and step.what in _REARMING_STEPS for step in state.steps)


def _is_trusted(state: AccountState, device: str, params: Params, now: datetime) -> bool:
    return any(
        known.name == device and known.is_strong and now - known.first_seen_at >= params.trusted_device_for
        for known in state.devices
    )


def _device(enriched: EnrichedEvent) -> str:
    device = getattr(enriched.event.data, "device", None)
    return fingerprint(device) if device else ""


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
            "high_risk_region",
            "unusual_login_new_device",
            "single_leap",
            "sensitive_after_unusual_login",
            "risk_control_rearmed",
        }
    ),
    params=Params,
    judge=judge,
)
