"""Tables as one file: a mark, a version, a digest, a head, and the tables one behind the other, used where they lie.

    8 bytes   the mark, which says what the file holds
    2 bytes   the version of what it holds
    32 bytes  SHA-256 of everything that follows
    4 bytes   the length of the head
    the head  JSON: the order of bytes, the tables with their types and lengths in bytes, and what the user of the file adds
    tables    each beginning at a multiple of eight bytes

Such a file is a copy of what can be made again, so a damaged one, or one of another version or another sort of machine, is
refused and made again.
"""

import sys
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import count
from os import getpid
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError

_MARK_LENGTH = 8
_START = _MARK_LENGTH + 2
_BODY = _START + 32
_ALIGNED = 8
_attempts = count()

T = TypeVar("T")


class TableFileError(BadInputError):
    """A file is not what this version writes. It can be made again."""


class Layout(Struct, frozen=True):
    """What a sort of file holds: its mark, its version, what it is called in messages, and its tables by name and type."""

    mark: bytes
    version: int
    what: str
    tables: tuple[tuple[str, str], ...]


class _Head(Struct, frozen=True):
    byte_order: str
    lengths: tuple[int, ...]
    more: msgspec.Raw


def encode(layout: Layout, more: Any, tables: Mapping[str, Any]) -> bytes:
    """The bytes of a file. `more` is anything that msgspec can write; tables are buffers by name."""
    assert len(layout.mark) == _MARK_LENGTH
    parts = [memoryview(tables[name]).cast("B") if len(tables[name]) else b"" for name, _ in layout.tables]
    head = msgspec.json.encode(_Head(sys.byteorder, tuple(map(len, parts)), msgspec.Raw(msgspec.json.encode(more))))
    body = bytearray(len(head).to_bytes(4, "little") + head)
    for part in parts:
        body += bytes(-(len(body) + _BODY) % _ALIGNED)
        body += part
    return b"".join((layout.mark, layout.version.to_bytes(2, "little"), sha256(body).digest(), body))


def decode(layout: Layout, data: bytes, more: type[T]) -> tuple[T, dict[str, Any]]:
    """What was added to the head, and the tables. Raises TableFileError unless the bytes are exactly what was written."""
    if data[:_MARK_LENGTH] != layout.mark or int.from_bytes(data[_MARK_LENGTH:_START], "little") != layout.version:
        raise TableFileError(f"{layout.what} is of another version of Habeas; make it again")
    if sha256(memoryview(data)[_BODY:]).digest() != data[_START:_BODY]:
        raise TableFileError(f"{layout.what} is damaged; make it again")
    # INVARIANT: from here on the bytes are those that `encode` made.
    whole = memoryview(data)
    at = _BODY + 4 + int.from_bytes(whole[_BODY : _BODY + 4], "little")
    head = msgspec.json.decode(whole[_BODY + 4 : at], type=_Head)
    if head.byte_order != sys.byteorder:
        raise TableFileError(f"{layout.what} is from another sort of machine; make it again")
    tables: dict[str, Any] = {}
    for (name, code), length in zip(layout.tables, head.lengths, strict=True):
        at += -at % _ALIGNED
        tables[name] = whole[at : at + length].cast(_code(code))
        at += length
    assert at == len(data), "the file ends where its last table does"
    return msgspec.json.decode(head.more, type=more), tables


def _code(code: str) -> Literal["B", "I", "Q", "d"]:
    assert code in ("B", "I", "Q", "d")
    return cast('Literal["B", "I", "Q", "d"]', code)


def write(data: bytes, path: Path) -> None:
    """Write the file, whole or not at all. Raises BadInputError when it cannot be written."""
    unfinished = path.with_name(f".{path.name}.{getpid()}.{next(_attempts)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except OSError as exc:
        raise BadInputError(f"cannot write `{path}`: {exc.strerror}; check the folder and its permissions") from None
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def read(path: Path) -> bytes:
    """The bytes of the file. Raises BadInputError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise BadInputError(f"cannot read `{path}`: {exc.strerror}; check the path and its permissions") from None
