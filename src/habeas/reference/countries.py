"""Where the countries are and how large: centre in degrees, area in square kilometres.

`countries.csv` holds plain facts (ISO 3166-1 codes, centres and areas as the CIA World Factbook gives them).
"""

import csv
from functools import cache
from importlib.resources import files
from math import pi, sqrt

from msgspec import Struct


class Country(Struct, frozen=True):
    """One country: ISO 3166-1 alpha-2 code, name, centre in degrees, area in km2."""

    code: str
    name: str
    latitude: float
    longitude: float
    area_km2: float

    @property
    def radius_km(self) -> float:
        """The radius of a disc of the same area: how far off a country-only look-up may be (detection 2)."""
        return sqrt(self.area_km2 / pi)


@cache
def countries() -> dict[str, Country]:
    """All countries by code."""
    text = files("habeas.reference").joinpath("countries.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Country(
            row["code"], row["name"], float(row["latitude"]), float(row["longitude"]), float(row["area_km2"])
        )
        for row in csv.DictReader(text.splitlines())
    }
