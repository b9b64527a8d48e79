"""Where a request came from, and when two places are a geographic leap apart (detection 1 and 2)."""

from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from msgspec import Struct

EARTH_RADIUS_KM = 6371.0

NO_ANCHOR_TAGS = frozenset({"vpn", "tor", "hosting"})
"""A network with one of these tags says nothing about where somebody is. A relay that keeps the region does."""


class Place(Struct, frozen=True, omit_defaults=True):
    """Where an IP address is, as looked up: a raw fact, with the versions of the sources that said so.

    `latitude` and `longitude` in degrees, `radius_km` how far off they may be. `area` is the country, or the ISO 3166-2
    code of a territory that is judged as a country of its own.
    """

    area: str
    latitude: float
    longitude: float
    radius_km: float
    prefix: str
    """The /24 (IPv4) or /48 (IPv6) network."""
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    disagrees_with: str = ""
    """Another source's country for the same address: then the network counts as misidentified (rows B028-B031)."""
    region: str = ""
    """The provider's own label for the state or province, such as `Crimea`. Spelling differs from provider to provider."""
    region_code: str = ""
    """The ISO 3166-2 code of that state or province, such as `UA-43`; empty where the record has none."""
    asn: str = ""
    """The autonomous system that announces the network, such as `AS3320`; empty where the source does not say."""

    @property
    def country(self) -> str:
        return self.area[:2]

    @property
    def is_anonymised(self) -> bool:
        return not NO_ANCHOR_TAGS.isdisjoint(self.tags)


class Anchor(Struct, frozen=True, array_like=True):
    """A location sample that an account remembers."""

    at: datetime
    area: str
    latitude: float
    longitude: float
    radius_km: float
    prefix: str
    device: str

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.prefix


class LeapRule(Struct, frozen=True, forbid_unknown_fields=True):
    """When two samples are too far apart for one person (detection 2). Distances in km, speed in km/h."""

    within_for: timedelta
    distance_km_min: float
    speed_km_per_h_min: float
    travel_for_min: timedelta
    """Shorter gaps between two samples count as this long, so that clock noise does not make speed infinite."""


def distance_km(a: Anchor, b: Anchor) -> float:
    """Great-circle distance by the haversine formula, less both accuracy radii, never below zero."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b.longitude - a.longitude) / 2
    h = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return max(0.0, 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, h))) - a.radius_km - b.radius_km)


def is_leap(a: Anchor, b: Anchor, rule: LeapRule) -> bool:
    """Whether the later sample `b` is a leap from `a`: another country, too far, too fast, and not one device's
    IPv4 and IPv6 seen in turn.
    """
    if a.area == b.area or a.prefix == b.prefix or not timedelta(0) <= b.at - a.at <= rule.within_for:
        return False
    if a.device and a.device == b.device and a.is_ipv6 != b.is_ipv6:
        return False
    km = distance_km(a, b)
    hours = max(b.at - a.at, rule.travel_for_min) / timedelta(hours=1)
    return km >= rule.distance_km_min and km / hours >= rule.speed_km_per_h_min
