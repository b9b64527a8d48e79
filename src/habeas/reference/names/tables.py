"""Read-only tables that live in one piece of memory: numbers by position, lists of numbers by number, texts, and key tables.

They are made from Python's own arrays, written to a file as they are, and read back without being copied.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

_ROW_BITS = 26
ROWS_MAX = 1 << _ROW_BITS
_ROW_MASK = ROWS_MAX - 1


class Lists:
    """For each number from 0 on a list of numbers, one behind the other."""

    __slots__ = ("ends", "items")

    def __init__(self, ends: Sequence[int], items: Sequence[int]) -> None:
        self.ends = ends
        self.items = items

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, row: int) -> Sequence[int]:
        return self.items[self.ends[row] : self.ends[row + 1]]


def lists_of(rows: Iterable[Sequence[int]]) -> Lists:
    ends, items = array("I", [0]), array("I")
    for row in rows:
        items.extend(row)
        ends.append(len(items))
    return Lists(ends, items)


class Texts:
    """Texts by position, decoded when they are asked for."""

    __slots__ = ("blob", "ends")

    def __init__(self, ends: Sequence[int], blob: bytes | memoryview) -> None:
        self.ends = ends
        self.blob = blob

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, row: int) -> str:
        return str(self.blob[self.ends[row] : self.ends[row + 1]], "utf-8")

    def raw(self, row: int) -> bytes | memoryview:
        return self.blob[self.ends[row] : self.ends[row + 1]]


def texts_of(texts: Iterable[bytes]) -> Texts:
    ends, blob = array("I", [0]), bytearray()
    for text in texts:
        blob += text
        ends.append(len(blob))
    return Texts(ends, bytes(blob))


class Keys:
    """Rows by the hash of a key: sorted, so that a look-up is a search by halves. Different keys may share a hash."""

    __slots__ = ("packed",)

    def __init__(self, packed: Sequence[int]) -> None:
        self.packed = packed

    def rows(self, hashed: int) -> Iterator[int]:
        packed = self.packed
        at = bisect_left(packed, hashed << _ROW_BITS)
        end = (hashed + 1) << _ROW_BITS
        while at < len(packed) and packed[at] < end:
            yield packed[at] & _ROW_MASK
            at += 1


def packed_key(hashed: int, row: int) -> int:
    return hashed << _ROW_BITS | row


def keys_of(packed: list[int]) -> Keys:
    packed.sort()
    return Keys(array("Q", packed))
