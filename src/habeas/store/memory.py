"""The store in plain dicts: for tests, simulations and trying things out. Gone with the process, sealed all the same.

A transaction works on a copy of the tables, which takes their place when it ends. A reader keeps the tables that it began
with, so it waits for nobody and sees nothing half done.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from itertools import islice, takewhile
from typing import Any, TypeVar

from habeas.domain.case import CaseStatus
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
from habeas.service.ports import EventKey, Share, StoreFacts, Work
from habeas.store.errors import AlreadyRecordedError, StaleWriteError
from habeas.store.rows import (
    BEFORE_ALL_CASES,
    DEALINGS_KEPT_US,
    FAILED_KEPT_US,
    URGENCY,
    AccountRow,
    ApiKeyRow,
    BatchRow,
    CaseRow,
    Changes,
    ChannelRow,
    CheckpointRow,
    DealingRow,
    DealtRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    FailedLoginRow,
    FileRow,
    JournalRow,
    LimitChangeRow,
    MemberRow,
    MessageRow,
    NoticeRow,
    QueuedRow,
    RecordedRow,
    ReferenceRow,
    RefusalRow,
    RequestRow,
    RestrictionRow,
    TimerRow,
)
from habeas.store.unit_of_work import StoredReader, StoredUnitOfWork, Turns
from habeas.store.vault import SigningKey, Vault, new_key

R = TypeVar("R", RestrictionRow, CaseRow, RequestRow)


@dataclass(frozen=True, slots=True)
class Folder:
    """Everything about one account. Replaced as a whole, so that older views keep the one they have."""

    row: AccountRow
    journal: tuple[JournalRow, ...] = ()
    events: dict[tuple[str, EventId], EventRow] = field(default_factory=dict)
    restrictions: dict[RestrictionId, RestrictionRow] = field(default_factory=dict)
    cases: dict[CaseId, CaseRow] = field(default_factory=dict)
    message_ids: frozenset[str] = frozenset()
    requests: dict[DocumentRequestId, RequestRow] = field(default_factory=dict)


@dataclass(slots=True)
class Tables:
    """All tables at one moment."""

    folders: dict[AccountId, Folder] = field(default_factory=dict)
    account_ids: list[AccountId] = field(default_factory=list)
    holders: dict[HolderId, frozenset[AccountId]] = field(default_factory=dict)
    restriction_accounts: dict[RestrictionId, frozenset[AccountId]] = field(default_factory=dict)
    timers: dict[tuple[AccountId, str], TimerRow] = field(default_factory=dict)
    queue: dict[int, MessageRow] = field(default_factory=dict)
    last_position: int = 0
    last_entry: int = 0
    checkpoints: tuple[CheckpointRow, ...] = ()
    last_checkpoint: int = 0
    playbooks: dict[str, bytes] = field(default_factory=dict)
    failed_logins: list[tuple[int, FailedLoginRow]] = field(default_factory=list)
    """By instant."""
    refusals: dict[bytes, tuple[RefusalRow, ...]] = field(default_factory=dict)
    documents: dict[tuple[bytes, AccountId], int] = field(default_factory=dict)
    dealings: list[tuple[int, DealingRow]] = field(default_factory=list)
    """By instant."""
    references: dict[tuple[str, str], tuple[ReferenceRow, bytes]] = field(default_factory=dict)
    login_counts: dict[int, int] = field(default_factory=dict)
    notices: dict[AccountId, tuple[NoticeRow, ...]] = field(default_factory=dict)
    deliveries: dict[tuple[AccountId, int, str], DeliveryRow] = field(default_factory=dict)
    channels: dict[str, ChannelRow] = field(default_factory=dict)
    files: dict[tuple[AccountId, DocumentFileId], tuple[FileRow, bytes]] = field(default_factory=dict)
    batches: dict[BatchId, BatchRow] = field(default_factory=dict)
    members: dict[MemberRow, None] = field(default_factory=dict)
    api_keys: dict[str, ApiKeyRow] = field(default_factory=dict)
    limit_changes: dict[AccountId, LimitChangeRow] = field(default_factory=dict)
    """By position."""

    def copy(self) -> "Tables":
        return Tables(
            self.folders.copy(),
            self.account_ids.copy(),
            self.holders.copy(),
            self.restriction_accounts.copy(),
            self.timers.copy(),
            self.queue.copy(),
            self.last_position,
            self.last_entry,
            self.checkpoints,
            self.last_checkpoint,
            self.playbooks.copy(),
            self.failed_logins.copy(),
            self.refusals.copy(),
            self.documents.copy(),
            self.dealings.copy(),
            self.references.copy(),
            self.login_counts.copy(),
            self.notices.copy(),
            self.deliveries.copy(),
            self.channels.copy(),
            self.files.copy(),
            self.batches.copy(),
            self.members.copy(),
            self.api_keys.copy(),
            self.limit_changes.copy(),
        )


class MemoryRows:
    """`Rows` on tables in memory."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def account(self, account: AccountId) -> AccountRow | None:
        folder = self._tables.folders.get(account)
        return None if folder is None else folder.row

    def wrapped_key(self, account: AccountId) -> bytes | None:
        folder = self._tables.folders.get(account)
        return None if folder is None else folder.row.wrapped_key

    def recorded(self, account: AccountId, source: str, event: EventId) -> RecordedRow | None:
        folder = self._tables.folders.get(account)
        row = None if folder is None else folder.events.get((source, event))
        if folder is None or row is None:
            return None
        entry = next((entry.entry for entry in folder.journal if entry.sequence == row.sequence), None)
        return RecordedRow(row.digest, row.sequence, entry, folder.row.wrapped_key)

    def restrictions(self, account: AccountId) -> Sequence[RestrictionRow]:
        folder = self._tables.folders.get(account)
        return () if folder is None else tuple(folder.restrictions.values())

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None:
        return min(self._tables.restriction_accounts.get(restriction, ()), default=None)

    def cases(self, account: AccountId) -> Sequence[CaseRow]:
        folder = self._tables.folders.get(account)
        return () if folder is None else tuple(folder.cases.values())

    def case_account(self, case: CaseId) -> AccountId | None:
        return min((row.account_id for row in self._cases() if row.id == case), default=None)

    def open_cases(
        self, queue: str | None, limit: int, after: tuple[int, int, str, str] = BEFORE_ALL_CASES
    ) -> Sequence[CaseRow]:
        found = (row for row in self._cases() if row.status == CaseStatus.OPEN and queue in (None, row.queue))
        keyed = (((URGENCY[row.priority], row.due_at, row.id, row.account_id), row) for row in found)
        return [row for _, row in nsmallest(limit, (pair for pair in keyed if pair[0] > after))]

    def queue_cases(self, queue: str | None, after: tuple[str, int], limit: int) -> Sequence[CaseRow]:
        found = (row for row in self._cases() if (row.account_id, row.sequence) > after and queue in (None, row.queue))
        return nsmallest(limit, found, key=lambda row: (row.account_id, row.sequence))

    def _cases(self) -> Iterator[CaseRow]:
        return (row for folder in self._tables.folders.values() for row in folder.cases.values())

    def requests(self, account: AccountId) -> Sequence[RequestRow]:
        folder = self._tables.folders.get(account)
        return () if folder is None else tuple(folder.requests.values())

    def request_account(self, request: DocumentRequestId) -> AccountId | None:
        return min((who for who, folder in self._tables.folders.items() if request in folder.requests), default=None)

    def files(self, account: AccountId) -> Sequence[FileRow]:
        found = (row for row, _ in self._tables.files.values() if row.account_id == account)
        return sorted(found, key=lambda row: (row.received_at, row.id))

    def file_content(self, account: AccountId, file: DocumentFileId) -> bytes | None:
        found = self._tables.files.get((account, file))
        return None if found is None else found[1]

    def failed_logins(self, ip_key: bytes, after: int, until: int, limit: int) -> Sequence[AccountId]:
        rows = self._tables.failed_logins
        start, end = (bisect_right(rows, at, key=lambda row: row[0]) for at in (after, until))
        found = sorted((row for _, row in rows[start:end] if row.ip_key == ip_key), reverse=True)
        return [row.account_id for row in found[:limit]]

    def refused_until(self, ip_key: bytes, at: int) -> int | None:
        rows = self._tables.refusals.get(ip_key, ())
        return max((row.until_at for row in rows if row.from_at <= at < row.until_at), default=None)

    def documents(self, account: AccountId) -> Sequence[DocumentRow]:
        return sorted(DocumentRow(key, who, at) for (key, who), at in self._tables.documents.items() if who == account)

    def document_accounts(self, key: bytes, until: int | None) -> Sequence[AccountId]:
        declared = self._tables.documents.items()
        return sorted(who for (known, who), at in declared if known == key and (until is None or at <= until))

    def dealt_with(self, account: AccountId, since: int, limit: int) -> Sequence[DealtRow]:
        found: dict[AccountId, DealtRow] = {}
        for at, row in self._tables.dealings:
            if row.counterparty_id == account and at >= since:
                before = found.get(row.account_id)
                has_paid = max(row.has_paid, before.has_paid if before else 0)
                found[row.account_id] = DealtRow(row.account_id, at, has_paid)
        return sorted(found.values(), key=lambda row: (-row.at, row.account_id))[:limit]

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: int) -> bool:
        pair = (account, counterparty)
        return any((row.account_id, row.counterparty_id) == pair for at, row in self._tables.dealings if at >= since)

    def login_counts(self, cells: Sequence[int]) -> dict[int, int]:
        counts = self._tables.login_counts
        return {cell: counts[cell] for cell in cells if cell in counts}

    def references(self) -> Sequence[ReferenceRow]:
        rows = (row for row, _ in self._tables.references.values())
        return sorted(rows, key=lambda row: (row.kind, row.loaded_at, row.version))

    def current_references(self) -> Sequence[ReferenceRow]:
        return [row for row in self.references() if row.is_current]

    def reference_content(self, kind: str, version: str) -> bytes | None:
        found = self._tables.references.get((kind, version))
        return None if found is None else found[1]

    def entries(self, account: AccountId, after: int, limit: int) -> Sequence[JournalRow]:
        folder = self._tables.folders.get(account)
        if folder is None:
            return ()
        start = bisect_right(folder.journal, after, key=lambda row: row.sequence)
        return folder.journal[start : start + limit]

    def positioned(self, after: int, until: int, limit: int) -> Sequence[JournalRow]:
        entries = (entry for folder in self._tables.folders.values() for entry in folder.journal)
        return nsmallest(limit, (e for e in entries if after < e.position <= until), key=lambda entry: entry.position)

    def last_position(self) -> int:
        journals = (folder.journal for folder in self._tables.folders.values())
        return max((entry.position for journal in journals for entry in journal), default=0)

    def checkpoints(self, after: int, limit: int) -> Sequence[CheckpointRow]:
        return [row for row in self._tables.checkpoints if row.number > after][:limit]

    def last_checkpoint(self) -> int:
        return self._tables.last_checkpoint

    def accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        start = bisect_right(self._tables.account_ids, after)
        return self._tables.account_ids[start : start + limit]

    def holder_accounts(self, holder: HolderId) -> Sequence[AccountId]:
        return sorted(self._tables.holders.get(holder, ()))

    def due_timers(self, due_at: int, limit: int) -> Sequence[TimerRow]:
        due = (row for row in self._tables.timers.values() if row.due_at <= due_at)
        return nsmallest(limit, due, key=lambda row: (row.due_at, row.account_id, row.about))

    def queued(self, after: int, limit: int, topic: str | None) -> Sequence[QueuedRow]:
        waiting = ((p, m) for p, m in self._tables.queue.items() if p > after and topic in (None, m.topic))
        messages = islice(waiting, limit)
        return [QueuedRow(position, message, self.wrapped_key(message.account_id)) for position, message in messages]

    def notices(self, account: AccountId) -> Sequence[NoticeRow]:
        return self._tables.notices.get(account, ())

    def notice(self, account: AccountId, position: int) -> NoticeRow | None:
        return next((row for row in self.notices(account) if row.position == position), None)

    def deliveries(self, account: AccountId) -> Sequence[DeliveryRow]:
        found = (row for row in self._tables.deliveries.values() if row.account_id == account)
        return sorted(found, key=lambda row: (row.position, row.channel))

    def waiting_deliveries(self, channel: str, at: int, limit: int) -> Sequence[DeliveryRow]:
        found = [
            (row.next_at, row.account_id, row.position, row)
            for row in self._tables.deliveries.values()
            if row.channel == channel and row.next_at is not None and row.next_at <= at
        ]
        return [row for *_, row in nsmallest(limit, found)]

    def channel(self, channel: str) -> ChannelRow | None:
        return self._tables.channels.get(channel)

    def playbook(self, version: str) -> bytes | None:
        return self._tables.playbooks.get(version)

    def batch(self, batch: BatchId) -> BatchRow | None:
        return self._tables.batches.get(batch)

    def batches(self, *, live: bool) -> Sequence[BatchRow]:
        rows = (row for row in self._tables.batches.values() if row.is_live or not live)
        return sorted(rows, key=lambda row: row.id)

    def members(self, batch: BatchId, after: tuple[str, str], limit: int) -> Sequence[MemberRow]:
        return nsmallest(limit, (row for row in self._tables.members if row.batch == batch and row[1:] > after))

    def member_count(self, batch: BatchId) -> int:
        return sum(row.batch == batch for row in self._tables.members)

    def placed_by(self, batch: BatchId, status: str, after: str, limit: int) -> Sequence[AccountId]:
        found = {row.account_id for row in self._placed(batch) if row.status == status and row.account_id > after}
        return sorted(found)[:limit]

    def placed_counts(self, batch: BatchId) -> dict[str, int]:
        return dict(Counter(row.status for row in self._placed(batch)))

    def _placed(self, batch: BatchId) -> Iterator[RestrictionRow]:
        folders = self._tables.folders.values()
        return (row for folder in folders for row in folder.restrictions.values() if row.batch == batch)

    def api_keys(self, id_: str | None) -> Sequence[ApiKeyRow]:
        return sorted(row for row in self._tables.api_keys.values() if id_ in (None, row.id))

    def limited_accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        rows = self._tables.limit_changes.values()
        return nsmallest(limit, (row.account_id for row in rows if row.is_limited and row.account_id > after))

    def limit_changes(self, after: int, limit: int) -> Sequence[LimitChangeRow]:
        latest_first = takewhile(lambda row: row.position > after, reversed(self._tables.limit_changes.values()))
        return list(latest_first)[::-1][:limit]

    def last_limit_change(self) -> int:
        return next((row.position for row in reversed(self._tables.limit_changes.values())), 0)

    def backlog(self, due_at: int) -> Sequence[tuple[str, str, int]]:
        waiting = [("cases", row.queue) for row in self._cases() if row.status == CaseStatus.OPEN]
        waiting += [("timers", "") for row in self._tables.timers.values() if row.due_at <= due_at]
        waiting += [("messages", "") for _ in self._tables.queue]
        waiting += [("deliveries", row.channel) for row in self._tables.deliveries.values() if row.next_at is not None]
        return [(*what, count) for what, count in Counter(waiting).items()]

    def entry_count(self) -> int:
        return sum(len(folder.journal) for folder in self._tables.folders.values())

    def strangers(self) -> Sequence[AccountId]:
        return ()  # Here a journal lies inside its account.

    def write(self, changes: Changes) -> None:
        tables, row = self._tables, changes.account
        folder = tables.folders.get(row.account_id)
        if (None if folder is None else folder.row.version) != changes.version_before:
            raise StaleWriteError(row.account_id)
        if folder is None:
            folder = Folder(row)
            insort(tables.account_ids, row.account_id)
        event = changes.event
        if (event.source, event.id) in folder.events:
            raise AlreadyRecordedError(row.account_id, event.source, event.id)
        if not changes.is_found_alike:
            self._move_to_holder(folder.row, row)
        fresh = [message for message in changes.messages if message.id not in folder.message_ids]
        tables.folders[row.account_id] = Folder(
            row=row,
            journal=folder.journal + tuple(self._positioned(changes.entries)),
            events=folder.events | {(event.source, event.id): event},
            restrictions=_changed(folder.restrictions, changes.restrictions),
            cases=_changed(folder.cases, changes.cases),
            message_ids=folder.message_ids.union(message.id for message in fresh),
            requests=_changed(folder.requests, changes.requests),
        )
        if changes.is_limited is not None:
            tables.limit_changes.pop(row.account_id, None)
            tables.limit_changes[row.account_id] = LimitChangeRow(row.account_id, tables.last_entry, changes.is_limited)
        for restriction in changes.restrictions:
            carriers = tables.restriction_accounts.get(restriction.id, frozenset())
            tables.restriction_accounts[restriction.id] = carriers | {row.account_id}
        self._set_timers(changes)
        for document in changes.documents:
            tables.documents.setdefault((document.document_key, document.account_id), document.at)
        if changes.forgets_key:
            folder = tables.folders[row.account_id]
            tables.folders[row.account_id] = replace(folder, row=row._replace(wrapped_key=None))
            tables.queue = {at: kept for at, kept in tables.queue.items() if kept.account_id != row.account_id}
            tables.documents = {key: at for key, at in tables.documents.items() if key[1] != row.account_id}
            tables.files = {key: kept for key, kept in tables.files.items() if key[0] != row.account_id}
        for failed in changes.failed_logins:
            del tables.failed_logins[
                : bisect_left(tables.failed_logins, failed.at - FAILED_KEPT_US, key=lambda row: row[0])
            ]
            insort(tables.failed_logins, (failed.at, failed))
        for refusal in changes.refusals:
            self._refuse(refusal)
        for dealing in changes.dealings:
            del tables.dealings[: bisect_left(tables.dealings, dealing.at - DEALINGS_KEPT_US, key=lambda row: row[0])]
            insort(tables.dealings, (dealing.at, dealing))
        if changes.login is not None:
            for cell in changes.login.cells:
                tables.login_counts[cell] = tables.login_counts.get(cell, 0) + 1
            if changes.login.halves:
                tables.login_counts = {cell: (logins + 1) // 2 for cell, logins in tables.login_counts.items()}
        for message in fresh:
            tables.last_position += 1
            tables.queue[tables.last_position] = message

    def _positioned(self, entries: Sequence[JournalRow]) -> Iterator[JournalRow]:
        for entry in entries:
            self._tables.last_entry += 1
            yield entry._replace(position=self._tables.last_entry)

    def _move_to_holder(self, before: AccountRow, after: AccountRow) -> None:
        holders, account = self._tables.holders, after.account_id
        if before.holder is not None:
            holders[before.holder] = holders.get(before.holder, frozenset()) - {account}
        if after.holder is not None:
            holders[after.holder] = holders.get(after.holder, frozenset()) | {account}

    def _set_timers(self, changes: Changes) -> None:
        timers, account, fired = self._tables.timers, changes.account.account_id, changes.fired
        if fired is not None:
            key = account, fired.about
            if key in timers and timers[key].generation == fired.generation:
                del timers[key]
        timers.update({(account, timer.about): timer for timer in changes.timers})
        for about in changes.ended:
            timers.pop((account, about), None)

    def _refuse(self, refusal: RefusalRow) -> None:
        rows = self._tables.refusals.get(refusal.ip_key, ())
        is_inside = [row.from_at <= refusal.from_at <= row.until_at for row in rows]
        longer = tuple(
            row._replace(until_at=max(row.until_at, refusal.until_at)) if inside else row
            for row, inside in zip(rows, is_inside, strict=True)
        )
        self._tables.refusals[refusal.ip_key] = longer if any(is_inside) else (*rows, refusal)

    def mark_delivered(self, positions: Sequence[int], at: int) -> None:  # noqa: ARG002 - what was delivered is not kept here
        for position in positions:
            self._tables.queue.pop(position, None)

    def add_checkpoint(self, row: CheckpointRow) -> None:
        self._tables.checkpoints = (*self._tables.checkpoints, row)
        self._tables.last_checkpoint = row.number

    def add_notice(self, account: AccountId, id_: str, body: bytes) -> int | None:
        inbox = self._tables.notices.get(account, ())
        if any(row.id == id_ for row in inbox):
            return None
        position = len(inbox) + 1
        self._tables.notices[account] = (*inbox, NoticeRow(account, position, id_, body))
        return position

    def add_file(self, row: FileRow, content: bytes) -> bool:
        key = row.account_id, row.id
        is_new = key not in self._tables.files
        self._tables.files.setdefault(key, (row, content))
        return is_new

    def set_delivery(self, row: DeliveryRow) -> None:
        self._tables.deliveries[row.account_id, row.position, row.channel] = row

    def set_channel(self, row: ChannelRow) -> None:
        self._tables.channels[row.channel] = row

    def add_playbook(self, version: str, text: bytes) -> None:
        self._tables.playbooks[version] = text

    def set_batch(self, row: BatchRow) -> None:
        self._tables.batches[row.id] = row

    def add_members(self, rows: Sequence[MemberRow]) -> None:
        self._tables.members.update(dict.fromkeys(rows))

    def set_api_key(self, row: ApiKeyRow) -> None:
        self._tables.api_keys[row.id] = row

    def add_reference(self, row: ReferenceRow, content: bytes) -> None:
        self._tables.references[row.kind, row.version] = row, content

    def change_reference(self, row: ReferenceRow) -> None:
        _, content = self._tables.references[row.kind, row.version]
        self._tables.references[row.kind, row.version] = row, content

    def retire_reference(self, kind: str) -> None:
        for key, (row, content) in self._tables.references.items():
            if row.kind == kind and row.is_current:
                self._tables.references[key] = row._replace(is_current=0), content


def _changed(rows: dict[Any, R], changes: Sequence[R]) -> dict[Any, R]:
    """What changes stays at the place of its birth, in the dict and by its sequence."""
    kept = {row.id: row._replace(sequence=rows[row.id].sequence) if row.id in rows else row for row in changes}
    return rows | kept


class MemoryStore:
    """The port `service.ports.Store` in this process's memory, with keys of its own."""

    def __init__(self) -> None:
        self._vault = Vault(new_key())
        self._signing_key = SigningKey(new_key())
        self._tables = Tables()
        self._turns = Turns()
        self.identity_key = self._vault.identity_key

    @contextmanager
    def transaction(
        self,
        accounts: Collection[AccountId] | None = None,  # noqa: ARG002 - one writer at a time has all of them
        expected: Collection[EventKey] = (),  # noqa: ARG002 - looking one up costs no exchange with a server
    ) -> Iterator[StoredUnitOfWork]:
        with self._turns.turn():
            tables = self._tables.copy()
            work = StoredUnitOfWork(self._rows(tables), self._vault)
            yield work
            work.require_whole()
            self._tables = tables

    @contextmanager
    def reading(self) -> Iterator[StoredReader]:
        yield StoredReader(self._rows(self._tables), self._vault)

    @contextmanager
    def shares(self, work: Work) -> Iterator[Iterator[Share]]:  # noqa: ARG002 - writers take turns anyway
        yield iter((self,))

    def signer(self) -> SigningKey:
        return self._signing_key

    def public_key(self) -> bytes | None:
        return self._signing_key.public_key

    def facts(self) -> StoreFacts:
        return StoreFacts(where="memory:")

    def close(self) -> None:
        """Nothing is held that would need releasing."""

    def _rows(self, tables: Tables) -> MemoryRows:
        return MemoryRows(tables)
