"""Merkle trees as RFC 6962 makes them: leaves and nodes are hashed apart, so that neither can pass for the other."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\0" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> tuple[bytes, int]:
    """The root over leaf hashes, and how many there were. Keeps one hash a level, so that leaves can stream."""
    peaks: list[tuple[int, bytes]] = []
    size = 0
    for leaf in leaves:
        height, top, size = 0, leaf, size + 1
        while peaks and peaks[-1][0] == height:
            top = _node(peaks.pop()[1], top)
            height += 1
        peaks.append((height, top))
    if not peaks:
        return EMPTY_ROOT, 0
    root = peaks.pop()[1]
    while peaks:
        root = _node(peaks.pop()[1], root)
    return root, size


class Tree:
    """A whole tree in memory, for proofs that single leaves are in it."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        assert leaves
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_level_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        return self._levels[-1][0]

    def proof(self, index: int) -> list[bytes]:
        """The hashes beside the way from a leaf to the root, lowest first."""
        found = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                found.append(level[index ^ 1])
            index //= 2
        return found


def _level_above(level: list[bytes]) -> list[bytes]:
    """Neighbours become one node; the last one of an odd number goes up as it is."""
    above = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return above + level[-1:] if len(level) % 2 else above
