"""Each account's journal: a hash chain over the bytes that are stored, never over a form made from them again.

What is hashed is sealed, so a journal still verifies after the account's key was forgotten. The account's row keeps the
number and the hash of the last entry, so that a journal that was cut short is seen too.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import sha256

import msgspec
from msgspec import Struct

from habeas.domain.errors import JournalBrokenError
from habeas.domain.ids import AccountId
from habeas.service.ports import JournalFault

FORMAT = 1


class EntryKind(StrEnum):
    """What an entry holds."""

    EVENT = "event"
    """An event with its facts and its outcome (`service.ports.RecordedEvent`)."""
    RESTRICTION = "restriction"
    """A restriction as it was after it began, changed or ended."""
    CASE = "case"
    """A case as it was after it was opened or changed."""
    REQUEST = "request"
    """A document request as it was after it was issued or changed."""


class Entry(Struct, frozen=True, array_like=True):
    """One entry. `sequence` counts an account's entries from 1; `at` is in microseconds; `previous` is a hash."""

    format: int
    account: AccountId
    sequence: int
    kind: str
    at: int
    previous: bytes
    sealed: bytes


UNDECODABLE = (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a msgpack decoder raises for bytes that are not what it expects. Not all of it is msgspec's own."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def genesis(account: AccountId) -> bytes:
    """What stands before the first entry of an account."""
    return sha256(b"habeas journal 1\0" + account.encode()).digest()


def write_entry(account: AccountId, sequence: int, kind: str, at: int, previous: bytes, sealed: bytes) -> bytes:
    """The bytes of an entry, to be stored as they are."""
    return _encode((FORMAT, account, sequence, str(kind), at, previous, sealed))


def read_entry(stored: bytes) -> Entry:
    """An entry from its bytes. Raises JournalBrokenError for bytes that are no entry, or one of an unknown format."""
    try:
        entry = _decode(stored)
    except UNDECODABLE:
        raise JournalBrokenError("the bytes are no journal entry") from None
    if entry.format != FORMAT:
        raise JournalBrokenError(f"the entry has the unknown format `{entry.format}`")
    return entry


def entry_hash(stored: bytes) -> bytes:
    """The hash that the next entry and the account's row name this entry by."""
    return sha256(stored).digest()


def verify(account: AccountId, rows: Iterable[tuple[int, bytes]], sequence: int, head: bytes) -> Iterator[JournalFault]:
    """Walk one account's chain, given as (sequence, stored bytes) in order, up to what the account's row says is its end.

    Each place that is wrong is told once, and the walk goes on behind it.
    """
    expected, previous = 1, genesis(account)
    for number, stored in rows:
        if number != expected:
            yield JournalFault(account, expected, _missing(expected, number - 1))
        fault = _fault_of(account, number, stored, previous if number == expected else None)
        if fault:
            yield JournalFault(account, number, fault)
        expected, previous = number + 1, entry_hash(stored)
    last = expected - 1
    if last < sequence:
        yield JournalFault(account, expected, _missing(expected, sequence))
    elif last > sequence:
        yield JournalFault(
            account, sequence + 1, f"entries up to {last} follow after the last one that the account knows of"
        )
    elif previous != head:
        yield JournalFault(account, last, "the last entry is not the one that the account knows of")


def _fault_of(account: AccountId, number: int, stored: bytes, previous: bytes | None) -> str | None:
    try:
        entry = read_entry(stored)
    except JournalBrokenError as exc:
        return str(exc)
    if (entry.account, entry.sequence) != (account, number):
        return f"the entry was written as entry {entry.sequence} of account `{entry.account}`"
    if previous is not None and entry.previous != previous:
        return "the entry does not follow from the one before it: one of the two was changed"
    return None


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
