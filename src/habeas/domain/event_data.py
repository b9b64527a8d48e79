"""What each type of event says: the fields that detectors rely on. All other fields are kept with the event as it came.

Amounts and USD values are decimal strings in JSON and never negative; `usd` is the caller's own valuation.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.actor import Actor
from habeas.domain.bulk import Because
from habeas.domain.capability import Capability
from habeas.domain.case import CaseOutcome, CaseStep
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, CaseId, DocumentFileId, DocumentRequestId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import AtEnd, Condition, HeldAmount, Restriction, Scope

Text = Annotated[str, Meta(max_length=1024)]
Token = Annotated[str, Meta(min_length=1, max_length=256)]
AccountName = Annotated[AccountId, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*\Z")]
Note = Annotated[str, Meta(min_length=3, max_length=1000)]
"""Why somebody on the staff did something. Longer matters belong into the case file."""
Instant = Annotated[datetime, Meta(tz=True)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z")]
"""An ISO 3166-1 alpha-2 code, or an ISO 3166-2 code where a sub-national area matters."""


DIGITS_MAX = 60
"""Enough for 2^128 of the smallest unit with 18 places after the point."""


class EventData(Struct, frozen=True, kw_only=True):
    """The base of all event data. Amounts must be finite and not negative, IP addresses readable."""

    def __post_init__(self) -> None:
        for name in ("amount", "usd", "balance", "balance_usd"):
            value = getattr(self, name, None)
            if value is not None and (not value.is_finite() or value < 0):
                raise ValueError(f"`{name}` is `{value}`; an amount must be a decimal number of zero or more")
            if value is not None and (len(value.as_tuple().digits) > DIGITS_MAX or abs(value.adjusted()) > DIGITS_MAX):
                raise ValueError(f"`{name}` has more than {DIGITS_MAX} digits, which no amount has")
        ip = getattr(self, "ip", None)
        if ip is not None:
            ip_address(ip)


class Mfa(StrEnum):
    """The second factor of a login."""

    NONE = "none"
    SMS = "sms"
    TOTP = "totp"
    PASSKEY = "passkey"


class Credential(StrEnum):
    """What `credential.changed` changed."""

    PASSWORD = "password"
    MFA = "mfa"
    EMAIL = "email"
    PHONE = "phone"
    API_KEY = "api_key"
    ALLOWLIST = "allowlist"


class Method(StrEnum):
    """How control of an account was proved."""

    TOTP = "totp"
    PASSKEY = "passkey"
    LIVENESS = "liveness"
    DOCUMENT = "document"


class IdentityDocument(Struct, frozen=True, kw_only=True):
    """A document as the user declared it."""

    kind: Token
    number: Token
    country: Country


class Profile(EventData, frozen=True, kw_only=True):
    """`account.opened`, `account.profile_changed`. A field that is absent from a change keeps its value."""

    entity: Token | None = None
    holder: Token | None = None
    name: Text | None = None
    birth_date: date | None = None
    residence: Country | None = None
    nationalities: Annotated[tuple[Country, ...], Meta(max_length=8)] | None = None
    document: IdentityDocument | None = None
    parent: AccountName | None = None
    email: Text | None = None
    phone: Text | None = None
    locale: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}\Z")] | None = None
    """The language in which the user is told things, as a BCP 47 tag such as `fr-CA`."""


class Empty(EventData, frozen=True, kw_only=True):
    """A type that says everything by happening."""


class KycDecision(EventData, frozen=True, kw_only=True):
    tier: Token | int | None = None
    result: Token
    missing: tuple[Token, ...] = ()
    """Kinds of documents that the check found missing."""


class DocumentFact(EventData, frozen=True, kw_only=True):
    kind: Token
    request: Token | None = None
    result: Token | None = None
    reason: Text | None = None


class Login(EventData, frozen=True, kw_only=True):
    ip: str | None = None
    device: Token | None = None
    user_agent: Text | None = None
    mfa: Mfa = Mfa.NONE
    session: Token | None = None


class SessionSeen(EventData, frozen=True, kw_only=True):
    session: Token
    device: Token
    ip: str | None = None


class CredentialChanged(EventData, frozen=True, kw_only=True):
    what: Credential
    ip: str | None = None
    device: Token | None = None
    withdraw_right: bool = False
    """For an API key: whether it may withdraw."""
    enabled: bool = False
    """For the allowlist: whether the change switched it on (a protection) or off (the default reading)."""


class CredentialLeaked(EventData, frozen=True, kw_only=True):
    origin: Text


class SimChange(EventData, frozen=True, kw_only=True):
    """Tri-state, as the CAMARA SIM Swap API answers: swapped at, none within some days, or unavailable."""

    at: Instant | None = None
    source: Text | None = None
    none_within_days: int | None = None
    unavailable: bool = False

    def __post_init__(self) -> None:
        if sum((self.at is not None, self.none_within_days is not None, self.unavailable)) != 1:
            raise ValueError("exactly one of `at`, `none_within_days` and `unavailable` says what is known of the SIM")


class AddressAdded(EventData, frozen=True, kw_only=True):
    chain: Token
    address: Token


class Withdrawal(EventData, frozen=True, kw_only=True):
    asset: Token
    chain: Token | None = None
    amount: Decimal
    usd: Decimal
    address: Token
    known_since: Instant | None = None
    balance: Decimal | None = None
    balance_usd: Decimal | None = None
    ip: str | None = None
    device: Token | None = None


class FiatWithdrawal(EventData, frozen=True, kw_only=True):
    asset: Token | None = None
    amount: Decimal
    usd: Decimal
    bank_account: Token
    known_since: Instant | None = None
    balance: Decimal | None = None
    balance_usd: Decimal | None = None
    ip: str | None = None
    device: Token | None = None


class CryptoDeposit(EventData, frozen=True, kw_only=True, rename={"sender": "from"}):
    asset: Token
    chain: Token | None = None
    amount: Decimal
    usd: Decimal
    tx: Token
    sender: Token | None = None


class FiatDeposit(EventData, frozen=True, kw_only=True):
    amount: Decimal
    currency: Token
    usd: Decimal
    payer_name: Text | None = None
    method: Token | None = None


class Counterparty(EventData, frozen=True, kw_only=True):
    """`p2p.opened`, `p2p.paid`, `transfer.requested`."""

    counterparty: AccountName
    usd: Decimal
    asset: Token | None = None
    amount: Decimal | None = None
    balance: Decimal | None = None
    known_since: Instant | None = None
    ip: str | None = None
    device: Token | None = None


class Order(EventData, frozen=True, kw_only=True):
    market: Token
    side: Token
    usd: Decimal


class Report(EventData, frozen=True, kw_only=True):
    """`report.filed`, on the account of who reports or of who is reported. Without `reporter`, who reports is the subject."""

    against: AccountName
    category: Token
    reporter: AccountName | None = None

    def why_not_on(self, account: AccountId) -> str | None:
        """Why this cannot be filed on an account, in one sentence; None if it can."""
        if self.against == (self.reporter or account):
            return f"`{self.against}` is reported by itself; name another account in `against`, or who reports in `reporter`"
        if account not in (self.against, self.reporter or account):
            return f"a report by `{self.reporter}` against `{self.against}` is filed on one of these two, not on `{account}`"
        return None


class FindingName(StrEnum):
    """What `conduct.found` found."""

    FAKE_DOCUMENT = "fake_document"
    ABUSE = "abuse"
    HACKER_SIGNS = "hacker_signs"


class Finding(EventData, frozen=True, kw_only=True):
    """`conduct.found`: one act, one finding. `evidence` names the act; the same one said twice is one finding."""

    finding: FindingName
    severity: Token
    evidence: Text | None = None


class VendorSignal(EventData, frozen=True, kw_only=True):
    """`signal.received`: any vendor's alert. Score 0..1."""

    typology: Token
    score: Annotated[float, Meta(ge=0, le=1)]
    evidence: dict[str, str] = {}
    vendor: Token | None = None
    reference: Token | None = None
    amount: Decimal | None = None
    asset: Token | None = None
    tx: Token | None = None


class WithdrawalStage(EventData, frozen=True, kw_only=True):
    request: Token
    asset: Token | None = None
    amount: Decimal | None = None
    balance: Decimal | None = None
    address: Token | None = None
    known_since: Instant | None = None


class Challenge(EventData, frozen=True, kw_only=True):
    method: Method
    device: Token | None = None
    restriction: RestrictionId | None = None


class Education(EventData, frozen=True, kw_only=True):
    restriction: RestrictionId
    answers: dict[str, str] = {}


class Declaration(EventData, frozen=True, kw_only=True):
    restriction: RestrictionId | None = None
    answers: dict[str, str] = {}


class Appeal(EventData, frozen=True, kw_only=True):
    restriction: RestrictionId
    text: Annotated[str, Meta(min_length=1, max_length=20_000)]


class NetworkReport(EventData, frozen=True, kw_only=True):
    ip: str


class ActionDone(EventData, frozen=True, kw_only=True):
    action: Token
    request: Token


# --- what Habeas itself reports: timers, acts of staff, effects of other accounts ------------------------------------


class TimerDue(EventData, frozen=True, kw_only=True):
    """A restriction's end or recheck has come, or the clock of a case or of a document request. A stale `generation` does
    nothing.
    """

    about: Token
    generation: int


class PlaceAct(EventData, frozen=True, kw_only=True):
    """A person places a restriction. Fields left out follow the reason's row in the playbook."""

    actor: Actor
    note: Note
    reason: Token
    kind: Kind | None = None
    scope: Scope | None = None
    evidence: Evidence = Evidence.E3
    evidence_ids: tuple[Token, ...] = ()
    ends_at: Instant | None = None
    condition: Condition | None = None
    at_end: AtEnd | None = None
    disclosure: Disclosure | None = None
    considered: tuple[Text, ...] = ()
    facts: dict[str, str] = {}


class LiftAct(EventData, frozen=True, kw_only=True):
    actor: Actor
    note: Note
    restriction: RestrictionId
    signed_by: Actor | None = None
    """For a bulk act: who signed it."""
    because: Because | None = None
    """For a bulk act: the reason that its users are told."""
    attests: Annotated[tuple[Token, ...], Meta(max_length=8)] = ()
    """What the actor has seen and vouches for, such as `history`: that the user knows what happened on the account."""


class ApproveAct(EventData, frozen=True, kw_only=True):
    """A second person signs a proposed restriction, or declines it."""

    actor: Actor
    note: Note
    restriction: RestrictionId
    declined: bool = False


class RenewAct(EventData, frozen=True, kw_only=True):
    """A person prolongs a restriction on new or higher evidence."""

    actor: Actor
    note: Note
    restriction: RestrictionId
    ends_at: Instant
    evidence: Evidence
    evidence_ids: tuple[Token, ...] = ()
    signed_by: Actor | None = None
    """For a bulk act: who signed it."""
    because: Because | None = None
    """For a bulk act: the reason that its users are told."""


class AnnulAct(EventData, frozen=True, kw_only=True):
    """A person declares a restriction void from the start."""

    actor: Actor
    note: Note
    restriction: RestrictionId


class CaseAct(EventData, frozen=True, kw_only=True):
    """A person gives an opinion on a case."""

    actor: Actor
    note: Note
    case: CaseId
    outcome: CaseOutcome
    done: tuple[Token, ...] = ()
    """Which of the case's tasks are done."""


class CaseWork(EventData, frozen=True, kw_only=True):
    """A person works on a case, without deciding it."""

    actor: Actor
    note: Note
    case: CaseId
    step: CaseStep
    value: Annotated[str, Meta(max_length=128)] = ""
    """To `assign` it: to whom, if not to oneself. To `refer` it: its number in the other system."""


class AssistAct(EventData, frozen=True, kw_only=True):
    """A person proposes one withdrawal of a limited account; the note says how the destination was verified."""

    actor: Actor
    note: Note
    capability: Capability
    asset: Token
    amount: Decimal
    destination: Token
    until_at: Instant


class AssistSignAct(EventData, frozen=True, kw_only=True):
    """A second person signs an assisted withdrawal."""

    actor: Actor
    note: Note
    permit: Token


class ExtendAct(EventData, frozen=True, kw_only=True):
    """A document request gets more time, once, because the user asked for it."""

    actor: Actor
    note: Note
    request: DocumentRequestId


class DocumentOpened(EventData, frozen=True, kw_only=True):
    """Somebody on the staff looks into a file that a user sent."""

    actor: Actor
    note: Note
    file: DocumentFileId


class Delisted(EventData, frozen=True, kw_only=True):
    """The list no longer has the entry that a match is about."""

    case: CaseId
    """In which people found the match to be true."""
    version: str
    """Of the list that does not have it."""


class ExemptAct(EventData, frozen=True, kw_only=True):
    actor: Actor
    note: Note
    kinds: tuple[Kind, ...]
    until_at: Instant


class CampaignMet(EventData, frozen=True, kw_only=True):
    """A campaign reaches this account, which is of its population."""

    campaign: Token


class CampaignEnded(EventData, frozen=True, kw_only=True):
    """A campaign is over, and what it placed here ends: `actor` proposed that, `signed_by` signed it."""

    campaign: Token
    actor: Actor
    signed_by: Actor
    note: Note
    because: Because


class ResidualReported(EventData, frozen=True, kw_only=True):
    """Something is left on this account when the time of a campaign is over."""

    campaign: Token
    actor: Actor
    usd: Decimal | None = None
    what: Text | None = None
    """What is left, in the exchange's words."""


class ReviewAct(EventData, frozen=True, kw_only=True):
    """The review desk limits an account while it is reviewed (model 5.5). Why, on what evidence and by whom is kept apart."""

    cover: Token
    """The row of the playbook's cover registry."""
    ends_at: Instant
    """One of the class's slots: when a person decides whether it goes on."""
    scope: Scope = Scope.ACCOUNT
    held: HeldAmount | None = None


class OrderAct(EventData, frozen=True, kw_only=True):
    """The order desk freezes on an instrument that it has verified, and that the user may hear of."""

    reference: Token
    """The authority's own, under which the order desk finds the instrument."""
    jurisdiction: Token
    evidence: Evidence = Evidence.E5
    ends_at: Instant | None = None
    """Where the instrument has an end; a person decides then. Without one it is looked at again as the reason says."""
    scope: Scope = Scope.ACCOUNT
    held: HeldAmount | None = None
    disclosure: Disclosure = Disclosure.FULL
    facts: dict[str, str] = {}
    """What the user is told: the authority, how to reach it, its reference, who tells of a seizure."""


class DeskRenewAct(EventData, frozen=True, kw_only=True):
    """One of the two desks moves the end of what it placed."""

    restriction: RestrictionId
    ends_at: Instant


class DeskEndAct(EventData, frozen=True, kw_only=True):
    """One of the two desks ends what it placed: from now on, or as wrong from the start."""

    restriction: RestrictionId
    is_void: bool = False


class ImportedRestriction(EventData, frozen=True, omit_defaults=True, kw_only=True):
    """A restriction that an older system has on this account, as the map of an import reads it."""

    batch: Token
    actor: Actor
    signed_by: Actor | None = None
    kind: Kind
    reason: Token
    scope: Scope = Scope.ACCOUNT
    evidence: Evidence = Evidence.E3
    disclosure: Disclosure | None = None
    """Absent: as the reason's row says."""
    starts_at: Instant | None = None
    """Absent: nobody says since when it stands."""
    ends_at: Instant | None = None
    status: Text
    """What the older system calls it."""
    note: Text = ""
    facts: dict[str, str] = {}


class ImportUndone(EventData, frozen=True, kw_only=True):
    """An import is taken back: what it placed here ends, unless somebody has worked on it since."""

    batch: Token
    actor: Actor
    signed_by: Actor | None = None
    note: Note


class Mirrored(EventData, frozen=True, kw_only=True):
    """A holder-wide restriction of another of the holder's accounts begins, changes or ends here too."""

    restriction: Restriction
    is_quiet: bool = False
    """Whether nobody is told: it is brought in from an older system, or that is taken back."""


class OffenderConfirmed(EventData, frozen=True, kw_only=True):
    """People found that an account which this one dealt with deceives others."""

    counterparty: AccountName
    dealt_at: Instant
    has_paid: bool


class ReportJudged(EventData, frozen=True, kw_only=True):
    """People found a report that this account filed to be right, or wrong."""

    against: AccountName
    upheld: bool
