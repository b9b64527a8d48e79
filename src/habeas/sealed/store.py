"""The sealed store: a database, a key and a journal of its own, in one SQLite file.

Its journal is one chain over everything that was done and read here. What is written is encrypted under a key of its order,
review or report.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from habeas.domain.actor import Actor
from habeas.domain.errors import BadInputError
from habeas.domain.ids import AccountId
from habeas.sealed.command import Command
from habeas.sealed.order import Order
from habeas.sealed.report import Report
from habeas.sealed.review import Review
from habeas.service.ports import JournalFault
from habeas.store.journal import entry_hash, genesis, read_entry, verify, write_entry
from habeas.store.rows import from_column, to_column
from habeas.store.sqlite_file import SqliteFile
from habeas.store.vault import Sealer, Vault

SCHEMA = Path(__file__).with_name("schema")
CHAIN = AccountId("sealed")
"""What the journal's one chain is called."""
DESK = "desk"
"""The subject of what is about no single order."""

_SQLITE = "sqlite:///"
T = TypeVar("T", bound=Struct)
_pack = msgspec.msgpack.Encoder(decimal_format="string").encode


class Line(Struct, frozen=True, kw_only=True):
    """One line of the sealed journal: who did what about which subject, and the record as it was then."""

    act: str
    subject: str
    by: Actor
    note: str = ""
    record: bytes = b""


class RegistryText(Struct, frozen=True, kw_only=True):
    """A version of the registry of agencies: proposed by one, in use when another has signed it."""

    id: str
    text: bytes
    proposed_by: Actor
    proposed_at: datetime
    signed_by: Actor | None = None
    signed_at: datetime | None = None


KINDS: dict[type[Struct], str] = {Order: "order", Review: "review", Report: "report", RegistryText: "registry"}
"""By what is kept: its kind in the table."""


class SealedStore(SqliteFile):
    """The sealed store in one file; its key lies beside it unless it is told where."""

    def __init__(self, path: Path, key_path: Path | None = None) -> None:
        super().__init__(path, SCHEMA, key_path=key_path)
        self.cover_key = self._vault.identity_key
        """With which covers are picked."""

    @contextmanager
    def transaction(self) -> Iterator["SealedWork"]:
        """Everything in it is kept, or nothing."""
        with self.writing_rows() as connection:
            yield SealedWork(connection, self._vault)

    @contextmanager
    def reading(self) -> Iterator["SealedReader"]:
        """One consistent view."""
        with self.reading_rows() as connection:
            yield SealedReader(connection, self._vault)


def open_sealed_store(url: str, key_path: Path | None = None) -> SealedStore:
    """The sealed store that a URL names. Raises BadInputError, StoreError."""
    if not url.startswith(_SQLITE) or url == _SQLITE:
        raise BadInputError(f"no sealed store is known by `{url}`; give `sqlite:///PATH`")
    return SealedStore(Path(url.removeprefix(_SQLITE)), key_path)


class SealedReader:
    """What is in the sealed store."""

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        self._run = connection.execute
        self._vault = vault

    def find(self, type_: type[T], id_: str) -> T | None:
        """A record by its id."""
        row = self._run("SELECT body FROM record WHERE kind = ? AND id = ?", (KINDS[type_], id_)).fetchone()
        return None if row is None else self._open(type_, id_, row[0])

    def get(self, type_: type[T], id_: str) -> T:
        """A record by its id. Raises BadInputError where there is none."""
        found = self.find(type_, id_)
        if found is None:
            raise BadInputError(f"there is no {KINDS[type_]} `{id_}` here")
        return found

    def all(self, type_: type[T], *, is_open: bool | None = None) -> Iterator[T]:
        """Every record of a kind, or the open ones, in the order of their ids."""
        wanted = "" if is_open is None else f" AND is_open = {int(is_open)}"
        rows = self._run(f"SELECT id, body FROM record WHERE kind = ?{wanted} ORDER BY id", (KINDS[type_],))  # noqa: S608
        for id_, body in rows.fetchall():
            yield self._open(type_, id_, body)

    def waiting(self, at: datetime) -> list[Command]:
        """The commands whose time has come and that are not marked as applied, oldest first."""
        rows = self._run(
            "SELECT subject, body FROM command INDEXED BY command_waiting"
            " WHERE applied_at IS NULL AND not_before <= ? ORDER BY position",
            (to_column(at),),
        )
        return [self._command(*row) for row in rows.fetchall()]

    def command(self, id_: str) -> tuple[Command, bool]:
        """A command, and whether it is marked as applied."""
        subject, body, applied_at = self._run(
            "SELECT subject, body, applied_at FROM command WHERE id = ?", (id_,)
        ).fetchone()
        return self._command(subject, body), applied_at is not None

    def attachment(self, subject: str, digest: str) -> bytes | None:
        """A copy or a package by its digest."""
        row = self._run("SELECT body FROM attachment WHERE subject = ? AND sha256 = ?", (subject, digest)).fetchone()
        return None if row is None else self._sealer(subject).open("attachment", row[0])

    def lines(self, subject: str | None = None) -> Iterator[tuple[int, datetime, Line]]:
        """The journal, or what it says of one subject, oldest first."""
        rows = self._run(
            "SELECT sequence, subject, entry FROM journal WHERE ?1 IS NULL OR subject = ?1 ORDER BY sequence",
            (subject,),
        )
        for sequence, about, stored in rows.fetchall():
            entry = read_entry(stored)
            opened = self._sealer(about).open(entry.kind, entry.sealed)
            yield sequence, from_column(entry.at), msgspec.msgpack.decode(opened, type=Line)

    def verify(self) -> Iterator[JournalFault]:
        """Walk the chain; each place that is wrong is told."""
        sequence, head = self._end()
        rows = self._run("SELECT sequence, entry FROM journal ORDER BY sequence").fetchall()
        return verify(CHAIN, rows, sequence, head)

    def _open(self, type_: type[T], id_: str, body: bytes) -> T:
        return msgspec.msgpack.decode(self._sealer(id_).open(KINDS[type_], body), type=type_)

    def _command(self, subject: str, body: bytes) -> Command:
        return msgspec.msgpack.decode(self._sealer(subject).open("command", body), type=Command)

    def _sealer(self, subject: str) -> Sealer:
        row = self._run("SELECT wrapped_key FROM subject WHERE subject = ?", (subject,)).fetchone()
        return self._vault.sealer(AccountId(subject), row[0])

    def _end(self) -> tuple[int, bytes]:
        rows = dict(self._run("SELECT name, value FROM meta WHERE name IN ('sequence', 'head')").fetchall())
        if not rows:
            return 0, genesis(CHAIN)
        return int.from_bytes(rows["sequence"], "big"), rows["head"]


class SealedWork(SealedReader):
    """A transaction of the sealed store."""

    def put(
        self, record: Order | Review | Report | RegistryText, act: str, by: Actor, at: datetime, note: str = ""
    ) -> None:
        """Keep a record as it is now, with a line in the journal that says who made it so."""
        kind, body = KINDS[type(record)], _pack(record)
        self._subject(record.id)
        sealed = self._sealer(record.id).seal(kind, body)
        is_open = int(getattr(record, "is_open", False))
        self._run(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET is_open = excluded.is_open,"
            " changed_at = excluded.changed_at, body = excluded.body",
            (kind, record.id, is_open, to_column(at), sealed),
        )
        self.log(act, record.id, by, at, note, body)

    def log(self, act: str, subject: str, by: Actor, at: datetime, note: str = "", record: bytes = b"") -> None:
        """A line in the journal."""
        self._subject(subject)
        sequence, head = self._end()
        line = _pack(Line(act=act, subject=subject, by=by, note=note, record=record))
        sealed = self._sealer(subject).seal(act, line)
        entry = write_entry(CHAIN, sequence + 1, act, to_column(at), head, sealed)
        self._run("INSERT INTO journal VALUES (?, ?, ?)", (sequence + 1, subject, entry))
        for name, value in (("sequence", (sequence + 1).to_bytes(8, "big")), ("head", entry_hash(entry))):
            self._run("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    def keep(self, command: Command) -> None:
        """A public act that is to be submitted."""
        body = self._sealer(command.subject).seal("command", _pack(command))
        self._run(
            "INSERT INTO command (id, subject, not_before, body) VALUES (?, ?, ?, ?)",
            (command.id, command.subject, to_column(command.at), body),
        )

    def mark(self, command: Command, at: datetime) -> None:
        """The public store has answered."""
        body = self._sealer(command.subject).seal("command", _pack(command))
        self._run(
            "UPDATE command SET applied_at = ?, body = ? WHERE id = ? AND applied_at IS NULL",
            (to_column(at), body, command.id),
        )

    def attach(self, subject: str, content: bytes) -> str:
        """Keep a copy or a package; its digest."""
        digest = sha256(content).hexdigest()
        sealed = self._sealer(subject).seal("attachment", content)
        self._run("INSERT INTO attachment VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (subject, digest, sealed))
        return digest

    @contextmanager
    def undoable(self) -> Iterator["Part"]:
        """A part of the transaction that can be undone alone."""
        part = Part()
        self._run("SAVEPOINT part")
        yield part
        if part.is_undone:
            self._run("ROLLBACK TO part")
        self._run("RELEASE part")

    def _subject(self, subject: str) -> None:
        known = self._run("SELECT 1 FROM subject WHERE subject = ?", (subject,)).fetchone()
        if known is None:
            self._run("INSERT INTO subject VALUES (?, ?)", (subject, self._vault.new_key(AccountId(subject))))


class Part:
    """A part of a transaction: kept, unless it is undone."""

    is_undone = False

    def undo(self) -> None:
        """Keep nothing that was written in it."""
        self.is_undone = True
