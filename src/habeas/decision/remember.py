"""What the bounded state of an account keeps of an event: profile, places, devices, sessions, destinations, steps."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from habeas.decision.people import KEEPERS, keep_outflow, keep_recent
from habeas.domain import event_data as data
from habeas.domain.account import (
    ANCHORS_MAX,
    DESTINATIONS_MAX,
    DEVICES_MAX,
    PARENTS_MAX,
    SESSIONS_MAX,
    STEPS_KEPT_FOR,
    STEPS_MAX,
    AccountState,
    Destination,
    Device,
    SessionDevice,
    Step,
    StepName,
)
from habeas.domain.capability import OUTFLOW
from habeas.domain.destination import destination_of
from habeas.domain.event import SAID_BY_OTHERS, Event
from habeas.domain.event_data import Credential, Mfa
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import EntityId, HolderId, fingerprint
from habeas.domain.login import with_doubt, with_login, with_proof
from habeas.domain.place import Anchor, Place
from habeas.domain.region import RegionPolicy
from habeas.playbook.policy import Policy

AUTOMATED_KEPT_FOR = timedelta(days=30)
_STRONG_MFA = frozenset({Mfa.TOTP, Mfa.PASSKEY})

_CREDENTIAL_STEPS = {
    Credential.PASSWORD: StepName.CREDENTIAL_RESET,
    Credential.MFA: StepName.CREDENTIAL_RESET,
    Credential.EMAIL: StepName.CONTACT_CHANGE,
    Credential.PHONE: StepName.CONTACT_CHANGE,
}


def remember(state: AccountState, enriched: EnrichedEvent, policy: Policy, now: datetime) -> AccountState:
    """The state with this event in it, and everything that is past its time or over its bound forgotten."""
    event = enriched.event
    state = replace(
        keep_recent(state, now),
        decided_at=now,
        watched_since=state.watched_since or now,
        is_known=state.is_known or _introduces(event),
        steps=tuple(step for step in state.steps if now - step.at <= STEPS_KEPT_FOR),
        automated=tuple(placed for placed in state.automated if now - placed.at <= AUTOMATED_KEPT_FOR),
        exemptions=tuple(e for e in state.exemptions if e.until_at > now),
    )
    # What the step is judged against (known devices, known areas) is the state before this event entered it.
    steps = tuple(_steps(state, enriched, policy, now))
    keep = _KEEPERS.get(type(event.data))
    if keep is not None:
        state = keep(state, event.data, enriched, now)
    keep_people = KEEPERS.get(type(event.data))
    if keep_people is not None:
        state = keep_people(state, event.data, enriched, now)
    state = _keep_place(state, enriched, policy)
    if steps:
        marked = tuple(replace(step, mark=enriched.mark) for step in steps)
        state = replace(state, steps=_bounded(state.steps + marked))
    return state


def _introduces(event: Event) -> bool:
    """Whether an event shows that there is such an account. A failed login, a request to move value or a report by somebody
    else does not: anybody may name an account that does not exist.
    """
    is_by_others = event.type in SAID_BY_OTHERS or (event.type == "report.filed" and _is_against(event))
    return event.type != "login.failed" and event.asks not in OUTFLOW and not is_by_others


def _is_against(event: Event) -> bool:
    return isinstance(event.data, data.Report) and event.data.against == event.account


def _bounded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """At most STEPS_MAX. What there is most of is forgotten first, so that a flood of one kind pushes out no other."""
    while len(steps) > STEPS_MAX:
        commonest, _ = Counter(step.what for step in steps).most_common(1)[0]
        oldest = next(index for index, step in enumerate(steps) if step.what is commonest)
        steps = steps[:oldest] + steps[oldest + 1 :]
    return steps


# --- steps -----------------------------------------------------------------------------------------------------------


def _steps(state: AccountState, enriched: EnrichedEvent, policy: Policy, now: datetime) -> Iterator[Step]:
    match enriched.event.data:
        case data.Login() as login if enriched.event.type == "login.succeeded":
            yield from _login_steps(state, login, enriched.facts.place, policy.regions, now)
        case data.SessionSeen() as seen if _is_reused(state, seen):
            yield Step(now, StepName.SESSION_REUSED)
        case data.CredentialChanged() as changed:
            name = _credential_step(changed)
            if name is not None:
                yield Step(now, name, state.is_on_new_device(changed.device, now))
        case data.CredentialLeaked():
            yield Step(now, StepName.CREDENTIAL_LEAKED)
        case data.SimChange() as change if change.at is not None and now - change.at <= STEPS_KEPT_FOR:
            yield Step(now, StepName.SIM_CHANGE)
        case data.AddressAdded() as added if state.destination_known_since(added.address) is None:
            yield Step(now, StepName.NEW_ADDRESS)
        case data.Withdrawal() | data.FiatWithdrawal() as asked if _is_large(asked, policy.safety.large_share):
            yield Step(now, StepName.LARGE_WITHDRAWAL, state.is_on_new_device(asked.device, now))
        case _:
            pass


def _login_steps(
    state: AccountState, login: data.Login, place: Place | None, regions: RegionPolicy, now: datetime
) -> Iterator[Step]:
    on_new = state.is_on_new_device(login.device, now)
    if on_new and all(known.name != fingerprint(login.device or "") for known in state.devices):
        yield Step(now, StepName.NEW_DEVICE, on_new_device=True)
    if place is None or place.disagrees_with or not state.is_watched_long(now):
        return
    if place.is_anonymised:
        yield Step(now, StepName.NEW_COUNTRY, on_new, is_anonymised=True)
    elif state.anchors and all(anchor.area != regions.area(place) for anchor in state.anchors):
        yield Step(now, StepName.NEW_COUNTRY, on_new)


def _is_reused(state: AccountState, seen: data.SessionSeen) -> bool:
    """Whether a session shows up on another device than the one it belongs to: a copied token (row A034)."""
    return any(s.session == fingerprint(seen.session) and s.device != fingerprint(seen.device) for s in state.sessions)


def _credential_step(changed: data.CredentialChanged) -> StepName | None:
    match changed.what:
        case Credential.API_KEY:
            return StepName.WITHDRAW_API_KEY if changed.withdraw_right else None
        case Credential.ALLOWLIST:
            return None if changed.enabled else StepName.ALLOWLIST_OFF
        case _:
            return _CREDENTIAL_STEPS[changed.what]


def _is_large(asked: data.Withdrawal | data.FiatWithdrawal, large_share: Decimal) -> bool:
    return asked.balance_usd is not None and asked.balance_usd > 0 and asked.usd > large_share * asked.balance_usd


# --- keepers: what each shape of data leaves behind ------------------------------------------------------------------

Keeper = Callable[[AccountState, Any, EnrichedEvent, datetime], AccountState]


def _keep_profile(state: AccountState, profile: data.Profile, enriched: EnrichedEvent, now: datetime) -> AccountState:
    parents = state.parents
    if profile.parent is not None and profile.parent not in parents[:1]:
        # A former main account's restrictions stay until a review, so that moving house is no way out (model 5.3).
        # Of many, those stay that carry something: they are the ones that somebody may want to leave behind.
        carrying = {main.account for main in enriched.facts.mains if main.restrictions or main.unreadable}
        former = sorted((p for p in parents if p != profile.parent), key=lambda p: p not in carrying)
        parents = (profile.parent, *former[: PARENTS_MAX - 1])
    return replace(
        as_declared(state, profile),
        holder=HolderId(profile.holder) if profile.holder else state.holder or enriched.facts.holder,
        parents=parents,
        contact=state.contact.changed(profile.email, profile.locale, now),
    )


def as_declared(state: AccountState, profile: data.Profile) -> AccountState:
    """The account with what a profile says of who and where its user is."""
    return replace(
        state,
        entity=EntityId(profile.entity) if profile.entity else state.entity,
        name=profile.name or state.name,
        birth_date=profile.birth_date or state.birth_date,
        residence=profile.residence or state.residence,
        nationalities=profile.nationalities if profile.nationalities is not None else state.nationalities,
        document_country=profile.document.country if profile.document else state.document_country,
    )


def _keep_kyc(state: AccountState, decided: data.KycDecision, _enriched: EnrichedEvent, _now: datetime) -> AccountState:
    return replace(state, kyc_tier=str(decided.tier)) if decided.tier is not None else state


def _keep_login(state: AccountState, login: data.Login, enriched: EnrichedEvent, now: datetime) -> AccountState:
    if enriched.event.type != "login.succeeded":
        return state
    device = fingerprint(login.device) if login.device else ""
    changes: dict[str, Any] = {}
    if device:
        changes["devices"] = _with_device(state.devices, device, now, login.mfa in _STRONG_MFA)
    if login.session and device:
        changes["sessions"] = _with_session(state.sessions, fingerprint(login.session), device)
    return replace(state, **changes) if changes else state


def _keep_place(state: AccountState, enriched: EnrichedEvent, policy: Policy) -> AccountState:
    """A location sample: a successful login from a network that says where somebody is."""
    place = enriched.facts.place
    if enriched.event.type != "login.succeeded" or place is None or place.is_anonymised or place.disagrees_with:
        return state
    device = getattr(enriched.event.data, "device", None)
    anchor = Anchor(
        at=enriched.event.time,  # Where somebody was is judged by when they were there, however late we are told.
        area=policy.regions.area(place),
        latitude=place.latitude,
        longitude=place.longitude,
        radius_km=place.radius_km,
        prefix=place.prefix,
        device=fingerprint(device) if device else "",
    )
    return replace(state, anchors=tuple(sorted((*state.anchors, anchor), key=_at))[-ANCHORS_MAX:])


def _keep_session(
    state: AccountState, seen: data.SessionSeen, _enriched: EnrichedEvent, _now: datetime
) -> AccountState:
    if any(known.session == fingerprint(seen.session) for known in state.sessions):
        return state  # The first device keeps the session: a thief's copy must not become the owner.
    return replace(state, sessions=_with_session(state.sessions, fingerprint(seen.session), fingerprint(seen.device)))


def _keep_credential(
    state: AccountState, changed: data.CredentialChanged, _enriched: EnrichedEvent, now: datetime
) -> AccountState:
    return replace(state, mfa_changed_at=now) if changed.what is Credential.MFA else state


_KEEPERS: dict[type, Keeper] = {
    data.Profile: _keep_profile,
    data.KycDecision: _keep_kyc,
    data.Login: _keep_login,
    data.SessionSeen: _keep_session,
    data.CredentialChanged: _keep_credential,
}


def _at(anchor: Anchor) -> datetime:
    return anchor.at


def _with_device(devices: tuple[Device, ...], name: str, now: datetime, is_strong: bool) -> tuple[Device, ...]:
    known = next((d for d in devices if d.name == name), None)
    others = tuple(d for d in devices if d.name != name)
    seen = Device(
        name, known.first_seen_at if known else now, now, is_strong or (known is not None and known.is_strong)
    )
    return (*others, seen)[-DEVICES_MAX:]


def _with_session(sessions: tuple[SessionDevice, ...], session: str, device: str) -> tuple[SessionDevice, ...]:
    others = tuple(s for s in sessions if s.session != session)
    return (*others, SessionDevice(session, device))[-SESSIONS_MAX:]


def remember_destination(state: AccountState, event: Event, policy: Policy, now: datetime) -> AccountState:
    """The state with the destination that the event names, and how much went there. Only for what was let through: an
    attempt that was held or denied must not make its destination known.
    """
    state = keep_outflow(state, event, policy.safety.large_share, now)
    destination = destination_of(event)
    if destination is None:
        return state
    since = getattr(event.data, "known_since", None) or now
    name = fingerprint(destination)
    # The earlier of two dates counts: a destination never becomes younger.
    earlier = next((d.known_since for d in state.destinations if d.name == name), since)
    others = tuple(d for d in state.destinations if d.name != name)
    kept = (*others, Destination(name, min(earlier, since)))[-DESTINATIONS_MAX:]
    return replace(state, destinations=kept)


def remember_login(state: AccountState, enriched: EnrichedEvent, policy: Policy, now: datetime) -> AccountState:
    """The state with a login's traits. Only for a login that nothing casts doubt on: while automation asks for a proof of
    control, a thief who logs in again and again must not become usual.
    """
    traits = enriched.facts.traits
    if not traits:
        return state
    values = [(fact.trait, fact.name) for fact in traits]
    is_doubted = any(r.is_automated and r.reason in policy.challenges.reasons for r in state.in_force(now))
    logins = with_doubt(state.logins, values, enriched.event.time) if is_doubted else with_login(state.logins, values)
    return replace(state, logins=logins)


def remember_proof(state: AccountState, challenge: data.Challenge, proved_at: datetime) -> AccountState:
    """The state after a proof of control that an intruder could not give: the latest login was the owner's, unless the proof
    came from another device.
    """
    latest = state.devices[-1].name if state.devices else None
    if challenge.device is not None and latest not in (None, fingerprint(challenge.device)):
        return state
    return replace(state, logins=with_proof(state.logins, proved_at))
