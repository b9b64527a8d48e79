"""From files as operators hand them in to reference sets ready to be kept: recognised by content, read whole or refused."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.listing import ParsedList
from habeas.reference import contents
from habeas.reference.asn import expand
from habeas.reference.kinds import LISTS, OVERRIDES, Family, family_of, kind_of
from habeas.reference.mmdb import about, open_mmdb, records
from habeas.reference.mmdb_records import flat, nested, shape_of
from habeas.reference.network_lists import AsnList, NetworkList, read_list
from habeas.reference.overrides import parse_overrides
from habeas.reference.prefix import parse_prefix
from habeas.reference.sanctions.load import ListFile, load_lists
from habeas.reference.sanctions.recognise import recognise
from habeas.reference.sanctions.wallet_lists import LIST as PLAIN_WALLETS
from habeas.reference.tags.load import load_tags, set_name, tags_format

_MMDB_MARK = b"\xab\xcd\xefMaxMind.com"
_MMDB_END = 128 * 1024
_DAY = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_TAG_WORDS = (
    ("relay", "relay"),
    ("vpn", "vpn"),
    ("datacenter", "hosting"),
    ("hosting", "hosting"),
    ("tor", "tor"),
    ("cloud", "cloud"),
    ("aws", "cloud"),
    ("azure", "cloud"),
    ("gcp", "cloud"),
)
_LOOKED_AT = 500
_JOINED = frozenset({"ofac-sdn-csv", "ofac-alt-csv", "ofac-add-csv", "ofac-comments-csv"})


class GivenFile(Struct, frozen=True):
    """A file: where it is, its bytes, and when it was last written."""

    path: Path
    data: bytes
    written_on: date

    @property
    def day(self) -> date | None:
        """The day in its name, as in `sdn_2024-05-03.csv`."""
        found = _DAY.search(self.path.name)
        try:
            return date(int(found[1]), int(found[3]), int(found[4])) if found else None
        except ValueError:
            return None

    @property
    def stem(self) -> str:
        """Its name without the day and the suffix, so that the next day's file has the same."""
        return re.sub(r"[-_. ]+$", "", _DAY.sub("", self.path.stem)) or self.path.stem


class Said(Struct, frozen=True, kw_only=True):
    """What the operator says of the files besides. Empty: the files say it themselves."""

    kind: str = ""
    as_of: date | None = None
    tag: str = ""
    resaved: bool = False
    asn_database: Path | None = None


class Prepared(Struct, frozen=True, kw_only=True):
    """A set ready to be kept. `notes` are sentences that the operator should read."""

    kind: str
    version: str
    as_of: date | None
    sha256: str
    entries: int
    source: str
    content: bytes
    notes: tuple[str, ...] = ()


def given(path: Path) -> GivenFile:
    """A file from its path. Raises BadInputError in one sentence if it cannot be read."""
    try:
        return GivenFile(path, path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC).date())
    except OSError as exc:
        raise BadInputError(
            f"cannot read `{path}`: {exc.strerror or exc}; check the path and its permissions"
        ) from None


def prepare(files: Sequence[GivenFile], said: Said | None = None) -> tuple[Prepared, ...]:
    """All sets that the files hold. OFAC's csv files are joined to one list.

    Raises BadInputError for the first file that cannot be used, and then none is.
    """
    said = said or Said()
    wanted = family_of(said.kind) if said.kind else None
    joined: list[GivenFile] = []
    made: list[Prepared] = []
    for file in files:
        family = recognised(file)
        if wanted is not None and (family in LISTS) != (wanted in LISTS):
            _refuse_other(file, family, said.kind)
        if wanted is not None and wanted not in LISTS and family is not wanted:
            _refuse_other(file, family, said.kind)
        if family is Family.SANCTIONS and recognise(file.data, file.path.name).name in _JOINED:
            joined.append(file)
        else:
            made.append(_PREPARERS[family](file, said))
    if joined:
        made.insert(0, _list(joined, said))
    kinds = [each.kind for each in made]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice is not None:
        raise BadInputError(f"two of the files would both be `{twice}`; load one of them, or name each with --kind")
    return tuple(made)


def loaded(each: Prepared, before: Callable[[], bytes | None], at: datetime) -> Prepared:
    """A set as it is kept when it is loaded at an instant. `before` reads the content that was current, if there was one; only
    what is said of addresses has a history, and asks for it (`contents.with_history`).

    A set of tags is told apart by its history too: an older file that is loaded again is another version.
    """
    family = family_of(each.kind)
    if family is not Family.TAGS and family not in LISTS:
        return each
    content = contents.with_history(each.kind, each.content, before(), at)
    if family is Family.TAGS:
        return replace(each, content=content, sha256=sha256(content).hexdigest())
    return replace(each, content=content)


def recognised(file: GivenFile) -> Family:
    """Which family a file belongs to, by its content. What is none of ours is left to the sanctions lists to refuse."""
    data = file.data
    if _MMDB_MARK in data[-_MMDB_END:] or file.path.suffix == ".mmdb":
        return Family.PLACES
    start = data[:4096].decode("utf-8-sig", errors="replace").lstrip()
    if _raw_overrides(data, start) is not None:
        return Family.OVERRIDES
    if start.startswith("{") and '"schema"' not in start and re.search(rb'"list"\s*:\s*\[', data):
        return Family.NETWORKS
    first = next((line.partition("#")[0].strip() for line in start.splitlines() if line.partition("#")[0].strip()), "")
    if first.startswith("ExitNode ") or re.fullmatch(r"AS[0-9]{1,10}", first, re.IGNORECASE) or _is_network(first):
        return Family.NETWORKS
    if tags_format(data) is not None:
        return Family.TAGS
    return Family.WALLETS if recognise(data, file.path.name).name == "wallets" else Family.SANCTIONS


def _is_network(text: str) -> bool:
    try:
        parse_prefix(text)
    except BadInputError:
        return False
    return True


def _refuse_other(file: GivenFile, family: Family, kind: str) -> None:
    raise BadInputError(f"`{file.path}` belongs to {family} and cannot be `{kind}`; leave --kind out, or correct it")


# --- sanctions lists and wallets


def _list(files: Sequence[GivenFile], said: Said) -> Prepared:
    as_given = [ListFile(file.path.name, file.data, said.as_of or file.day, said.resaved) for file in files]
    (parsed,) = load_lists(as_given)
    version = parsed.version
    return Prepared(
        kind=said.kind or _list_kind(parsed, files[0]),
        version=version.version,
        as_of=version.as_of,
        sha256=version.sha256,
        entries=version.entries,
        source=", ".join(file.path.name for file in files),
        content=contents.write_list(as_given, parsed),
        notes=version.notes,
    )


def _list_kind(parsed: ParsedList, file: GivenFile) -> str:
    name = parsed.version.list
    if name == PLAIN_WALLETS:
        return kind_of(Family.WALLETS, file.stem)
    if name.startswith(f"{PLAIN_WALLETS}-"):
        return kind_of(Family.WALLETS, name.removeprefix(f"{PLAIN_WALLETS}-"))
    return kind_of(Family.SANCTIONS, name)


# --- places


def _places(file: GivenFile, said: Said) -> Prepared:
    open_mmdb(file.path)  # Refuses what is damaged or says nothing of countries.
    described = about(file.path)
    return Prepared(
        kind=said.kind or _places_kind(file.path),
        version=described.built_on.isoformat(),
        as_of=described.built_on,
        sha256=sha256(file.data).hexdigest(),
        entries=described.nodes,
        source=f"{file.path.name} ({described.type})",
        content=file.data,
    )


def _places_kind(path: Path) -> str:
    found = list(islice(records(path), _LOOKED_AT))
    is_city = any(_says_more_than_the_country(record) for _, record in found)
    only_ipv6 = all(prefix.is_ipv6 for prefix, _ in found)
    return f"{Family.PLACES}.{'city' if is_city else 'country'}{'.ipv6' if only_ipv6 else ''}"


def _says_more_than_the_country(record: object) -> bool:
    shape = shape_of(record)
    if shape is None or not isinstance(record, dict):
        return False
    said = nested(record) if shape is nested else flat(record)
    return said.has_city or bool(said.region or said.region_code)


# --- networks


def _networks(file: GivenFile, said: Said) -> Prepared:
    kind = said.kind or kind_of(Family.NETWORKS, file.stem)
    name = kind.partition(".")[2]
    is_json = file.data.lstrip().startswith((b"{", b"\xef\xbb\xbf{"))
    if not is_json and not file.data.endswith(b"\n"):
        raise BadInputError(f"`{file.path}` is cut off: its last line does not end; fetch it again")
    # A warning list tells its tag and its day itself, and an operator who names them knows better.
    tag = said.tag or ("" if is_json else _tag_in(f"{name} {file.path.name}"))
    day = said.as_of or file.day or (None if is_json else file.written_on)
    read = read_list(file.data, str(file.path), tag=tag, as_of=day)
    if isinstance(read, AsnList):
        if said.asn_database is None:
            raise BadInputError(
                f"`{file.path}` lists AS numbers; name a database that knows their networks with --asn, such as "
                "GeoLite2-ASN.mmdb, or load the list of their networks instead"
            )
        read = expand(read, said.asn_database)
    return Prepared(
        kind=kind,
        version=read.as_of.isoformat(),
        as_of=read.as_of,
        # The tag is part of what the set says, so that one with a corrected tag is another set.
        sha256=_digest_of(read, file.data),
        entries=len(read.prefixes),
        source=f"{file.path.name} ({read.tag})",
        content=contents.write_networks(read),
    )


def _digest_of(read: NetworkList, data: bytes) -> str:
    return sha256(f"{read.tag} {len(read.prefixes)}\n".encode() + data).hexdigest()


def _tag_in(text: str) -> str:
    words = text.lower()
    return next((tag for word, tag in _TAG_WORDS if re.search(rf"(?<![a-z]){word}", words)), "")


# --- tags


def _tags(file: GivenFile, said: Said) -> Prepared:
    kind = said.kind or kind_of(Family.TAGS, set_name(file.data) or file.stem)
    read = load_tags(file.data, file.path.name, kind.partition(".")[2], said.as_of or file.day)
    content = contents.write_tags(file.path.name, file.data, read.as_of, read.tags)
    return Prepared(
        kind=kind,
        version=read.version,
        as_of=read.as_of,
        sha256=sha256(content).hexdigest(),
        entries=len(read.tags),
        source=file.path.name,
        content=content,
        notes=read.notes,
    )


# --- overrides


def _overrides(file: GivenFile, said: Said) -> Prepared:
    raw = _raw_overrides(file.data, file.data.decode("utf-8-sig", errors="replace").lstrip())
    return overrides_set(contents.write_overrides(parse_overrides(raw)), file.path.name, said.as_of or file.written_on)


def overrides_set(content: bytes, source: str, day: date) -> Prepared:
    """Overrides as a set."""
    digest = sha256(content).hexdigest()
    return Prepared(
        kind=OVERRIDES,
        version=digest[:12],
        as_of=day,
        sha256=digest,
        entries=len(contents.overrides(content)),
        source=source,
        content=content,
    )


def _raw_overrides(data: bytes, start: str) -> object:
    """The tables of a file of overrides, in TOML (`[[override]]`) or JSON (a list, or one under `override`), else None."""
    try:
        if re.search(r"^\[\[overrides?\]\]", start, re.MULTILINE):
            decoded = msgspec.toml.decode(data.removeprefix(b"\xef\xbb\xbf"))
        elif start.startswith(("[", "{")) and '"prefix"' in start:
            decoded = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
        else:
            return None
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadInputError(f"the overrides cannot be read: {str(exc).splitlines()[0]}") from None
    if isinstance(decoded, dict):
        return next(iter(_values(decoded)), decoded)
    return decoded


def _values(decoded: dict[str, object]) -> Iterator[object]:
    if len(decoded) == 1:
        yield from (decoded[name] for name in ("override", "overrides") if name in decoded)


_PREPARERS = {
    Family.SANCTIONS: lambda file, said: _list((file,), said),
    Family.WALLETS: lambda file, said: _list((file,), said),
    Family.PLACES: _places,
    Family.NETWORKS: _networks,
    Family.OVERRIDES: _overrides,
    Family.TAGS: _tags,
}
