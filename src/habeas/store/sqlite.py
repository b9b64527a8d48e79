"""The store in one SQLite file, which several processes may share (`sqlite_file`)."""

import sqlite3
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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
from habeas.store.errors import (
    AlreadyRecordedError,
    LostKeyError,
    StaleWriteError,
)
from habeas.store.ledger_tables import FileLedgerTables, LedgerTables
from habeas.store.migrations import PUBLIC
from habeas.store.rows import (
    BEFORE_ALL_CASES,
    DEALINGS_KEPT_US,
    FAILED_KEPT_US,
    AccountRow,
    ApiKeyRow,
    BatchRow,
    CaseRow,
    Changes,
    ChannelRow,
    CheckpointRow,
    DealtRow,
    DeliveryRow,
    DocumentRow,
    FileRow,
    JournalRow,
    LimitChangeRow,
    MemberRow,
    MessageRow,
    NoticeRow,
    QueuedRow,
    RecordedRow,
    ReferenceRow,
    RequestRow,
    RestrictionRow,
    TimerRow,
)
from habeas.store.sqlite_file import BUSY_FOR_S, SqliteFile
from habeas.store.unit_of_work import StoredReader, StoredUnitOfWork
from habeas.store.vault import SigningKey, make_key, read_key, signing_key_path

_ACCOUNT = """
    SELECT a.*, k.wrapped_key FROM account a LEFT JOIN account_key k ON k.account_id = a.account_id WHERE a.account_id = ?
"""
_WRAPPED_KEY = "SELECT wrapped_key FROM account_key WHERE account_id = ?"
_RECORDED = """
    SELECT e.digest, e.sequence, j.entry, k.wrapped_key FROM event e
    LEFT JOIN journal j ON j.account_id = e.account_id AND j.sequence = e.sequence
    LEFT JOIN account_key k ON k.account_id = e.account_id
    WHERE e.account_id = ? AND e.source = ? AND e.id = ?
"""
_RESTRICTIONS = "SELECT * FROM restriction WHERE account_id = ? ORDER BY sequence"
_RESTRICTION_ACCOUNT = "SELECT account_id FROM restriction WHERE id = ? ORDER BY account_id LIMIT 1"
_CASES = "SELECT * FROM case_file WHERE account_id = ? ORDER BY sequence"
_ENTRIES = """
    SELECT account_id, sequence, entry, position FROM journal WHERE account_id = ? AND sequence > ?
    ORDER BY sequence LIMIT ?
"""
_POSITIONED = """
    SELECT account_id, sequence, entry, position FROM journal WHERE position > ? AND position <= ?
    ORDER BY position LIMIT ?
"""
_LAST_POSITION = "SELECT coalesce(max(position), 0) FROM journal"
_CHECKPOINTS = "SELECT * FROM checkpoint WHERE number > ? ORDER BY number LIMIT ?"
_LAST_CHECKPOINT = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'checkpoint'"
_ACCOUNTS = "SELECT account_id FROM account WHERE account_id > ? ORDER BY account_id LIMIT ?"
_HOLDER_ACCOUNTS = "SELECT account_id FROM account WHERE holder = ? ORDER BY account_id"
_DUE_TIMERS = "SELECT * FROM timer WHERE due_at <= ? ORDER BY due_at, account_id, about LIMIT ?"
_QUEUED = """
    SELECT o.position, k.wrapped_key, o.account_id, o.id, o.about, o.topic, o.body
    FROM outbox o INDEXED BY outbox_waiting LEFT JOIN account_key k ON k.account_id = o.account_id
    WHERE o.delivered_at IS NULL AND o.position > ? ORDER BY o.position LIMIT ?
"""
_QUEUED_ABOUT = """
    SELECT o.position, k.wrapped_key, o.account_id, o.id, o.about, o.topic, o.body
    FROM outbox o INDEXED BY outbox_waiting_by_topic LEFT JOIN account_key k ON k.account_id = o.account_id
    WHERE o.delivered_at IS NULL AND o.position > ? AND o.topic = ? ORDER BY o.position LIMIT ?
"""
_BACKLOG = """
    SELECT 'cases', queue, count(*) FROM case_file WHERE status = 'open' GROUP BY queue
    UNION ALL SELECT 'timers', '', count(*) FROM timer WHERE due_at <= ?
    UNION ALL SELECT 'messages', '', count(*) FROM outbox WHERE delivered_at IS NULL
    UNION ALL SELECT 'deliveries', channel, count(*) FROM delivery WHERE next_at IS NOT NULL GROUP BY channel
"""
_PLAYBOOK = "SELECT text FROM playbook WHERE version = ?"
_LIMITED_ACCOUNTS = """
    SELECT account_id FROM limit_change INDEXED BY limit_change_limited
    WHERE is_limited = 1 AND account_id > ? ORDER BY account_id LIMIT ?
"""
_LIMIT_CHANGES = "SELECT * FROM limit_change WHERE position > ? ORDER BY position LIMIT ?"
_LAST_LIMIT_CHANGE = "SELECT coalesce(max(position), 0) FROM limit_change"
_SET_LIMIT_CHANGE = """
    INSERT INTO limit_change VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET position = excluded.position, is_limited = excluded.is_limited
"""
_ENTRY_COUNT = "SELECT count(*) FROM journal"
_STRANGERS = (
    "SELECT DISTINCT account_id FROM journal WHERE account_id NOT IN (SELECT account_id FROM account) ORDER BY 1"
)

_CASE_ACCOUNT = "SELECT account_id FROM case_file WHERE id = ? ORDER BY account_id LIMIT 1"
_OPEN_CASES = """
    SELECT * FROM case_file INDEXED BY case_open WHERE status = 'open' AND ?1 IN (queue, '')
        AND (CASE priority WHEN 'page' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, due_at, id, account_id) > (?3, ?4, ?5, ?6)
    ORDER BY CASE priority WHEN 'page' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, due_at, id, account_id LIMIT ?2
"""
_ALL_CASES = """
    SELECT * FROM case_file WHERE (account_id, sequence) > (?2, ?3) ORDER BY account_id, sequence LIMIT ?4
"""
_QUEUE_CASES = """
    SELECT * FROM case_file WHERE queue = ?1 AND (account_id, sequence) > (?2, ?3) ORDER BY account_id, sequence LIMIT ?4
"""
_REQUESTS = "SELECT * FROM document_request WHERE account_id = ? ORDER BY sequence"
_REQUEST_ACCOUNT = "SELECT account_id FROM document_request WHERE id = ? ORDER BY account_id LIMIT 1"
_FILES = "SELECT account_id, id, received_at, about FROM document_file WHERE account_id = ? ORDER BY received_at, id"
_FILE_CONTENT = "SELECT body FROM document_file WHERE account_id = ? AND id = ?"
_ADD_FILE = "INSERT INTO document_file VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_FORGET_FILES = "DELETE FROM document_file WHERE account_id = ?"
_FAILED_LOGINS = """
    SELECT account_id FROM failed_login WHERE ip_key = ? AND at > ? AND at <= ?
    ORDER BY at DESC, account_id DESC, sequence DESC LIMIT ?
"""
_REFUSED_UNTIL = "SELECT max(until_at) FROM refused_ip WHERE ip_key = ? AND from_at <= ? AND until_at > ?"
_DOCUMENTS = "SELECT * FROM declared_document WHERE account_id = ? ORDER BY document_key"
_DOCUMENT_ACCOUNTS = """
    SELECT account_id FROM declared_document WHERE document_key = ?1 AND (?2 IS NULL OR at <= ?2) ORDER BY account_id
"""
_DEALT_WITH = """
    SELECT account_id, max(at), max(has_paid) FROM dealing WHERE counterparty_id = ? AND at >= ?
    GROUP BY account_id ORDER BY 2 DESC, 1 LIMIT ?
"""
_HAVE_DEALT = "SELECT 1 FROM dealing WHERE counterparty_id = ? AND account_id = ? AND at >= ? LIMIT 1"
_REFERENCES = """
    SELECT kind, version, as_of, loaded_at, sha256, entries, source, loaded_by, is_current
    FROM reference_set ORDER BY kind, loaded_at, version
"""
_CURRENT_REFERENCES = """
    SELECT kind, version, as_of, loaded_at, sha256, entries, source, loaded_by, is_current
    FROM reference_set INDEXED BY reference_set_current WHERE is_current = 1 ORDER BY kind
"""
_REFERENCE_CONTENT = "SELECT content FROM reference_set WHERE kind = ? AND version = ?"

_ADD_ACCOUNT = "INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
# The second form leaves the columns alone that have indexes, and so the indexes.
_CHANGE_ACCOUNT = """
    UPDATE account SET version = ?, state = ?, journal_sequence = ?, journal_head = ?,
        entity = ?, holder = ?, parent = ?, life = ?
    WHERE account_id = ? AND version = ?
"""
_CHANGE_STATE = """
    UPDATE account SET version = ?, state = ?, journal_sequence = ?, journal_head = ? WHERE account_id = ? AND version = ?
"""
_FORGET_MESSAGES = "DELETE FROM outbox WHERE account_id = ?"
_FORGET_KEY = "DELETE FROM account_key WHERE account_id = ?"
_SET_KEY = "INSERT INTO account_key VALUES (?, ?) ON CONFLICT DO UPDATE SET wrapped_key = excluded.wrapped_key"
_ADD_EVENT = "INSERT INTO event VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ADD_ENTRY = "INSERT INTO journal (account_id, sequence, entry) VALUES (?, ?, ?)"
_ADD_CHECKPOINT = "INSERT INTO checkpoint VALUES (?, ?, ?)"
_SET_RESTRICTION = """
    INSERT INTO restriction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET kind = excluded.kind, reason = excluded.reason, scope = excluded.scope, status = excluded.status,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, ended_at = excluded.ended_at, body = excluded.body
"""
_SET_CASE = """
    INSERT INTO case_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET queue = excluded.queue, priority = excluded.priority, status = excluded.status,
        opened_at = excluded.opened_at, due_at = excluded.due_at, body = excluded.body
"""
_SET_REQUEST = """
    INSERT INTO document_request VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET reason = excluded.reason, status = excluded.status, issued_at = excluded.issued_at,
        due_at = excluded.due_at, body = excluded.body
"""
_ADD_FAILED_LOGIN = "INSERT INTO failed_login VALUES (?, ?, ?, ?)"
_FORGET_FAILED_LOGINS = "DELETE FROM failed_login WHERE at < ?"
_PROLONG_REFUSAL = """
    UPDATE refused_ip SET until_at = max(until_at, ?) WHERE ip_key = ? AND from_at <= ? AND until_at >= ?
"""
_ADD_REFUSAL = "INSERT INTO refused_ip VALUES (?, ?, ?)"
_ADD_DOCUMENT = "INSERT INTO declared_document VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_FORGET_DOCUMENTS = "DELETE FROM declared_document WHERE account_id = ?"
_ADD_DEALING = "INSERT INTO dealing VALUES (?, ?, ?, ?, ?)"
_FORGET_DEALINGS = "DELETE FROM dealing WHERE at < ?"
_COUNT_LOGIN = "INSERT INTO login_count VALUES (?, 1) ON CONFLICT DO UPDATE SET logins = logins + 1"
_HALVE_LOGINS = "UPDATE login_count SET logins = (logins + 1) / 2"
_ADD_REFERENCE = "INSERT INTO reference_set VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CHANGE_REFERENCE = """
    UPDATE reference_set SET as_of = ?, loaded_at = ?, entries = ?, source = ?, loaded_by = ?, is_current = ?
    WHERE kind = ? AND version = ?
"""
_RETIRE_REFERENCE = "UPDATE reference_set SET is_current = 0 WHERE kind = ? AND is_current = 1"
_REMOVE_FIRED = "DELETE FROM timer WHERE account_id = ? AND about = ? AND generation = ?"
_SET_TIMER = """
    INSERT INTO timer VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET generation = excluded.generation, due_at = excluded.due_at
"""
_REMOVE_TIMER = "DELETE FROM timer WHERE account_id = ? AND about = ?"
_ADD_MESSAGE = "INSERT INTO outbox (account_id, id, about, topic, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_MARK_DELIVERED = "UPDATE outbox SET delivered_at = ? WHERE position = ? AND delivered_at IS NULL"
_NOTICES = "SELECT * FROM notice WHERE account_id = ? ORDER BY position"
_NOTICE = "SELECT * FROM notice WHERE account_id = ? AND position = ?"
_DELIVERIES = "SELECT * FROM delivery WHERE account_id = ? ORDER BY position, channel"
_WAITING_DELIVERIES = """
    SELECT * FROM delivery INDEXED BY delivery_waiting WHERE channel = ? AND next_at <= ? AND next_at IS NOT NULL
    ORDER BY next_at, account_id, position LIMIT ?
"""
_CHANNEL = "SELECT * FROM channel WHERE channel = ?"
_LAST_NOTICE = "SELECT coalesce(max(position), 0) FROM notice WHERE account_id = ?"
_ADD_NOTICE = "INSERT INTO notice VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_SET_DELIVERY = """
    INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET attempts = excluded.attempts, next_at = excluded.next_at,
        delivered_at = excluded.delivered_at, problem = excluded.problem
"""
_SET_CHANNEL = """
    INSERT INTO channel VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET failures = excluded.failures, failing_since = excluded.failing_since,
        next_at = excluded.next_at, disabled_at = excluded.disabled_at
"""
_ADD_PLAYBOOK = "INSERT INTO playbook VALUES (?, ?)"
_BATCH = "SELECT * FROM batch WHERE id = ?"
_BATCHES = "SELECT * FROM batch ORDER BY id"
_LIVE_BATCHES = "SELECT * FROM batch INDEXED BY batch_live WHERE is_live = 1 ORDER BY id"
_SET_BATCH = """
    INSERT INTO batch VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET is_live = excluded.is_live, body = excluded.body
"""
_MEMBERS = """
    SELECT * FROM batch_member WHERE batch = ? AND (account_id, about) > (?, ?) ORDER BY account_id, about LIMIT ?
"""
_MEMBER_COUNT = "SELECT count(*) FROM batch_member WHERE batch = ?"
_ADD_MEMBER = "INSERT INTO batch_member VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_PLACED_BY = """
    SELECT DISTINCT account_id FROM restriction INDEXED BY restriction_by_batch
    WHERE batch = ? AND status = ? AND account_id > ? ORDER BY account_id LIMIT ?
"""
_PLACED_COUNTS = """
    SELECT status, count(*) FROM restriction INDEXED BY restriction_by_batch WHERE batch = ? GROUP BY status
"""

_API_KEYS = "SELECT * FROM api_key WHERE ?1 IS NULL OR id = ?1 ORDER BY id"
_SET_API_KEY = "INSERT INTO api_key VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"


class SqliteRows:
    """`Rows` on a connection that has begun a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute
        self._run_many = connection.executemany

    def account(self, account: AccountId) -> AccountRow | None:
        row = self._run(_ACCOUNT, (account,)).fetchone()
        return None if row is None else AccountRow._make(row)

    def wrapped_key(self, account: AccountId) -> bytes | None:
        row = self._run(_WRAPPED_KEY, (account,)).fetchone()
        return None if row is None else row[0]

    def recorded(self, account: AccountId, source: str, event: EventId) -> RecordedRow | None:
        row = self._run(_RECORDED, (account, source, event)).fetchone()
        return None if row is None else RecordedRow._make(row)

    def restrictions(self, account: AccountId) -> Sequence[RestrictionRow]:
        return [RestrictionRow._make(row) for row in self._run(_RESTRICTIONS, (account,))]

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None:
        row = self._run(_RESTRICTION_ACCOUNT, (restriction,)).fetchone()
        return None if row is None else row[0]

    def cases(self, account: AccountId) -> Sequence[CaseRow]:
        return [CaseRow._make(row) for row in self._run(_CASES, (account,))]

    def case_account(self, case: CaseId) -> AccountId | None:
        row = self._run(_CASE_ACCOUNT, (case,)).fetchone()
        return None if row is None else row[0]

    def open_cases(
        self, queue: str | None, limit: int, after: tuple[int, int, str, str] = BEFORE_ALL_CASES
    ) -> Sequence[CaseRow]:
        return [CaseRow._make(row) for row in self._run(_OPEN_CASES, (queue or "", limit, *after))]

    def queue_cases(self, queue: str | None, after: tuple[str, int], limit: int) -> Sequence[CaseRow]:
        found = self._run(_ALL_CASES if queue is None else _QUEUE_CASES, (queue, *after, limit))
        return [CaseRow._make(row) for row in found]

    def requests(self, account: AccountId) -> Sequence[RequestRow]:
        return [RequestRow._make(row) for row in self._run(_REQUESTS, (account,))]

    def request_account(self, request: DocumentRequestId) -> AccountId | None:
        row = self._run(_REQUEST_ACCOUNT, (request,)).fetchone()
        return None if row is None else row[0]

    def files(self, account: AccountId) -> Sequence[FileRow]:
        return [FileRow._make(row) for row in self._run(_FILES, (account,))]

    def file_content(self, account: AccountId, file: DocumentFileId) -> bytes | None:
        row = self._run(_FILE_CONTENT, (account, file)).fetchone()
        return None if row is None else row[0]

    def failed_logins(self, ip_key: bytes, after: int, until: int, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_FAILED_LOGINS, (ip_key, after, until, limit))]

    def refused_until(self, ip_key: bytes, at: int) -> int | None:
        until: int | None = self._run(_REFUSED_UNTIL, (ip_key, at, at)).fetchone()[0]
        return until

    def documents(self, account: AccountId) -> Sequence[DocumentRow]:
        return [DocumentRow._make(row) for row in self._run(_DOCUMENTS, (account,))]

    def document_accounts(self, key: bytes, until: int | None) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_DOCUMENT_ACCOUNTS, (key, until))]

    def dealt_with(self, account: AccountId, since: int, limit: int) -> Sequence[DealtRow]:
        return [DealtRow._make(row) for row in self._run(_DEALT_WITH, (account, since, limit))]

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: int) -> bool:
        return self._run(_HAVE_DEALT, (counterparty, account, since)).fetchone() is not None

    def login_counts(self, cells: Sequence[int]) -> dict[int, int]:
        marks = ",".join("?" * len(cells))
        return dict(self._run(f"SELECT cell, logins FROM login_count WHERE cell IN ({marks})", cells))  # noqa: S608 - marks

    def references(self) -> Sequence[ReferenceRow]:
        return [ReferenceRow._make(row) for row in self._run(_REFERENCES)]

    def current_references(self) -> Sequence[ReferenceRow]:
        return [ReferenceRow._make(row) for row in self._run(_CURRENT_REFERENCES)]

    def reference_content(self, kind: str, version: str) -> bytes | None:
        row = self._run(_REFERENCE_CONTENT, (kind, version)).fetchone()
        return None if row is None else row[0]

    def entries(self, account: AccountId, after: int, limit: int) -> Sequence[JournalRow]:
        return [JournalRow._make(row) for row in self._run(_ENTRIES, (account, after, limit))]

    def positioned(self, after: int, until: int, limit: int) -> Sequence[JournalRow]:
        return [JournalRow._make(row) for row in self._run(_POSITIONED, (after, until, limit))]

    def last_position(self) -> int:
        position: int = self._run(_LAST_POSITION).fetchone()[0]
        return position

    def checkpoints(self, after: int, limit: int) -> Sequence[CheckpointRow]:
        return [CheckpointRow._make(row) for row in self._run(_CHECKPOINTS, (after, limit))]

    def last_checkpoint(self) -> int:
        number: int = self._run(_LAST_CHECKPOINT).fetchone()[0]
        return number

    def accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_ACCOUNTS, (after, limit))]

    def holder_accounts(self, holder: HolderId) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_HOLDER_ACCOUNTS, (holder,))]

    def due_timers(self, due_at: int, limit: int) -> Sequence[TimerRow]:
        return [TimerRow._make(row) for row in self._run(_DUE_TIMERS, (due_at, limit))]

    def queued(self, after: int, limit: int, topic: str | None) -> Sequence[QueuedRow]:
        rows = self._run(_QUEUED, (after, limit)) if topic is None else self._run(_QUEUED_ABOUT, (after, topic, limit))
        return [QueuedRow(position, MessageRow._make(message), key) for position, key, *message in rows]

    def notices(self, account: AccountId) -> Sequence[NoticeRow]:
        return [NoticeRow._make(row) for row in self._run(_NOTICES, (account,))]

    def notice(self, account: AccountId, position: int) -> NoticeRow | None:
        row = self._run(_NOTICE, (account, position)).fetchone()
        return None if row is None else NoticeRow._make(row)

    def deliveries(self, account: AccountId) -> Sequence[DeliveryRow]:
        return [DeliveryRow._make(row) for row in self._run(_DELIVERIES, (account,))]

    def waiting_deliveries(self, channel: str, at: int, limit: int) -> Sequence[DeliveryRow]:
        return [DeliveryRow._make(row) for row in self._run(_WAITING_DELIVERIES, (channel, at, limit))]

    def channel(self, channel: str) -> ChannelRow | None:
        row = self._run(_CHANNEL, (channel,)).fetchone()
        return None if row is None else ChannelRow._make(row)

    def playbook(self, version: str) -> bytes | None:
        row = self._run(_PLAYBOOK, (version,)).fetchone()
        return None if row is None else row[0]

    def batch(self, batch: BatchId) -> BatchRow | None:
        row = self._run(_BATCH, (batch,)).fetchone()
        return None if row is None else BatchRow._make(row)

    def batches(self, *, live: bool) -> Sequence[BatchRow]:
        return [BatchRow._make(row) for row in self._run(_LIVE_BATCHES if live else _BATCHES)]

    def members(self, batch: BatchId, after: tuple[str, str], limit: int) -> Sequence[MemberRow]:
        return [MemberRow._make(row) for row in self._run(_MEMBERS, (batch, *after, limit))]

    def member_count(self, batch: BatchId) -> int:
        count: int = self._run(_MEMBER_COUNT, (batch,)).fetchone()[0]
        return count

    def placed_by(self, batch: BatchId, status: str, after: str, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_PLACED_BY, (batch, status, after, limit))]

    def placed_counts(self, batch: BatchId) -> dict[str, int]:
        return dict(self._run(_PLACED_COUNTS, (batch,)))

    def api_keys(self, id_: str | None) -> Sequence[ApiKeyRow]:
        return [ApiKeyRow._make(row) for row in self._run(_API_KEYS, (id_,))]

    def limited_accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_LIMITED_ACCOUNTS, (after, limit))]

    def limit_changes(self, after: int, limit: int) -> Sequence[LimitChangeRow]:
        return [LimitChangeRow._make(row) for row in self._run(_LIMIT_CHANGES, (after, limit))]

    def last_limit_change(self) -> int:
        position: int = self._run(_LAST_LIMIT_CHANGE).fetchone()[0]
        return position

    def backlog(self, due_at: int) -> Sequence[tuple[str, str, int]]:
        return [(what, of, count) for what, of, count in self._run(_BACKLOG, (due_at,))]

    def entry_count(self) -> int:
        count: int = self._run(_ENTRY_COUNT).fetchone()[0]
        return count

    def strangers(self) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_STRANGERS)]

    def write(self, changes: Changes) -> None:
        self._write_account(changes)
        event = changes.event
        if not self._run(_ADD_EVENT, event).rowcount:
            raise AlreadyRecordedError(event.account_id, event.source, event.id)
        position = None
        for entry in changes.entries:
            position = self._run(_ADD_ENTRY, entry[:3]).lastrowid
        if changes.is_limited is not None:
            self._run(_SET_LIMIT_CHANGE, (event.account_id, position, changes.is_limited))
        for restriction in changes.restrictions:
            self._run(_SET_RESTRICTION, restriction)
        for case in changes.cases:
            self._run(_SET_CASE, case)
        if changes.fired is not None:
            self._run(_REMOVE_FIRED, changes.fired[:3])
        for timer in changes.timers:
            self._run(_SET_TIMER, timer)
        for ended in changes.ended:
            self._run(_REMOVE_TIMER, (event.account_id, ended))
        for message in changes.messages:
            self._run(_ADD_MESSAGE, message)
        for request in changes.requests:
            self._run(_SET_REQUEST, request)
        for failed in changes.failed_logins:
            self._run(_FORGET_FAILED_LOGINS, (failed.at - FAILED_KEPT_US,))
            self._run(_ADD_FAILED_LOGIN, failed)
        for document in changes.documents:
            self._run(_ADD_DOCUMENT, document)
        for dealing in changes.dealings:
            self._run(_FORGET_DEALINGS, (dealing.at - DEALINGS_KEPT_US,))
            self._run(_ADD_DEALING, dealing)
        for key, from_at, until_at in changes.refusals:
            if not self._run(_PROLONG_REFUSAL, (until_at, key, from_at, from_at)).rowcount:
                self._run(_ADD_REFUSAL, (key, from_at, until_at))
        if changes.login is not None:
            self._run_many(_COUNT_LOGIN, [(cell,) for cell in changes.login.cells])
            if changes.login.halves:
                self._run(_HALVE_LOGINS)
        if changes.forgets_key:
            # The bytes of the key are overwritten in the file, and not only given free.
            self._run("PRAGMA secure_delete = ON")
            self._run(_FORGET_KEY, (event.account_id,))
            self._run(_FORGET_MESSAGES, (event.account_id,))
            self._run(_FORGET_DOCUMENTS, (event.account_id,))
            self._run(_FORGET_FILES, (event.account_id,))
            self._run("PRAGMA secure_delete = OFF")

    def _write_account(self, changes: Changes) -> None:
        row, version = changes.account, changes.version_before
        if version is None:
            written = self._run(_ADD_ACCOUNT, row[:9])
        elif changes.is_found_alike:
            written = self._run(_CHANGE_STATE, (*row[1:5], row.account_id, version))
        else:
            written = self._run(_CHANGE_ACCOUNT, (*row[1:9], row.account_id, version))
        if not written.rowcount:
            raise StaleWriteError(row.account_id)
        if changes.new_key is not None:
            self._run(_SET_KEY, (row.account_id, changes.new_key))

    def mark_delivered(self, positions: Sequence[int], at: int) -> None:
        self._run_many(_MARK_DELIVERED, [(at, position) for position in positions])

    def add_checkpoint(self, row: CheckpointRow) -> None:
        self._run(_ADD_CHECKPOINT, row)

    def add_notice(self, account: AccountId, id_: str, body: bytes) -> int | None:
        position: int = self._run(_LAST_NOTICE, (account,)).fetchone()[0] + 1
        return position if self._run(_ADD_NOTICE, (account, position, id_, body)).rowcount else None

    def add_file(self, row: FileRow, content: bytes) -> bool:
        return bool(self._run(_ADD_FILE, (*row, content)).rowcount)

    def set_delivery(self, row: DeliveryRow) -> None:
        self._run(_SET_DELIVERY, row)

    def set_channel(self, row: ChannelRow) -> None:
        self._run(_SET_CHANNEL, row)

    def add_playbook(self, version: str, text: bytes) -> None:
        self._run(_ADD_PLAYBOOK, (version, text))

    def set_batch(self, row: BatchRow) -> None:
        self._run(_SET_BATCH, row)

    def add_members(self, rows: Sequence[MemberRow]) -> None:
        self._run_many(_ADD_MEMBER, rows)

    def set_api_key(self, row: ApiKeyRow) -> None:
        self._run(_SET_API_KEY, row)

    def add_reference(self, row: ReferenceRow, content: bytes) -> None:
        self._run(_ADD_REFERENCE, (*row, content))

    def change_reference(self, row: ReferenceRow) -> None:
        said = (row.as_of, row.loaded_at, row.entries, row.source, row.loaded_by, row.is_current)
        self._run(_CHANGE_REFERENCE, (*said, row.kind, row.version))

    def retire_reference(self, kind: str) -> None:
        self._run(_RETIRE_REFERENCE, (kind,))


class SqliteStore(SqliteFile):
    """The port `service.ports.Store` on one file. Its keys are in files beside it: the master key in `<path>.key`, the one
    that signs checkpoints in `<path>.signing-key`.
    """

    def __init__(self, path: Path, busy_for_s: float = BUSY_FOR_S) -> None:
        """Open the store, made and migrated if need be. Raises StoreError."""
        super().__init__(path, PUBLIC, busy_for_s)
        self._signing_key_path = signing_key_path(self._key_path)
        self.identity_key = self._vault.identity_key

    @contextmanager
    def transaction(
        self,
        accounts: Collection[AccountId] | None = None,  # noqa: ARG002 - one writer at a time has all of them
        expected: Collection[EventKey] = (),  # noqa: ARG002 - looking one up costs no exchange with a server
    ) -> Iterator[StoredUnitOfWork]:
        with self.writing_rows() as connection:
            work = StoredUnitOfWork(SqliteRows(connection), self._vault)
            yield work
            work.require_whole()

    @contextmanager
    def reading(self) -> Iterator[StoredReader]:
        with self.reading_rows() as connection:
            yield StoredReader(SqliteRows(connection), self._vault)

    @contextmanager
    def shares(self, work: Work) -> Iterator[Iterator[Share]]:  # noqa: ARG002 - writers take turns anyway
        yield iter((self,))

    @contextmanager
    def reading_ledger(self) -> Iterator[LedgerTables]:
        with self.reading_rows() as connection:
            yield FileLedgerTables(connection)

    @contextmanager
    def writing_ledger(self) -> Iterator[LedgerTables]:
        with self.writing_rows() as connection:
            yield FileLedgerTables(connection)

    def signer(self) -> SigningKey:
        """Raises LostKeyError: another key would begin another history."""
        seed = read_key(self._signing_key_path)
        if seed is None:
            with self._translated(), self._turns.turn():
                signed_before = SqliteRows(self._writer).last_checkpoint()
            # Where something is signed, another signer may have made the key since the first look.
            seed = read_key(self._signing_key_path) if signed_before else make_key(self._signing_key_path)
            if seed is None:
                raise LostKeyError(self._signing_key_path, self.path)
        return SigningKey(seed)

    def public_key(self) -> bytes | None:
        seed = read_key(self._signing_key_path)
        return None if seed is None else SigningKey(seed).public_key

    def facts(self) -> StoreFacts:
        with self._translated(), self._turns.turn():
            schema: int = self._writer.execute("PRAGMA user_version").fetchone()[0]
        return StoreFacts(
            where=f"sqlite:///{self.path}",
            schema=schema,
            key_path=str(self._key_path),
            key_mode=stat.S_IMODE(self._key_path.stat().st_mode),
        )
