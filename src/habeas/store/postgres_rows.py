"""The tables in PostgreSQL (`rows.Rows`): as many writers as there are, each with the accounts that it has locked.

What a transaction writes is gathered and written at its end, in one exchange with the server. Entries of the journal get their
positions then, under the lock on the journal's end, which is held until the commit is over: so positions have no gap, come
in the order of commits, and none below one that was seen can still come (docs/adr/0018-postgresql.md).

Locks are taken in one order: the accounts by their keys, then the journal's end, then rows that are no one account's.
"""

from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from typing import Any

from psycopg import Connection, Cursor

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
from habeas.service.ports import EventKey
from habeas.store.errors import AlreadyRecordedError, OvertakenError, StaleWriteError
from habeas.store.gathered import Gathered, GatheredAccount
from habeas.store.rows import (
    BEFORE_ALL_CASES,
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

SHARES = 8
"""In how many parts the work that waits is shared out among workers."""

_EVERYTHING = 0x6861626561730000
"""The lock that a transaction on all accounts has alone, and every other one together with its like."""

_LOCK_ALL = "SELECT pg_advisory_xact_lock(%b)"
_LOCK_NOT_ALL = "SELECT pg_advisory_xact_lock_shared(%b)"
_LOCK_ACCOUNTS = "SELECT count(pg_advisory_xact_lock(key)) FROM unnest(%b::int8[]) AS key"
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_END_NOW = "SELECT position FROM journal_end"
_TAKE_END = "SELECT position FROM journal_end FOR UPDATE"
_MOVE_END = "UPDATE journal_end SET position = %b"

_ACCOUNT_COLUMNS = """
    a.account_id, a.version, a.state, a.journal_sequence, a.journal_head, a.entity, a.holder, a.parent, a.life, k.wrapped_key
    FROM account a LEFT JOIN account_key k ON k.account_id = a.account_id
"""
_ACCOUNT = f"SELECT {_ACCOUNT_COLUMNS} WHERE a.account_id = %b"
_NAMED_ACCOUNTS = f"SELECT {_ACCOUNT_COLUMNS} WHERE a.account_id = ANY(%b::text[])"
_NAMED_HOLDERS = """
    SELECT holder, account_id FROM account
    WHERE holder = ANY(ARRAY(SELECT holder FROM account WHERE account_id = ANY(%b::text[]) AND holder IS NOT NULL))
    ORDER BY account_id
"""
_WRAPPED_KEY = "SELECT wrapped_key FROM account_key WHERE account_id = %b"
_RECORDED = """
    SELECT e.digest, e.sequence, j.entry, k.wrapped_key FROM event e
    LEFT JOIN journal j ON j.account_id = e.account_id AND j.sequence = e.sequence
    LEFT JOIN account_key k ON k.account_id = e.account_id
    WHERE e.account_id = %b AND e.source = %b AND e.id = %b
"""
_ARE_RECORDED = """
    SELECT e.account_id, e.source, e.id FROM unnest(%b::text[], %b::text[], %b::text[]) AS asked (account_id, source, id)
    JOIN event e ON e.account_id = asked.account_id AND e.source = asked.source AND e.id = asked.id
"""
_RESTRICTIONS = "SELECT * FROM restriction WHERE account_id = %b ORDER BY sequence"
_RESTRICTION_ACCOUNT = "SELECT account_id FROM restriction WHERE id = %b ORDER BY account_id LIMIT 1"
_CASES = "SELECT * FROM case_file WHERE account_id = %b ORDER BY sequence"
_CASE_ACCOUNT = "SELECT account_id FROM case_file WHERE id = %b ORDER BY account_id LIMIT 1"
_OPEN_CASES = """
    SELECT * FROM case_file WHERE status = 'open' AND (%b::text IS NULL OR queue = %b)
        AND (CASE priority WHEN 'page' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, due_at, id, account_id)
            > (%b::int8, %b::int8, %b::text, %b::text)
    ORDER BY CASE priority WHEN 'page' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, due_at, id, account_id LIMIT %b
"""
_ALL_CASES = "SELECT * FROM case_file WHERE (account_id, sequence) > (%b, %b) ORDER BY account_id, sequence LIMIT %b"
_QUEUE_CASES = """
    SELECT * FROM case_file WHERE queue = %b AND (account_id, sequence) > (%b, %b) ORDER BY account_id, sequence LIMIT %b
"""
_REQUESTS = "SELECT * FROM document_request WHERE account_id = %b ORDER BY sequence"
_REQUEST_ACCOUNT = "SELECT account_id FROM document_request WHERE id = %b ORDER BY account_id LIMIT 1"
_FILES = "SELECT account_id, id, received_at, about FROM document_file WHERE account_id = %b ORDER BY received_at, id"
_FILE_CONTENT = "SELECT body FROM document_file WHERE account_id = %b AND id = %b"
_FAILED_LOGINS = """
    SELECT account_id FROM failed_login WHERE ip_key = %b AND at > %b AND at <= %b
    ORDER BY at DESC, account_id DESC, sequence DESC LIMIT %b
"""
_REFUSED_UNTIL = "SELECT max(until_at) FROM refused_ip WHERE ip_key = %b AND from_at <= %b AND until_at > %b"
_DOCUMENTS = "SELECT * FROM declared_document WHERE account_id = %b ORDER BY document_key"
_DOCUMENT_ACCOUNTS = """
    SELECT account_id FROM declared_document WHERE document_key = %b AND (%b::int8 IS NULL OR at <= %b) ORDER BY account_id
"""
_DEALT_WITH = """
    SELECT account_id, max(at), max(has_paid) FROM dealing WHERE counterparty_id = %b AND at >= %b
    GROUP BY account_id ORDER BY 2 DESC, 1 LIMIT %b
"""
_HAVE_DEALT = "SELECT 1 FROM dealing WHERE counterparty_id = %b AND account_id = %b AND at >= %b LIMIT 1"
_LOGIN_COUNTS = "SELECT cell, logins FROM login_count WHERE cell = ANY(%b::int8[])"
_REFERENCES = """
    SELECT kind, version, as_of, loaded_at, sha256, entries, source, loaded_by, is_current
    FROM reference_set ORDER BY kind, loaded_at, version
"""
_CURRENT_REFERENCES = """
    SELECT kind, version, as_of, loaded_at, sha256, entries, source, loaded_by, is_current
    FROM reference_set WHERE is_current = 1 ORDER BY kind
"""
_REFERENCE_CONTENT = "SELECT content FROM reference_set WHERE kind = %b AND version = %b"
_ENTRIES = """
    SELECT account_id, sequence, entry, position FROM journal WHERE account_id = %b AND sequence > %b
    ORDER BY sequence LIMIT %b
"""
_POSITIONED = """
    SELECT account_id, sequence, entry, position FROM journal WHERE position > %b AND position <= %b
    ORDER BY position LIMIT %b
"""
_LAST_POSITION = "SELECT coalesce(max(position), 0) FROM journal"
_CHECKPOINTS = "SELECT * FROM checkpoint WHERE number > %b ORDER BY number LIMIT %b"
_LAST_CHECKPOINT = "SELECT number FROM checkpoint_end"
_ACCOUNTS = "SELECT account_id FROM account WHERE account_id > %b ORDER BY account_id LIMIT %b"
_HOLDER_ACCOUNTS = "SELECT account_id FROM account WHERE holder = %b ORDER BY account_id"
_DUE_TIMERS = """
    SELECT * FROM timer WHERE due_at <= %b AND (%b::int8 IS NULL OR (hashtextextended(account_id, 0) & 7) = %b)
    ORDER BY due_at, account_id, about LIMIT %b
"""
_QUEUED = """
    SELECT o.position, k.wrapped_key, o.account_id, o.id, o.about, o.topic, o.body
    FROM outbox o LEFT JOIN account_key k ON k.account_id = o.account_id
    WHERE o.delivered_at IS NULL AND o.position > %b
        AND (%b::int8 IS NULL OR (hashtextextended(o.about, 0) & 7) = %b)
    ORDER BY o.position LIMIT %b
"""
_QUEUED_ABOUT = _QUEUED.replace("o.position > %b", "o.topic = %b AND o.position > %b")
_NOTICES = "SELECT * FROM notice WHERE account_id = %b ORDER BY position"
_NOTICE = "SELECT * FROM notice WHERE account_id = %b AND position = %b"
_DELIVERIES = "SELECT * FROM delivery WHERE account_id = %b ORDER BY position, channel"
_WAITING_DELIVERIES = """
    SELECT * FROM delivery WHERE channel = %b AND next_at <= %b AND next_at IS NOT NULL
    ORDER BY next_at, account_id, position LIMIT %b
"""
_TAKE_DELIVERIES = f"{_WAITING_DELIVERIES} FOR UPDATE SKIP LOCKED"
_CHANNEL = "SELECT * FROM channel WHERE channel = %b"
_TAKE_CHANNEL = f"{_CHANNEL} FOR UPDATE"
_BACKLOG = """
    SELECT 'cases', queue, count(*) FROM case_file WHERE status = 'open' GROUP BY queue
    UNION ALL SELECT 'timers', '', count(*) FROM timer WHERE due_at <= %b
    UNION ALL SELECT 'messages', '', count(*) FROM outbox WHERE delivered_at IS NULL
    UNION ALL SELECT 'deliveries', channel, count(*) FROM delivery WHERE next_at IS NOT NULL GROUP BY channel
"""
_PLAYBOOK = "SELECT text FROM playbook WHERE version = %b"
_BATCH = "SELECT * FROM batch WHERE id = %b"
_BATCHES = "SELECT * FROM batch ORDER BY id"
_LIVE_BATCHES = "SELECT * FROM batch WHERE is_live = 1 ORDER BY id"
_MEMBERS = """
    SELECT * FROM batch_member WHERE batch = %b AND (account_id, about) > (%b, %b) ORDER BY account_id, about LIMIT %b
"""
_MEMBER_COUNT = "SELECT count(*) FROM batch_member WHERE batch = %b"
_PLACED_BY = """
    SELECT DISTINCT account_id FROM restriction WHERE batch = %b AND status = %b AND account_id > %b
    ORDER BY account_id LIMIT %b
"""
_PLACED_COUNTS = "SELECT status, count(*) FROM restriction WHERE batch = %b GROUP BY status"
_LIMITED_ACCOUNTS = (
    "SELECT account_id FROM limit_change WHERE is_limited = 1 AND account_id > %b ORDER BY account_id LIMIT %b"
)
_LIMIT_CHANGES = (
    "SELECT account_id, position, is_limited FROM limit_change WHERE position > %b ORDER BY position LIMIT %b"
)
_LAST_LIMIT_CHANGE = "SELECT coalesce(max(position), 0) FROM limit_change"
_API_KEYS = "SELECT * FROM api_key WHERE %b::text IS NULL OR id = %b ORDER BY id"
_SET_API_KEY = "INSERT INTO api_key VALUES (%b, %b) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
_ENTRY_COUNT = "SELECT count(*) FROM journal"
_STRANGERS = """
    SELECT DISTINCT j.account_id FROM journal j
    WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = j.account_id) ORDER BY 1
"""


def _insert(table: str, columns: str, conflict: str = "") -> str:
    """Many rows at once, a list for each column: `columns` are names, each with the type of its list."""
    named = [column.split() for column in columns.split(",")]
    names, lists = ", ".join(name for name, _ in named), ", ".join(f"%b::{kind}[]" for _, kind in named)
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({lists}) {conflict}"  # noqa: S608 - written below


_ADD_ACCOUNTS = _insert(
    "account",
    "account_id text, version int8, state bytea, journal_sequence int8, journal_head bytea, entity text, holder text, "
    "parent text, life text",
    "ON CONFLICT DO NOTHING RETURNING account_id",
)
# The second form leaves the columns alone that have indexes, and so the indexes.
_CHANGE_ACCOUNT = """
    UPDATE account SET version = %b, state = %b, journal_sequence = %b, journal_head = %b,
        entity = %b, holder = %b, parent = %b, life = %b
    WHERE account_id = %b AND version = %b
"""
_CHANGE_STATE = """
    UPDATE account SET version = %b, state = %b, journal_sequence = %b, journal_head = %b
    WHERE account_id = %b AND version = %b
"""
_SET_KEYS = _insert(
    "account_key",
    "account_id text, wrapped_key bytea",
    "ON CONFLICT (account_id) DO UPDATE SET wrapped_key = excluded.wrapped_key",
)
_ADD_EVENTS = _insert("event", "account_id text, source text, id text, digest bytea, sequence int8")
_ADD_ENTRIES = _insert("journal", "account_id text, sequence int8, entry bytea, position int8")
_SET_LIMIT_CHANGES = _insert(
    "limit_change",
    "account_id text, position int8, is_limited int8",
    "ON CONFLICT (account_id) DO UPDATE SET position = excluded.position, is_limited = excluded.is_limited",
)
_SET_RESTRICTIONS = _insert(
    "restriction",
    "account_id text, id text, kind text, reason text, scope text, status text, starts_at int8, ends_at int8, "
    "ended_at int8, sequence int8, body bytea, batch text",
    "ON CONFLICT (account_id, id) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, scope = excluded.scope, "
    "status = excluded.status, starts_at = excluded.starts_at, ends_at = excluded.ends_at, ended_at = excluded.ended_at, "
    "body = excluded.body",
)
_SET_CASES = _insert(
    "case_file",
    "account_id text, id text, queue text, priority text, status text, opened_at int8, due_at int8, sequence int8, "
    "body bytea",
    "ON CONFLICT (account_id, id) DO UPDATE SET queue = excluded.queue, priority = excluded.priority, "
    "status = excluded.status, opened_at = excluded.opened_at, due_at = excluded.due_at, body = excluded.body",
)
_SET_REQUESTS = _insert(
    "document_request",
    "account_id text, id text, reason text, status text, issued_at int8, due_at int8, sequence int8, body bytea",
    "ON CONFLICT (account_id, id) DO UPDATE SET reason = excluded.reason, status = excluded.status, "
    "issued_at = excluded.issued_at, due_at = excluded.due_at, body = excluded.body",
)
_SET_TIMERS = _insert(
    "timer",
    "account_id text, about text, generation int8, due_at int8",
    "ON CONFLICT (account_id, about) DO UPDATE SET generation = excluded.generation, due_at = excluded.due_at",
)
_REMOVE_FIRED = "DELETE FROM timer WHERE account_id = %b AND about = %b AND generation = %b"
_REMOVE_TIMER = "DELETE FROM timer WHERE account_id = %b AND about = %b"
_ADD_MESSAGES = _insert(
    "outbox", "account_id text, id text, about text, topic text, body bytea", "ON CONFLICT (account_id, id) DO NOTHING"
)
_FORGET_FAILED_LOGINS = "DELETE FROM failed_login WHERE at < %b"
_ADD_FAILED_LOGINS = _insert("failed_login", "ip_key bytea, at int8, account_id text, sequence int8")
_ADD_DOCUMENTS = _insert(
    "declared_document",
    "document_key bytea, account_id text, at int8",
    "ON CONFLICT (document_key, account_id) DO NOTHING",
)
_FORGET_DEALINGS = "DELETE FROM dealing WHERE at < %b"
_ADD_DEALINGS = _insert("dealing", "counterparty_id text, at int8, account_id text, sequence int8, has_paid int8")
_REFUSE = """
    WITH prolonged AS (
        UPDATE refused_ip SET until_at = greatest(until_at, %b) WHERE ip_key = %b AND from_at <= %b AND until_at >= %b
        RETURNING 1
    )
    INSERT INTO refused_ip (ip_key, from_at, until_at) SELECT %b, %b, %b WHERE NOT EXISTS (SELECT 1 FROM prolonged)
"""
_COUNT_LOGINS = _insert(
    "login_count",
    "cell int8, logins int8",
    "ON CONFLICT (cell) DO UPDATE SET logins = login_count.logins + excluded.logins",
)
_HALVE_LOGINS = "UPDATE login_count SET logins = (logins + 1) / 2"
_FORGET = tuple(
    f"DELETE FROM {table} WHERE account_id = %b"  # noqa: S608 - named here
    for table in ("account_key", "outbox", "declared_document", "document_file")
)
_MARK_DELIVERED = "UPDATE outbox SET delivered_at = %b WHERE position = ANY(%b::int8[]) AND delivered_at IS NULL"
_ADD_CHECKPOINT = """
    WITH moved AS (UPDATE checkpoint_end SET number = greatest(number, %b))
    INSERT INTO checkpoint VALUES (%b, %b, %b)
"""
_ADD_NOTICE = """
    INSERT INTO notice SELECT %b, coalesce(max(position), 0) + 1, %b, %b FROM notice WHERE account_id = %b
    ON CONFLICT (account_id, id) DO NOTHING RETURNING position
"""
_ADD_FILE = "INSERT INTO document_file VALUES (%b, %b, %b, %b, %b) ON CONFLICT (account_id, id) DO NOTHING"
_SET_DELIVERY = """
    INSERT INTO delivery VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b)
    ON CONFLICT (account_id, position, channel) DO UPDATE SET attempts = excluded.attempts, next_at = excluded.next_at,
        delivered_at = excluded.delivered_at, problem = excluded.problem
"""
_SET_CHANNEL = """
    INSERT INTO channel VALUES (%b, %b, %b, %b, %b)
    ON CONFLICT (channel) DO UPDATE SET failures = excluded.failures, failing_since = excluded.failing_since,
        next_at = excluded.next_at, disabled_at = excluded.disabled_at
"""
_ADD_REFERENCE = "INSERT INTO reference_set VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b)"
_CHANGE_REFERENCE = """
    UPDATE reference_set SET as_of = %b, loaded_at = %b, entries = %b, source = %b, loaded_by = %b, is_current = %b
    WHERE kind = %b AND version = %b
"""
_RETIRE_REFERENCE = "UPDATE reference_set SET is_current = 0 WHERE kind = %b AND is_current = 1"
_ADD_PLAYBOOK = "INSERT INTO playbook VALUES (%b, %b)"
_SET_BATCH = """
    INSERT INTO batch VALUES (%b, %b, %b)
    ON CONFLICT (id) DO UPDATE SET is_live = excluded.is_live, body = excluded.body
"""
_ADD_MEMBERS = _insert(
    "batch_member", "batch text, account_id text, about text", "ON CONFLICT (batch, account_id, about) DO NOTHING"
)

_HIDDEN: dict[str, Callable[[Gathered, "Values"], object]] = {
    _ACCOUNT: lambda gathered, values: values[0] in gathered.accounts,
    _WRAPPED_KEY: lambda gathered, values: values[0] in gathered.keys,
    _RECORDED: lambda gathered, values: values in gathered.events,
    _RESTRICTIONS: lambda gathered, values: gathered.has(gathered.restrictions, values[0]),
    _CASES: lambda gathered, values: gathered.has(gathered.cases, values[0]),
    _REQUESTS: lambda gathered, values: gathered.has(gathered.requests, values[0]),
    _FAILED_LOGINS: lambda gathered, values: gathered.changes_failed_logins(values[0], values[1]),
    _REFUSED_UNTIL: lambda gathered, values: any(row.ip_key == values[0] for row in gathered.refusals),
    _DOCUMENTS: lambda gathered, values: any(account == values[0] for _, account in gathered.documents),
    _DOCUMENT_ACCOUNTS: lambda gathered, values: any(key == values[0] for key, _ in gathered.documents),
    _DEALT_WITH: lambda gathered, values: gathered.changes_dealings(values[0], values[1]),
    _HAVE_DEALT: lambda gathered, values: gathered.changes_dealings(values[0], values[2]),
    _LOGIN_COUNTS: lambda gathered, _: gathered.halves,
    _HOLDER_ACCOUNTS: lambda gathered, values: gathered.changes_holder(values[0]),
    _LIVE_BATCHES: lambda _, __: False,
    _PLAYBOOK: lambda _, __: False,
}
"""Which answers what is gathered and not yet written would change. Every other answer might be: then it is written first."""

_OF_ONE_ACCOUNT = frozenset({_ACCOUNT, _RESTRICTIONS, _CASES, _REQUESTS, _DOCUMENTS})
"""Answers about the account in the first place, which nobody changes without its lock."""

Values = tuple[Any, ...]
Found = list[tuple[Any, ...]]


def lock_key(account: AccountId) -> int:
    """The number that an account is locked by. Two accounts may share one: then they wait for each other, and no more."""
    return int.from_bytes(blake2b(account.encode(), digest_size=8).digest(), "big", signed=True)


class _Questions:
    """What is asked on a connection that has begun a transaction; of work that waits, what is in one share of it."""

    def __init__(self, connection: Connection[Any], share: int | None = None) -> None:
        self._connection = connection
        self._cursor: Cursor[Any] = connection.cursor(binary=True)
        self._share = share

    def _run(self, statement: str, values: Values = ()) -> Found:
        return self._cursor.execute(statement, values).fetchall()

    def _one(self, statement: str, values: Values = ()) -> Any:
        """The only column of the first row, None where there is no row."""
        row = self._cursor.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def _rest_on(self, statement: str, values: Values) -> Found:
        """What a decision about another account may rest on."""
        return self._run(statement, values)

    def account(self, account: AccountId) -> AccountRow | None:
        found = self._rest_on(_ACCOUNT, (account,))
        return AccountRow._make(found[0]) if found else None

    def wrapped_key(self, account: AccountId) -> bytes | None:
        key: bytes | None = self._one(_WRAPPED_KEY, (account,))
        return key

    def recorded(self, account: AccountId, source: str, event: EventId) -> RecordedRow | None:
        found = self._run(_RECORDED, (account, source, event))
        return RecordedRow._make(found[0]) if found else None

    def restrictions(self, account: AccountId) -> Sequence[RestrictionRow]:
        return [RestrictionRow._make(row) for row in self._rest_on(_RESTRICTIONS, (account,))]

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None:
        account: AccountId | None = self._one(_RESTRICTION_ACCOUNT, (restriction,))
        return account

    def cases(self, account: AccountId) -> Sequence[CaseRow]:
        return [CaseRow._make(row) for row in self._rest_on(_CASES, (account,))]

    def case_account(self, case: CaseId) -> AccountId | None:
        account: AccountId | None = self._one(_CASE_ACCOUNT, (case,))
        return account

    def open_cases(
        self, queue: str | None, limit: int, after: tuple[int, int, str, str] = BEFORE_ALL_CASES
    ) -> Sequence[CaseRow]:
        return [CaseRow._make(row) for row in self._run(_OPEN_CASES, (queue, queue, *after, limit))]

    def queue_cases(self, queue: str | None, after: tuple[str, int], limit: int) -> Sequence[CaseRow]:
        if queue is None:
            return [CaseRow._make(row) for row in self._run(_ALL_CASES, (*after, limit))]
        return [CaseRow._make(row) for row in self._run(_QUEUE_CASES, (queue, *after, limit))]

    def requests(self, account: AccountId) -> Sequence[RequestRow]:
        return [RequestRow._make(row) for row in self._rest_on(_REQUESTS, (account,))]

    def request_account(self, request: DocumentRequestId) -> AccountId | None:
        account: AccountId | None = self._one(_REQUEST_ACCOUNT, (request,))
        return account

    def files(self, account: AccountId) -> Sequence[FileRow]:
        return [FileRow._make(row) for row in self._run(_FILES, (account,))]

    def file_content(self, account: AccountId, file: DocumentFileId) -> bytes | None:
        content: bytes | None = self._one(_FILE_CONTENT, (account, file))
        return content

    def failed_logins(self, ip_key: bytes, after: int, until: int, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_FAILED_LOGINS, (ip_key, after, until, limit))]

    def refused_until(self, ip_key: bytes, at: int) -> int | None:
        until: int | None = self._one(_REFUSED_UNTIL, (ip_key, at, at))
        return until

    def documents(self, account: AccountId) -> Sequence[DocumentRow]:
        return [DocumentRow._make(row) for row in self._rest_on(_DOCUMENTS, (account,))]

    def document_accounts(self, key: bytes, until: int | None) -> Sequence[AccountId]:
        return [account for (account,) in self._rest_on(_DOCUMENT_ACCOUNTS, (key, until, until))]

    def dealt_with(self, account: AccountId, since: int, limit: int) -> Sequence[DealtRow]:
        return [DealtRow._make(row) for row in self._rest_on(_DEALT_WITH, (account, since, limit))]

    def have_dealt(self, account: AccountId, counterparty: AccountId, since: int) -> bool:
        return bool(self._rest_on(_HAVE_DEALT, (counterparty, account, since)))

    def login_counts(self, cells: Sequence[int]) -> dict[int, int]:
        return dict(self._run(_LOGIN_COUNTS, (list(cells),)))

    def references(self) -> Sequence[ReferenceRow]:
        return [ReferenceRow._make(row) for row in self._run(_REFERENCES)]

    def current_references(self) -> Sequence[ReferenceRow]:
        return [ReferenceRow._make(row) for row in self._run(_CURRENT_REFERENCES)]

    def reference_content(self, kind: str, version: str) -> bytes | None:
        content: bytes | None = self._one(_REFERENCE_CONTENT, (kind, version))
        return content

    def entries(self, account: AccountId, after: int, limit: int) -> Sequence[JournalRow]:
        return [JournalRow._make(row) for row in self._run(_ENTRIES, (account, after, limit))]

    def positioned(self, after: int, until: int, limit: int) -> Sequence[JournalRow]:
        return [JournalRow._make(row) for row in self._run(_POSITIONED, (after, until, limit))]

    def last_position(self) -> int:
        position: int = self._one(_LAST_POSITION)
        return position

    def checkpoints(self, after: int, limit: int) -> Sequence[CheckpointRow]:
        return [CheckpointRow._make(row) for row in self._run(_CHECKPOINTS, (after, limit))]

    def last_checkpoint(self) -> int:
        number: int = self._one(_LAST_CHECKPOINT)
        return number

    def accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_ACCOUNTS, (after, limit))]

    def holder_accounts(self, holder: HolderId) -> Sequence[AccountId]:
        return [account for (account,) in self._rest_on(_HOLDER_ACCOUNTS, (holder,))]

    def due_timers(self, due_at: int, limit: int) -> Sequence[TimerRow]:
        return [TimerRow._make(row) for row in self._run(_DUE_TIMERS, (due_at, self._share, self._share, limit))]

    def queued(self, after: int, limit: int, topic: str | None) -> Sequence[QueuedRow]:
        within = after, self._share, self._share, limit
        rows = self._run(_QUEUED, within) if topic is None else self._run(_QUEUED_ABOUT, (topic, *within))
        return [QueuedRow(position, MessageRow._make(message), key) for position, key, *message in rows]

    def notices(self, account: AccountId) -> Sequence[NoticeRow]:
        return [NoticeRow._make(row) for row in self._run(_NOTICES, (account,))]

    def notice(self, account: AccountId, position: int) -> NoticeRow | None:
        found = self._run(_NOTICE, (account, position))
        return NoticeRow._make(found[0]) if found else None

    def deliveries(self, account: AccountId) -> Sequence[DeliveryRow]:
        return [DeliveryRow._make(row) for row in self._run(_DELIVERIES, (account,))]

    def waiting_deliveries(self, channel: str, at: int, limit: int) -> Sequence[DeliveryRow]:
        return [DeliveryRow._make(row) for row in self._run(_WAITING_DELIVERIES, (channel, at, limit))]

    def channel(self, channel: str) -> ChannelRow | None:
        found = self._run(_CHANNEL, (channel,))
        return ChannelRow._make(found[0]) if found else None

    def playbook(self, version: str) -> bytes | None:
        text: bytes | None = self._one(_PLAYBOOK, (version,))
        return text

    def batch(self, batch: BatchId) -> BatchRow | None:
        found = self._run(_BATCH, (batch,))
        return BatchRow._make(found[0]) if found else None

    def batches(self, *, live: bool) -> Sequence[BatchRow]:
        return [BatchRow._make(row) for row in self._rest_on(_LIVE_BATCHES if live else _BATCHES, ())]

    def members(self, batch: BatchId, after: tuple[str, str], limit: int) -> Sequence[MemberRow]:
        return [MemberRow._make(row) for row in self._run(_MEMBERS, (batch, *after, limit))]

    def member_count(self, batch: BatchId) -> int:
        count: int = self._one(_MEMBER_COUNT, (batch,))
        return count

    def placed_by(self, batch: BatchId, status: str, after: str, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_PLACED_BY, (batch, status, after, limit))]

    def placed_counts(self, batch: BatchId) -> dict[str, int]:
        return dict(self._run(_PLACED_COUNTS, (batch,)))

    def api_keys(self, id_: str | None) -> Sequence[ApiKeyRow]:
        return [ApiKeyRow._make(row) for row in self._run(_API_KEYS, (id_, id_))]

    def limited_accounts(self, after: str, limit: int) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_LIMITED_ACCOUNTS, (after, limit))]

    def limit_changes(self, after: int, limit: int) -> Sequence[LimitChangeRow]:
        return [LimitChangeRow._make(row) for row in self._run(_LIMIT_CHANGES, (after, limit))]

    def last_limit_change(self) -> int:
        position: int = self._one(_LAST_LIMIT_CHANGE)
        return position

    def backlog(self, due_at: int) -> Sequence[tuple[str, str, int]]:
        return [(what, of, count) for what, of, count in self._run(_BACKLOG, (due_at,))]

    def entry_count(self) -> int:
        count: int = self._one(_ENTRY_COUNT)
        return count

    def strangers(self) -> Sequence[AccountId]:
        return [account for (account,) in self._run(_STRANGERS)]


class PostgresRows(_Questions):
    """`Rows` in a transaction. One that writes has `begin` and `settle` called around it."""

    def __init__(self, connection: Connection[Any], share: int | None = None) -> None:
        super().__init__(connection, share)
        self._gathered = Gathered()
        self._is_writing = False
        self._locked: Collection[AccountId] | None = ()
        """None: all accounts."""
        self._known: dict[AccountId, AccountRow | None] = {}
        """Locked accounts as they are in the table."""
        self._absent: set[EventKey] = set()
        """Events that are not recorded, of locked accounts."""
        self._rested_on: dict[tuple[str, Values], Found] = {}
        """What was read of accounts that others may change, to be compared before anything is written."""
        self._refused_until: int | None = None
        self._refused_until_of: Values = ()
        self._end_before = 0
        self._end: int | None = None
        """The position of the last entry, from when its lock is held."""

    def begin(self, accounts: Collection[AccountId] | None, expected: Collection[EventKey]) -> None:
        """Begin a transaction that writes, alone for these accounts (None: for all), once nobody else has them. `expected`:
        events of theirs that will be asked for.
        """
        self._is_writing, self._locked = True, accounts if accounts is None else frozenset(accounts)
        if accounts is None:
            with self._connection.pipeline():
                self._send(_BEGIN)
                self._send(_LOCK_ALL, (_EVERYTHING,))
            return
        asked, named = list(expected), list(self._locked or ())
        with self._connection.pipeline():
            self._send(_BEGIN)
            self._send(_LOCK_NOT_ALL, (_EVERYTHING,))
            # In one order, so that no two wait for each other.
            self._send(_LOCK_ACCOUNTS, (sorted(map(lock_key, named)),))
            end = self._send(_END_NOW)
            there = self._send(_NAMED_ACCOUNTS, (named,)) if named else None
            held = self._send(_NAMED_HOLDERS, (named,)) if named else None
            recorded = self._send_many(_ARE_RECORDED, asked)
        (self._end_before,) = end.fetchall()[0]
        self._known = dict.fromkeys(named) | {row[0]: AccountRow._make(row) for row in there or ()}
        for holder, account in held or ():
            self._rested_on.setdefault((_HOLDER_ACCOUNTS, (holder,)), []).append((account,))
        self._absent = set(asked).difference(recorded or ())

    def settle(self) -> None:
        """Write what was gathered. Nobody else commits entries from here until the transaction is over.

        Raises StaleWriteError, and OvertakenError where somebody else has committed what a decision here rested on.
        """
        if not self._gathered.accounts:
            return
        gathered, self._gathered = self._gathered, Gathered()
        self._known.clear()
        self._refused_until_of = ()
        self._write(gathered, self._taken_end())

    def _send(self, statement: str, values: Values = ()) -> Cursor[Any]:
        """In a pipeline: the answer is there when the pipeline has ended."""
        return self._connection.cursor(binary=True).execute(statement, values)

    def _reveal(self, statement: str, values: Values) -> None:
        is_hidden = _HIDDEN.get(statement)
        if self._gathered.accounts and (is_hidden is None or is_hidden(self._gathered, values)):
            self.settle()

    def _run(self, statement: str, values: Values = ()) -> Found:
        self._reveal(statement, values)
        return super()._run(statement, values)

    def _one(self, statement: str, values: Values = ()) -> Any:
        self._reveal(statement, values)
        return super()._one(statement, values)

    def _rest_on(self, statement: str, values: Values) -> Found:
        self._reveal(statement, values)
        is_ours = statement in _OF_ONE_ACCOUNT and self._is_locked(values[0])
        if not self._is_writing or is_ours or self._locked is None or self._end is not None:
            return super()._run(statement, values)
        key = statement, values
        if key not in self._rested_on:
            self._rested_on[key] = super()._run(statement, values)
        return self._rested_on[key]

    def _is_locked(self, account: AccountId) -> bool:
        return self._locked is None or account in self._locked

    def account(self, account: AccountId) -> AccountRow | None:
        if account in self._known and account not in self._gathered.accounts:
            return self._known[account]
        return super().account(account)

    def wrapped_key(self, account: AccountId) -> bytes | None:
        known = self._known.get(account)
        if known is None or account in self._gathered.keys:
            return super().wrapped_key(account)
        return known.wrapped_key

    def recorded(self, account: AccountId, source: str, event: EventId) -> RecordedRow | None:
        key = account, source, event
        if key in self._absent:
            return None
        found = super().recorded(*key)
        if found is None and self._is_locked(account):
            self._absent.add(key)
        return found

    def failed_logins(self, ip_key: bytes, after: int, until: int, limit: int) -> Sequence[AccountId]:
        failed, refused = (ip_key, after, until, limit), (ip_key, until, until)
        self._reveal(_FAILED_LOGINS, failed)
        self._reveal(_REFUSED_UNTIL, refused)
        # Whoever asks the one asks the other next: one exchange for both.
        with self._connection.pipeline():
            accounts, until_at = self._send(_FAILED_LOGINS, failed), self._send(_REFUSED_UNTIL, refused)
        (self._refused_until,) = until_at.fetchall()[0]
        self._refused_until_of = refused
        return [account for (account,) in accounts]

    def refused_until(self, ip_key: bytes, at: int) -> int | None:
        asked = ip_key, at, at
        self._reveal(_REFUSED_UNTIL, asked)
        return self._refused_until if self._refused_until_of == asked else super().refused_until(ip_key, at)

    def login_counts(self, cells: Sequence[int]) -> dict[int, int]:
        counts = super().login_counts(cells)
        more = {cell: self._gathered.logins[cell] for cell in cells if cell in self._gathered.logins}
        return counts | {cell: counts.get(cell, 0) + logins for cell, logins in more.items()}

    def waiting_deliveries(self, channel: str, at: int, limit: int) -> Sequence[DeliveryRow]:
        if not self._is_writing:
            return super().waiting_deliveries(channel, at, limit)
        return [DeliveryRow._make(row) for row in self._run(_TAKE_DELIVERIES, (channel, at, limit))]

    def channel(self, channel: str) -> ChannelRow | None:
        if not self._is_writing:
            return super().channel(channel)
        found = self._run(_TAKE_CHANNEL, (channel,))
        return ChannelRow._make(found[0]) if found else None

    def write(self, changes: Changes) -> None:
        event = changes.event
        key = event.account_id, event.source, event.id
        assert self._is_locked(event.account_id), f"`{event.account_id}` is not among the accounts of this transaction"
        if key in self._gathered.events or (key not in self._absent and self.recorded(*key) is not None):
            raise AlreadyRecordedError(*key)
        self._absent.discard(key)
        self._gathered.add(changes)
        if changes.forgets_key:
            self.settle()
            with self._connection.pipeline():
                for statement in _FORGET:
                    self._send(statement, (event.account_id,))

    def _taken_end(self) -> int:
        if self._end is None:
            end: int = super()._one(_TAKE_END)
            # Where nobody has committed an entry since the beginning, everything is as it was read.
            if end != self._end_before and self._rested_on:
                self._compare()
            self._rested_on.clear()
            self._end = end
        return self._end

    def _compare(self) -> None:
        with self._connection.pipeline():
            again = [(self._send(statement, values), found) for (statement, values), found in self._rested_on.items()]
        if any(cursor.fetchall() != found for cursor, found in again):
            raise OvertakenError

    def _write(self, gathered: Gathered, end: int) -> None:
        new = [each.row[:9] for each in gathered.accounts.values() if each.version_before is None]
        changed = [each for each in gathered.accounts.values() if each.version_before is not None]
        entries = [(*row[:3], end + number) for number, row in enumerate(gathered.entries, start=1)]
        self._end = end + len(entries)
        removed = [key for key, timer in gathered.timers.items() if timer is None]
        with self._connection.pipeline():
            added = self._send_many(_ADD_ACCOUNTS, new)
            updated = [self._send(*_account_change(each)) for each in changed]
            self._send_many(_SET_KEYS, gathered.keys.items())
            self._send_many(_ADD_EVENTS, gathered.events.values())
            self._send(_MOVE_END, (self._end,))
            self._send_many(_ADD_ENTRIES, entries)
            limits = [(account, end + number, limited) for account, (number, limited) in gathered.limits.items()]
            self._send_many(_SET_LIMIT_CHANGES, limits)
            self._send_many(_SET_RESTRICTIONS, gathered.restrictions.values())
            self._send_many(_SET_CASES, gathered.cases.values())
            self._send_many(_SET_REQUESTS, gathered.requests.values())
            for fired in gathered.fired:
                self._send(_REMOVE_FIRED, fired[:3])
            for key in removed:
                self._send(_REMOVE_TIMER, key)
            self._send_many(_SET_TIMERS, [timer for timer in gathered.timers.values() if timer is not None])
            self._send_many(_ADD_MESSAGES, gathered.messages.values())
            if gathered.failed_from is not None:
                self._send(_FORGET_FAILED_LOGINS, (gathered.failed_from,))
            self._send_many(_ADD_FAILED_LOGINS, gathered.failed_logins)
            self._send_many(_ADD_DOCUMENTS, gathered.documents.values())
            if gathered.dealings_from is not None:
                self._send(_FORGET_DEALINGS, (gathered.dealings_from,))
            self._send_many(_ADD_DEALINGS, gathered.dealings)
            for ip, from_at, until_at in gathered.refusals:
                self._send(_REFUSE, (until_at, ip, from_at, from_at, ip, from_at, until_at))
            self._send_many(_COUNT_LOGINS, gathered.logins.items())
            if gathered.halves:
                self._send(_HALVE_LOGINS)
        there = {account for (account,) in added.fetchall()} if added is not None else set()
        for row in new:
            if row[0] not in there:
                raise StaleWriteError(row[0])
        for each, cursor in zip(changed, updated, strict=True):
            if not cursor.rowcount:
                raise StaleWriteError(each.row.account_id)

    def _send_many(self, statement: str, rows: Collection[Sequence[Any]]) -> Cursor[Any] | None:
        return self._send(statement, tuple(map(list, zip(*rows, strict=True)))) if rows else None

    def _do(self, statement: str, values: Values) -> int:
        """How many rows were written."""
        return self._cursor.execute(statement, values).rowcount

    def mark_delivered(self, positions: Sequence[int], at: int) -> None:
        self._do(_MARK_DELIVERED, (at, list(positions)))

    def add_checkpoint(self, row: CheckpointRow) -> None:
        self._do(_ADD_CHECKPOINT, (row.number, *row))

    def add_notice(self, account: AccountId, id_: str, body: bytes) -> int | None:
        position: int | None = self._one(_ADD_NOTICE, (account, id_, body, account))
        return position

    def add_file(self, row: FileRow, content: bytes) -> bool:
        return bool(self._do(_ADD_FILE, (*row, content)))

    def set_delivery(self, row: DeliveryRow) -> None:
        self._do(_SET_DELIVERY, row)

    def set_channel(self, row: ChannelRow) -> None:
        self._do(_SET_CHANNEL, row)

    def add_playbook(self, version: str, text: bytes) -> None:
        self._do(_ADD_PLAYBOOK, (version, text))

    def set_batch(self, row: BatchRow) -> None:
        self._do(_SET_BATCH, row)

    def add_members(self, rows: Sequence[MemberRow]) -> None:
        if rows:
            self._do(_ADD_MEMBERS, tuple(map(list, zip(*rows, strict=True))))

    def set_api_key(self, row: ApiKeyRow) -> None:
        self._do(_SET_API_KEY, row)

    def add_reference(self, row: ReferenceRow, content: bytes) -> None:
        self._do(_ADD_REFERENCE, (*row, content))

    def change_reference(self, row: ReferenceRow) -> None:
        said = (row.as_of, row.loaded_at, row.entries, row.source, row.loaded_by, row.is_current)
        self._do(_CHANGE_REFERENCE, (*said, row.kind, row.version))

    def retire_reference(self, kind: str) -> None:
        self._do(_RETIRE_REFERENCE, (kind,))


def _account_change(changed: GatheredAccount) -> tuple[str, Values]:
    row, version = changed.row, changed.version_before
    if changed.is_found_alike:
        return _CHANGE_STATE, (*row[1:5], row.account_id, version)
    return _CHANGE_ACCOUNT, (*row[1:9], row.account_id, version)
