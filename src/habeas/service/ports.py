"""What the use cases need from the outside, with what each adapter promises. Adapters live in `store` and `reference`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Literal, Protocol

from msgspec import Struct

from habeas.domain.access import ApiKey
from habeas.domain.account import AccountState
from habeas.domain.batch import Member
from habeas.domain.bulk import Bulk
from habeas.domain.campaign import Campaign
from habeas.domain.case import Case
from habeas.domain.decision import Decision, Message, Outcome, Timer, Topic
from habeas.domain.document import DocumentRequest
from habeas.domain.document_file import DocumentFile
from habeas.domain.event_data import CryptoDeposit
from habeas.domain.exposure import Exposure
from habeas.domain.facts import DealtWith, EnrichedEvent, Facts, IpActivity, ListHit, NameHit
from habeas.domain.ids import (
    AccountId,
    BatchId,
    CaseId,
    DocumentFileId,
    DocumentRequestId,
    EventId,
    HolderId,
    RestrictionId,
)
from habeas.domain.imported import Import
from habeas.domain.login import Trait, TraitFact
from habeas.domain.notice import Answer, Channel, ChannelHealth, Delivery, Notice
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction, Status
from habeas.domain.screening import Query
from habeas.domain.tag import Tag, TagRole

FIRST = AccountId("")
"""Stands before every account."""

Work = Literal["timers", "effects", "notices"]
"""What several workers share out among themselves."""

EventKey = tuple[AccountId, str, EventId]
"""The identity of an event: account, source, id."""

Batch = Campaign | Bulk | Import
"""What is done to many accounts at once."""


class Recorded(Struct, frozen=True):
    """What was answered when an event first came, and the digest of the body it came with."""

    digest: bytes
    outcome: Outcome


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """One event as the journal keeps it: enough to decide it again, years later, and compare."""

    id: EventId
    source: str
    type: str
    account: AccountId
    time: datetime
    received_at: datetime
    body: bytes
    facts: Facts
    outcome: Outcome
    playbook: str
    """The version of the playbook that decided it."""


class DueTimer(Struct, frozen=True):
    """A timer whose time has come."""

    account: AccountId
    timer: Timer


class QueuedMessage(Struct, frozen=True):
    """An outgoing message that nobody has delivered yet. `position` orders messages and marks progress."""

    position: int
    message: Message


class JournalFault(Struct, frozen=True):
    """One place where the journal does not verify."""

    account: AccountId
    sequence: int
    what: str


class StoredEntry(Struct, frozen=True):
    """A journal entry as it is stored. `position` counts the entries of all accounts from 1 without a gap, in the order in
    which their transactions committed: once one was seen, none with a lower one can still come.
    """

    position: int
    account: AccountId
    stored: bytes


class LimitChange(Struct, frozen=True):
    """What limits an account changed, for the last time so far, with the journal entry at `position`. Positions are as those
    of journal entries: once one was seen, no change with a lower one can still come.
    """

    position: int
    account: AccountId


class SignedCheckpoint(Struct, frozen=True):
    """A checkpoint as it is stored: its number from 1, the bytes that were signed (`service.checkpoints`), the signature."""

    number: int
    body: bytes
    signature: bytes


class ReferenceSet(Struct, frozen=True, kw_only=True):
    """One version of one thing that is looked up: a list, places, networks, overrides.

    `kind` names what it is, such as `sanctions.OFAC-SDN`; `version` is unique among the versions of its kind. `as_of` is
    the day of which it is, None where nobody says so.
    """

    kind: str
    version: str
    as_of: date | None
    loaded_at: datetime
    sha256: str
    entries: int
    source: str
    """Where it came from, in words or as names of files."""
    by: str
    is_current: bool = True


class StoredReference(Struct, frozen=True):
    """A reference set with the bytes that it is made of."""

    set: ReferenceSet
    content: bytes


class StoreFacts(Struct, frozen=True, kw_only=True):
    """What an operator may want to know of a store itself."""

    where: str
    schema: int | None = None
    key_path: str | None = None
    key_mode: int | None = None
    """The permissions of the key file."""
    server: str | None = None
    """What serves it, and how busy that is."""
    unsafe: tuple[str, ...] = ()
    """Settings of the server by which a commit could be lost."""


class Backlog(Struct, frozen=True, kw_only=True):
    """What waits in a store: numbers, and nothing of whom they are about."""

    cases: dict[str, int]
    """Open cases by queue."""
    timers: int
    """Timers that were due at an instant."""
    messages: int
    """Messages in the outbox that nobody has delivered yet."""
    deliveries: dict[str, int]
    """Notices that have not arrived and will be tried again, by channel."""


class Reader(Protocol):
    """One consistent view of a store.

    What is there and cannot be read raises UnreadableRecordError, from each method that would otherwise have to leave it
    out; nothing is ever skipped. Only `account` does not raise: it keeps the bytes in the state's `unreadable`, which denies.
    """

    def account(self, account: AccountId) -> AccountState | None:
        """The state, or None for an account nobody has written about. Unreadable parts are in the state, never lost."""

    def recorded(self, account: AccountId, source: str, event: EventId) -> Recorded | None:
        """What was answered to this event, if it came before. Raises UnreadableRecordError."""

    def restrictions(self, account: AccountId) -> tuple[Restriction, ...]:
        """All restrictions ever placed on the account, ended ones included, oldest first. Raises UnreadableRecordError
        rather than leave one out.
        """

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None:
        """The account that carries a restriction."""

    def cases(self, account: AccountId) -> tuple[Case, ...]:
        """All cases about the account, oldest first. Raises UnreadableRecordError rather than leave one out."""

    def case_account(self, case: CaseId) -> AccountId | None:
        """The account that a case is about."""

    def open_cases(self, queue: str | None, limit: int, after: Case | None = None) -> Sequence[Case]:
        """Open cases of a queue, or of all, most urgent first, then by when they are due; those behind one. Raises
        rather than leave one out.
        """

    def all_cases(self, queue: str | None = None) -> Iterator[Case]:
        """All cases of a queue, or of all, open and decided, by account and then oldest first. Raises
        UnreadableRecordError rather than leave one out.
        """

    def document_requests(self, account: AccountId) -> tuple[DocumentRequest, ...]:
        """All document requests to the account, oldest first. Raises UnreadableRecordError rather than leave one out."""

    def request_account(self, request: DocumentRequestId) -> AccountId | None:
        """The account that a document request is to."""

    def document_files(self, account: AccountId) -> tuple[DocumentFile, ...]:
        """The files that an account has sent, oldest first. Raises UnreadableRecordError rather than leave one out."""

    def file_content(self, account: AccountId, file: DocumentFileId) -> bytes | None:
        """What is in a file; None where the account has none of that id. Raises UnreadableRecordError."""

    def ip_activity(self, ip: str, at: datetime, account: AccountId) -> IpActivity:
        """Failed logins from an IP address in the hour up to an instant, as far as they are recorded; how many different
        accounts they were for, with `account`; and until when requests from it are refused at that instant.

        Addresses are kept as keyed hashes; those of one IPv6 /64 count as one. At most 1,000 failed logins are counted,
        and none that lie more than a day back. Raises ValueError if `ip` is no IP address.
        """

    def document_accounts(
        self, account: AccountId, declares: tuple[str, str, str] | None = None
    ) -> tuple[AccountId, ...]:
        """Other accounts that declared one of this account's identity documents no later than it did, in id order. With
        `declares` (country, kind, number), of that document too, which this account declares now.

        Numbers are kept as keyed hashes only. A purged account is forgotten here; one on which something stands is not purged.
        """

    def dealt_with(self, account: AccountId, since: datetime, limit: int) -> tuple[DealtWith, ...]:
        """Accounts that opened a trade with this one, paid it or sent it something, each with the latest time and whether
        it ever paid, latest first. Dealings are forgotten after 90 days.
        """

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: datetime) -> bool:
        """Whether an account opened a trade with another one, paid it or sent it something, at or after an instant."""

    def trait_facts(self, values: Sequence[tuple[Trait, int]]) -> tuple[TraitFact, ...]:
        """How common values of traits are among the logins of all accounts that were recorded with their traits.

        Counts are kept in a bounded number of cells that values may share, and halved now and then so that what is no
        longer common is forgotten: a share is at least the true one, and the newest logins may be missing from it.
        """

    def events(self, account: AccountId) -> Iterator[RecordedEvent]:
        """All events about the account, in the order in which they were decided. Raises UnreadableRecordError rather than
        leave one out.
        """

    def holder_accounts(self, holder: HolderId) -> tuple[AccountId, ...]:
        """The accounts of one person or company, in id order."""

    def accounts(self, after: AccountId = FIRST) -> Iterator[AccountId]:
        """Every known account behind one, in id order."""

    def due_timers(self, at: datetime, limit: int) -> Sequence[DueTimer]:
        """Timers due at or before an instant, earliest first."""

    def queued_messages(self, after: int, limit: int, topic: Topic | None = None) -> Sequence[QueuedMessage]:
        """Messages not yet delivered with a position above `after`, in order; with `topic`, only those about it. Raises
        UnreadableRecordError, which names the position, rather than leave one out.
        """

    def notices(self, account: AccountId) -> tuple[Notice, ...]:
        """The inbox of an account: all notices ever, oldest first. Raises UnreadableRecordError rather than leave one out."""

    def notice(self, account: AccountId, position: int) -> Notice:
        """The notice that a delivery is of. Raises UnreadableRecordError."""

    def deliveries(self, account: AccountId) -> tuple[Delivery, ...]:
        """How far each notice of an account got on each channel, oldest notice first."""

    def waiting_deliveries(self, channel: Channel, at: datetime, limit: int) -> Sequence[Delivery]:
        """What is to be tried on a channel at or before an instant, longest waiting first."""

    def channel_health(self, channel: Channel) -> ChannelHealth:
        """How a channel does; one that nothing was tried on does well."""

    def batch(self, batch: BatchId) -> Batch | None:
        """A campaign, a bulk act or an import. Raises a HabeasError where its record cannot be read."""

    def batches(self) -> tuple[Batch, ...]:
        """All of them, by id. Raises a HabeasError rather than leave one out."""

    def live_campaigns(self) -> tuple[Campaign, ...]:
        """Campaigns that meet accounts which come to be in their areas, by id. Raises a HabeasError rather than leave one
        out.
        """

    def members(self, batch: BatchId, after: Member, limit: int) -> Sequence[Member]:
        """Whom a batch is about, in order, behind a member."""

    def member_count(self, batch: BatchId) -> int:
        """How many members a batch has."""

    def placed_by(self, batch: BatchId, status: Status, after: AccountId, limit: int) -> Sequence[AccountId]:
        """Accounts with a restriction in this status that a batch placed, each once, in id order, behind an account."""

    def placed_counts(self, batch: BatchId) -> dict[Status, int]:
        """How many restrictions that a batch placed there are in each status."""

    def api_key(self, id_: str) -> ApiKey | None:
        """An API key, as it is. Raises a HabeasError where its record cannot be read."""

    def api_keys(self) -> tuple[ApiKey, ...]:
        """All of them, by id. Raises a HabeasError rather than leave one out."""

    def playbook_text(self, version: str) -> bytes | None:
        """The text of a playbook that was recorded under this version."""

    def reference_sets(self, *, current: bool = False) -> tuple[ReferenceSet, ...]:
        """All versions of all reference sets, by kind and then as they were loaded; or the current ones only, which costs
        some tens of microseconds.
        """

    def reference(self, kind: str) -> StoredReference | None:
        """The current reference set of a kind, if there is one."""

    def reference_content(self, kind: str, version: str) -> bytes | None:
        """What a version is made of, current or not."""

    def verify_journal(self, accounts: Iterable[AccountId] | None = None) -> Iterator[JournalFault]:
        """Walk every account's chain, or those of some known accounts; yields each fault, nothing when all verifies."""

    def backlog(self, due_at: datetime) -> Backlog:
        """What waits, with the timers that were due at an instant. Costs a look at each thing that waits."""

    def journal_length(self) -> int:
        """How many journal entries there are."""

    def journal_end(self) -> int:
        """The position of the last journal entry; 0 where there is none."""

    def limited_accounts(self, after: AccountId, limit: int) -> Sequence[AccountId]:
        """Accounts that a gate must know (`domain.limit.is_limited`), in id order, behind one."""

    def limit_changes(self, after: int, limit: int) -> Sequence[LimitChange]:
        """Accounts whose limits, life, main accounts or permits changed behind a position, each once with its latest change,
        by position. An account is told of for good: that it is free again is a change too.
        """

    def last_limit_change(self) -> int:
        """The position of the last of these changes; 0 where there is none. Costs next to nothing."""

    def journal_entries(self, after: int, until: int) -> Iterator[StoredEntry]:
        """The entries of all accounts behind a position and up to another, by position."""

    def account_entries(self, account: AccountId) -> Iterator[StoredEntry]:
        """An account's entries, in the order in which they were written. They need not be readable: nothing is opened."""

    def checkpoints(self, after: int = 0) -> Iterator[SignedCheckpoint]:
        """Checkpoints with a number above `after`, in order."""

    def last_checkpoint(self) -> int:
        """The highest number that a checkpoint ever had here, whether or not it is still there; 0 where there was none."""


class UnitOfWork(Reader, Protocol):
    """A reader that also writes. All its writes become durable together when the transaction ends, or none does."""

    def record(self, enriched: EnrichedEvent, decision: Decision, playbook: str) -> None:
        """Write one event with everything it led to: event, state, restrictions with their reasons, cases, timers,
        document requests, outbox rows and journal entries; of a failed login or a refusal the address's keyed hash; one
        more login for each of its traits; of a declared identity document, the number's keyed hash; and of a trade or a
        transfer that was not refused, who dealt with whom.

        A restriction that lacks its statement raises MissingStatementError and nothing is written. Timers of
        restrictions that ended are removed; a restriction has at most one timer. The event of a timer removes that timer
        if its generation is the one that fired.
        """

    def delivered(self, positions: Sequence[int], at: datetime) -> None:
        """Mark messages as delivered at an instant."""

    def add_notice(self, notice: Notice, channels: Sequence[Channel]) -> bool:
        """Put a notice into its account's inbox and queue it for channels, to be tried at once; says whether it is new.

        One of the same id is kept as it is, and is not queued again. Raises UnreadableRecordError where the account's key
        was forgotten.
        """

    def add_document_file(self, file: DocumentFile, content: bytes) -> bool:
        """Keep a file, sealed with its account's key; says whether it is new. One of the same id is kept as it is.

        It goes when the account is purged. Raises UnreadableRecordError where the account is unknown or its key forgotten.
        """

    def set_delivery(self, delivery: Delivery) -> None:
        """How far a notice got on a channel, from now on."""

    def set_channel_health(self, health: ChannelHealth) -> None:
        """How a channel does, from now on."""

    def load_reference(self, loaded: ReferenceSet, content: bytes) -> ReferenceSet:
        """Make a reference set the current one of its kind; the one before stays as an earlier version. Returns it as it
        is kept.

        A content that is there already (same kind and sha256) makes no new version: that one becomes current again, with
        the new date, source and name. Another content under a known version gets a version of its own.
        """

    def remove_reference(self, kind: str) -> None:
        """From now on no set of this kind is current. Its versions stay."""

    def add_checkpoint(self, checkpoint: SignedCheckpoint) -> bool:
        """Keep a checkpoint; False, with nothing written, unless its number is the next one."""

    def set_batch(self, batch: Batch) -> None:
        """How a campaign, a bulk act or an import is from now on."""

    def add_members(self, batch: BatchId, members: Sequence[Member]) -> None:
        """Whom a batch is about, besides those that it has; one that it has already stays. The batch must be there."""

    def set_api_key(self, key: ApiKey) -> None:
        """How an API key is from now on."""

    def record_playbook(self, version: str, text: bytes) -> None:
        """Keep the text of a playbook. The same version with another text raises PlaybookError."""


class Signer(Protocol):
    """What signs checkpoints and exports: one Ed25519 key for the life of a store."""

    public_key: bytes

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""


class Share(Protocol):
    """A part of the work that waits, by the account that it is about; nobody else has this part in hand."""

    def reading(self) -> AbstractContextManager[Reader]:
        """A consistent view that shows of timers and messages those of this part."""


class Store(Protocol):
    """A durable home for accounts. Writers take turns; readers see a consistent snapshot and wait for nobody."""

    identity_key: bytes
    """The key that ids derive from (`domain.ids`). Secret, fixed for the life of the store."""

    def transaction(
        self, accounts: Collection[AccountId] | None = None, expected: Collection[EventKey] = ()
    ) -> AbstractContextManager[UnitOfWork]:
        """One exclusive writing transaction. Durable when the block ends; undone if the block raises.

        With `accounts` it may be exclusive for these only: no others are recorded on. `expected` are events of theirs that
        will be asked for, so that a store may look all of them up at once. Raises ConflictError, at the latest
        when the block ends, if somebody else changed meanwhile what was read of other accounts and decided on.
        """

    def reading(self) -> AbstractContextManager[Reader]:
        """A consistent view for the length of the block."""

    def shares(self, work: Work) -> AbstractContextManager[Iterator[Share]]:
        """The parts of some work that nobody else has in hand, one after another; all of it is one part where processes
        take turns. A part is in hand until the next one is asked for, the block ends or the process is gone.
        """

    def signer(self) -> Signer:
        """The store's signing key, made on first use. Where there are checkpoints and it is gone, StoreError."""

    def public_key(self) -> bytes | None:
        """What the store's signatures are checked with; None while there is no signing key."""

    def facts(self) -> StoreFacts:
        """What there is to say about the store itself."""

    def close(self) -> None:
        """Release everything. Using the store afterwards is a programming error."""


class Sender(Protocol):
    """A channel by which notices leave."""

    channel: Channel

    def send(self, notice: Notice, text: str, addresses: tuple[str, ...], at: datetime) -> Answer:
        """Try once to hand a notice over, `text` being the whole of it as plain text; what went wrong is in the answer.

        The same notice may be sent more than once. Its id tells the receiver so.
        """


class Places(Protocol):
    """Where an IP address is."""

    def place(self, ip: str) -> Place | None:
        """The place, or None when no source knows the address (private ranges among them)."""


class Lists(Protocol):
    """Who and what is on a sanctions list: wallets and documents found exactly, names by how like they are."""

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        """Entries with this wallet, however the address is spelled. `chain` and `asset` are what the caller calls them."""

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        """Entries with this identity document. The number is compared by a keyed hash."""

    def names(self, who: Query) -> tuple[NameHit, ...]:
        """Entries with a name like this one that a person should look at, best first."""

    def version_without(self, name: str, entry: str) -> str | None:
        """The version of a list, if the list is there and does not have this entry; else None."""


class Coins(Protocol):
    """Where coins came from, by the ledger of transfers and what is said of addresses."""

    def exposure(self, deposit: CryptoDeposit, known_at: datetime) -> Exposure:
        """The origin of a deposit, with the tags that were known at an instant. What cannot be traced is in it."""


class Tags(Protocol):
    """What is said of addresses of chains. Never changes once it was made."""

    def of(self, chain: str, address: str) -> tuple[Tag, ...]:
        """Every tag of an address, the surest first, ended ones too. Chain and address as tags spell them."""

    def find(self, address: str, chain: str | None = None, asset: str | None = None) -> tuple[Tag, ...]:
        """The same, however the address is spelled, on every chain that it may be of."""

    def addresses(self, name: str | None = None, role: TagRole | None = None) -> tuple[tuple[str, str], ...]:
        """Chain and address of everything that one set or all of them say something of; with a role, of the tags in it."""


class Clock(Protocol):
    """The only source of "now"."""

    def __call__(self) -> datetime:
        """The current instant, in UTC."""
