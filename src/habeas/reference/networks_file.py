"""Compiled lists of networks as one small file, so that a start takes milliseconds instead of reading every list again.

    8 bytes   `HABEASNW`
    2 bytes   the version of this layout
    32 bytes  SHA-256 of everything that follows
    4 bytes   the length of the head
    the head  JSON: the lists, the sets of lists, how many edges
    IPv4      edges (4 bytes each), sets (2 bytes each)
    IPv6      high halves, low halves (8 bytes each), sets (2 bytes each)

Numbers are little-endian.
"""

import sys
from array import array
from hashlib import sha256
from itertools import count
from os import getpid
from pathlib import Path

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.reference.networks import Edges, ListOf, Networks

VERSION = 1

_MAGIC = b"HABEASNW"
_START = len(_MAGIC) + 2
_BODY = _START + 32
_attempts = count()


class _Head(Struct, frozen=True):
    lists: tuple[ListOf, ...]
    sets: tuple[tuple[int, ...], ...]
    ipv4: int
    ipv6: int


def save(networks: Networks, path: Path) -> None:
    """Write the file, whole or not at all. Raises BadInputError when it cannot be written."""
    unfinished = path.with_name(f".{path.name}.{getpid()}.{next(_attempts)}")
    try:
        unfinished.write_bytes(encode(networks))
        unfinished.replace(path)
    except OSError as exc:
        raise BadInputError(f"cannot write `{path}`: {exc.strerror}; check the folder and its permissions") from None
    finally:
        unfinished.unlink(missing_ok=True)


def load(path: Path) -> Networks:
    """Read the file. Raises BadInputError when it cannot be read, or is not exactly as it was written."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise BadInputError(f"cannot read `{path}`: {exc.strerror}; check the path and its permissions") from None
    return decode(data, str(path))


def encode(networks: Networks) -> bytes:
    """The bytes of the file."""
    head = msgspec.json.encode(
        _Head(networks.lists, networks.sets, len(networks.ipv4.sets), len(networks.ipv6.sets)), order="deterministic"
    )
    rows = (networks.ipv4.high, networks.ipv4.sets, networks.ipv6.high, networks.ipv6.low, networks.ipv6.sets)
    body = b"".join([len(head).to_bytes(4, "little"), head, *(_little_endian(row).tobytes() for row in rows)])
    return _MAGIC + VERSION.to_bytes(2, "little") + sha256(body).digest() + body


def decode(data: bytes, name: str) -> Networks:
    """The table from the bytes of the file called `name`. Raises BadInputError unless they are exactly what was written."""
    if not data.startswith(_MAGIC):
        raise BadInputError(f"`{name}` is no file of compiled networks; compile the lists again")
    version = int.from_bytes(data[len(_MAGIC) : _START], "little")
    if len(data) >= _START and version != VERSION:
        raise BadInputError(f"`{name}` has layout {version}, and this is layout {VERSION}; compile the lists again")
    body = memoryview(data)[_BODY:]
    if sha256(body).digest() != data[_START:_BODY]:
        raise BadInputError(f"`{name}` is damaged; compile the lists again")
    # INVARIANT: from here on the bytes are those that `encode` made.
    head_end = 4 + int.from_bytes(body[:4], "little")
    head = msgspec.json.decode(body[4:head_end], type=_Head)
    rows = []
    at = head_end
    for code, length in (("I", head.ipv4), ("H", head.ipv4), ("Q", head.ipv6), ("Q", head.ipv6), ("H", head.ipv6)):
        row = array(code)
        end = at + length * row.itemsize
        row.frombytes(body[at:end])
        rows.append(_little_endian(row))
        at = end
    assert at == len(body), "the file ends where its last row does"
    return Networks(head.lists, head.sets, Edges(rows[0], array("Q"), rows[1]), Edges(rows[2], rows[3], rows[4]))


def _little_endian(row: "array[int]") -> "array[int]":
    """The same row as the file has it, or back: only the order of bytes on some processors differs."""
    if sys.byteorder == "little":
        return row
    swapped = row[:]
    swapped.byteswap()
    return swapped
