"""Where the world's addresses are, and where a geo-IP database believes them to be: a `Places` adapter with its errors.

Cities and coordinates are real. Addresses are made up, in 10.0.0.0/8: one /24 for each network. A database places most of
them some tens of kilometres off, some in another country, and a second database disagrees about some (detection, section 1).
"""

import random
from enum import StrEnum
from math import asin, cos, pi, radians, sin, sqrt

from msgspec import Struct

from habeas.domain.place import Place
from habeas.reference.countries import countries
from habeas.simulation.world.parameters import Parameters

_SOURCES = ("world-cities-1", "world-cities-2")
_EARTH_KM = 6371.0


class City(Struct, frozen=True):
    """A city; `homes` and `visits` weigh how many people live there and travel there. `area` as a database names it."""

    name: str
    country: str
    latitude: float
    longitude: float
    homes: float = 0.0
    visits: float = 0.0
    region_code: str = ""


CITIES: tuple[City, ...] = (
    City("London", "GB", 51.51, -0.13, 6, 9),
    City("Manchester", "GB", 53.48, -2.24, 3, 2),
    City("Dublin", "IE", 53.35, -6.26, 1, 2),
    City("Paris", "FR", 48.86, 2.35, 5, 9),
    City("Lyon", "FR", 45.76, 4.84, 2, 1),
    City("Brussels", "BE", 50.85, 4.35, 2, 2),
    City("Amsterdam", "NL", 52.37, 4.90, 3, 4),
    City("Berlin", "DE", 52.52, 13.41, 4, 4),
    City("Munich", "DE", 48.14, 11.58, 3, 3),
    City("Zurich", "CH", 47.37, 8.54, 2, 2),
    City("Vienna", "AT", 48.21, 16.37, 2, 4),
    City("Milan", "IT", 45.46, 9.19, 3, 4),
    City("Rome", "IT", 41.90, 12.50, 2, 6),
    City("Madrid", "ES", 40.42, -3.70, 3, 5),
    City("Barcelona", "ES", 41.39, 2.17, 2, 7),
    City("Palma", "ES", 39.57, 2.65, 0.5, 5),
    City("Lisbon", "PT", 38.72, -9.14, 2, 5),
    City("Copenhagen", "DK", 55.68, 12.57, 1, 2),
    City("Stockholm", "SE", 59.33, 18.07, 1, 2),
    City("Warsaw", "PL", 52.23, 21.01, 3, 2),
    City("Prague", "CZ", 50.08, 14.44, 2, 4),
    City("Budapest", "HU", 47.50, 19.04, 1, 3),
    City("Bucharest", "RO", 44.43, 26.10, 2, 1),
    City("Athens", "GR", 37.98, 23.73, 1, 5),
    City("Kyiv", "UA", 50.45, 30.52, 3, 0.3),
    City("Istanbul", "TR", 41.01, 28.98, 6, 6),
    City("Antalya", "TR", 36.90, 30.71, 1, 6),
    City("Dubai", "AE", 25.20, 55.27, 3, 6),
    City("Cairo", "EG", 30.04, 31.24, 1, 2),
    City("Lagos", "NG", 6.52, 3.38, 5, 0.5),
    City("Nairobi", "KE", -1.29, 36.82, 1, 0.7),
    City("Johannesburg", "ZA", -26.20, 28.05, 2, 1),
    City("Mumbai", "IN", 19.08, 72.88, 6, 2),
    City("Delhi", "IN", 28.61, 77.21, 5, 2),
    City("Bangkok", "TH", 13.76, 100.50, 3, 7),
    City("Singapore", "SG", 1.35, 103.82, 2, 5),
    City("Kuala Lumpur", "MY", 3.14, 101.69, 2, 4),
    City("Jakarta", "ID", -6.21, 106.85, 4, 1),
    City("Denpasar", "ID", -8.67, 115.21, 0.5, 4),
    City("Ho Chi Minh City", "VN", 10.82, 106.63, 5, 2),
    City("Manila", "PH", 14.60, 120.98, 3, 1.5),
    City("Hong Kong", "HK", 22.32, 114.17, 2, 4),
    City("Taipei", "TW", 25.03, 121.57, 2, 3),
    City("Seoul", "KR", 37.57, 126.98, 4, 4),
    City("Tokyo", "JP", 35.68, 139.69, 3, 6),
    City("Sydney", "AU", -33.87, 151.21, 2, 2),
    City("Perth", "AU", -31.95, 115.86, 0.7, 0.7),
    City("Sao Paulo", "BR", -23.55, -46.63, 6, 1.5),
    City("Buenos Aires", "AR", -34.60, -58.38, 4, 1.5),
    City("Bogota", "CO", 4.71, -74.07, 2, 1),
    City("Mexico City", "MX", 19.43, -99.13, 3, 3),
    City("Almaty", "KZ", 43.24, 76.89, 1, 0.5),
    City("New York", "US", 40.71, -74.01, 0, 3),
    City("Los Angeles", "US", 34.05, -118.24, 0, 1.5),
    City("Miami", "US", 25.76, -80.19, 0, 1.5),
    City("Shanghai", "CN", 31.23, 121.47, 0, 1.5),
    City("Moscow", "RU", 55.76, 37.62, 0, 0.4),
    City("Havana", "CU", 23.11, -82.37, 0, 0.08),
    City("Tehran", "IR", 35.69, 51.39, 0, 0.04),
    City("Simferopol", "UA", 44.95, 34.10, 0, 0.01, "UA-43"),
)
"""Real cities; weights after the size of crypto adoption and of tourism, roughly (docs/simulation.md)."""

INTRUDER_CITIES: tuple[tuple[str, float], ...] = (
    ("Lagos", 4),
    ("Moscow", 4),
    ("Kyiv", 2),
    ("Bucharest", 2),
    ("Ho Chi Minh City", 2),
    ("Jakarta", 2),
    ("Sao Paulo", 2),
    ("Delhi", 2),
    ("Shanghai", 2),
    ("Manila", 1),
    ("London", 1),
    ("New York", 1),
)
EXIT_CITIES = (
    "Amsterdam",
    "Zurich",
    "London",
    "Singapore",
    "Stockholm",
    "New York",
    "Tokyo",
    "Bucharest",
    "Berlin",
    "Hong Kong",
)
ESIM_BREAKOUTS = ("Singapore", "Hong Kong", "Amsterdam", "London", "Paris", "Warsaw")
INFLIGHT_PLACES = ("New York", "Berlin", "London", "Dubai")


_ADDRESSES = {"US": 6.0, "CN": 6.0, "RU": 2.0, "IR": 0.3, "CU": 0.01}
"""Weights of countries in which nobody of this world lives, after how many addresses are registered there; by city."""


class NetworkKind(StrEnum):
    """What a network is for."""

    FIXED = "fixed"
    GATEWAY = "gateway"
    EXIT = "exit"
    HOSTING = "hosting"
    RELAY = "relay"


_FIXED_PER_CITY, _RELAYS_PER_CITY, _EXITS_PER_CITY, _HOSTING_PER_CITY = 60, 4, 60, 12


class Geography:
    """All networks of one world, made from its seed. It is a `Places` port."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self._draw = random.Random(f"{seed}/geography")
        self._p = parameters
        self._recorded: list[Place] = []
        self._of: dict[tuple[NetworkKind, str], list[int]] = {}
        self.cities = {city.name: city for city in CITIES}
        self.by_country: dict[str, list[City]] = {}
        for city in CITIES:
            self.by_country.setdefault(city.country, []).append(city)
        for city in CITIES:
            self._add(NetworkKind.FIXED, city, _FIXED_PER_CITY)
            self._add(NetworkKind.RELAY, city, _RELAYS_PER_CITY)
        for code, cities in self.by_country.items():
            # A carrier's gateways stand in a few of its cities, and the odd one is registered abroad. Nobody's carrier
            # serves a territory that somebody else holds.
            stands = [city for city in cities if not city.region_code]
            for _ in range(parameters.gateways_per_carrier):
                is_abroad = self._draw.random() < parameters.foreign_gateway_share
                at = self._mistaken(code) if is_abroad else self._draw.choice(stands)
                self._of.setdefault((NetworkKind.GATEWAY, code), []).append(self._network(NetworkKind.GATEWAY, at))
        for name in EXIT_CITIES:
            self._add(NetworkKind.EXIT, self.cities[name], _EXITS_PER_CITY)
            self._add(NetworkKind.HOSTING, self.cities[name], _HOSTING_PER_CITY)

    def networks(self, kind: NetworkKind, where: str) -> list[int]:
        """The networks of a kind: in a city by its name, or of a country's mobile carriers by its code."""
        return self._of[kind, where]

    def place(self, ip: str) -> Place | None:
        """What the databases say of an address; None outside this world."""
        parts = ip.split(".")
        if len(parts) != 4 or parts[0] != "10":
            return None
        index = int(parts[1]) * 256 + int(parts[2])
        return self._recorded[index] if index < len(self._recorded) else None

    def _add(self, kind: NetworkKind, city: City, count: int) -> None:
        self._of.setdefault((kind, city.name), []).extend(self._network(kind, city) for _ in range(count))

    def _network(self, kind: NetworkKind, city: City) -> int:
        index = len(self._recorded)
        self._recorded.append(self._record(index, kind, city))
        return index

    def _record(self, index: int, kind: NetworkKind, city: City) -> Place:
        draw, wrong = self._draw, self._p.place_wrong_share
        if kind is NetworkKind.GATEWAY:
            wrong += self._p.gateway_wrong_share
        lot = draw.random()
        other = self._mistaken(city.country)
        shown, disagrees = city, ""
        if lot < wrong:
            shown = other
        elif lot < wrong + self._p.place_disagrees_share:
            shown, disagrees = (city, other.country) if draw.random() < 0.5 else (other, city.country)
        latitude, longitude = self._displaced(shown)
        return Place(
            area=shown.country,
            latitude=latitude,
            longitude=longitude,
            radius_km=draw.choice((10.0, 20.0, 50.0, 100.0, 200.0)),
            prefix=f"10.{index >> 8}.{index & 255}.0/24",
            sources=_SOURCES,
            tags=self._tags(kind),
            disagrees_with=disagrees,
            region_code=shown.region_code,
        )

    def _mistaken(self, country: str) -> City:
        """Where a database puts what it puts into the wrong country: where most addresses are registered."""
        others = [city for city in CITIES if city.country != country]
        return self._draw.choices(others, [_ADDRESSES.get(c.country, c.homes) for c in others])[0]

    def _tags(self, kind: NetworkKind) -> tuple[str, ...]:
        match kind:
            case NetworkKind.EXIT:
                return () if self._draw.random() < self._p.exit_untagged_share else ("vpn",)
            case NetworkKind.HOSTING:
                return ("hosting",)
            case NetworkKind.RELAY:
                return ("relay",)
            case _:
                return ()

    def _displaced(self, city: City) -> tuple[float, float]:
        """A city as a database has it: off by some distance, but within the country where the country is right."""
        most = countries()[city.country].radius_km
        km = min(lognormal(self._draw, self._p.place_error_km), most)
        bearing = self._draw.uniform(0, 2 * pi)
        latitude = city.latitude + km * cos(bearing) / 111.2
        longitude = city.longitude + km * sin(bearing) / (111.2 * max(0.1, cos(radians(city.latitude))))
        return max(-89.0, min(89.0, latitude)), (longitude + 180) % 360 - 180


def address(network: int, host: int) -> str:
    """An address in a network."""
    return f"10.{network >> 8}.{network & 255}.{host % 254 + 1}"


def apart_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The great-circle distance between two points in degrees."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, h)))


def between(a: City, b: City) -> float:
    """How far two cities lie apart, in km."""
    return apart_km((a.latitude, a.longitude), (b.latitude, b.longitude))


def lognormal(draw: random.Random, figure: tuple[float, float]) -> float:
    """A lognormal draw from its median and the spread of its logarithm."""
    median, spread = figure
    return float(median * draw.lognormvariate(0.0, spread))
