"""Where an IP address is: the country database that comes with Habeas, and sources combined.

- `BuiltInPlaces`: countries, IPv4 only, GeoLite2 data of 2024 under its owner's licence. Enough to try Habeas on real
  addresses; in production bring your own files (`reference.mmdb`)
- `CityWhere`: a country source, and a city source only where parts of a country are judged apart
- `CombinedPlaces`: two sources that may disagree, network tags, and overrides
- `ReloadingPlaces`: new files without a restart
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Lock
from typing import Protocol

from geoip2fast import GeoIP2Fast
from msgspec.structs import replace

from habeas.domain.place import Place
from habeas.reference.mmdb_records import discs
from habeas.reference.networks import Networks
from habeas.reference.overrides import Overrides, corrected
from habeas.reference.prefix import Address, parse_address

_REMEMBERED = 16_384


class Source(Protocol):
    """Something that knows where addresses are. Safe to use from several threads."""

    def place(self, ip: str) -> Place | None:
        """The place of an address, or None. Raises ValueError if `ip` is no IP address."""

    def find(self, address: Address) -> Place | None:
        """The same for an address that is already parsed."""


class BuiltInPlaces:
    """Country look-ups in memory, a few microseconds each. Safe to use from several threads."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        """`remembered` networks' answers are kept; 0 keeps none."""
        self._database = GeoIP2Fast()
        self._sources = (str(self._database.source_info).removeprefix("MAXMIND:"),)
        self._discs = discs()
        self._remembered: dict[str, Place | None] = {}
        self._remembered_max = remembered

    @property
    def label(self) -> str:
        """What a place names as its source."""
        return self._sources[0]

    @property
    def as_of(self) -> date:
        """The day in the label."""
        return datetime.strptime(self.label[-8:], "%Y%m%d").date()  # noqa: DTZ007 - only the day matters

    @property
    def entries(self) -> int:
        """How many networks it knows."""
        networks: int = self._database.get_database_info()["country"]["ipv4_networks"]
        return networks

    def place(self, ip: str) -> Place | None:
        """The country of an address, as its centre and radius; None for private and unknown addresses.

        Raises ValueError if `ip` is no IP address.
        """
        return self.find(parse_address(ip))

    def find(self, address: Address) -> Place | None:
        """As `place`, for an address that is already parsed."""
        try:
            return self._remembered[address.prefix]
        except KeyError:
            pass
        if address.is_ipv6:
            return None
        found = self._database.lookup(address.text)
        disc = self._discs.get(found.country_code)
        if disc is None:
            return None
        place = Place(found.country_code, *disc, address.prefix, self._sources)
        # One answer for the whole /24 is right only where the database does not cut it up.
        if self._remembered_max and int(found.cidr.partition("/")[2]) <= 24:
            if len(self._remembered) >= self._remembered_max:
                self._remembered.clear()
            self._remembered[address.prefix] = place
        return place


class CityWhere:
    """Countries from one source; in the countries `areas` also the part of it, from a source of cities.

    Where the two name different countries the source of cities is believed, as the one that looks closer, and the
    disagreement is kept.
    """

    def __init__(self, country: Source, city: Source, areas: frozenset[str]) -> None:
        self._country = country
        self._city = city
        self._areas = areas

    def place(self, ip: str) -> Place | None:
        """The place of an address. Raises ValueError if `ip` is no IP address."""
        return self.find(parse_address(ip))

    def find(self, address: Address) -> Place | None:
        """As `place`, for an address that is already parsed."""
        place = self._country.find(address)
        if place is None or place.area not in self._areas:
            return place
        closer = self._city.find(address)
        return place if closer is None else merged(closer, place)


class CombinedPlaces:
    """The country from `primary`, and what `second`, the network lists and the overrides add to it.

    `now` says at which instant overrides are asked. Everything that took part is named in the place's sources.
    """

    def __init__(
        self,
        primary: Source,
        second: Source | None = None,
        networks: Networks | None = None,
        overrides: Overrides | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._primary = primary
        self._second = second
        self._networks = networks
        self._overrides = overrides or None
        self._now = now

    def place(self, ip: str) -> Place | None:
        """The place of an address; None when neither a source nor an override knows it.

        Raises ValueError if `ip` is no IP address.
        """
        return self.find(parse_address(ip))

    def find(self, address: Address) -> Place | None:
        """As `place`, for an address that is already parsed."""
        place = self._primary.find(address)
        if self._second is not None:
            other = self._second.find(address)
            if other is not None:
                place = other if place is None else merged(place, other)
        if self._overrides is not None:
            override = self._overrides.find(address, self._now())
            if override is not None:
                place = corrected(override, place, address.prefix)
        if place is not None and self._networks is not None:
            tags, lists = self._networks.find(address)
            if lists:
                place = replace(place, tags=tags, sources=(*place.sources, *lists))
        return place


class ReloadingPlaces:
    """The places that `load` makes, made anew on `reload`. Look-ups never wait: each uses the old ones or the new ones."""

    def __init__(self, load: Callable[[], Source]) -> None:
        self._load = load
        self._current = load()
        self._reloading = Lock()

    def reload(self) -> None:
        """Load again and take over. If loading raises, the error is passed on and the old places stay in use."""
        with self._reloading:
            self._current = self._load()

    def place(self, ip: str) -> Place | None:
        """The place of an address. Raises ValueError if `ip` is no IP address."""
        return self._current.place(ip)

    def find(self, address: Address) -> Place | None:
        """As `place`, for an address that is already parsed."""
        return self._current.find(address)


def merged(first: Place, second: Place) -> Place:
    """What two sources say together: the country of the first; where they agree, the more exact position."""
    sources = (*first.sources, *(source for source in second.sources if source not in first.sources))
    if second.area != first.area:
        return replace(first, sources=sources, disagrees_with=second.area)
    nearer = second if second.radius_km < first.radius_km else first
    part = first if first.region or first.region_code else second
    return replace(
        first,
        sources=sources,
        latitude=nearer.latitude,
        longitude=nearer.longitude,
        radius_km=nearer.radius_km,
        region=part.region,
        region_code=part.region_code,
        asn=first.asn or second.asn,
        disagrees_with=first.disagrees_with or second.disagrees_with,
    )
