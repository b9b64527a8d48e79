"""Where an IP address is, by the operator's own `.mmdb` files: MaxMind, DB-IP or ip-location-db, countries or cities.

A file is memory mapped: opening takes milliseconds, and several processes share its pages. Put a new version in place by
renaming it over the old one, never by writing into a file that is in use.

What is wrong with a file is found when it is opened if it is cut short, of another kind, or damaged where it describes
itself. Damage in the middle can only be found by its digest: the library's C code (3.2.0) may crash on it. So if a file
`NAME.mmdb.sha256` lies beside `NAME.mmdb`, as `sha256sum` writes it, the two must agree.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import file_digest
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path

import maxminddb
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.place import Place
from habeas.reference.mmdb_records import Shape, place_of, shape_of
from habeas.reference.prefix import Address, Prefix, parse_address

REMEMBERED = 16_384
"""How many networks' places are kept, so that the next address in the same /24 or /48 costs half a microsecond."""

_LOOKED_AT = 5_000
"""How many of a file's networks may say nothing about a country before the file counts as one of another kind."""
_RANGES = (
    (IPv4Address(0), IPv4Address("255.255.255.255")),
    # Public IPv6 without Teredo and 6to4, under which files repeat IPv4.
    (IPv6Address("2001:1::"), IPv6Address("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
    (IPv6Address("2003::"), IPv6Address("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
)
_PREFIX_LENGTH = {False: 24, True: 48}
# What the library raises on damaged bytes: its own error, and what becomes of a wrong length, type or offset.
_DAMAGE = (
    maxminddb.InvalidDatabaseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class MmdbFile(Struct, frozen=True):
    """One open file."""

    reader: maxminddb.Reader
    shape: Shape
    label: str
    """Database type and build date, e.g. `GeoLite2-City of 2026-02-04`."""
    holds_ipv6: bool


class MmdbPlaces:
    """Look-ups in one source: one file, or one for IPv4 and one for IPv6. Safe to use from several threads.

    `remembered` networks' answers are kept; 0 keeps none. Old files are closed when nobody looks up in them any more.
    """

    def __init__(self, *files: MmdbFile, remembered: int = REMEMBERED) -> None:
        self.labels = tuple(file.label for file in files)
        self.unreadable = 0
        """How many look-ups met a damaged record. Such an address counts as unknown."""
        ipv6 = next((file for file in files if file.holds_ipv6), None)
        ipv4 = next((file for file in files if not file.holds_ipv6), ipv6)
        self._files = {False: ipv4, True: ipv6}
        self._remembered: dict[str, Place | None] = {}
        self._remembered_max = remembered

    def place(self, ip: str) -> Place | None:
        """The place of an address; None when the files do not know its country.

        Raises ValueError if `ip` is no IP address.
        """
        return self.find(parse_address(ip))

    def find(self, address: Address) -> Place | None:
        """As `place`, for an address that is already parsed."""
        prefix = address.prefix
        try:
            return self._remembered[prefix]
        except KeyError:
            pass
        file = self._files[address.is_ipv6]
        if file is None:
            return None
        try:
            record, length = file.reader.get_with_prefix_len(address.text)
        except (*_DAMAGE, SystemError):  # SystemError: the C code noticed damage and forgot to say so
            self.unreadable += 1
            return None
        place = place_of(file.shape(record), prefix, (file.label,)) if isinstance(record, dict) else None
        # One answer for the whole /24 or /48 is right only where the file does not cut it up.
        if length <= _PREFIX_LENGTH[address.is_ipv6] and self._remembered_max:
            if len(self._remembered) >= self._remembered_max:
                self._remembered.clear()
            self._remembered[prefix] = place
        return place


def open_mmdb(*paths: Path, remembered: int = REMEMBERED) -> MmdbPlaces:
    """One source from its file, or from its IPv4 and its IPv6 file.

    Raises BadInputError when a file cannot be read, is damaged, or does not say where an address is.
    """
    files = [_open(path) for path in paths]
    if not files:
        raise BadInputError("no geo-IP file was named; name one, or one for IPv4 and one for IPv6")
    if len({file.holds_ipv6 for file in files}) < len(files):
        what = "IPv6" if files[-1].holds_ipv6 else "IPv4"
        raise BadInputError(
            f"`{paths[-1]}` is one more file for {what}; a source has one file, or one for IPv4 and one for IPv6"
        )
    return MmdbPlaces(*files, remembered=remembered)


def records(path: Path) -> Iterator[tuple[Prefix, object]]:
    """The networks of a file that hold a record, read slowly and carefully: IPv4, then public IPv6.

    By the library's reader in Python, address by address: its iterator stops at records above the IPv4 tree, and the
    iterator in C (3.2.0) writes out of bounds on a damaged tree. Raises BadInputError when the file cannot be read or is
    damaged.
    """
    return ((prefix, record) for prefix, record in _walk(path) if record is not None)


def _walk(path: Path) -> Iterator[tuple[Prefix, object]]:
    """All networks in turn, those without a record too."""
    with _careful(path):
        reader = maxminddb.open_database(path, maxminddb.MODE_MMAP)
    with reader, _careful(path):
        for start, end in _RANGES[: 1 if reader.metadata().ip_version == 4 else None]:
            number, bits = int(start), start.max_prefixlen
            while number <= int(end):
                record, length = reader.get_with_prefix_len(type(start)(number))
                first = number >> (bits - length) << (bits - length)
                last = first | (1 << (bits - length)) - 1
                yield Prefix(first, last, is_ipv6=bits == 128), record
                number = last + 1


def type_of(path: Path) -> str:
    """What kind of database a file says it is. Raises BadInputError when it cannot be read or is damaged."""
    with _careful(path), maxminddb.open_database(path, maxminddb.MODE_MMAP) as reader:
        return _type(reader, path)


class About(Struct, frozen=True):
    """What a file says about itself. `nodes` are the nodes of its tree: a measure of how much it holds."""

    type: str
    built_on: date
    nodes: int


def about(path: Path) -> About:
    """What a file says about itself. Raises BadInputError when it cannot be read or is damaged."""
    with _careful(path), maxminddb.open_database(path, maxminddb.MODE_MMAP) as reader:
        metadata = reader.metadata()
        built_on = datetime.fromtimestamp(metadata.build_epoch, UTC).date()
        return About(_type(reader, path), built_on, metadata.node_count)


def _open(path: Path) -> MmdbFile:
    _check_digest(path)
    # The careful reader first: it finds out whether the quick one can be trusted with the file.
    shapes = (shape_of(record) for _, record in islice(_walk(path), _LOOKED_AT))
    shape = next((shape for shape in shapes if shape is not None), None)
    if shape is None:
        raise BadInputError(
            f"`{path}` is a database of type `{type_of(path)}`, which does not say in which country an address is; "
            "name a country or city database"
        )
    with _careful(path):
        reader = maxminddb.open_database(path)
        metadata = reader.metadata()
        built = datetime.fromtimestamp(metadata.build_epoch, UTC).date()
        return MmdbFile(reader, shape, f"{_type(reader, path)} of {built}", metadata.ip_version == 6)


def _check_digest(path: Path) -> None:
    beside = path.with_name(f"{path.name}.sha256")
    with _careful(path):
        if not beside.exists():
            return
        expected = beside.read_text(encoding="ascii").split()
        with path.open("rb") as file:
            actual = file_digest(file, "sha256").hexdigest()
    if not expected or expected[0].lower() != actual:
        raise BadInputError(f"`{path}` is not the file that `{beside.name}` describes; download both again")


def _type(reader: maxminddb.Reader, path: Path) -> str:
    return str(reader.metadata().database_type) or path.stem


@contextmanager
def _careful(path: Path) -> Iterator[None]:
    """Whatever the library raises on a file that it cannot use, in one sentence."""
    try:
        yield
    except OSError as exc:
        raise BadInputError(
            f"cannot read `{path}`: {exc.strerror or exc}; check the path and its permissions"
        ) from None
    except _DAMAGE:
        raise BadInputError(f"`{path}` is no `.mmdb` file, or a damaged one; download it again") from None
