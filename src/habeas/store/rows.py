"""The rows of the tables, and what a table engine must do with them. Times are integer microseconds since 1970, UTC.

Sealed bytes open with the key of the row's account only. The columns that are not sealed are those that somebody must find
rows by.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from habeas.domain.case import Priority
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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

FAILED_KEPT_US = timedelta(days=1) // _MICROSECOND
"""How long failed logins are kept: well longer than anything looks back."""

DEALINGS_KEPT_US = timedelta(days=90) // _MICROSECOND
"""How long it is kept who dealt with whom: as far back as reports and warnings of scams go."""

URGENCY = {priority.value: rank for rank, priority in enumerate(Priority)}
"""How cases are sorted by their priority: what cannot wait first."""

BEFORE_ALL_CASES = (-1, 0, "", "")
"""The key before that of every open case."""


def to_column(at: datetime) -> int:
    """An instant as it stands in a column."""
    return (at - _EPOCH) // _MICROSECOND


def from_column(microseconds: int) -> datetime:
    """The instant that stands in a column."""
    return _EPOCH + microseconds * _MICROSECOND


class AccountRow(NamedTuple):
    """An account. `version` counts its writes; `journal_sequence` and `journal_head` are the end of its journal.

    `wrapped_key` stands in a table of its own, so that it can be forgotten: None from then on.
    """

    account_id: AccountId
    version: int
    state: bytes
    journal_sequence: int
    journal_head: bytes
    entity: str
    holder: HolderId | None
    parent: AccountId | None
    life: str
    wrapped_key: bytes | None


class EventRow(NamedTuple):
    """That an event was recorded, and in which journal entry its facts and its outcome are."""

    account_id: AccountId
    source: str
    id: EventId
    digest: bytes
    sequence: int


class JournalRow(NamedTuple):
    """A journal entry. Its `position` among all entries is given when it is written."""

    account_id: AccountId
    sequence: int
    entry: bytes
    position: int = 0


class CheckpointRow(NamedTuple):
    number: int
    body: bytes
    signature: bytes


class RestrictionRow(NamedTuple):
    """A restriction as it is now. `sequence` is the journal entry of its birth, which orders restrictions by age."""

    account_id: AccountId
    id: RestrictionId
    kind: str
    reason: str
    scope: str
    status: str
    starts_at: int
    ends_at: int | None
    ended_at: int | None
    sequence: int
    body: bytes
    batch: str | None = None


class CaseRow(NamedTuple):
    """A case as it is now. `sequence` is the journal entry of its opening."""

    account_id: AccountId
    id: CaseId
    queue: str
    priority: str
    status: str
    opened_at: int
    due_at: int
    sequence: int
    body: bytes


class RequestRow(NamedTuple):
    """A document request as it is now. `sequence` is the journal entry of its birth."""

    account_id: AccountId
    id: DocumentRequestId
    reason: str
    status: str
    issued_at: int
    due_at: int
    sequence: int
    body: bytes


class FailedLoginRow(NamedTuple):
    """A failed login from an address. `sequence` is the journal entry of its event."""

    ip_key: bytes
    at: int
    account_id: AccountId
    sequence: int


class RefusalRow(NamedTuple):
    """From then until then, requests from an address are refused."""

    ip_key: bytes
    from_at: int
    until_at: int


class DocumentRow(NamedTuple):
    """An account declared an identity document, first at an instant. `document_key` is a keyed hash of it."""

    document_key: bytes
    account_id: AccountId
    at: int


class DealingRow(NamedTuple):
    """An account dealt with another one. `sequence` is the journal entry of its event."""

    counterparty_id: AccountId
    at: int
    account_id: AccountId
    sequence: int
    has_paid: int


class DealtRow(NamedTuple):
    """Who dealt with an account, when last, and whether they ever paid."""

    account_id: AccountId
    at: int
    has_paid: int


class ReferenceRow(NamedTuple):
    """One version of what is looked up, without its content. `as_of` is a day as ISO 8601 writes it."""

    kind: str
    version: str
    as_of: str | None
    loaded_at: int
    sha256: str
    entries: int
    source: str
    loaded_by: str
    is_current: int


class LoginCells(NamedTuple):
    """Cells that count one login more. `halves`: all cells are halved after that, rounded up."""

    cells: Sequence[int]
    halves: bool


class TimerRow(NamedTuple):
    account_id: AccountId
    about: str
    generation: int
    due_at: int


class MessageRow(NamedTuple):
    """An outgoing message, sealed with the key of the account whose event caused it; `about` may be another account."""

    account_id: AccountId
    id: str
    about: AccountId
    topic: str
    body: bytes


class QueuedRow(NamedTuple):
    """A message that waits, with its place in the queue and the key that opens it."""

    position: int
    message: MessageRow
    wrapped_key: bytes | None


class NoticeRow(NamedTuple):
    """What a user was told, sealed with the account's key. `position` counts from 1 in the account's inbox."""

    account_id: AccountId
    position: int
    id: str
    body: bytes


class FileRow(NamedTuple):
    """A file that a user sent. `about` is sealed with the account's key, and so is its content, which is kept apart."""

    account_id: AccountId
    id: DocumentFileId
    received_at: int
    about: bytes


class BatchRow(NamedTuple):
    """A campaign, a bulk act or an import. `is_live`: whether it meets accounts that are still to come."""

    id: BatchId
    is_live: int
    body: bytes


class MemberRow(NamedTuple):
    """An account that a batch is about, perhaps with a restriction."""

    batch: BatchId
    account_id: AccountId
    about: str


class ApiKeyRow(NamedTuple):
    """What lets somebody in over the network."""

    id: str
    body: bytes


class DeliveryRow(NamedTuple):
    """How far a notice got on a channel. `next_at` is None once that is over."""

    account_id: AccountId
    position: int
    channel: str
    id: str
    queued_at: int
    attempts: int
    next_at: int | None
    delivered_at: int | None
    problem: str


class ChannelRow(NamedTuple):
    """How a channel does."""

    channel: str
    failures: int
    failing_since: int | None
    next_at: int | None
    disabled_at: int | None


class LimitChangeRow(NamedTuple):
    """At which position of the journal what limits an account last changed, and whether a gate must know it since."""

    account_id: AccountId
    position: int
    is_limited: int


class RecordedRow(NamedTuple):
    """What is known of an event that came before: its digest, its journal entry, and the key that opens it."""

    digest: bytes
    sequence: int
    entry: bytes | None
    wrapped_key: bytes | None


class Changes(NamedTuple):
    """Everything that one event writes. A restriction or a case that is there already keeps its place among the others.

    `account` replaces the row that had `version_before`, or is new if that is None. `new_key` is the wrapped key to keep,
    if it changed. The timer `fired`, if it is still the one there, is removed; then `timers` are set; then those of
    `ended` are removed.
    """

    version_before: int | None
    account: AccountRow
    is_found_alike: bool
    """Whether the columns that the account is found by are what they were."""
    new_key: bytes | None
    event: EventRow
    entries: Sequence[JournalRow]
    restrictions: Sequence[RestrictionRow] = ()
    cases: Sequence[CaseRow] = ()
    fired: TimerRow | None = None
    timers: Sequence[TimerRow] = ()
    ended: Sequence[str] = ()
    messages: Sequence[MessageRow] = ()
    requests: Sequence[RequestRow] = ()
    failed_logins: Sequence[FailedLoginRow] = ()
    """Each of them removes those that lie more than a day before it."""
    documents: Sequence[DocumentRow] = ()
    """The first declaration of a document by an account stays."""
    dealings: Sequence[DealingRow] = ()
    """Each of them removes those that lie more than 90 days before it."""
    forgets_key: bool = False
    """The account's wrapped key is removed at the end, which documents it declared, and the files that it sent."""
    refusals: Sequence[RefusalRow] = ()
    """One that begins inside an earlier one prolongs it: the later end wins."""
    login: LoginCells | None = None
    is_limited: int | None = None
    """Whether a gate must know the account from now on; None: what limits it did not change. Kept with the position of the
    last of `entries`.
    """


class Rows(Protocol):
    """One view of the tables: consistent for as long as it is used, and exclusive where it writes.

    Lists that can be long come in pieces: those after a key, in its order, at most `limit`.
    """

    def account(self, account: AccountId) -> AccountRow | None: ...

    def wrapped_key(self, account: AccountId) -> bytes | None: ...

    def recorded(self, account: AccountId, source: str, event: EventId) -> RecordedRow | None: ...

    def restrictions(self, account: AccountId) -> Sequence[RestrictionRow]:
        """By `sequence`."""

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None: ...

    def cases(self, account: AccountId) -> Sequence[CaseRow]:
        """By `sequence`."""

    def case_account(self, case: CaseId) -> AccountId | None: ...

    def open_cases(
        self, queue: str | None, limit: int, after: tuple[int, int, str, str] = BEFORE_ALL_CASES
    ) -> Sequence[CaseRow]:
        """By (`URGENCY` of the priority, `due_at`, `id`, account), behind such a key."""

    def queue_cases(self, queue: str | None, after: tuple[str, int], limit: int) -> Sequence[CaseRow]:
        """By (account, `sequence`), behind such a pair."""

    def requests(self, account: AccountId) -> Sequence[RequestRow]:
        """By `sequence`."""

    def request_account(self, request: DocumentRequestId) -> AccountId | None: ...

    def files(self, account: AccountId) -> Sequence[FileRow]:
        """By (`received_at`, `id`)."""

    def file_content(self, account: AccountId, file: DocumentFileId) -> bytes | None:
        """Sealed."""

    def failed_logins(self, ip_key: bytes, after: int, until: int, limit: int) -> Sequence[AccountId]:
        """The accounts of failed logins from an address after one instant and until another, latest first."""

    def refused_until(self, ip_key: bytes, at: int) -> int | None:
        """The latest end of the refusals of an address that hold at an instant."""

    def documents(self, account: AccountId) -> Sequence[DocumentRow]:
        """What an account declared, by key."""

    def document_accounts(self, key: bytes, until: int | None) -> Sequence[AccountId]:
        """Who declared a document at or before an instant, or ever, in id order."""

    def dealt_with(self, account: AccountId, since: int, limit: int) -> Sequence[DealtRow]:
        """At or after an instant, by (`at` descending, account)."""

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: int) -> bool:
        """At or after an instant."""

    def login_counts(self, cells: Sequence[int]) -> dict[int, int]:
        """What some cells have counted; those that have counted nothing are left out."""

    def references(self) -> Sequence[ReferenceRow]:
        """All versions, by (`kind`, `loaded_at`, `version`)."""

    def current_references(self) -> Sequence[ReferenceRow]:
        """The current ones, by `kind`."""

    def reference_content(self, kind: str, version: str) -> bytes | None: ...

    def entries(self, account: AccountId, after: int, limit: int) -> Sequence[JournalRow]: ...

    def positioned(self, after: int, until: int, limit: int) -> Sequence[JournalRow]:
        """Entries of all accounts behind a position and up to another, by `position`."""

    def last_position(self) -> int: ...

    def checkpoints(self, after: int, limit: int) -> Sequence[CheckpointRow]:
        """By `number`, behind such a number."""

    def last_checkpoint(self) -> int:
        """The highest number that a checkpoint ever had here, whether or not it is still there."""

    def accounts(self, after: str, limit: int) -> Sequence[AccountId]: ...

    def holder_accounts(self, holder: HolderId) -> Sequence[AccountId]:
        """In id order."""

    def due_timers(self, due_at: int, limit: int) -> Sequence[TimerRow]:
        """Due at or before, by (`due_at`, account, `about`)."""

    def queued(self, after: int, limit: int, topic: str | None) -> Sequence[QueuedRow]: ...

    def notices(self, account: AccountId) -> Sequence[NoticeRow]:
        """By `position`."""

    def notice(self, account: AccountId, position: int) -> NoticeRow | None: ...

    def deliveries(self, account: AccountId) -> Sequence[DeliveryRow]:
        """By (`position`, `channel`)."""

    def waiting_deliveries(self, channel: str, at: int, limit: int) -> Sequence[DeliveryRow]:
        """Those to be tried at or before an instant, by (`next_at`, account, `position`)."""

    def channel(self, channel: str) -> ChannelRow | None: ...

    def playbook(self, version: str) -> bytes | None: ...

    def batch(self, batch: BatchId) -> BatchRow | None: ...

    def batches(self, *, live: bool) -> Sequence[BatchRow]:
        """All, or the live ones, by id."""

    def members(self, batch: BatchId, after: tuple[str, str], limit: int) -> Sequence[MemberRow]:
        """By (account, `about`), behind such a pair."""

    def member_count(self, batch: BatchId) -> int: ...

    def placed_by(self, batch: BatchId, status: str, after: str, limit: int) -> Sequence[AccountId]:
        """Accounts with a restriction of a batch in this status, each once, in id order."""

    def placed_counts(self, batch: BatchId) -> dict[str, int]:
        """How many restrictions of a batch there are in each status."""

    def api_keys(self, id_: str | None) -> Sequence[ApiKeyRow]:
        """The one of this id, or all by id."""

    def limited_accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        """Those that a gate must know, in id order."""

    def limit_changes(self, after: int, limit: int) -> Sequence[LimitChangeRow]:
        """By `position`; an account is there once, at the latest."""

    def last_limit_change(self) -> int:
        """The highest `position` of them, 0 where there are none."""

    def entry_count(self) -> int: ...

    def backlog(self, due_at: int) -> Sequence[tuple[str, str, int]]:
        """What waits, how many of it: `cases` by queue, `deliveries` by channel, `messages`, and `timers` due at or before."""

    def strangers(self) -> Sequence[AccountId]:
        """Accounts that have journal entries and are not there themselves."""

    def write(self, changes: Changes) -> None:
        """Raises AlreadyRecordedError and StaleWriteError. After any error the transaction must be undone."""

    def mark_delivered(self, positions: Sequence[int], at: int) -> None: ...

    def add_checkpoint(self, row: CheckpointRow) -> None: ...

    def add_notice(self, account: AccountId, id_: str, body: bytes) -> int | None:
        """The position of a new notice; None if there is one of this id."""

    def add_file(self, row: FileRow, content: bytes) -> bool:
        """Whether it is new; one of the same id stays as it is."""

    def set_delivery(self, row: DeliveryRow) -> None: ...

    def set_channel(self, row: ChannelRow) -> None: ...

    def add_reference(self, row: ReferenceRow, content: bytes) -> None:
        """One more version. Current is what the row says; another of its kind that was current is to be retired before."""

    def change_reference(self, row: ReferenceRow) -> None:
        """What is said of a version, but for its digest and its content."""

    def retire_reference(self, kind: str) -> None:
        """From now on no version of this kind is current."""

    def add_playbook(self, version: str, text: bytes) -> None: ...

    def set_batch(self, row: BatchRow) -> None: ...

    def add_members(self, rows: Sequence[MemberRow]) -> None:
        """One that is there already stays."""

    def set_api_key(self, row: ApiKeyRow) -> None: ...
