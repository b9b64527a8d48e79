"""The stores that the contract is tried on, and a hand that reaches below each of them, as a fault or an intruder would."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from habeas.domain.ids import AccountId, DocumentRequestId, RestrictionId
from habeas.service.ports import SignedCheckpoint, Store
from habeas.store.memory import Folder, MemoryStore
from habeas.store.postgres import PostgresStore
from habeas.store.rows import CheckpointRow, JournalRow
from habeas.store.sqlite import SqliteStore


class Intruder(Protocol):
    """Changes what is stored without asking the store."""

    def journal(self, account: str) -> list[tuple[int, bytes]]: ...

    def set_journal(self, account: str, rows: list[tuple[int, bytes]]) -> None: ...

    def change_entry(self, account: str, sequence: int, entry: bytes | None) -> None: ...

    def change_checkpoint(self, number: int, checkpoint: SignedCheckpoint | None) -> None: ...

    def set_head(self, account: str, sequence: int, head: bytes) -> None: ...

    def state(self, account: str) -> bytes: ...

    def set_state(self, account: str, state: bytes) -> None: ...

    def restriction_body(self, account: str, restriction: str) -> bytes: ...

    def set_restriction_body(self, account: str, restriction: str, body: bytes) -> None: ...

    def set_request_body(self, account: str, request: str, body: bytes) -> None: ...

    def everything(self) -> bytes: ...

    def failed_logins(self) -> int: ...

    def forget_key(self, account: str) -> None: ...


class MemoryIntruder:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def journal(self, account: str) -> list[tuple[int, bytes]]:
        return [(row.sequence, row.entry) for row in self._folder(account).journal]

    def set_journal(self, account: str, rows: list[tuple[int, bytes]]) -> None:
        key = AccountId(account)
        folder = self._folder(account)
        self._folders[key] = replace(folder, journal=tuple(JournalRow(key, *row) for row in rows))

    def change_entry(self, account: str, sequence: int, entry: bytes | None) -> None:
        folder = self._folder(account)
        rows = [row if row.sequence != sequence else row._replace(entry=entry or b"") for row in folder.journal]
        left = tuple(row for row in rows if row.entry)
        self._folders[AccountId(account)] = replace(folder, journal=left)

    def change_checkpoint(self, number: int, checkpoint: SignedCheckpoint | None) -> None:
        rows = [row for row in self._store._tables.checkpoints if row.number != number]
        if checkpoint is not None:
            rows.append(CheckpointRow(number, checkpoint.body, checkpoint.signature))
        self._store._tables.checkpoints = tuple(sorted(rows))

    def set_head(self, account: str, sequence: int, head: bytes) -> None:
        self._set(account, journal_sequence=sequence, journal_head=head)

    def state(self, account: str) -> bytes:
        return self._folder(account).row.state

    def set_state(self, account: str, state: bytes) -> None:
        self._set(account, state=state)

    def restriction_body(self, account: str, restriction: str) -> bytes:
        return self._folder(account).restrictions[RestrictionId(restriction)].body

    def set_restriction_body(self, account: str, restriction: str, body: bytes) -> None:
        rows, key = self._folder(account).restrictions, RestrictionId(restriction)
        rows[key] = rows[key]._replace(body=body)

    def set_request_body(self, account: str, request: str, body: bytes) -> None:
        rows, key = self._folder(account).requests, DocumentRequestId(request)
        rows[key] = rows[key]._replace(body=body)

    def everything(self) -> bytes:
        return repr(self._store._tables).encode()

    def failed_logins(self) -> int:
        return len(self._store._tables.failed_logins)

    def forget_key(self, account: str) -> None:
        self._set(account, wrapped_key=None)

    @property
    def _folders(self) -> dict[AccountId, Folder]:
        return self._store._tables.folders

    def _folder(self, account: str) -> Folder:
        return self._folders[AccountId(account)]

    def _set(self, account: str, **changes: Any) -> None:
        folder = self._folder(account)
        self._folders[AccountId(account)] = replace(folder, row=folder.row._replace(**changes))


class SqliteIntruder:
    def __init__(self, store: SqliteStore) -> None:
        self._path = store.path

    def journal(self, account: str) -> list[tuple[int, bytes]]:
        return self._run("SELECT sequence, entry FROM journal WHERE account_id = ? ORDER BY sequence", account)

    def set_journal(self, account: str, rows: list[tuple[int, bytes]]) -> None:
        self._run("DELETE FROM journal WHERE account_id = ?", account)
        for row in rows:
            self._run("INSERT INTO journal (account_id, sequence, entry) VALUES (?, ?, ?)", account, *row)

    def change_entry(self, account: str, sequence: int, entry: bytes | None) -> None:
        where = "WHERE account_id = ? AND sequence = ?"
        if entry is None:
            self._run(f"DELETE FROM journal {where}", account, sequence)
        else:
            self._run(f"UPDATE journal SET entry = ? {where}", entry, account, sequence)

    def change_checkpoint(self, number: int, checkpoint: SignedCheckpoint | None) -> None:
        self._run("DELETE FROM checkpoint WHERE number = ?", number)
        if checkpoint is not None:
            self._run("INSERT INTO checkpoint VALUES (?, ?, ?)", number, checkpoint.body, checkpoint.signature)

    def set_head(self, account: str, sequence: int, head: bytes) -> None:
        self._run(
            "UPDATE account SET journal_sequence = ?, journal_head = ? WHERE account_id = ?", sequence, head, account
        )

    def state(self, account: str) -> bytes:
        state: bytes = self._run("SELECT state FROM account WHERE account_id = ?", account)[0][0]
        return state

    def set_state(self, account: str, state: bytes) -> None:
        self._run("UPDATE account SET state = ? WHERE account_id = ?", state, account)

    def restriction_body(self, account: str, restriction: str) -> bytes:
        found = self._run("SELECT body FROM restriction WHERE account_id = ? AND id = ?", account, restriction)
        body: bytes = found[0][0]
        return body

    def set_restriction_body(self, account: str, restriction: str, body: bytes) -> None:
        self._run("UPDATE restriction SET body = ? WHERE account_id = ? AND id = ?", body, account, restriction)

    def set_request_body(self, account: str, request: str, body: bytes) -> None:
        self._run("UPDATE document_request SET body = ? WHERE account_id = ? AND id = ?", body, account, request)

    def everything(self) -> bytes:
        return b"".join(file.read_bytes() for file in self._path.parent.glob("habeas.db*"))

    def failed_logins(self) -> int:
        count: int = self._run("SELECT count(*) FROM failed_login")[0][0]
        return count

    def forget_key(self, account: str) -> None:
        self._run("DELETE FROM account_key WHERE account_id = ?", account)

    def _run(self, statement: str, *values: object) -> list[Any]:
        connection = sqlite3.connect(self._path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


class PostgresIntruder:
    def __init__(self, url: str) -> None:
        self._url = url

    def journal(self, account: str) -> list[tuple[int, bytes]]:
        return self._run("SELECT sequence, entry FROM journal WHERE account_id = %s ORDER BY sequence", account)

    def set_journal(self, account: str, rows: list[tuple[int, bytes]]) -> None:
        self._run("DELETE FROM journal WHERE account_id = %s", account)
        for row in rows:
            self._run("UPDATE journal_end SET position = position + 1")
            self._run("INSERT INTO journal SELECT %s, %s, %s, position FROM journal_end", account, *row)

    def change_entry(self, account: str, sequence: int, entry: bytes | None) -> None:
        where = "WHERE account_id = %s AND sequence = %s"
        if entry is None:
            self._run(f"DELETE FROM journal {where}", account, sequence)
        else:
            self._run(f"UPDATE journal SET entry = %s {where}", entry, account, sequence)

    def change_checkpoint(self, number: int, checkpoint: SignedCheckpoint | None) -> None:
        self._run("DELETE FROM checkpoint WHERE number = %s", number)
        if checkpoint is not None:
            self._run("INSERT INTO checkpoint VALUES (%s, %s, %s)", number, checkpoint.body, checkpoint.signature)

    def set_head(self, account: str, sequence: int, head: bytes) -> None:
        changed = "UPDATE account SET journal_sequence = %s, journal_head = %s WHERE account_id = %s"
        self._run(changed, sequence, head, account)

    def state(self, account: str) -> bytes:
        state: bytes = self._run("SELECT state FROM account WHERE account_id = %s", account)[0][0]
        return state

    def set_state(self, account: str, state: bytes) -> None:
        self._run("UPDATE account SET state = %s WHERE account_id = %s", state, account)

    def restriction_body(self, account: str, restriction: str) -> bytes:
        found = self._run("SELECT body FROM restriction WHERE account_id = %s AND id = %s", account, restriction)
        body: bytes = found[0][0]
        return body

    def set_restriction_body(self, account: str, restriction: str, body: bytes) -> None:
        self._run("UPDATE restriction SET body = %s WHERE account_id = %s AND id = %s", body, account, restriction)

    def set_request_body(self, account: str, request: str, body: bytes) -> None:
        self._run("UPDATE document_request SET body = %s WHERE account_id = %s AND id = %s", body, account, request)

    def everything(self) -> bytes:
        tables = self._run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        with psycopg.connect(self._url) as connection:
            rows = [connection.execute(f"SELECT * FROM {table}".encode()).fetchall() for (table,) in tables]
        return repr(rows).encode()

    def failed_logins(self) -> int:
        count: int = self._run("SELECT count(*) FROM failed_login")[0][0]
        return count

    def forget_key(self, account: str) -> None:
        self._run("DELETE FROM account_key WHERE account_id = %s", account)

    def _run(self, statement: str, *values: object) -> list[Any]:
        with psycopg.connect(self._url) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh store of each sort."""
    store: Store
    match request.param:
        case "memory":
            store = MemoryStore()
        case "sqlite":
            store = SqliteStore(tmp_path / "habeas.db")
        case _:
            store = PostgresStore(request.getfixturevalue("database"), tmp_path / "habeas.key")
    yield store
    store.close()


@pytest.fixture
def intruder(store: Store, request: pytest.FixtureRequest) -> Intruder:
    """A hand below the store."""
    if isinstance(store, MemoryStore):
        return MemoryIntruder(store)
    if isinstance(store, PostgresStore):
        return PostgresIntruder(request.getfixturevalue("database"))
    assert isinstance(store, SqliteStore)
    return SqliteIntruder(store)
