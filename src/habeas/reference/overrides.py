"""Corrections by staff of address ranges that the geo-IP sources misread (row B029). Each ends by itself.

The most specific prefix in force decides; among equal prefixes the one that stands later in the list.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.place import Place
from habeas.reference.countries import countries
from habeas.reference.prefix import Address, Prefix, parse_prefix

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_AREA = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class Override(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Until `until` (exclusive), addresses in `prefix` are in `area`: an ISO country or an ISO 3166-2 code of a part of it.

    `note` says why, `by` who decided it.
    """

    id: str
    prefix: str
    area: str
    until: datetime
    note: str
    by: str

    @property
    def country(self) -> str:
        return self.area[:2]

    @property
    def source(self) -> str:
        """How a place names its override."""
        return f"override/{self.id}"


class Overrides:
    """All overrides, ready to be asked. Building it checks every one."""

    def __init__(self, overrides: Iterable[Override] = ()) -> None:
        """Raises BadInputError for an override that cannot be used, and for an id that occurs twice."""
        self.all = tuple(overrides)
        # By IPv6 or not, then by the bits outside the prefix, most specific first: first address -> overrides.
        self._tables: dict[bool, dict[int, dict[int, tuple[Override, ...]]]] = {False: {}, True: {}}
        seen: set[str] = set()
        for override in self.all:
            prefix = check(override)
            if override.id in seen:
                raise BadInputError(f"override `{override.id}` is there twice; give each its own id")
            seen.add(override.id)
            width = (prefix.last - prefix.first).bit_length()
            same = self._tables[prefix.is_ipv6].setdefault(width, {})
            same[prefix.first] = (override, *same.get(prefix.first, ()))
        for is_ipv6, table in self._tables.items():
            self._tables[is_ipv6] = dict(sorted(table.items()))

    def __len__(self) -> int:
        return len(self.all)

    def find(self, address: Address, at: datetime) -> Override | None:
        """The override that holds for an address at an instant."""
        for width, same in self._tables[address.is_ipv6].items():
            for override in same.get(address.number >> width << width, ()):
                if at < override.until:
                    return override
        return None

    def in_force(self, at: datetime) -> Iterator[Override]:
        """Those that have not ended at an instant."""
        return (override for override in self.all if at < override.until)


def parse_overrides(raw: object) -> tuple[Override, ...]:
    """Overrides from decoded JSON or TOML: a list of tables with the fields of `Override`.

    Raises BadInputError, naming the field.
    """
    try:
        overrides = msgspec.convert(raw, tuple[Override, ...])
    except msgspec.ValidationError as exc:
        raise BadInputError(f"the overrides cannot be read: {exc}") from None
    for override in overrides:
        check(override)
    return overrides


def check(override: Override) -> Prefix:
    """The prefix of an override that can be used. Raises BadInputError for one that cannot."""
    where = f"override `{override.id}`"
    if not _ID.fullmatch(override.id):
        raise BadInputError(f"{where}: the id must be 1 to 64 letters, digits, dots, hyphens or underscores")
    if not _AREA.fullmatch(override.area) or override.country not in countries():
        raise BadInputError(f"{where}: `{override.area}` is no country like `DE` and no part of one like `UA-43`")
    if override.until.tzinfo is None:
        raise BadInputError(f"{where}: `until` needs a time zone, as in `{override.until.isoformat()}Z`")
    for field in ("note", "by"):
        if not getattr(override, field).strip():
            raise BadInputError(f"{where}: `{field}` is empty; say {'why' if field == 'note' else 'who decided it'}")
    try:
        return parse_prefix(override.prefix)
    except BadInputError as exc:
        raise BadInputError(f"{where}: {exc}") from None


def corrected(override: Override, place: Place | None, prefix: str) -> Place:
    """The place that an override means, given what the sources said.

    Where the sources say the same area, their coordinates stand; otherwise those belong to the mistake, and the country as a
    disc takes their place. An override that names a country says nothing about its parts: one against a misread part names
    the right one.
    """
    sources = (override.source, *(place.sources if place is not None else ()))
    part = override.area if override.area != override.country else ""
    if place is not None and place.area == override.country and part in ("", place.region_code):
        return msgspec.structs.replace(place, sources=sources, disagrees_with="")
    country = countries()[override.country]
    return Place(
        area=country.code,
        latitude=country.latitude,
        longitude=country.longitude,
        radius_km=country.radius_km,
        prefix=prefix,
        sources=sources,
        region_code=part,
    )
