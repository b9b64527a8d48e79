"""What events are looked up in, made from reference sets as a store keeps them: places with network tags and overrides,
the exact index of listed wallets and documents, and tags of addresses. Where a store has no set, what comes with Habeas is
used.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.facts import ListHit, NameHit
from habeas.domain.listing import DocumentHit, ListVersion, ParsedList, WalletHit, identifier_kind
from habeas.domain.screening import Band, Hit, Query, pair
from habeas.reference import contents
from habeas.reference.kinds import LISTS, OFAC, OVERRIDES, Family, family_of
from habeas.reference.mmdb import MmdbPlaces, open_mmdb
from habeas.reference.names import index_file
from habeas.reference.names.customers import build_customer_index
from habeas.reference.names.index import NameIndex, build_index
from habeas.reference.networks import Networks, compile_networks
from habeas.reference.overrides import Overrides
from habeas.reference.places import BuiltInPlaces, CityWhere, CombinedPlaces, Source
from habeas.reference.sanctions.builtin import builtin_list
from habeas.reference.sanctions.documents import DocumentIndex
from habeas.reference.sanctions.wallet_lists import LIST as PLAIN_WALLETS
from habeas.reference.sanctions.wallets import WalletIndex
from habeas.reference.tags.book import TagBook
from habeas.reference.tags.builtin import builtin_tags
from habeas.reference.tags.listed import wallet_tags
from habeas.reference.tags.making import TagSet


class Described(Protocol):
    """What is said of a reference set."""

    @property
    def kind(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def as_of(self) -> date | None: ...

    @property
    def loaded_at(self) -> datetime: ...

    @property
    def sha256(self) -> str: ...


Sets = Sequence[tuple[Described, Callable[[], bytes]]]
"""Current sets, each with what reads its content."""


class LoadedLists:
    """Wallets and documents of all lists, found exactly, and names, found by how like they are (`service.ports.Lists`).

    Safe for threads; names are screened one after the other.
    """

    def __init__(self, lists: Sequence[ParsedList], key: bytes, names: Callable[[], NameIndex]) -> None:
        """`key` is secret, and hashes the numbers of documents. `names` is called when a name is first asked for: making
        an index takes some seconds, and most who ask about wallets never ask for a name.
        """
        self._wallets = WalletIndex(lists)
        self._documents = DocumentIndex(lists, key)
        self._entries = {
            parsed.version.list: (parsed.version.version, frozenset(entity.entry for entity in parsed.entities))
            for parsed in lists
        }
        self._make_names: Callable[[], NameIndex] | None = names
        self._names: NameIndex | None = None
        self._screening = Lock()

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        """Entries with this wallet."""
        found = self._wallets.find(address, chain, asset)
        # A plain list of wallets adds nothing to one that says whose they are.
        named = [hit for hit in found if not hit.list.startswith(PLAIN_WALLETS)]
        return tuple(_hit(hit, f"{hit.asset or chain or asset or 'wallet'}:{hit.address}") for hit in named or found)

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        """Entries with this identity document."""
        found = f"{identifier_kind(kind)} {country}"
        return tuple(_hit(hit, found) for hit in self._documents.find(country, kind, number))

    def names(self, who: Query) -> tuple[NameHit, ...]:
        """Entries with a name like this one, best first, down to the lowest band of the shipped playbook."""
        return tuple(
            NameHit(
                list=hit.list,
                version=f"{hit.list}@{hit.explanation.version}",
                entry=hit.entry,
                listed=hit.name,
                score=hit.score,
                agrees=hit.explanation.agrees,
                pair=pair(who, hit),
                explanation=hit.explanation.lines,
                name_score=hit.explanation.name_score,
            )
            for hit in self.screen(who)
            if hit.band is not Band.NONE
        )

    def version_without(self, name: str, entry: str) -> str | None:
        """The version of a list, if the list is there and does not have this entry; else None."""
        version, entries = self._entries.get(name, ("", frozenset()))
        return f"{name}@{version}" if version and entry not in entries else None

    def could_be(self, customers: Iterable[tuple[str, Query]], entries: Iterable[tuple[str, str]]) -> set[str]:
        """The ids of those customers who could be some of the entries, each given by its list and its id there."""
        with self._screening:
            return build_customer_index(customers).could_be(self._index(), entries)

    def screen(self, who: Query) -> tuple[Hit, ...]:
        """The same as names are screened, with everything that was compared."""
        with self._screening:
            return self._index().screen(who)

    def versions(self) -> tuple[ListVersion, ...]:
        """The lists whose names are looked at."""
        with self._screening:
            return self._index().versions

    def _index(self) -> NameIndex:
        if self._names is None:
            assert self._make_names is not None
            self._names = self._make_names()
            # What it was made from is needed no longer, and is large.
            self._make_names = None
        return self._names


def _hit(hit: WalletHit | DocumentHit, found: str) -> ListHit:
    return ListHit(list=hit.list, version=f"{hit.list}@{hit.version}", entry=hit.entry, found=found)


class ListsBuilder:
    """Makes what a store's sanctions lists and lists of wallets are looked up in. The index of names is kept in the folder
    `cache`, if there is one.
    """

    def __init__(self, key: bytes, cache: Path | None = None) -> None:
        self._key = key
        self._cache = cache

    def __call__(self, sets: Sets) -> LoadedLists:
        """The lists. The built-in sample is part of it until the list that it is a sample of is there.

        Raises BadInputError when a content cannot be read.
        """
        lists = [
            _as_kept(contents.parsed_list(content(), each.kind), each)
            for each, content in sets
            if family_of(each.kind) in LISTS
        ]
        if all(each.kind != OFAC for each, _ in sets):
            lists.append(builtin_list())

        def names() -> NameIndex:
            if self._cache is None:
                return build_index(lists)
            marks = [f"{v.list} {v.version} {v.as_of} {v.sha256}" for v in (parsed.version for parsed in lists)]
            return index_file.kept(self._cache, marks, lambda: build_index(lists))

        return LoadedLists(lists, self._key, names)


def _as_kept(parsed: ParsedList, each: Described) -> ParsedList:
    """Under the version that the store has given it, which is what a decision must cite."""
    return ParsedList(replace(parsed.version, version=each.version), parsed.entities)


class TagsBuilder:
    """Makes the tag book of a store's sets of tags and of the wallets on its sanctions lists."""

    def __call__(self, sets: Sets) -> TagBook:
        """The book, its sets named by their kinds. What comes with Habeas is part of it; of its lists, the sample until the
        list is there.

        Raises BadInputError when a content cannot be read.
        """
        known = builtin_tags()
        made = [replace(known, name=f"{Family.TAGS}.{known.name}")]
        for each, content in sets:
            family = family_of(each.kind)
            if family is Family.TAGS or family in LISTS:
                tags = (contents.tags if family is Family.TAGS else contents.listed_tags)(content(), each.kind)
                made.append(TagSet(name=each.kind, version=each.version, as_of=each.as_of, tags=tags))
        if all(each.kind != OFAC for each, _ in sets):
            sample = builtin_list()
            of = sample.version
            made.append(
                TagSet(
                    name=f"{Family.SANCTIONS}.{of.list}", version=of.version, as_of=of.as_of, tags=wallet_tags(sample)
                )
            )
        return TagBook(made)


class PlacesBuilder:
    """Makes the places of a store's databases, lists of networks and overrides.

    `.mmdb` files are put into the folder `cache`, from where they are mapped into memory; `areas` are the countries of which
    parts are judged apart. What has not changed since the last time is kept.
    """

    def __init__(
        self, cache: Path, areas: frozenset[str], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._cache = cache
        self._areas = areas
        self._now = now
        self._databases: dict[tuple[str, ...], MmdbPlaces] = {}
        self._networks: tuple[tuple[tuple[str, str, date], ...], Networks | None] = ((), None)

    def __call__(self, sets: Sets) -> CombinedPlaces:
        """The places. Raises BadInputError when a content cannot be read, or sets do not go together."""
        country, city, second = (self._database(sets, f"places.{name}") for name in ("country", "city", "second"))
        self._databases = {key: value for key, value in self._databases.items() if value in (country, city, second)}
        primary: Source
        if country is not None and city is not None:
            primary = CityWhere(country, city, self._areas)
        else:
            primary = country or city or built_in_places()
        overrides = next((contents.overrides(content()) for each, content in sets if each.kind == OVERRIDES), ())
        return CombinedPlaces(primary, second, self._compiled(sets), Overrides(overrides), now=self._now)

    def _database(self, sets: Sets, kind: str) -> MmdbPlaces | None:
        mine = [(each, content) for each, content in sets if each.kind in (kind, f"{kind}.ipv6")]
        if not mine:
            return None
        key = tuple(each.sha256 for each, _ in mine)
        if key not in self._databases:
            files = [materialised(self._cache, each.sha256, content) for each, content in mine]
            self._databases[key] = open_mmdb(*files)
        return self._databases[key]

    def _compiled(self, sets: Sets) -> Networks | None:
        mine = [(each, content) for each, content in sets if family_of(each.kind) is Family.NETWORKS]
        key = tuple((each.kind, each.sha256, _day(each)) for each, _ in mine)
        if key != self._networks[0]:
            lists = [contents.networks(content(), each.kind, _day(each)) for each, content in mine]
            self._networks = key, compile_networks(lists) if lists else None
        return self._networks[1]


@cache
def built_in_places() -> BuiltInPlaces:
    """The country database that comes with Habeas, loaded once: it takes some 50 ms."""
    return BuiltInPlaces()


class BuiltIn(Struct, frozen=True):
    """Something that comes with Habeas, and whether it is in use beside what a store has."""

    kind: str
    version: str
    as_of: date | None
    entries: int
    source: str
    is_in_use: bool


def built_in(current: frozenset[str]) -> tuple[BuiltIn, ...]:
    """What comes with Habeas, beside the kinds that a store has."""
    sample = builtin_list().version
    places = built_in_places()
    tags = builtin_tags()
    return (
        BuiltIn(
            kind="places.country",
            version=places.label,
            as_of=places.as_of,
            entries=places.entries,
            source="GeoLite2 country data of 2024, IPv4 only, that comes with Habeas",
            is_in_use=current.isdisjoint({"places.country", "places.city"}),
        ),
        BuiltIn(
            kind=f"sanctions.{sample.list}",
            version=sample.version,
            as_of=sample.as_of,
            entries=sample.entries,
            source="a sample of OFAC's list that comes with Habeas",
            is_in_use=OFAC not in current,
        ),
        BuiltIn(
            kind=f"{Family.TAGS}.{tags.name}",
            version=tags.version,
            as_of=tags.as_of,
            entries=len(tags.tags),
            source="a mixer, token contracts and addresses that are nobody's, which come with Habeas",
            is_in_use=True,
        ),
    )


def _day(each: Described) -> date:
    return each.as_of or each.loaded_at.date()


def materialised(cache: Path, digest: str, content: Callable[[], bytes]) -> Path:
    """A content as a file named by its SHA-256, with the digest beside it, as `reference.mmdb` wants it.

    A file that is there already is taken if it is whole. Raises BadInputError when the folder cannot be written.
    """
    path = cache / f"{digest}.mmdb"
    try:
        if not path.exists() or sha256(path.read_bytes()).hexdigest() != digest:
            cache.mkdir(parents=True, exist_ok=True)
            # By renaming: what other processes have mapped into memory stays as it is.
            _put(path.with_name(f"{path.name}.sha256"), f"{digest}  {path.name}\n".encode())
            _put(path, content())
    except OSError as exc:
        raise BadInputError(
            f"cannot keep a database in `{cache}`: {exc.strerror or exc}; check the folder and its permissions"
        ) from None
    return path


def _put(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
