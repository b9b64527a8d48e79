"""What a record of a geo-IP database says, in either of the two shapes that such files have.

- nested, as MaxMind and DB-IP write it: `country.iso_code`, `subdivisions[0]`, `city.names.en`, `location`
- flat, as the ip-location-db project writes it: `country_code`, `state1`, `city`, `latitude`, `longitude`

A field of an unexpected type is an absent one: a record says less then, it never stops a look-up.
"""

from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from typing import Any

from msgspec import Struct

from habeas.domain.place import Place
from habeas.reference.countries import countries

CITY_RADIUS_KM = 100.0
"""How far off a city's coordinates may be when the record does not say (detection 2)."""
REGION_RADIUS_KM = 300.0


class Said(Struct, frozen=True, gc=False):
    """What one record says, whatever its shape. Empty: it says nothing about that."""

    country: str
    region: str = ""
    region_code: str = ""
    has_city: bool = False
    coordinates: tuple[float, float] | None = None
    """Latitude and longitude in degrees."""
    accuracy_km: float = 0.0
    asn: str = ""
    """The AS number as `AS3320`; few databases of places have it."""


Shape = Callable[[Mapping[str, Any]], Said]


def shape_of(record: object) -> Shape | None:
    """How to read records like this one, or None if it does not name a country in any known way."""
    if isinstance(record, dict):
        if isinstance(record.get("country"), dict) and "iso_code" in record["country"]:
            return nested
        if isinstance(record.get("country_code"), str):
            return flat
    return None


def nested(record: Mapping[str, Any]) -> Said:
    """MaxMind's shape. Only `country` counts: `registered_country` says where the network's owner is."""
    country = _text(_map(record.get("country")).get("iso_code"))
    location = _map(record.get("location"))
    asn = _asn(_map(record.get("traits")).get("autonomous_system_number"))
    if not location and "subdivisions" not in record:
        return Said(country, asn=asn)
    subdivisions = record.get("subdivisions")
    largest = _map(subdivisions[0]) if isinstance(subdivisions, list) and subdivisions else {}
    code = _text(largest.get("iso_code"))
    accuracy = _number(location.get("accuracy_radius"))
    return Said(
        country=country,
        region=_text(_map(largest.get("names")).get("en")),
        region_code=f"{country}-{code}" if country and code else "",
        has_city=bool(_map(record.get("city"))),
        coordinates=_coordinates(location),
        accuracy_km=accuracy if accuracy is not None and accuracy > 0 else 0.0,
        asn=asn,
    )


def flat(record: Mapping[str, Any]) -> Said:
    """ip-location-db's shape. Coordinates may be numbers or text."""
    country = _text(record.get("country_code"))
    asn = _asn(record.get("asn"))
    if "latitude" not in record and "state1" not in record:
        return Said(country, asn=asn)
    return Said(
        country=country,
        region=_text(record.get("state1")),
        has_city=bool(_text(record.get("city"))),
        coordinates=_coordinates(record),
        asn=asn,
    )


def place_of(said: Said, prefix: str, sources: tuple[str, ...]) -> Place | None:
    """The place that a record means: its coordinates where it says how exact they are, else the country as a disc.

    None where it names no country: codes such as `EU` (somewhere in Europe) are no place to be judged by.
    """
    disc = discs().get(said.country)
    if disc is None:
        return None
    radius_km = said.accuracy_km or (
        CITY_RADIUS_KM if said.has_city else REGION_RADIUS_KM if said.region or said.region_code else 0.0
    )
    if said.coordinates is None or not radius_km:
        latitude, longitude, radius_km = disc
    else:
        latitude, longitude = said.coordinates
    return Place(
        said.country,
        latitude,
        longitude,
        radius_km,
        prefix,
        sources,
        region=said.region,
        region_code=said.region_code,
        asn=said.asn,
    )


@cache
def discs() -> dict[str, tuple[float, float, float]]:
    """Centre in degrees and radius in km of every country."""
    return {code: (each.latitude, each.longitude, each.radius_km) for code, each in countries().items()}


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _asn(value: Any) -> str:
    """An AS number, which some write as a number and some as `AS3320`."""
    number = _number(_text(value).upper().removeprefix("AS") or value)
    return f"AS{number:.0f}" if number is not None and 0 < number < 2**32 else ""


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _coordinates(record: Mapping[str, Any]) -> tuple[float, float] | None:
    """Latitude and longitude; None where they are not on the globe, or are (0, 0), which means "unknown"."""
    latitude, longitude = _number(record.get("latitude")), _number(record.get("longitude"))
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return (latitude, longitude) if latitude or longitude else None
