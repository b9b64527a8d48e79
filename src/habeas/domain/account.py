"""The state of one account: small, bounded, versioned. All that a decision about the account may remember."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from habeas.domain.case import Priority
from habeas.domain.contact import Contact
from habeas.domain.ids import (
    AccountId,
    CaseId,
    DocumentRequestId,
    EntityId,
    HolderId,
    RestrictionId,
    fingerprint,
)
from habeas.domain.kind import Kind
from habeas.domain.login import NO_LOGINS, LoginHistory
from habeas.domain.permit import Permit
from habeas.domain.place import Anchor
from habeas.domain.proof import Proof
from habeas.domain.restriction import Exemption, Restriction
from habeas.domain.tally import Tally

STATE_VERSION = 1

ANCHORS_MAX = 8
DEVICES_MAX = 32
STEPS_MAX = 24
SESSIONS_MAX = 8
DESTINATIONS_MAX = 16
PARENTS_MAX = 4
REQUESTS_MAX = 16
ACTIONS_MAX = 8
CLEARED_MAX = 32
REPORTS_MAX = 12
REPORT_MARKS_MAX = 6
PAYERS_MAX = 8
FINDINGS_MAX = 8
WARNED_MAX = 8
STEPS_KEPT_FOR = timedelta(hours=72)
NEW_DEVICE_FOR = timedelta(hours=24)
REPORTS_KEPT_FOR = timedelta(days=90)
FINDINGS_KEPT_FOR = timedelta(days=90)
PAYERS_KEPT_FOR = timedelta(days=30)
WARNED_FOR = timedelta(hours=24)
"""Who was warned of a counterparty is not warned again for so long: after the extra check the decision is theirs."""


class Life(StrEnum):
    """The life of an account (model X12)."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    RETAINED = "retained"
    PURGED = "purged"


class Device(Struct, frozen=True, array_like=True):
    """A device by its fingerprint, and whether a strong second factor was seen on it."""

    name: str
    first_seen_at: datetime
    last_seen_at: datetime
    is_strong: bool = False


class StepName(StrEnum):
    """The steps by which accounts are taken over: first access, then control, then the way out."""

    SIM_CHANGE = "sim_change"
    CREDENTIAL_LEAKED = "credential_leaked"
    SESSION_REUSED = "session_reused"
    NEW_DEVICE = "new_device"
    NEW_COUNTRY = "new_country"
    """A login from a country not among the remembered places, or through an anonymiser."""
    CREDENTIAL_RESET = "credential_reset"
    """Password or second factor."""
    CONTACT_CHANGE = "contact_change"
    """E-mail or phone."""
    ALLOWLIST_OFF = "allowlist_off"
    NEW_ADDRESS = "new_address"
    WITHDRAW_API_KEY = "withdraw_api_key"
    LARGE_WITHDRAWAL = "large_withdrawal"


class Step(Struct, frozen=True, array_like=True):
    """A sensitive event of the last 72 hours. `on_new_device`: done from a device first seen less than a day before;
    `is_anonymised`: through a network that hides where somebody is.
    """

    at: datetime
    what: StepName
    on_new_device: bool = False
    is_anonymised: bool = False
    mark: str = ""
    """Of the event that was this step (`EnrichedEvent.mark`)."""


class SessionDevice(Struct, frozen=True, array_like=True):
    """Which device a session belongs to."""

    session: str
    device: str


class Destination(Struct, frozen=True, array_like=True):
    """A withdrawal destination, by fingerprint, and since when the account has known it."""

    name: str
    known_since: datetime


class AutomatedPlacement(Struct, frozen=True, array_like=True):
    """Automation placed a restriction of this kind then."""

    kind: Kind
    at: datetime


class OpenCase(Struct, frozen=True, array_like=True):
    """A case that is open about this account, so that the same matter does not open a second one."""

    id: CaseId
    queue: str
    reason: str
    priority: Priority
    opened_at: datetime
    about: str = ""
    """The one restriction or list entry it is about, where each has a case of its own."""


class OpenRequest(Struct, frozen=True, array_like=True):
    """Documents that a user has been asked for, so that nobody asks twice."""

    id: DocumentRequestId
    reason: str
    documents: tuple[str, ...]
    due_at: datetime
    restriction: RestrictionId | None = None
    """What ends with it, or it with that."""


class ReportReceived(Struct, frozen=True, array_like=True):
    """A report against this account: what is known of who filed it, so that reports of one crowd count once.

    `marks` are fingerprints of the reporter's holder, main account and devices; `upheld` and `rejected` count the
    reporter's earlier reports by what people found. `has_dealt`: the two accounts dealt with each other.
    """

    at: datetime
    reporter: AccountId
    category: str
    marks: tuple[str, ...] = ()
    since: datetime | None = None
    """Since when the reporter's account is known; None if it is not."""
    upheld: int = 0
    rejected: int = 0
    has_dealt: bool = False
    mark: str = ""
    """Of the event that told it (`EnrichedEvent.mark`)."""


class PayerSeen(Struct, frozen=True, array_like=True):
    """Somebody else's name under which money came in: by fingerprint, how much in total, and when last."""

    name: str
    at: datetime
    usd: Decimal
    mark: str = ""


class FindingKept(Struct, frozen=True, array_like=True):
    """A finding about conduct. `act` tells one act from another: the same act found twice is one finding."""

    what: str
    act: str
    at: datetime
    mark: str = ""


class Warned(Struct, frozen=True, array_like=True):
    """The user was warned of a counterparty (by fingerprint) then."""

    name: str
    at: datetime
    mark: str = ""


class OpenAction(Struct, frozen=True, array_like=True):
    """Something that the exchange was asked to do and has not said to have done, and how often it was asked."""

    request: str
    action: str
    asked_at: datetime
    asked: int = 1


class AccountState(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything a decision may know about an account. Median under 2 KB encoded; the histories
    are bounded so that it stays under 8 KB with as many restrictions as an account ever has.

    Histories are newest last; `remember` evicts the oldest. Restrictions are never evicted. `unreadable` keeps the bytes
    of what this version cannot read; while there is any, everything but the floor is denied.
    """

    version: int = STATE_VERSION
    account: AccountId
    entity: EntityId = EntityId("main")
    holder: HolderId | None = None
    parents: tuple[AccountId, ...] = ()
    """The main account, then former main accounts whose restrictions stay until a review (model 5.3)."""
    life: Life = Life.ACTIVE
    life_since: datetime | None = None
    name: str | None = None
    """As declared, with the birth date: what is compared with sanctions lists, when either side changes."""
    birth_date: date | None = None
    residence: str | None = None
    nationalities: tuple[str, ...] = ()
    document_country: str | None = None
    kyc_tier: str | None = None
    contact: Contact = Contact()
    is_known: bool = False
    """Whether anything has shown that there is such an account."""
    watched_since: datetime | None = None
    decided_at: datetime | None = None
    traveller_until: datetime | None = None
    """Until when a documented journey explains logins from a restricted country (model 5.8)."""
    proved_at: datetime | None = None
    """When control was last proved in a way that an intruder could not."""
    anchors: tuple[Anchor, ...] = ()
    devices: tuple[Device, ...] = ()
    steps: tuple[Step, ...] = ()
    sessions: tuple[SessionDevice, ...] = ()
    logins: LoginHistory = NO_LOGINS
    destinations: tuple[Destination, ...] = ()
    mfa_changed_at: datetime | None = None
    automated: tuple[AutomatedPlacement, ...] = ()
    """Recent automated placements of the kinds that automation may not repeat without a person."""
    restrictions: tuple[Restriction, ...] = ()
    """Those proposed or active. Ended ones live in the store."""
    exemptions: tuple[Exemption, ...] = ()
    cases: tuple[OpenCase, ...] = ()
    requests: tuple[OpenRequest, ...] = ()
    actions: tuple[OpenAction, ...] = ()
    """What the exchange has not acknowledged yet (`action.done`)."""
    permits: tuple[Permit, ...] = ()
    """Assisted withdrawals that were proposed or signed."""
    proofs: tuple[Proof, ...] = ()
    """What the user has shown lately, on which the ways out rest."""
    cleared: tuple[str, ...] = ()
    """Digests of (customer, list entry) pairs that reviewers found false: quiet until either side changes."""
    largest_outflow_usd: Decimal | None = None
    """The most that was ever let out at once."""
    swept_at: datetime | None = None
    """When nearly everything was last let out."""
    offender_since: datetime | None = None
    """Since when people have found this account to deceive others."""
    reports: tuple[ReportReceived, ...] = ()
    """Reports against this account that nobody has decided about."""
    reports_upheld: int = 0
    """How many reports that this account filed people found to be right, and below, wrong."""
    reports_rejected: int = 0
    payers: tuple[PayerSeen, ...] = ()
    findings: tuple[FindingKept, ...] = ()
    warned: tuple[Warned, ...] = ()
    unreadable: tuple[bytes, ...] = ()
    tallies: tuple[Tally, ...] = ()
    """What the playbook's velocity features have counted."""

    def is_new_device(self, device: str, at: datetime) -> bool:
        """Whether a device (by fingerprint) was first seen less than a day ago on an account watched for longer.

        On an account that is itself watched for less than a day every device is new, which says nothing.
        """
        if not device or not self.is_watched_long(at):
            return False
        return any(known.name == device and at - known.first_seen_at < NEW_DEVICE_FOR for known in self.devices)

    def is_watched_long(self, at: datetime) -> bool:
        """Whether the account is known for long enough that a new device says something."""
        return self.watched_since is not None and at - self.watched_since >= NEW_DEVICE_FOR

    def is_on_new_device(self, device: str | None, at: datetime) -> bool:
        """Whether a device (as given, not its fingerprint) is new to an account that has devices: it is not remembered,
        or was first seen less than a day ago.
        """
        if device is None or not self.devices:
            return False
        name = fingerprint(device)
        is_unknown = all(known.name != name for known in self.devices)
        return self.is_new_device(name, at) or (is_unknown and self.is_watched_long(at))

    def destination_known_since(self, destination: str) -> datetime | None:
        """Since when a destination (as given, not its fingerprint) is known; None if it is not remembered."""
        name = fingerprint(destination)
        return next((known.known_since for known in self.destinations if known.name == name), None)

    def in_force(self, at: datetime) -> tuple[Restriction, ...]:
        """The account's own restrictions whose limits apply at an instant."""
        return tuple(r for r in self.restrictions if r.is_in_force(at))

    @property
    def holder_or_self(self) -> HolderId:
        """The holder; without one, the account stands for itself."""
        return self.holder or HolderId(self.account)


def new_account(account: AccountId) -> AccountState:
    """An account nothing is known of yet."""
    return AccountState(account=account)


_UNREADABLE = (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_encode = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode = msgspec.msgpack.Decoder(AccountState).decode
_decode_loosely = msgspec.msgpack.Decoder(dict[str, msgspec.Raw]).decode
_decode_raw_list = msgspec.msgpack.Decoder(tuple[msgspec.Raw, ...]).decode
_decode_restriction = msgspec.msgpack.Decoder(Restriction).decode


def encode_state(state: AccountState) -> bytes:
    """The bytes that a store keeps."""
    return _encode(state)


def decode_state(account: AccountId, stored: bytes) -> AccountState:
    """The state from its bytes. Never fails: what cannot be read is kept in `unreadable`, and so denies.

    A state of an unknown version is unreadable as a whole; in a known one, each restriction is judged alone.
    """
    try:
        state = _decode(stored)
    except _UNREADABLE:
        return _decode_what_can_be_read(account, stored)
    return state if state.version == STATE_VERSION else AccountState(account=account, unreadable=(stored,))


def _decode_what_can_be_read(account: AccountId, stored: bytes) -> AccountState:
    lost = AccountState(account=account, unreadable=(stored,))
    try:
        fields = _decode_loosely(stored)
        restrictions = _decode_raw_list(fields.pop("restrictions"))
        rest: dict[str, Any] = {name: msgspec.msgpack.decode(raw) for name, raw in fields.items()}
        state = msgspec.convert(rest, AccountState)
    except (*_UNREADABLE, KeyError):
        return lost
    if state.version != STATE_VERSION:
        return lost
    readable, unreadable = [], []
    for raw in restrictions:
        try:
            readable.append(_decode_restriction(raw))
        except _UNREADABLE:
            unreadable.append(bytes(raw))
    return msgspec.structs.replace(state, restrictions=tuple(readable), unreadable=state.unreadable + tuple(unreadable))
