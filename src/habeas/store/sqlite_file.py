"""A SQLite file of ours: made, migrated and opened with its key (write-ahead log, every commit on the disk).

Several processes may share it. Nothing that was read outlives its transaction, so it does not matter who wrote in between.
Writers of one process take turns by a lock, processes by SQLite's. Readers have connections of their own, see the state at the
beginning of their block, and wait for nobody.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from habeas.store.errors import BusyStoreError, FailedStoreError, LostKeyError, StoreError, WrongKeyError
from habeas.store.migrations import migrate
from habeas.store.unit_of_work import Turns
from habeas.store.vault import Vault, make_key, read_key

SQLITE_MIN = (3, 37, 0)
"""The first SQLite with STRICT tables."""

BUSY_FOR_S = 30.0
"""How long a writer waits for another process."""

CHECKPOINT_PAGES = 4_000
"""Size of the write-ahead log, in pages of 4 KiB, at which it is copied into the file."""


class SqliteFile:
    """One file with its tables and its key. The tables have a `meta` (name, value), which proves the key."""

    def __init__(self, path: Path, schema: Path, busy_for_s: float = BUSY_FOR_S, key_path: Path | None = None) -> None:
        """Open the file, made and migrated if need be; the key lies beside it unless it is told where. Raises StoreError."""
        if sqlite3.sqlite_version_info < SQLITE_MIN:
            needed = ".".join(map(str, SQLITE_MIN))
            raise StoreError(f"this Python has SQLite {sqlite3.sqlite_version}; a store needs {needed} or later")
        self.path = path.absolute()
        self._busy_for_s = busy_for_s
        self._turns = Turns()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        self._key_path = key_path or key_path_of(self.path)
        with self._translated():
            _make_file(self.path)
            self._writer = self._connect()
            try:
                self._use_write_ahead_log()
                migrate(self._writer, self.path, schema)
                self._vault = self._open_vault()
            except BaseException:
                self._writer.close()
                raise

    def back_up(self, to: Path) -> None:
        """Copy the whole store, as of one instant, into a new file that only its owner may read; everybody reads and writes
        on meanwhile. Keys are not in it. Raises StoreError, also where there is a file already.
        """
        try:
            os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as exc:
            raise StoreError(f"the backup `{to}` cannot be made: {exc.strerror}; name a new file") from None
        try:
            # All pages in one step: a copy in several would begin again whenever another process writes.
            with self._translated(), closing(self._connect()) as source, closing(sqlite3.connect(to)) as target:
                source.backup(target)
        except BaseException:
            to.unlink()
            raise

    @contextmanager
    def writing_rows(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, in an exclusive transaction of its own; for tables that are no account's."""
        assert not self._is_closed, "the store is closed"
        with self._translated(), self._turns.turn(), self._exclusive():
            yield self._writer

    @contextmanager
    def reading_rows(self) -> Iterator[sqlite3.Connection]:
        """A connection with one consistent view; for tables that are no account's."""
        assert not self._is_closed, "the store is closed"
        with self._translated():
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                connection.execute(
                    "SELECT 1 FROM meta"
                ).fetchone()  # The view is taken by the first read, not by BEGIN.
                yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()
        self._writer.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:  # Some errors have SQLite itself undo the transaction.
                self._writer.execute("ROLLBACK")
            raise

    def _borrow(self) -> sqlite3.Connection:
        with suppress(IndexError):
            return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if self._is_closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_for_s,
            isolation_level=None,  # Transactions begin and end where we say so.
            check_same_thread=False,  # One thread at a time: writers by their turns, readers by borrowing.
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return connection

    def _use_write_ahead_log(self) -> None:
        # Two processes that make the same store may meet here, where SQLite fails at once instead of waiting.
        deadline = time.monotonic() + self._busy_for_s
        while self._writer.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _open_vault(self) -> Vault:
        key_path = self._key_path
        proof = self._proof()
        if proof is None:
            with self._exclusive():
                proof = self._proof()
                if proof is None:
                    proof = Vault(make_key(key_path)).proof()
                    self._writer.execute("INSERT INTO meta VALUES ('key_proof', ?)", (proof,))
        master = read_key(key_path)
        if master is None:
            raise LostKeyError(key_path, self.path)
        vault = Vault(master)
        if not vault.is_proved_by(proof):
            raise WrongKeyError(key_path, self.path)
        return vault

    def _proof(self) -> bytes | None:
        row = self._writer.execute("SELECT value FROM meta WHERE name = 'key_proof'").fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors become errors of the port."""
        try:
            yield
        except sqlite3.Error as exc:
            # The low byte is the primary code; the rest says which kind of busy.
            if getattr(exc, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise BusyStoreError(self.path, self._busy_for_s) from exc
            raise FailedStoreError(self.path, exc) from exc


def key_path_of(path: Path) -> Path:
    """Where the master key of a store in a file lies."""
    return path.with_name(f"{path.name}.key")


def _make_file(path: Path) -> None:
    """An empty file that only its owner may read, unless there is a file; SQLite gives its side files the same mode.

    A file that is there is not opened: closing it would end every lock that this process has on it by other connections
    (sqlite.org/howtocorrupt.html, 2.2), and another process could then take the log away under them.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as exc:
        raise FailedStoreError(path, exc) from None
