"""What the ledger's statements run on: written once, in SQLite's placeholders, for a file and for a server.

Amounts are whole numbers of up to 128 bits. A file keeps them as integers or bytes, a server as numerics; both in order.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from psycopg import Connection

_INTEGER_MAX = 2**63 - 1


class Found(Protocol):
    """The rows that a statement found."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Any: ...


class LedgerTables(Protocol):
    """The tables of the ledger inside a transaction."""

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Found: ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> object: ...

    def amount(self, number: int) -> Any:
        """An amount as it stands in a column."""


def number(column: int | bytes | Decimal) -> int:
    """The amount that stands in a column, wherever that is."""
    return int.from_bytes(column, "big") if isinstance(column, bytes) else int(column)


def file_amount(number: int) -> int | bytes:
    """An amount in a column of a file: SQLite orders integers before bytes, and bytes by value."""
    return number if number <= _INTEGER_MAX else number.to_bytes(16, "big")


class FileLedgerTables:
    """In a SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.amount = file_amount


class ServerLedgerTables:
    """In PostgreSQL."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self._connection = connection
        self.amount = Decimal

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Found:
        translated = _translated(statement)
        is_numbered = "%(" in translated
        given = {f"p{place}": value for place, value in enumerate(values, start=1)} if is_numbered else values
        return self._connection.execute(translated.encode(), given)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(statement).encode(), rows)


@cache
def _translated(statement: str) -> str:
    """`?1` and `?` as psycopg has them."""
    return re.sub(r"\?(\d*)", lambda found: f"%(p{found[1]})s" if found[1] else "%s", statement)
