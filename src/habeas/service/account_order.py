"""Rows of a file in the order of their accounts, however many they are.

A store keeps what belongs to an account together. What comes in that order fills its pages one after another; in any other,
nearly every row is written to pages of its own, and a million of them take many times as long.
"""

import heapq
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO, TypeVar

import msgspec

from habeas.service.import_file import AccountRow, StatusRow

RUN_MAX = 200_000
"""So many rows are sorted in memory. Of more, sorted runs lie in nameless files that only this process can read."""

R = TypeVar("R", StatusRow, AccountRow)

_encode = msgspec.msgpack.Encoder().encode
_LENGTH = struct.Struct("<I")


def by_account(rows: Iterator[R], type_: type[R], run_max: int = RUN_MAX) -> Iterator[R]:
    """The same rows by account, and those of one account in the order of their lines."""
    first = _sorted(rows, run_max)
    second = _sorted(rows, run_max)
    if not second:
        yield from first
        return
    with ExitStack() as files:
        runs = []
        for run in chain([first, second], iter(lambda: _sorted(rows, run_max), [])):
            file = files.enter_context(TemporaryFile())
            for row in run:
                encoded = _encode(row)
                file.write(_LENGTH.pack(len(encoded)) + encoded)
            file.seek(0)
            runs.append(_read(file, msgspec.msgpack.Decoder(type_)))
        del first, second
        yield from heapq.merge(*runs, key=_place)


def _sorted(rows: Iterator[R], run_max: int) -> list[R]:
    return sorted(islice(rows, run_max), key=_place)


def _place(row: R) -> tuple[str, int]:
    return row.account, row.line


def _read(file: IO[bytes], decoder: "msgspec.msgpack.Decoder[R]") -> Iterator[R]:
    while head := file.read(_LENGTH.size):
        yield decoder.decode(file.read(_LENGTH.unpack(head)[0]))
