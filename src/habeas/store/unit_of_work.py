"""The port on rows: what readers and writers of a store do, whichever table engine keeps the rows."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from habeas.domain.access import ApiKey
from habeas.domain.account import AccountState, Life
from habeas.domain.batch import Member
from habeas.domain.campaign import Campaign
from habeas.domain.case import Case
from habeas.domain.decision import Decision, Topic
from habeas.domain.document import DocumentRequest
from habeas.domain.document_file import DocumentFile
from habeas.domain.errors import PlaybookError, UnreadableRecordError
from habeas.domain.facts import DealtWith, EnrichedEvent, IpActivity
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
from habeas.domain.login import Trait, TraitFact, cell_of, total_cell
from habeas.domain.notice import Channel, ChannelHealth, Delivery, Notice
from habeas.domain.restriction import Restriction, Status
from habeas.service.ports import (
    FIRST,
    Backlog,
    Batch,
    DueTimer,
    JournalFault,
    LimitChange,
    QueuedMessage,
    Recorded,
    RecordedEvent,
    ReferenceSet,
    SignedCheckpoint,
    StoredEntry,
    StoredReference,
)
from habeas.store import records
from habeas.store.errors import BrokenTransactionError
from habeas.store.journal import verify
from habeas.store.records import OpenAccount
from habeas.store.rows import BEFORE_ALL_CASES, URGENCY, CaseRow, CheckpointRow, MemberRow, Rows, from_column, to_column
from habeas.store.vault import Sealer, Vault

R = TypeVar("R")
T = TypeVar("T")

PIECE = 500
"""How many rows of a long list are read at once."""

FAILED_WITHIN_FOR = timedelta(hours=1)
FAILED_COUNTED_MAX = 1_000
"""Failed logins beyond this number are not counted, so that an attack does not make every question slow."""


class StoredReader:
    """One consistent view of a store (`service.ports.Reader`)."""

    def __init__(self, rows: Rows, vault: Vault) -> None:
        self._rows = rows
        self._vault = vault

    def account(self, account: AccountId) -> AccountState | None:
        row = self._rows.account(account)
        return None if row is None else records.open_account(row, self._vault).state

    def recorded(self, account: AccountId, source: str, event: EventId) -> Recorded | None:
        row = self._rows.recorded(account, source, event)
        return None if row is None else records.read_recorded(row, account, self._vault)

    def restrictions(self, account: AccountId) -> tuple[Restriction, ...]:
        """All restrictions ever placed on the account. Raises UnreadableRecordError rather than leave one out."""
        return self._read(account, self._rows.restrictions(account), records.read_restriction)

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None:
        return self._rows.restriction_account(restriction)

    def cases(self, account: AccountId) -> tuple[Case, ...]:
        """All cases about the account. Raises UnreadableRecordError rather than leave one out."""
        return self._read(account, self._rows.cases(account), records.read_case)

    def case_account(self, case: CaseId) -> AccountId | None:
        return self._rows.case_account(case)

    def open_cases(self, queue: str | None, limit: int, after: Case | None = None) -> tuple[Case, ...]:
        """Open cases, most urgent first. Raises UnreadableRecordError rather than leave one out."""
        key = BEFORE_ALL_CASES
        if after is not None:
            key = URGENCY[after.priority], to_column(after.due_at), after.id, after.account
        return tuple(self._case(row) for row in self._rows.open_cases(queue, limit, key))

    def all_cases(self, queue: str | None = None) -> Iterator[Case]:
        """All cases. Raises UnreadableRecordError rather than leave one out."""
        after = ("", 0)
        while rows := self._rows.queue_cases(queue, after, PIECE):
            yield from (self._case(row) for row in rows)
            after = rows[-1].account_id, rows[-1].sequence

    def _case(self, row: CaseRow) -> Case:
        return records.read_case(row, self._sealer(row.account_id))

    def document_requests(self, account: AccountId) -> tuple[DocumentRequest, ...]:
        """All document requests to the account. Raises UnreadableRecordError rather than leave one out."""
        return self._read(account, self._rows.requests(account), records.read_request)

    def request_account(self, request: DocumentRequestId) -> AccountId | None:
        return self._rows.request_account(request)

    def document_files(self, account: AccountId) -> tuple[DocumentFile, ...]:
        """The files that an account has sent. Raises UnreadableRecordError rather than leave one out."""
        return self._read(account, self._rows.files(account), records.read_file)

    def file_content(self, account: AccountId, file: DocumentFileId) -> bytes | None:
        """What is in a file. Raises UnreadableRecordError."""
        sealed = self._rows.file_content(account, file)
        return None if sealed is None else records.read_content(account, file, sealed, self._sealer(account))

    def ip_activity(self, ip: str, at: datetime, account: AccountId) -> IpActivity:
        """What came from an address in the hour before an instant. Raises ValueError if `ip` is no IP address."""
        key, until = records.ip_key(ip, self._vault), to_column(at)
        failed = self._rows.failed_logins(key, to_column(at - FAILED_WITHIN_FOR), until, FAILED_COUNTED_MAX)
        refused_until = self._rows.refused_until(key, until)
        return IpActivity(
            failed_logins=len(failed),
            accounts=len({account, *failed}),
            refused_until=None if refused_until is None else from_column(refused_until),
        )

    def document_accounts(
        self, account: AccountId, declares: tuple[str, str, str] | None = None
    ) -> tuple[AccountId, ...]:
        declared: dict[bytes, int | None] = {row.document_key: row.at for row in self._rows.documents(account)}
        key = records.declared_key(*declares, self._vault) if declares is not None else b""
        if key:
            declared.setdefault(key, None)
        found = {who for key, until in declared.items() for who in self._rows.document_accounts(key, until)}
        return tuple(sorted(found - {account}))

    def dealt_with(self, account: AccountId, since: datetime, limit: int) -> tuple[DealtWith, ...]:
        rows = self._rows.dealt_with(account, to_column(since), limit)
        return tuple(DealtWith(row.account_id, from_column(row.at), bool(row.has_paid)) for row in rows)

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: datetime) -> bool:
        return self._rows.have_dealt(account, counterparty, to_column(since))

    def trait_facts(self, values: Sequence[tuple[Trait, int]]) -> tuple[TraitFact, ...]:
        """How common values of traits are, as counted in their cells."""
        if not values:
            return ()
        cells = [cell for trait, name in values for cell in (cell_of(trait, name), total_cell(trait))]
        counts = self._rows.login_counts(cells)
        return tuple(
            TraitFact(trait, name, counts.get(cell_of(trait, name), 0), counts.get(total_cell(trait), 0))
            for trait, name in values
        )

    def events(self, account: AccountId) -> Iterator[RecordedEvent]:
        """All events about the account. Raises UnreadableRecordError rather than leave one out."""
        after = 0
        while rows := self._rows.entries(account, after, PIECE):
            yield from (event for event in self._read(account, rows, records.read_event) if event is not None)
            after = rows[-1].sequence

    def holder_accounts(self, holder: HolderId) -> tuple[AccountId, ...]:
        return tuple(self._rows.holder_accounts(holder))

    def accounts(self, after: AccountId = FIRST) -> Iterator[AccountId]:
        while accounts := self._rows.accounts(after, PIECE):
            yield from accounts
            after = accounts[-1]

    def due_timers(self, at: datetime, limit: int) -> Sequence[DueTimer]:
        return tuple(records.read_timer(row) for row in self._rows.due_timers(to_column(at), limit))

    def queued_messages(self, after: int, limit: int, topic: Topic | None = None) -> Sequence[QueuedMessage]:
        """Messages that wait. Raises UnreadableRecordError rather than leave one out."""
        return tuple(records.read_queued(row, self._vault) for row in self._rows.queued(after, limit, topic))

    def notices(self, account: AccountId) -> tuple[Notice, ...]:
        """The inbox. Raises UnreadableRecordError rather than leave one out."""
        rows = self._rows.notices(account)
        sealer = self._sealer(account) if rows else None
        return tuple(records.read_notice(row, sealer) for row in rows)

    def notice(self, account: AccountId, position: int) -> Notice:
        row = self._rows.notice(account, position)
        assert row is not None
        return records.read_notice(row, self._sealer(row.account_id))

    def deliveries(self, account: AccountId) -> tuple[Delivery, ...]:
        return tuple(records.read_delivery(row) for row in self._rows.deliveries(account))

    def waiting_deliveries(self, channel: Channel, at: datetime, limit: int) -> Sequence[Delivery]:
        return tuple(records.read_delivery(row) for row in self._rows.waiting_deliveries(channel, to_column(at), limit))

    def channel_health(self, channel: Channel) -> ChannelHealth:
        row = self._rows.channel(channel)
        return ChannelHealth(channel=channel) if row is None else records.read_channel(row)

    def batch(self, batch: BatchId) -> Batch | None:
        row = self._rows.batch(batch)
        return None if row is None else records.read_batch(row)

    def batches(self) -> tuple[Batch, ...]:
        return tuple(records.read_batch(row) for row in self._rows.batches(live=False))

    def live_campaigns(self) -> tuple[Campaign, ...]:
        read = (records.read_batch(row) for row in self._rows.batches(live=True))
        return tuple(batch for batch in read if isinstance(batch, Campaign))

    def members(self, batch: BatchId, after: Member, limit: int) -> Sequence[Member]:
        rows = self._rows.members(batch, (after.account, after.about), limit)
        return tuple(Member(row.account_id, row.about) for row in rows)

    def member_count(self, batch: BatchId) -> int:
        return self._rows.member_count(batch)

    def placed_by(self, batch: BatchId, status: Status, after: AccountId, limit: int) -> Sequence[AccountId]:
        return self._rows.placed_by(batch, status, after, limit)

    def placed_counts(self, batch: BatchId) -> dict[Status, int]:
        return {Status(status): count for status, count in self._rows.placed_counts(batch).items()}

    def api_key(self, id_: str) -> ApiKey | None:
        return next((records.read_api_key(row) for row in self._rows.api_keys(id_)), None)

    def api_keys(self) -> tuple[ApiKey, ...]:
        return tuple(records.read_api_key(row) for row in self._rows.api_keys(None))

    def playbook_text(self, version: str) -> bytes | None:
        return self._rows.playbook(version)

    def reference_sets(self, *, current: bool = False) -> tuple[ReferenceSet, ...]:
        rows = self._rows.current_references() if current else self._rows.references()
        return tuple(records.read_reference(row) for row in rows)

    def reference(self, kind: str) -> StoredReference | None:
        found = next((each for each in self.reference_sets(current=True) if each.kind == kind), None)
        content = None if found is None else self._rows.reference_content(kind, found.version)
        return None if found is None or content is None else StoredReference(found, content)

    def reference_content(self, kind: str, version: str) -> bytes | None:
        return self._rows.reference_content(kind, version)

    def verify_journal(self, accounts: Iterable[AccountId] | None = None) -> Iterator[JournalFault]:
        for account in self.accounts() if accounts is None else accounts:
            row = self._rows.account(account)
            assert row is not None
            yield from verify(account, self._entries(account), row.journal_sequence, row.journal_head)
        for account in self._rows.strangers() if accounts is None else ():
            yield JournalFault(account, 0, "there is a journal of this account, and no account")

    def backlog(self, due_at: datetime) -> Backlog:
        counts: dict[str, dict[str, int]] = {"cases": {}, "timers": {}, "messages": {}, "deliveries": {}}
        for what, of, count in self._rows.backlog(to_column(due_at)):
            counts[what][of] = count
        return Backlog(
            cases=counts["cases"],
            timers=sum(counts["timers"].values()),
            messages=sum(counts["messages"].values()),
            deliveries=counts["deliveries"],
        )

    def journal_length(self) -> int:
        return self._rows.entry_count()

    def journal_end(self) -> int:
        return self._rows.last_position()

    def limited_accounts(self, after: AccountId, limit: int) -> Sequence[AccountId]:
        return self._rows.limited_accounts(after, limit)

    def limit_changes(self, after: int, limit: int) -> Sequence[LimitChange]:
        return tuple(LimitChange(row.position, row.account_id) for row in self._rows.limit_changes(after, limit))

    def last_limit_change(self) -> int:
        return self._rows.last_limit_change()

    def journal_entries(self, after: int, until: int) -> Iterator[StoredEntry]:
        while rows := self._rows.positioned(after, until, PIECE):
            yield from (StoredEntry(row.position, row.account_id, row.entry) for row in rows)
            after = rows[-1].position

    def account_entries(self, account: AccountId) -> Iterator[StoredEntry]:
        after = 0
        while rows := self._rows.entries(account, after, PIECE):
            yield from (StoredEntry(row.position, row.account_id, row.entry) for row in rows)
            after = rows[-1].sequence

    def checkpoints(self, after: int = 0) -> Iterator[SignedCheckpoint]:
        while rows := self._rows.checkpoints(after, PIECE):
            yield from (SignedCheckpoint(*row) for row in rows)
            after = rows[-1].number

    def last_checkpoint(self) -> int:
        return self._rows.last_checkpoint()

    def _entries(self, account: AccountId) -> Iterator[tuple[int, bytes]]:
        after = 0
        while rows := self._rows.entries(account, after, PIECE):
            yield from ((row.sequence, row.entry) for row in rows)
            after = rows[-1].sequence

    def _read(self, account: AccountId, rows: Sequence[R], read: Callable[[R, Sealer | None], T]) -> tuple[T, ...]:
        """What is in the rows. Of an account that was purged, what opens still: the rest was forgotten on purpose."""
        sealer = self._sealer(account) if rows else None
        try:
            return tuple(read(row, sealer) for row in rows)
        except UnreadableRecordError:
            if not self._is_purged(account):
                raise
        return tuple(_what_opens(rows, sealer, read))

    def _is_purged(self, account: AccountId) -> bool:
        row = self._rows.account(account)
        return row is not None and row.life == Life.PURGED

    def _sealer(self, account: AccountId) -> Sealer | None:
        return records.open_key(account, self._rows.wrapped_key(account), self._vault)


def _what_opens(rows: Sequence[R], sealer: Sealer | None, read: Callable[[R, Sealer | None], T]) -> Iterator[T]:
    for row in rows:
        with suppress(UnreadableRecordError):
            yield read(row, sealer)


class StoredUnitOfWork(StoredReader):
    """A reader that also writes (`service.ports.UnitOfWork`), for the length of one exclusive transaction."""

    def __init__(self, rows: Rows, vault: Vault) -> None:
        super().__init__(rows, vault)
        # Accounts in hand. Sound because nobody else writes meanwhile; none of it outlives the transaction.
        self._in_hand: dict[AccountId, OpenAccount] = {}
        self._is_whole = True

    def account(self, account: AccountId) -> AccountState | None:
        opened = self._open(account)
        return None if opened is None else opened.state

    def record(self, enriched: EnrichedEvent, decision: Decision, playbook: str) -> None:
        """Write one event and everything it led to.

        Raises MissingStatementError, with nothing written; AlreadyRecordedError and StaleWriteError, after which the
        transaction can only be undone.
        """
        account = enriched.event.account
        changes, after = records.changes(enriched, decision, playbook, self._open(account), self._vault)
        with self._whole():
            self._rows.write(changes)
        self._in_hand[account] = after

    def delivered(self, positions: Sequence[int], at: datetime) -> None:
        with self._whole():
            self._rows.mark_delivered(positions, to_column(at))

    def add_notice(self, notice: Notice, channels: Sequence[Channel]) -> bool:
        """Put a notice into its account's inbox and queue it for channels. Raises UnreadableRecordError."""
        sealer = self._sealer(notice.account)
        if sealer is None:
            raise UnreadableRecordError("the key", notice.account)
        with self._whole():
            position = self._rows.add_notice(notice.account, notice.id, records.sealed_notice(notice, sealer))
            for channel in channels:
                if position is None:
                    break
                queued = Delivery(
                    position=position,
                    account=notice.account,
                    notice=notice.id,
                    channel=channel,
                    queued_at=notice.made_at,
                    next_at=notice.made_at,
                )
                self._rows.set_delivery(records.delivery_row(queued))
        return position is not None

    def add_document_file(self, file: DocumentFile, content: bytes) -> bool:
        """Keep a file, sealed with its account's key. Raises UnreadableRecordError."""
        sealer = self._sealer(file.account)
        if sealer is None:
            raise UnreadableRecordError("the key", file.account)
        with self._whole():
            return self._rows.add_file(*records.sealed_file(file, content, sealer))

    def set_delivery(self, delivery: Delivery) -> None:
        with self._whole():
            self._rows.set_delivery(records.delivery_row(delivery))

    def set_channel_health(self, health: ChannelHealth) -> None:
        with self._whole():
            self._rows.set_channel(records.channel_row(health))

    def load_reference(self, loaded: ReferenceSet, content: bytes) -> ReferenceSet:
        versions = [each for each in self.reference_sets() if each.kind == loaded.kind]
        known = next((each for each in versions if each.sha256 == loaded.sha256), None)
        if known is not None:
            made = replace(loaded, version=known.version, as_of=loaded.as_of or known.as_of, is_current=True)
        elif any(each.version == loaded.version for each in versions):
            # Published twice under one name, or on one day.
            made = replace(loaded, version=f"{loaded.version}+{loaded.sha256[:8]}", is_current=True)
        else:
            made = replace(loaded, is_current=True)
        row = records.reference_row(made)
        with self._whole():
            self._rows.retire_reference(made.kind)
            if known is None:
                self._rows.add_reference(row, content)
            else:
                self._rows.change_reference(row)
        return made

    def remove_reference(self, kind: str) -> None:
        with self._whole():
            self._rows.retire_reference(kind)

    def add_checkpoint(self, checkpoint: SignedCheckpoint) -> bool:
        if checkpoint.number != self._rows.last_checkpoint() + 1:
            return False
        with self._whole():
            self._rows.add_checkpoint(CheckpointRow(checkpoint.number, checkpoint.body, checkpoint.signature))
        return True

    def record_playbook(self, version: str, text: bytes) -> None:
        known = self._rows.playbook(version)
        if known is None:
            with self._whole():
                self._rows.add_playbook(version, text)
        elif known != text:
            raise PlaybookError(
                f"playbook version `{version}` was recorded with another text; give a changed playbook a new version"
            )

    def set_batch(self, batch: Batch) -> None:
        with self._whole():
            self._rows.set_batch(records.batch_row(batch))

    def add_members(self, batch: BatchId, members: Sequence[Member]) -> None:
        with self._whole():
            self._rows.add_members([MemberRow(batch, member.account, member.about) for member in members])

    def set_api_key(self, key: ApiKey) -> None:
        with self._whole():
            self._rows.set_api_key(records.api_key_row(key))

    def require_whole(self) -> None:
        """Raises BrokenTransactionError if a write failed half-way, whatever became of its error."""
        if not self._is_whole:
            raise BrokenTransactionError

    def _open(self, account: AccountId) -> OpenAccount | None:
        opened = self._in_hand.get(account)
        if opened is None:
            row = self._rows.account(account)
            if row is None:
                return None
            opened = self._in_hand[account] = records.open_account(row, self._vault)
        return opened

    @contextmanager
    def _whole(self) -> Iterator[None]:
        # INVARIANT: what a write did before it failed is never committed, even if somebody swallows the error.
        self.require_whole()
        self._is_whole = False
        yield
        self._is_whole = True


class Turns:
    """Writers of one process take turns. A transaction inside a transaction is a programming error, not a deadlock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        assert self._holder != threading.get_ident(), "a transaction was begun inside a transaction"
        with self._lock:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None
