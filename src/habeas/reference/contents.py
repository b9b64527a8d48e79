"""What the store keeps of a reference set, as bytes, and how it is read again: one format for each family.

- sanctions and wallets: the published files, packed, and the list compiled from them, which loads fast. Where a release
  has changed the compiled form, the files are read anew
- tags: the published file, packed, and its tags with the history of the set (`tags.history`); beside a sanctions list, those
  of its wallets
- networks: the tag, and one network a line, packed
- overrides: JSON
- places: the `.mmdb` file as it is
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from ipaddress import ip_address
from typing import TypeVar

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.listing import ParsedList
from habeas.domain.tag import Tag
from habeas.reference.kinds import Family, family_of
from habeas.reference.network_lists import NetworkList, read_list
from habeas.reference.overrides import Override, parse_overrides
from habeas.reference.prefix import Prefix
from habeas.reference.sanctions.compiled import compile_list, load_compiled
from habeas.reference.sanctions.damage import ListDamagedError
from habeas.reference.sanctions.load import ListFile, load_lists
from habeas.reference.tags.history import succeeded
from habeas.reference.tags.listed import wallet_tags


class KeptFile(Struct, frozen=True, array_like=True):
    """A published file."""

    name: str
    packed: bytes
    as_of: date | None
    resaved: bool


class KeptList(Struct, frozen=True, array_like=True):
    """A list with the files that it was read from."""

    files: tuple[KeptFile, ...]
    compiled: bytes
    wallets: bytes = b""
    """The tags of its wallets with their history; b"" in what was kept before there were any."""


class KeptTags(Struct, frozen=True, array_like=True):
    """A set of tags with the file that was read last."""

    file: KeptFile
    packed: bytes


class KeptNetworks(Struct, frozen=True, array_like=True):
    """A list of networks."""

    tag: str
    packed: bytes


K = TypeVar("K", KeptList, KeptNetworks, KeptTags)

_encode = msgspec.msgpack.Encoder().encode


def write_list(files: Sequence[ListFile], parsed: ParsedList) -> bytes:
    """A sanctions list or a list of wallets."""
    kept = tuple(KeptFile(file.name, zlib.compress(file.data), file.as_of, file.resaved) for file in files)
    return _encode(KeptList(kept, compile_list(parsed), _encode(wallet_tags(parsed))))


def parsed_list(content: bytes, kind: str) -> ParsedList:
    """The list again. Raises BadInputError when it cannot be read."""
    kept = _decoded(content, KeptList, kind)
    try:
        return load_compiled(kept.compiled)
    except ListDamagedError:
        files = [ListFile(file.name, _unpacked(file.packed, kind), file.as_of, file.resaved) for file in kept.files]
        (parsed,) = load_lists(files)
        return parsed


def listed_tags(content: bytes, kind: str) -> tuple[Tag, ...]:
    """The tags of a list's wallets, with their history. Raises BadInputError when the list cannot be read."""
    kept = _decoded(content, KeptList, kind)
    return _tags(kept.wallets, kind) if kept.wallets else wallet_tags(parsed_list(content, kind))


def write_tags(name: str, data: bytes, as_of: date | None, tags: Sequence[Tag]) -> bytes:
    """A set of tags, with the file that it was read from."""
    return _encode(KeptTags(KeptFile(name, zlib.compress(data), as_of, resaved=False), zlib.compress(_encode(tags))))


def tags(content: bytes, kind: str) -> tuple[Tag, ...]:
    """The tags again, with their history. Raises BadInputError when they cannot be read."""
    return _tags(_unpacked(_decoded(content, KeptTags, kind).packed, kind), kind)


def with_history(kind: str, content: bytes, before: bytes | None, at: datetime) -> bytes:
    """A set of tags or a list as it is kept when it is loaded at an instant, after the content that was current."""
    if family_of(kind) is Family.TAGS:
        kept = _decoded(content, KeptTags, kind)
        known = succeeded(tags(before, kind) if before else (), tags(content, kind), at)
        return _encode(KeptTags(kept.file, zlib.compress(_encode(known))))
    listed = _decoded(content, KeptList, kind)
    known = succeeded(listed_tags(before, kind) if before else (), listed_tags(content, kind), at)
    return _encode(KeptList(listed.files, listed.compiled, _encode(known)))


def _tags(data: bytes, kind: str) -> tuple[Tag, ...]:
    try:
        return msgspec.msgpack.decode(data, type=tuple[Tag, ...])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _damaged(kind) from None


def write_networks(networks: NetworkList) -> bytes:
    """A list of networks. Its name and its day stand beside it."""
    return _encode(KeptNetworks(networks.tag, zlib.compress("".join(map(_line, networks.prefixes)).encode())))


def networks(content: bytes, kind: str, as_of: date) -> NetworkList:
    """The list again, under the name in its kind. Raises BadInputError when it cannot be read."""
    kept = _decoded(content, KeptNetworks, kind)
    read = read_list(_unpacked(kept.packed, kind), kind.partition(".")[2], tag=kept.tag, as_of=as_of)
    if not isinstance(read, NetworkList):
        raise _damaged(kind)
    return read


def write_overrides(overrides: Iterable[Override]) -> bytes:
    """Corrections by staff."""
    return msgspec.json.encode(tuple(overrides))


def overrides(content: bytes) -> tuple[Override, ...]:
    """The corrections again. Raises BadInputError when they cannot be read."""
    try:
        return parse_overrides(msgspec.json.decode(content))
    except msgspec.DecodeError:
        raise _damaged("overrides") from None


def network_text(prefix: Prefix) -> str:
    """A network as people write it."""
    return f"{ip_address(prefix.first.to_bytes(16 if prefix.is_ipv6 else 4, 'big'))}/{prefix.length}"


def _line(prefix: Prefix) -> str:
    return network_text(prefix) + "\n"


def _decoded(content: bytes, shape: type[K], kind: str) -> K:
    try:
        return msgspec.msgpack.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _damaged(kind) from None


def _unpacked(packed: bytes, kind: str) -> bytes:
    try:
        return zlib.decompress(packed)
    except zlib.error:
        raise _damaged(kind) from None


def _damaged(kind: str) -> BadInputError:
    return BadInputError(f"the stored content of `{kind}` is damaged; load the published file again")
