"""What was looked up about an event before it is judged: raw facts, stored with it, so that it replays years later."""

from datetime import datetime

from msgspec import Struct

from habeas.domain.account import Life
from habeas.domain.campaign import CampaignTerms
from habeas.domain.case import Case
from habeas.domain.document import DocumentRequest
from habeas.domain.event import Event
from habeas.domain.exposure import Exposure
from habeas.domain.ids import AccountId, HolderId
from habeas.domain.kind import Kind
from habeas.domain.login import Agent, TraitFact
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction


class MainAccount(Struct, frozen=True, omit_defaults=True):
    """What stands on the main account of a sub-account."""

    account: AccountId
    life: Life = Life.ACTIVE
    restrictions: tuple[Restriction, ...] = ()
    unreadable: bool = False


class ListHit(Struct, frozen=True):
    """An exact hit on a sanctions list: which list in which version, its own id of the entry, and what was found there."""

    list: str
    version: str
    entry: str
    found: str
    """The wallet as `CHAIN:address`, or the kind and country of a document; never a document's number."""

    @property
    def pair(self) -> str:
        """What was found where: reviewers who clear it clear this and no other hit."""
        return f"{self.list}/{self.entry}/{self.found}"


class NameHit(Struct, frozen=True):
    """A name that resembles a listed one: how far, why, and whether birth year, nationality or identifier agree."""

    list: str
    version: str
    entry: str
    listed: str
    score: float
    agrees: tuple[str, ...]
    """What agrees besides the name, such as `birth_date`."""
    pair: str
    """A digest of what was compared on both sides."""
    explanation: tuple[str, ...]
    name_score: float = 0.0
    """By the name alone, before anything else was compared."""


class IpActivity(Struct, frozen=True):
    """What came from one IP address in the last hour, and until when requests from it are refused."""

    failed_logins: int = 0
    """Before this event."""
    accounts: int = 0
    """Different accounts that they were for, with the one of this event."""
    refused_until: datetime | None = None


class OtherParty(Struct, frozen=True, omit_defaults=True):
    """The account on the other side of a trade or a transfer."""

    account: AccountId
    is_known: bool = False
    offender_since: datetime | None = None
    """Since when people have found it to deceive others."""


class Reporter(Struct, frozen=True, omit_defaults=True):
    """Who reports another account: what tells how much the report weighs, and whether it is one of a crowd."""

    account: AccountId
    is_known: bool = False
    since: datetime | None = None
    marks: tuple[str, ...] = ()
    """Fingerprints of the holder, the main account and the latest devices."""
    upheld: int = 0
    rejected: int = 0
    has_dealt: bool = False
    """Whether the two accounts dealt with each other lately."""
    is_same_holder: bool = False
    reported_dealt_with: int = 0
    """How many accounts dealt with the reported one lately: who trades with hundreds has disputes with some."""


class DealtWith(Struct, frozen=True, omit_defaults=True):
    """An account that dealt with this one, when last, and whether it paid."""

    account: AccountId
    at: datetime
    has_paid: bool = False


class StandsThere(Struct, frozen=True):
    """A restriction that is in force on another account, by its public reason. Nothing else of that record is copied."""

    reason: str
    kind: Kind
    is_by_person: bool


class EarlierAccount(Struct, frozen=True, omit_defaults=True):
    """Another holder's account that declared an identity document earlier which this account declares too."""

    account: AccountId
    standing: tuple[StandsThere, ...] = ()
    is_unreadable: bool = False


class Facts(Struct, frozen=True, omit_defaults=True):
    """Everything enrichment found. What could not be looked up is named in `unavailable`, never guessed."""

    place: Place | None = None
    unavailable: tuple[str, ...] = ()
    ip_activity: IpActivity = IpActivity()
    agent: Agent | None = None
    """What the user agent string of a login says."""
    traits: tuple[TraitFact, ...] = ()
    """How common this login's traits are among everybody's logins."""
    wallets: tuple[ListHit, ...] = ()
    """Listed wallets that the event names: a sender, a destination, a declared address."""
    documents: tuple[ListHit, ...] = ()
    """Listed entries that carry the identity document that the event declares."""
    exposure: Exposure | None = None
    """Where the coins of a deposit came from, as far as the ledger and the tags say."""
    names: tuple[NameHit, ...] = ()
    """Listed names that the declared name resembles, best first."""
    restriction: Restriction | None = None
    """The restriction that an act is about, where it has ended and the state no longer holds it."""
    cases: tuple[Case, ...] = ()
    """The account's open cases, as they are recorded."""
    case: Case | None = None
    """The case that an act is about, as it is recorded."""
    requests: tuple[DocumentRequest, ...] = ()
    """The account's document requests as they are recorded, where the event may move one."""
    mains: tuple[MainAccount, ...] = ()
    holder: HolderId | None = None
    """The person or company behind the account: a sub-account belongs to its main account's holder."""
    siblings: tuple[AccountId, ...] = ()
    """The holder's other accounts."""
    holder_restrictions: tuple[Restriction, ...] = ()
    """Holder-wide restrictions that stand on the holder's other accounts."""
    campaigns: tuple[CampaignTerms, ...] = ()
    """The live campaigns that the account belongs to, by what it has said of itself."""
    is_own_counterparty: bool = False
    """Whether the counterparty of a transfer is another account of the same holder."""
    other_party: OtherParty | None = None
    reporter: Reporter | None = None
    """For a report against this account."""
    dealt_with: tuple[DealtWith, ...] = ()
    """Who dealt with this account lately, for an act that may confirm that it deceives others."""
    earlier: tuple[EarlierAccount, ...] = ()
    """For a profile or an identity check: other holders' accounts with the same document."""


class EnrichedEvent(Struct, frozen=True):
    """An event with its facts. `seed` makes the ids of everything it causes; `received_at` is when it arrived."""

    event: Event
    facts: Facts
    seed: bytes
    received_at: datetime

    @property
    def mark(self) -> str:
        """A short name of this event among those that an account's state remembers."""
        return self.seed[:6].hex()
