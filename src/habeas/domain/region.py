"""Region policy as data: which areas are served how, under which regime, from when until when (detection 1).

An area is a country (`CU`), a part of one by its ISO 3166-2 code (`CA-ON`), or a territory by its id (`crimea`). A territory
is recognised by an alias table over (country, label) and by a box of coordinates, both, and never by the name of a city:
Donetsk, Lugansk, Sevastopol' and Gorlovka are also ordinary places in Rostov, Novosibirsk, Kaluga and Vladimir.
"""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from habeas.domain.place import Place


class RegionBasis(StrEnum):
    """Which fact about a person or request a rule looks at."""

    IP = "ip"
    RESIDENCE = "residence"
    NATIONALITY = "nationality"
    DOCUMENT = "document"


class RegionLevel(StrEnum):
    """How strictly an area is treated, strictest first."""

    COMPREHENSIVE = "comprehensive"
    """Comprehensively sanctioned."""
    NO_SERVICE = "no_service"
    OFFBOARDING = "offboarding"
    NO_SERVICE_TRAVEL_VERIFY = "no_service_travel_verify"
    """Not served; a visitor may show that they only travel there (the US in the shipped playbook)."""


STRICTEST_FIRST = {level: rank for rank, level in enumerate(RegionLevel)}


class ExitPhase(Struct, frozen=True, forbid_unknown_fields=True):
    """A step of leaving a region: from that day on, `notice` or `withdraw_only`."""

    starts_on: date
    mode: str


class RegionRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule for one area. `valid_to` is exclusive; absent means still in force. `source` says who made the rule.

    `recorded_at` is when we learned of it: it tells which rules a replay of an old decision had.
    """

    id: str
    area: str
    regime: str
    basis: tuple[RegionBasis, ...]
    level: RegionLevel
    valid_from: date
    valid_to: date | None = None
    phases: tuple[ExitPhase, ...] = ()
    recorded_at: date
    source: str

    def applies(self, area: str, basis: RegionBasis, at: datetime) -> bool:
        """Whether the rule speaks about this area on this basis at this instant."""
        if self.area != area or basis not in self.basis:
            return False
        day = at.date()
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def overlaps(self, other: "RegionRule") -> bool:
        """Whether two rules of one regime speak about the same area and basis on the same day."""
        same = (self.area, self.regime) == (other.area, other.regime) and not set(self.basis).isdisjoint(other.basis)
        starts_in_time = other.valid_to is None or self.valid_from < other.valid_to
        return same and starts_in_time and (self.valid_to is None or other.valid_from < self.valid_to)

    def mode(self, at: datetime) -> str:
        """The phase of an exit at an instant: the last that has begun, else `withdraw_only`."""
        begun = [phase for phase in self.phases if phase.starts_on <= at.date()]
        return max(begun, key=lambda phase: phase.starts_on).mode if begun else "withdraw_only"

    @property
    def version(self) -> str:
        """What a decision cites."""
        return f"{self.id}@{self.recorded_at}"


class Box(Struct, frozen=True, forbid_unknown_fields=True):
    """A box of coordinates, in degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, place: Place) -> bool:
        """Whether a place lies in it."""
        return self.south <= place.latitude <= self.north and self.west <= place.longitude <= self.east


class Territory(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a country that is judged as an area of its own, however providers label it.

    `partial`: the regime does not cover all of it, so a hit asks for a proof of residence and limits nobody.
    """

    id: str
    codes: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    """(country, state) as providers write them. Crimea stands in Russia with one provider, in Ukraine with another."""
    box: Box
    partial: bool = False

    def holds(self, place: Place) -> bool:
        """Whether a looked-up place is in the territory: by alias and by coordinates, both."""
        is_named = place.region_code in self.codes or (place.country, place.region) in self.labels
        return is_named and self.box.holds(place)


class RegionPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All region rules, and the territories that they speak of."""

    rules: tuple[RegionRule, ...]
    territories: tuple[Territory, ...] = ()
    high_risk: tuple[str, ...] = ()
    """Areas from which a new device starts the risk control (row B006)."""

    def territory(self, place: Place) -> Territory | None:
        """The territory a place lies in, if any."""
        if not place.region and not place.region_code:
            return None
        return next((territory for territory in self.territories if territory.holds(place)), None)

    def area(self, place: Place) -> str:
        """What counts as the country of a place: a territory is one of its own (detection 2)."""
        territory = self.territory(place)
        return territory.id if territory else place.area

    def is_partial(self, area: str) -> bool:
        """Whether a rule about this area covers only part of it."""
        return any(territory.id == area and territory.partial for territory in self.territories)

    def at_place(self, place: Place, at: datetime) -> RegionRule | None:
        """The rule for a request from a place."""
        territory = self.territory(place)
        areas = (territory.id if territory else "", place.region_code, place.country)
        return self._first(areas, RegionBasis.IP, at)

    def declared(self, code: str, basis: RegionBasis, at: datetime) -> RegionRule | None:
        """The rule for a declared residence, nationality or document, from its ISO 3166 code."""
        territory = next((t.id for t in self.territories if code in t.codes), "")
        return self._first((territory, code, code[:2]), basis, at)

    def _first(self, areas: tuple[str, ...], basis: RegionBasis, at: datetime) -> RegionRule | None:
        """The strictest rule of the narrowest area that has any: sub-national beats national."""
        for area in areas:
            applying = [rule for rule in self.rules if area and rule.applies(area, basis, at)]
            if applying:
                return min(applying, key=lambda rule: STRICTEST_FIRST[rule.level])
        return None
