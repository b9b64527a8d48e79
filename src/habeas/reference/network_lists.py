"""Lists of networks as their publishers write them: what kind of network an address is in. Recognised by content.

| format | looks like | publisher |
|---|---|---|
| prefixes | one network or address a line | X4BNet, Tor's bulk exit list, providers of relays and clouds |
| exit addresses | `ExitNode`, `ExitAddress` and dates | Tor |
| warning list | JSON with `type`, `list`, `version` | MISP |
| AS numbers | `AS9009 # name` | X4BNet; `asn.expand` turns them into networks |
"""

import re
from collections.abc import Iterator
from datetime import date, datetime

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.reference.prefix import Prefix, parse_prefix

TAGS = ("vpn", "hosting", "tor", "relay", "cloud")

# Words in a warning list's name that tell its tag; the first that fits.
_MISP_WORDS = (
    ("relay", "relay"),
    ("vpn", "vpn"),
    ("tor exit", "tor"),
    ("aws", "cloud"),
    ("azure", "cloud"),
    ("google cloud", "cloud"),
    ("gcp", "cloud"),
    ("cloud", "cloud"),
)
_ASN = re.compile(r"AS([0-9]{1,10})\b", re.IGNORECASE)


class NetworkList(Struct, frozen=True):
    """One list: every network in it has the tag."""

    tag: str
    source: str
    as_of: date
    prefixes: tuple[Prefix, ...]


class AsnList(Struct, frozen=True):
    """A list of AS numbers: every network that one of them announces has the tag."""

    tag: str
    source: str
    as_of: date
    numbers: frozenset[int]


class _Misp(Struct):
    list: list[str]
    type: str
    name: str
    version: int = 0


def read_list(data: bytes, source: str, *, tag: str = "", as_of: date | None = None) -> NetworkList | AsnList:
    """A list from the bytes of its file. `source` is what findings will name.

    `tag` and `as_of` are needed where the file itself does not tell them. Raises BadInputError, naming the line, for a file
    that is no such list, or an empty one.
    """
    if tag and tag not in TAGS:
        raise BadInputError(f"`{tag}` is no tag of networks; the tags are {', '.join(TAGS)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInputError(f"`{source}` is not text, so it is no list of networks; is it compressed?") from None
    start = text.lstrip()[:1]
    if start == "<":
        raise BadInputError(f"`{source}` is a web page, not a list of networks; the download may have failed")
    if start == "{":
        return _misp(data, source, tag, as_of)
    lines = list(_lines(text))
    if not lines:
        raise BadInputError(f"`{source}` names no network; the download may have failed")
    first = lines[0][1]
    if first.startswith("ExitNode "):
        return _tor(lines, source, tag or "tor", as_of)
    tag, as_of = _told(source, tag, as_of)
    if _ASN.match(first):
        return AsnList(tag, source, as_of, frozenset(_as_number(source, *line) for line in lines))
    return NetworkList(tag, source, as_of, tuple(_prefix(source, number, line) for number, line in lines))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, numbered as in the file, without comments."""
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        if said:
            yield number, said


def _told(source: str, tag: str, as_of: date | None) -> tuple[str, date]:
    if not tag:
        raise BadInputError(f"`{source}` does not tell its tag; give one of {', '.join(TAGS)}")
    if as_of is None:
        raise BadInputError(f"`{source}` does not tell its date; give the day as of which it holds")
    return tag, as_of


def _prefix(source: str, number: int, line: str) -> Prefix:
    try:
        return parse_prefix(line)
    except BadInputError as exc:
        raise BadInputError(f"`{source}`, line {number}: {exc}") from None


def _as_number(source: str, number: int, line: str) -> int:
    match = _ASN.fullmatch(line)
    if match is None:
        raise BadInputError(f"`{source}`, line {number}: `{line}` is no AS number; write one like `AS9009`")
    return int(match[1])


def _tor(lines: list[tuple[int, str]], source: str, tag: str, as_of: date | None) -> NetworkList:
    """Tor's exit addresses. As of the latest day that occurs in the file, unless told otherwise."""
    prefixes, days = [], []
    for number, line in lines:
        word, _, rest = line.partition(" ")
        if word == "ExitAddress":
            address, _, rest = rest.partition(" ")
            prefixes.append(_prefix(source, number, address))
        if word in ("Published", "LastStatus", "ExitAddress"):
            try:
                days.append(datetime.strptime(rest, "%Y-%m-%d %H:%M:%S").date())  # noqa: DTZ007 - only the day matters
            except ValueError:
                raise BadInputError(f"`{source}`, line {number}: `{rest}` is no date and time") from None
    if not prefixes:
        raise BadInputError(f"`{source}` names no exit address; the download may have failed")
    return NetworkList(tag, source, as_of or max(days), tuple(prefixes))


def _misp(data: bytes, source: str, tag: str, as_of: date | None) -> NetworkList:
    """A MISP warning list. Its version is a day, by custom; its name tells the tag."""
    try:
        # utf-8-sig was decoded above; msgspec wants the bytes without the mark.
        misp = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Misp)
    except msgspec.DecodeError as exc:
        raise BadInputError(f"`{source}` is JSON, but no MISP warning list: {exc}") from None
    if misp.type != "cidr":
        raise BadInputError(
            f"`{source}` is a warning list of type `{misp.type}`; only those of type `cidr` name networks"
        )
    if not misp.list:
        raise BadInputError(f"`{source}` names no network; the download may have failed")
    if as_of is None and misp.version:
        try:
            as_of = datetime.strptime(str(misp.version), "%Y%m%d").date()  # noqa: DTZ007 - only the day matters
        except ValueError:
            as_of = None
    tag, as_of = _told(source, tag or _misp_tag(misp.name), as_of)
    prefixes = []
    for position, entry in enumerate(misp.list, 1):
        try:
            prefixes.append(parse_prefix(entry))
        except BadInputError as exc:
            raise BadInputError(f"`{source}`, entry {position}: {exc}") from None
    return NetworkList(tag, source, as_of, tuple(prefixes))


def _misp_tag(name: str) -> str:
    return next((tag for word, tag in _MISP_WORDS if word in name.lower()), "")
