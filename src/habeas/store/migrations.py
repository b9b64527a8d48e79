"""How a SQLite file gets its tables: numbered plain SQL files, each applied once and whole (docs/adr/0005-migrations.md).

The number of the last one applied is the file's `user_version`, which SQLite undoes with the rest of a transaction.
"""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from habeas.store.errors import NewerSchemaError

PUBLIC = Path(__file__).with_name("schema") / "public"
"""The migrations of the public store in a SQLite file."""

POSTGRES = PUBLIC.with_name("postgres")
"""Those of the public store in PostgreSQL (`postgres.PostgresStore`)."""

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


def scripts(folder: Path) -> list[Path]:
    """The migrations in a folder, in order. They are numbered from 0001 without a gap."""
    paths = sorted(folder.glob("*.sql"))
    for number, path in enumerate(paths, start=1):
        match = _NAME.fullmatch(path.name)
        assert match, f"`{path.name}` is not called like 0001_what_it_does.sql"
        assert int(match[1]) == number, f"`{path.name}` should be number {number:04}"
    return paths


def migrate(connection: sqlite3.Connection, path: Path, folder: Path = PUBLIC) -> None:
    """Bring the tables up to date; nothing is written if they are. Raises NewerSchemaError.

    All that is missing is applied in one exclusive transaction, so it is there as a whole or not at all, and a process that
    opens the same file meanwhile waits and then finds nothing left to do.
    """
    known = scripts(folder)
    if _version(connection, path, len(known)) == len(known):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in known[_version(connection, path, len(known)) :]:
            for statement in statements(script.read_text("utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(known)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path, known: int) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > known:
        raise NewerSchemaError(path, version, known)
    return version


def statements(script: str) -> Iterator[str]:
    """The statements of a script. (`executescript` would commit first, and so apply a script by halves.)"""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not _without_comments(statement), f"a migration ends inside a statement: {statement.strip()[:80]}"


def _without_comments(text: str) -> str:
    return re.sub(r"--.*", "", text).strip()
