"""The store in PostgreSQL, for any number of processes: each account is one writer's at a time, and nothing else waits.

A process has one connection that writes and a few that read. Nothing that was read outlives its transaction. Readers see the
state at the beginning of their block and wait for nobody. The keys are in files, as those of a SQLite store are: the master
key in the key file, the one that signs checkpoints beside it.
"""

import stat
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from habeas.domain.ids import AccountId
from habeas.service.ports import EventKey, Share, StoreFacts, Work
from habeas.store.errors import (
    BusyStoreError,
    FailedStoreError,
    LostKeyError,
    NewerSchemaError,
    NoKeyFileError,
    OvertakenError,
    StoreError,
    UnfitValueError,
    UnreachableStoreError,
    WrongKeyError,
)
from habeas.store.ledger_tables import LedgerTables, ServerLedgerTables
from habeas.store.migrations import POSTGRES, scripts
from habeas.store.postgres_rows import SHARES, PostgresRows
from habeas.store.unit_of_work import StoredReader, StoredUnitOfWork, Turns
from habeas.store.vault import SigningKey, Vault, make_key, read_key, signing_key_path

SERVER_MIN = 15
"""The oldest PostgreSQL that this is tested with."""

BUSY_FOR_S = 30.0
"""How long a writer waits for another one, and a reader for a connection."""

READERS_MAX = 16
"""Connections of one process that read at the same time."""

CONNECT_WITHIN_S = 10

_MIGRATING = 0x6861626561730001
"""The lock of whoever makes or changes the tables."""

# Statements are planned once and not for each value: they are all by key. A machine that is gone holds its locks for a minute.
# A commit that was acknowledged is on the disk, also where the server's own default is otherwise.
_SESSION = """
    SET plan_cache_mode = force_generic_plan;
    SET jit = off;
    SET lock_timeout = '{busy_for_ms}ms';
    SET client_min_messages = warning;
    SET tcp_keepalives_idle = 30;
    SET tcp_keepalives_interval = 10;
    SET tcp_keepalives_count = 3;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
# Whatever a writer does is by key, and a plan that is made while the tables are small is used when they are large. Whoever
# stands still for a minute inside a transaction would have everybody else stand still.
_WRITING = """
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET idle_in_transaction_session_timeout = '60s'
"""
# The view is taken by the first statement, not by BEGIN.
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"
_SHARE = "SELECT 1 FROM work_share WHERE work = %s AND number = %s FOR UPDATE SKIP LOCKED"


class PostgresStore:
    """The port `service.ports.Store` in a database."""

    def __init__(self, url: str, key_path: Path | None, busy_for_s: float = BUSY_FOR_S) -> None:
        """Open the store, made and migrated if need be. Raises StoreError."""
        self._url = url
        self.where = _shown(url)
        if key_path is None:
            raise NoKeyFileError(self.where)
        self._key_path = key_path.absolute()
        self._signing_key_path = signing_key_path(self._key_path)
        self._busy_for_s = busy_for_s
        self._turns = Turns()
        self._idle: list[Connection[Any]] = []
        self._may_read = threading.BoundedSemaphore(READERS_MAX)
        self._is_closed = False
        self._writer = self._connected_writer()
        try:
            with self._translated():
                self._require_server()
                self._migrate()
                self._vault = self._open_vault()
        except BaseException:
            self._writer.close()
            raise
        self.identity_key = self._vault.identity_key

    @contextmanager
    def transaction(
        self, accounts: Collection[AccountId] | None = None, expected: Collection[EventKey] = ()
    ) -> Iterator[StoredUnitOfWork]:
        with self._writing(accounts, expected) as rows:
            work = StoredUnitOfWork(rows, self._vault)
            yield work
            work.require_whole()
            rows.settle()

    @contextmanager
    def writing_rows(self) -> Iterator[Connection[Any]]:
        """The connection that writes, in an exclusive transaction of its own; for tables that are no account's."""
        with self._writing(None, ()):
            yield self._writer

    @contextmanager
    def _writing(
        self, accounts: Collection[AccountId] | None, expected: Collection[EventKey]
    ) -> Iterator[PostgresRows]:
        assert not self._is_closed, "the store is closed"
        with self._translated(), self._turns.turn():
            rows = self._begun(accounts, expected)
            try:
                yield rows
                self._writer.execute("COMMIT")
            except BaseException:
                _undo(self._writer)
                raise

    @contextmanager
    def reading(self) -> Iterator[StoredReader]:
        with self.reading_rows() as connection:
            yield StoredReader(PostgresRows(connection), self._vault)

    @contextmanager
    def shares(self, work: Work) -> Iterator[Iterator[Share]]:
        assert not self._is_closed, "the store is closed"
        with self._translated(), self._borrowed() as connection:
            yield self._free_shares(connection, work)

    def _free_shares(self, connection: Connection[Any], work: Work) -> Iterator[Share]:
        for number in range(SHARES):
            # The row is locked until the next share is asked for, or until the process is gone.
            connection.execute("BEGIN")
            if connection.execute(_SHARE, (work, number)).fetchone() is not None:
                yield PostgresShare(self, number)
            connection.execute("COMMIT")

    @contextmanager
    def reading_share(self, number: int) -> Iterator[StoredReader]:
        """A view that shows of the work that waits only one share."""
        with self.reading_rows() as connection:
            yield StoredReader(PostgresRows(connection, number), self._vault)

    @contextmanager
    def reading_ledger(self) -> Iterator[LedgerTables]:
        with self.reading_rows() as connection:
            yield ServerLedgerTables(connection)

    @contextmanager
    def writing_ledger(self) -> Iterator[LedgerTables]:
        with self._writing((), ()):
            self._writer.execute("LOCK TABLE coin_asset IN EXCLUSIVE MODE")  # Others may read; accounts go on.
            yield ServerLedgerTables(self._writer)

    def signer(self) -> SigningKey:
        """Raises LostKeyError: another key would begin another history."""
        seed = read_key(self._signing_key_path)
        if seed is None:
            with self.reading() as reader:
                signed_before = reader.last_checkpoint()
            # Where something is signed, another signer may have made the key since the first look.
            seed = read_key(self._signing_key_path) if signed_before else make_key(self._signing_key_path)
            if seed is None:
                raise LostKeyError(self._signing_key_path, self.where)
        return SigningKey(seed)

    def public_key(self) -> bytes | None:
        seed = read_key(self._signing_key_path)
        return None if seed is None else SigningKey(seed).public_key

    def facts(self) -> StoreFacts:
        with self.reading_rows() as connection:
            schema: int = connection.execute("SELECT version FROM habeas_schema").fetchone()[0]  # type: ignore[index]
            unsafe = connection.execute(
                "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"
            ).fetchall()
            used, allowed = connection.execute(
                "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
                "current_setting('max_connections')::int"
            ).fetchone()  # type: ignore[misc]
            version = connection.info.parameter_status("server_version")
        return StoreFacts(
            where=self.where,
            schema=schema,
            key_path=str(self._key_path),
            key_mode=stat.S_IMODE(self._key_path.stat().st_mode),
            server=f"PostgreSQL {version}, {used} of {allowed} connections in use, up to {1 + READERS_MAX} by each process",
            unsafe=tuple(name for (name,) in unsafe),
        )

    def close(self) -> None:
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()
        self._writer.close()

    def _begun(self, accounts: Collection[AccountId] | None, expected: Collection[EventKey]) -> PostgresRows:
        try:
            return _begin(self._writer, accounts, expected)
        except psycopg.OperationalError:
            if not self._writer.closed:
                raise
        # The server was started again, or something on the way ended the connection. Nothing was begun.
        self._writer = self._connected_writer()
        return _begin(self._writer, accounts, expected)

    @contextmanager
    def reading_rows(self) -> Iterator[Connection[Any]]:
        """A connection with one consistent view; for tables that are no account's."""
        assert not self._is_closed, "the store is closed"
        with self._translated(), self._borrowed(_READ) as connection:
            yield connection

    @contextmanager
    def _borrowed(self, first: str = "SELECT 1") -> Iterator[Connection[Any]]:
        if not self._may_read.acquire(timeout=self._busy_for_s):
            raise BusyStoreError(self.where, self._busy_for_s)
        try:
            connection = self._said(first)
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._may_read.release()

    def _said(self, first: str) -> Connection[Any]:
        """A connection on which something was said: an idle one if it is still alive."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                with suppress(psycopg.OperationalError):
                    connection.execute(first, prepare=False)
                    return connection
                connection.close()
        connection = self._connect()
        connection.execute(first, prepare=False)
        return connection

    def _give_back(self, connection: Connection[Any]) -> None:
        with suppress(psycopg.Error):
            _undo(connection)
        if self._is_closed or connection.closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _connected_writer(self) -> Connection[Any]:
        connection = self._connect()
        connection.execute(_WRITING, prepare=False)
        return connection

    def _connect(self) -> Connection[Any]:
        try:
            connection: Connection[Any] = psycopg.connect(
                self._url,
                autocommit=True,  # Transactions begin and end where we say so.
                prepare_threshold=0,
                connect_timeout=CONNECT_WITHIN_S,
                application_name="habeas",
            )
        except (psycopg.Error, UnicodeError) as exc:
            raise UnreachableStoreError(self.where, _first_line(exc)) from None
        connection.prepared_max = 500
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        connection.execute(_SESSION.format(busy_for_ms=round(self._busy_for_s * 1000)), prepare=False)
        return connection

    def _require_server(self) -> None:
        info = self._writer.info
        if info.server_version < SERVER_MIN * 10_000:
            found = info.parameter_status("server_version")
            raise StoreError(f"the store `{self.where}` is in PostgreSQL {found}; it needs {SERVER_MIN} or later")
        encoding = info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                f"the database `{info.dbname}` has the encoding {encoding}; make one with UTF8 (createdb --encoding=UTF8)"
            )

    def _migrate(self) -> None:
        """Bring the tables up to date; nothing is written if they are. Raises NewerSchemaError."""
        known = scripts(POSTGRES)
        if self._schema(len(known)) == len(known):
            return
        with self._migrating():
            for script in known[self._schema(len(known)) :]:
                self._writer.execute(script.read_text("utf-8"), prepare=False)
            self._writer.execute("CREATE TABLE IF NOT EXISTS habeas_schema (version INT NOT NULL)")
            self._writer.execute("DELETE FROM habeas_schema")
            self._writer.execute("INSERT INTO habeas_schema VALUES (%s)", (len(known),))

    @contextmanager
    def _migrating(self) -> Iterator[None]:
        self._writer.execute("BEGIN")
        try:
            self._writer.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            _undo(self._writer)
            raise

    def _schema(self, known: int) -> int:
        if self._writer.execute("SELECT to_regclass('habeas_schema')").fetchone() == (None,):
            return 0
        version: int = self._writer.execute("SELECT version FROM habeas_schema").fetchone()[0]  # type: ignore[index]
        if version > known:
            raise NewerSchemaError(self.where, version, known)
        return version

    def _open_vault(self) -> Vault:
        proof = self._proof()
        if proof is None:
            with self._migrating():
                proof = self._proof()
                if proof is None:
                    proof = Vault(self._made_key()).proof()
                    self._writer.execute("INSERT INTO meta VALUES ('key_proof', %s)", (proof,))
        master = read_key(self._key_path)
        if master is None:
            raise LostKeyError(self._key_path, self.where)
        vault = Vault(master)
        if not vault.is_proved_by(proof):
            raise WrongKeyError(self._key_path, self.where)
        return vault

    def _made_key(self) -> bytes:
        try:
            return make_key(self._key_path)
        except OSError as exc:
            raise StoreError(f"the key file `{self._key_path}` cannot be made: {exc.strerror}") from None

    def _proof(self) -> bytes | None:
        row = self._writer.execute("SELECT value FROM meta WHERE name = 'key_proof'").fetchone()
        return None if row is None else bytes(row[0])

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors become errors of the port."""
        try:
            yield
        except errors.LockNotAvailable as exc:
            raise BusyStoreError(self.where, self._busy_for_s) from exc
        except (errors.DeadlockDetected, errors.SerializationFailure) as exc:
            raise OvertakenError from exc
        except psycopg.DataError as exc:
            raise UnfitValueError(self.where, _first_line(exc)) from exc
        except psycopg.Error as exc:
            raise FailedStoreError(self.where, _first_line(exc)) from exc


class PostgresShare:
    """A share of the work that waits (`service.ports.Share`), by the account that the work is about."""

    def __init__(self, store: PostgresStore, number: int) -> None:
        self._store = store
        self._number = number

    @contextmanager
    def reading(self) -> Iterator[StoredReader]:
        with self._store.reading_share(self._number) as reader:
            yield reader


def _begin(
    connection: Connection[Any], accounts: Collection[AccountId] | None, expected: Collection[EventKey]
) -> PostgresRows:
    rows = PostgresRows(connection)
    try:
        rows.begin(accounts, expected)
    except BaseException:
        _undo(connection)
        raise
    return rows


def _undo(connection: Connection[Any]) -> None:
    if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.execute("ROLLBACK")


def _shown(url: str) -> str:
    """The URL without its password."""
    try:
        told = conninfo_to_dict(url)
    except psycopg.ProgrammingError as exc:
        raise StoreError(f"the store URL cannot be read: {_first_line(exc)}") from None
    user, host, port, name = (told.get(each) for each in ("user", "host", "port", "dbname"))
    return f"postgresql://{f'{user}@' if user else ''}{host or ''}{f':{port}' if port else ''}/{name or ''}"


def _first_line(exc: Exception) -> str:
    return next(iter(str(exc).strip().splitlines()), type(exc).__name__)
