"""Facts as they arrive: CloudEvents 1.0, read into typed events; the table of types and what each asks for."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct, ValidationError

from habeas.domain import event_data as data
from habeas.domain.capability import Capability
from habeas.domain.errors import EventRejectedError
from habeas.domain.event_data import AccountName, EventData, Token
from habeas.domain.ids import AccountId, EventId

MAX_EVENT_BYTES = 256 * 1024
YEAR_MIN, YEAR_MAX = 2000, 2200
OWN_SOURCE_PREFIX = "habeas:"
"""Sources of what Habeas reports to itself. Nobody else may use them."""

TIMER_SOURCE = "habeas:timer"
STAFF_SOURCE = "habeas:staff"
EFFECT_SOURCE = "habeas:effect"
RESCREEN_SOURCE = "habeas:rescreen"
CAMPAIGN_SOURCE = "habeas:campaign"
BULK_SOURCE = "habeas:bulk"
IMPORT_SOURCE = "habeas:import"

TIMER_DUE = "habeas.timer.due"
RESTRICTION_PLACE = "habeas.restriction.place"
RESTRICTION_LIFT = "habeas.restriction.lift"
RESTRICTION_MIRRORED = "habeas.restriction.mirrored"
RESTRICTION_APPROVE = "habeas.restriction.approve"
RESTRICTION_RENEW = "habeas.restriction.renew"
RESTRICTION_ANNUL = "habeas.restriction.annul"
CASE_DECIDE = "habeas.case.decide"
EXEMPTION_GRANT = "habeas.exemption.grant"
CASE_WORK = "habeas.case.work"
ASSISTANCE_PROPOSE = "habeas.assistance.propose"
ASSISTANCE_SIGN = "habeas.assistance.sign"
REQUEST_EXTEND = "habeas.request.extend"
DOCUMENT_OPENED = "habeas.document.opened"
MATCH_DELISTED = "habeas.match.delisted"
CAMPAIGN_MET = "habeas.campaign.met"
CAMPAIGN_ENDED = "habeas.campaign.ended"
CAMPAIGN_RESIDUAL = "habeas.campaign.residual"
REVIEW_PLACE = "habeas.review.place"
ORDER_PLACE = "habeas.order.place"
DESK_RENEW = "habeas.desk.renew"
DESK_END = "habeas.desk.end"
RESTRICTION_IMPORTED = "habeas.restriction.imported"
ACCOUNT_IMPORTED = "habeas.account.imported"
IMPORT_UNDONE = "habeas.import.undone"
REPORT_RECEIVED = "habeas.report.received"
REPORT_JUDGED = "habeas.report.judged"
OFFENDER_CONFIRMED = "habeas.offender.confirmed"


SAID_BY_OTHERS = frozenset({REPORT_RECEIVED, REPORT_JUDGED, OFFENDER_CONFIRMED, CAMPAIGN_RESIDUAL})
"""Effects of what other accounts said or did, and what a list says. They do not show that there is such an account."""


class EventType(Struct, frozen=True):
    """One row of the table below: the shape of the data, and the capability that the event asks for, if any."""

    shape: type[EventData]
    asks: Capability | None = None


EVENT_TYPES: dict[str, EventType] = {
    "account.opened": EventType(data.Profile, Capability.OPEN_ACCOUNT),
    "account.profile_changed": EventType(data.Profile),
    "account.deactivated": EventType(data.Empty, Capability.DEACTIVATE),
    "kyc.decided": EventType(data.KycDecision, Capability.UPGRADE_KYC),
    "document.received": EventType(data.DocumentFact, Capability.SUBMIT_DOCUMENTS),
    "document.decided": EventType(data.DocumentFact),
    "document.expired": EventType(data.DocumentFact),
    "login.succeeded": EventType(data.Login, Capability.LOGIN),
    "login.failed": EventType(data.Login, Capability.LOGIN),
    "session.seen": EventType(data.SessionSeen),
    "credential.changed": EventType(data.CredentialChanged, Capability.CHANGE_SECURITY),
    "credential.leaked": EventType(data.CredentialLeaked),
    "phone.sim_changed": EventType(data.SimChange),
    "address.added": EventType(data.AddressAdded, Capability.CHANGE_SECURITY),
    "withdrawal.requested": EventType(data.Withdrawal, Capability.WITHDRAW_CRYPTO),
    "withdrawal.fiat_requested": EventType(data.FiatWithdrawal, Capability.WITHDRAW_FIAT),
    "withdrawal.broadcasting": EventType(data.WithdrawalStage, Capability.WITHDRAW_CRYPTO),
    "withdrawal.recalled": EventType(data.WithdrawalStage),
    "deposit.crypto": EventType(data.CryptoDeposit),
    "deposit.fiat": EventType(data.FiatDeposit, Capability.DEPOSIT_FIAT),
    "p2p.opened": EventType(data.Counterparty, Capability.P2P),
    "p2p.paid": EventType(data.Counterparty, Capability.P2P),
    "transfer.requested": EventType(data.Counterparty, Capability.TRANSFER_OUT),
    "order.placed": EventType(data.Order, Capability.PLACE_ORDER),
    "order.cancelled": EventType(data.Order, Capability.CANCEL_ORDER),
    "report.filed": EventType(data.Report),
    "conduct.found": EventType(data.Finding),
    "signal.received": EventType(data.VendorSignal),
    "challenge.passed": EventType(data.Challenge),
    "challenge.failed": EventType(data.Challenge),
    "education.completed": EventType(data.Education),
    "declaration.made": EventType(data.Declaration),
    "appeal.filed": EventType(data.Appeal, Capability.FILE_APPEAL),
    "network.reported": EventType(data.NetworkReport),
    "action.done": EventType(data.ActionDone),
}
"""Every type that the outside may send (interface, section 2)."""

OWN_EVENT_TYPES: dict[str, EventType] = {
    TIMER_DUE: EventType(data.TimerDue),
    RESTRICTION_PLACE: EventType(data.PlaceAct),
    RESTRICTION_LIFT: EventType(data.LiftAct),
    RESTRICTION_MIRRORED: EventType(data.Mirrored),
    RESTRICTION_APPROVE: EventType(data.ApproveAct),
    RESTRICTION_RENEW: EventType(data.RenewAct),
    RESTRICTION_ANNUL: EventType(data.AnnulAct),
    CASE_DECIDE: EventType(data.CaseAct),
    EXEMPTION_GRANT: EventType(data.ExemptAct),
    CASE_WORK: EventType(data.CaseWork),
    ASSISTANCE_PROPOSE: EventType(data.AssistAct),
    ASSISTANCE_SIGN: EventType(data.AssistSignAct),
    REQUEST_EXTEND: EventType(data.ExtendAct),
    DOCUMENT_OPENED: EventType(data.DocumentOpened),
    MATCH_DELISTED: EventType(data.Delisted),
    CAMPAIGN_MET: EventType(data.CampaignMet),
    CAMPAIGN_ENDED: EventType(data.CampaignEnded),
    CAMPAIGN_RESIDUAL: EventType(data.ResidualReported),
    REVIEW_PLACE: EventType(data.ReviewAct),
    ORDER_PLACE: EventType(data.OrderAct),
    DESK_RENEW: EventType(data.DeskRenewAct),
    DESK_END: EventType(data.DeskEndAct),
    RESTRICTION_IMPORTED: EventType(data.ImportedRestriction),
    ACCOUNT_IMPORTED: EventType(data.Profile),
    IMPORT_UNDONE: EventType(data.ImportUndone),
    REPORT_RECEIVED: EventType(data.Report),
    REPORT_JUDGED: EventType(data.ReportJudged),
    OFFENDER_CONFIRMED: EventType(data.OffenderConfirmed),
}
"""What Habeas reports to itself: a timer that fires, an act of staff, an effect of another account, a change of a list."""

_ALL_TYPES = EVENT_TYPES | OWN_EVENT_TYPES


class Event(Struct, frozen=True):
    """One fact about one account. (`account`, `source`, `id`) is its identity; `digest` tells whether its body changed.

    `body` is the `data` as it came, all fields kept; `data` is the typed reading of it.
    """

    id: EventId
    source: str
    type: str
    account: AccountId
    time: datetime
    body: bytes
    data: EventData
    digest: bytes

    @property
    def asks(self) -> Capability | None:
        """The capability that this type of event asks for (a transfer to an own account asks for `transfer_own`)."""
        return _ALL_TYPES[self.type].asks

    @property
    def is_own(self) -> bool:
        return self.source.startswith(OWN_SOURCE_PREFIX)


class _Envelope(Struct):
    """A CloudEvents 1.0 envelope. Extension attributes are allowed and not read."""

    specversion: Literal["1.0"]
    id: Token
    source: Token
    type: Token
    subject: AccountName
    time: Annotated[datetime, Meta(tz=True)]
    data: Raw = Raw(b"{}")


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_any = msgspec.json.Decoder().decode
_UNREADABLE = (ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_encode_sorted = msgspec.json.Encoder(order="sorted", decimal_format="string").encode
_decode_data = {name: msgspec.json.Decoder(kind.shape).decode for name, kind in _ALL_TYPES.items()}


def read_event(line: bytes) -> Event:
    """An event from outside, from its CloudEvents JSON.

    Raises EventRejectedError, in one sentence, for anything malformed, unknown or over 256 KiB.
    """
    if len(line) > MAX_EVENT_BYTES:
        raise EventRejectedError(f"the event is {len(line)} bytes long; send at most {MAX_EVENT_BYTES}")
    try:
        envelope = _decode_envelope(line)
    except _UNREADABLE as exc:
        raise EventRejectedError(_sentence(exc, "the event")) from None
    if envelope.source.startswith(OWN_SOURCE_PREFIX) or envelope.type not in EVENT_TYPES:
        raise EventRejectedError(_unknown(envelope))
    return make_event(
        envelope.id, envelope.source, envelope.type, envelope.subject, envelope.time, bytes(envelope.data)
    )


def make_event(id_: str, source: str, type_: str, account: str, time: datetime, body: bytes) -> Event:
    """An event from its parts, own types included. Raises EventRejectedError if `body` does not fit the type."""
    if not YEAR_MIN <= time.year <= YEAR_MAX:
        raise EventRejectedError(
            f"event `{id_}` is dated {time.isoformat()}, outside the years {YEAR_MIN} to {YEAR_MAX}"
        )
    try:
        typed = _decode_data[type_](body)
        canonical = _encode_sorted([type_, time.timestamp(), _decode_any(body)])
    except _UNREADABLE as exc:
        raise EventRejectedError(_sentence(exc, f"the data of `{type_}`")) from None
    refused = typed.why_not_on(AccountId(account)) if isinstance(typed, data.Report) else None
    if refused is not None:
        raise EventRejectedError(f"event `{id_}`: {refused}")
    digest = blake2b(canonical, digest_size=16).digest()
    return Event(EventId(id_), source, type_, AccountId(account), time.astimezone(UTC), body, typed, digest)


def _unknown(envelope: _Envelope) -> str:
    if envelope.source.startswith(OWN_SOURCE_PREFIX):
        return f"the source `{envelope.source}` is reserved; sources that begin with `{OWN_SOURCE_PREFIX}` are our own"
    return f"the type `{envelope.type}` is unknown; the known types are in docs/events.md"


def _sentence(exc: Exception, what: str) -> str:
    """One sentence from a decoder's message, such as "Expected `str`, got `int` - at `$.data.ip`"."""
    if isinstance(exc, RecursionError):
        return f"{what} is nested too deep to be read"
    text = str(exc)[:300]
    if "timezone component" in text:
        return f"{what} has a time without a time zone; give an RFC 3339 time such as 2026-11-22T10:00:00Z ({text})"
    is_word = text[:1].isupper() and text[1:2].islower()
    return f"{what} cannot be read: {text[:1].lower() if is_word else text[:1]}{text[1:]}"
