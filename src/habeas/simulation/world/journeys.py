"""Where somebody is, hour by hour, and through which network a login goes out."""

import random
from bisect import bisect_right

from msgspec import Struct

from habeas.simulation.world.geography import (
    CITIES,
    ESIM_BREAKOUTS,
    INFLIGHT_PLACES,
    City,
    Geography,
    NetworkKind,
    address,
    between,
    lognormal,
)
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.people import Person


class Trip(Struct, frozen=True):
    """A journey: away from home, through an airport perhaps, and how the phone is connected there."""

    to: City
    departs_at: float
    arrives_at: float
    leaves_at: float
    returns_at: float
    transit: City | None
    mobile: str
    """`roaming`, `esim`, `local` or `wifi`."""
    esim_from: str


def trips(who: Person, draw: random.Random, p: Parameters, from_h: float, until_h: float) -> list[Trip]:
    """The journeys of somebody in a stretch of time, one after another."""
    found: list[Trip] = []
    at = from_h
    while True:
        at += draw.expovariate(p.trips / (365 * 24))
        if at >= until_h:
            return found
        trip = _trip(who, draw, p, at)
        found.append(trip)
        at = trip.returns_at + 24


def _trip(who: Person, draw: random.Random, p: Parameters, at: float) -> Trip:
    others = [city for city in CITIES if city.name != who.home.name and city.visits]
    # Near places are visited more often.
    to = draw.choices(others, [city.visits / (1 + between(who.home, city) / 1500) for city in others])[0]
    flight_h = 0.7 + between(who.home, to) / p.flight_speed_km_per_h
    transit = draw.choice([c for c in others if c.visits >= 5]) if draw.random() < p.transit_share else None
    if transit is not None and transit.name != to.name:
        flight_h = 3.0 + (between(who.home, transit) + between(transit, to)) / p.flight_speed_km_per_h
    else:
        transit = None
    stay_h = max(12.0, 24 * lognormal(draw, p.trip_days))
    lot = draw.random()
    mobile = "local"
    for share, name in (
        (p.roaming_home_routed_share, "roaming"),
        (p.travel_esim_share, "esim"),
        (p.wifi_only_share, "wifi"),
    ):
        if lot < share:
            mobile = name
            break
        lot -= share
    arrives = at + flight_h
    leaves = arrives + stay_h
    return Trip(to, at, arrives, leaves, leaves + flight_h, transit, mobile, draw.choice(ESIM_BREAKOUTS))


class Journeys:
    """One person's journeys, and the address of a login at any hour."""

    def __init__(self, who: Person, made: list[Trip], geography: Geography, parameters: Parameters) -> None:
        self._who = who
        self._trips = made
        self._starts = [trip.departs_at for trip in made]
        self._geography = geography
        self._p = parameters

    def trip(self, at: float) -> Trip | None:
        """The journey that somebody is on at an hour."""
        index = bisect_right(self._starts, at) - 1
        return self._trips[index] if index >= 0 and at < self._trips[index].returns_at else None

    def address(self, at: float, draw: random.Random, *, on_phone: bool) -> str | None:
        """Where a login comes from; None where nobody can log in, as in most aeroplanes."""
        who, p, trip = self._who, self._p, self.trip(at)
        network: int
        if trip is not None and not trip.arrives_at <= at < trip.leaves_at:
            found = self._on_the_way(trip, at, draw)
            return None if found is None else address(found, who.number)
        if who.vpn_exits and draw.random() < p.vpn_logins_share:
            network = who.vpn_exits[0] if draw.random() < p.vpn_favourite_share else draw.choice(who.vpn_exits)
        elif on_phone and who.has_relay:
            network = draw.choice(self._geography.networks(NetworkKind.RELAY, (trip.to if trip else who.home).name))
        elif on_phone and draw.random() < p.mobile_network_share and (trip is None or trip.mobile != "wifi"):
            network = self._mobile(trip, draw)
        elif trip is not None:
            # A hotel or a flat: the same network for the whole journey.
            fixed = self._geography.networks(NetworkKind.FIXED, trip.to.name)
            network = fixed[(who.number + int(trip.departs_at)) % len(fixed)]
        elif draw.random() < p.elsewhere_in_town_share:
            network = draw.choice(self._geography.networks(NetworkKind.FIXED, who.home.name))
        else:
            network = who.home_network
        return address(network, who.number)

    def _mobile(self, trip: Trip | None, draw: random.Random) -> int:
        if trip is None or trip.mobile == "roaming":
            carrier = self._who.home.country  # Roaming traffic mostly goes home first.
        elif trip.mobile == "esim":
            carrier = self._geography.cities[trip.esim_from].country
        else:
            carrier = trip.to.country
        return draw.choice(self._geography.networks(NetworkKind.GATEWAY, carrier))

    def _on_the_way(self, trip: Trip, at: float, draw: random.Random) -> int | None:
        """In an airport between two flights, through an aeroplane's own network, or not at all."""
        lot = draw.random()
        if trip.transit is not None and at < trip.arrives_at:
            lands = trip.departs_at + 0.7 + between(self._who.home, trip.transit) / self._p.flight_speed_km_per_h
            if lands <= at < lands + 1.5:
                return draw.choice(self._geography.networks(NetworkKind.FIXED, trip.transit.name))
        if lot < self._p.inflight_login_share:
            return draw.choice(self._geography.networks(NetworkKind.FIXED, draw.choice(INFLIGHT_PLACES)))
        return None
