"""A store copied into another one, table by table and to the byte: out of a file into a server, and back.

All of it is one transaction. Before that ends, every table is read back and compared with where it came from, so that the
journal has the same entries at the same positions, and checkpoints are over the same bytes. Keys are not in tables: the copy
needs the same master key, and the signing key beside it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from typing import Any, Protocol

from psycopg import Connection

from habeas.service.ports import Store
from habeas.store.errors import StoreError
from habeas.store.ledger_tables import file_amount, number
from habeas.store.postgres import PostgresStore
from habeas.store.sqlite import SqliteStore

Row = tuple[Any, ...]
Progress = Callable[[str, int], None]
"""Hears which table is copied, and how many rows of it more."""

LEFT = frozenset({"meta", "sqlite_sequence", "habeas_schema", "work_share", "journal_end", "checkpoint_end"})
"""Tables that speak of the store itself, and not of what is kept in it."""

ENDS = ("journal", "checkpoint", "outbox")
"""Tables whose rows are numbered, and no number is given twice, even if its row is gone."""

AMOUNTS = frozenset({"received", "sent", "amount", "in_start", "out_start", "sender_in", "balance"})
"""Columns that a file and a server keep differently (`ledger_tables`)."""

PIECE = 500


class Tables(Protocol):
    """The tables of a store, inside a transaction."""

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of each table that is copied, by name."""

    def key(self, table: str) -> tuple[str, ...]:
        """The columns of a table's primary key."""

    def count(self, table: str) -> int: ...

    def rows(self, table: str, columns: Iterable[str], key: Iterable[str]) -> Iterator[Row]:
        """In the order of a key, as they stand in the table."""

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None: ...

    def ends(self) -> dict[str, int]:
        """The highest number that was ever given in each of `ENDS`."""

    def set_ends(self, ends: dict[str, int]) -> None: ...


class SqliteTables:
    """Tables in a file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self) -> dict[str, tuple[str, ...]]:
        tables = self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        return {table: self._columns(table) for (table,) in tables.fetchall() if table not in LEFT}

    def _columns(self, table: str) -> tuple[str, ...]:
        found = self._connection.execute("SELECT name FROM pragma_table_info(?) ORDER BY name", (table,))
        return tuple(name for (name,) in found)

    def key(self, table: str) -> tuple[str, ...]:
        found = self._connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table,))
        return tuple(name for (name,) in found)

    def count(self, table: str) -> int:
        count: int = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - from the schema
        return count

    def rows(self, table: str, columns: Iterable[str], key: Iterable[str]) -> Iterator[Row]:
        asked = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(key)}"  # noqa: S608 - as above
        return iter(self._connection.execute(asked))

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.execute("PRAGMA defer_foreign_keys = ON")
        self._connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - as above
            _with_amounts(columns, rows, file_amount),
        )

    def ends(self) -> dict[str, int]:
        found = dict(self._connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        return {table: found.get(table, 0) for table in ENDS}

    def set_ends(self, ends: dict[str, int]) -> None:
        for table, end in ends.items():
            self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self._connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, end))


class PostgresTables:
    """Tables in a server."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def columns(self) -> dict[str, tuple[str, ...]]:
        found = self._connection.execute(
            'SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") FROM pg_class c '
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
            "AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'habeas_schema'::regclass) "
            "GROUP BY 1 ORDER BY 1"
        )
        return {table: tuple(names) for table, names in found if table not in LEFT}

    def key(self, table: str) -> tuple[str, ...]:
        found = self._connection.execute(
            "SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, place) "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number "
            "WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY k.place",
            (table,),
        )
        return tuple(name for (name,) in found)

    def count(self, table: str) -> int:
        count: int = self._connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0]  # type: ignore[index] # noqa: S608
        return count

    def rows(self, table: str, columns: Iterable[str], key: Iterable[str]) -> Iterator[Row]:
        asked = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(key)}"  # noqa: S608 - from the schema
        with self._connection.cursor(name="copying", binary=True) as cursor:
            cursor.itersize = PIECE
            yield from cursor.execute(asked.encode())

    def add(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        copying = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(copying.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def ends(self) -> dict[str, int]:
        journal, checkpoint, outbox, is_called = self._connection.execute(
            "SELECT j.position, c.number, o.last_value, o.is_called FROM journal_end j, checkpoint_end c, outbox_position o"
        ).fetchone()  # type: ignore[misc]
        return dict(zip(ENDS, (journal, checkpoint, outbox if is_called else 0), strict=True))

    def set_ends(self, ends: dict[str, int]) -> None:
        self._connection.execute("UPDATE journal_end SET position = %s", (ends["journal"],))
        self._connection.execute("UPDATE checkpoint_end SET number = %s", (ends["checkpoint"],))
        self._connection.execute("SELECT setval('outbox_position', %s, false)", (ends["outbox"] + 1,))


def row_counts(source: Store) -> dict[str, int]:
    """How many rows there are to copy in each table."""
    with _read(source) as tables:
        return {table: tables.count(table) for table in tables.columns()}


def copy(source: Store, target: Store, progress: Progress = lambda _table, _rows: None) -> dict[str, int]:
    """Copy everything; returns how many rows each table has. Raises StoreError, with nothing written, if the target has any
    rows, cannot keep a table that has some, or does not hold what was copied.
    """
    where = target.facts().where
    with _read(source) as there, _write(target) as here:
        known = here.columns()
        filled = next((table for table in known if here.count(table)), None)
        if filled is not None:
            raise StoreError(f"the store `{where}` is not empty: it has `{filled}`; copy into a new one")
        copied = {}
        for table, columns in there.columns().items():
            count = there.count(table)
            if count and known.get(table) != columns:
                raise StoreError(
                    f"{count} rows of `{table}` cannot be kept in `{where}`; bring both stores up to date "
                    "with one release, or leave that store where it is"
                )
            if count:
                key = there.key(table)
                rows = _with_amounts(columns, there.rows(table, columns, key), number)
                here.add(table, columns, _counted(table, rows, progress))
                if _digest(columns, there.rows(table, columns, key)) != _digest(
                    columns, here.rows(table, columns, key)
                ):
                    raise StoreError(f"the copy of `{table}` is not what was copied; nothing is kept of it")
            copied[table] = count
        here.set_ends(there.ends())
        return copied


def _digest(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    digest = sha256()
    for row in _with_amounts(columns, rows, number):
        digest.update(repr(row).encode())
    return digest.digest()


def _with_amounts(columns: Sequence[str], rows: Iterable[Row], spelled: Callable[[Any], Any]) -> Iterator[Row]:
    """The rows with their amounts spelled anew."""
    places = {place for place, name in enumerate(columns) if name in AMOUNTS}
    for row in rows:
        yield tuple(spelled(value) if place in places else value for place, value in enumerate(row)) if places else row


def _counted(table: str, rows: Iterator[Row], progress: Progress) -> Iterator[Row]:
    done = 0
    for done, row in enumerate(rows, start=1):
        yield row
        if done % PIECE == 0:
            progress(table, PIECE)
    progress(table, done % PIECE)


def _read(store: Store) -> AbstractContextManager[Tables]:
    return _tables(_kept(store), _kept(store).reading_rows())


def _write(store: Store) -> AbstractContextManager[Tables]:
    return _tables(_kept(store), _kept(store).writing_rows())


def _kept(store: Store) -> SqliteStore | PostgresStore:
    if isinstance(store, SqliteStore | PostgresStore):
        return store
    raise StoreError(f"the store `{store.facts().where}` is not kept anywhere, so it cannot be copied")


@contextmanager
def _tables(store: SqliteStore | PostgresStore, opened: AbstractContextManager[Any]) -> Iterator[Tables]:
    with opened as connection:
        yield SqliteTables(connection) if isinstance(store, SqliteStore) else PostgresTables(connection)
