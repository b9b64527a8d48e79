"""Distances and leaps, on real coordinates."""

from datetime import timedelta
from typing import Any

import pytest

from habeas.domain.place import Anchor, LeapRule, distance_km, is_leap
from tests.builders import NOON
from tests.stories import a_place, span

# As the shipped playbook and detection 2 say.
RULE = LeapRule(within_for=span("24h"), distance_km_min=500, speed_km_per_h_min=1000, travel_for_min=span("5m"))

LONDON = (51.5074, -0.1278)
PARIS = (48.8566, 2.3522)
NEW_YORK = (40.7128, -74.0060)
SYDNEY = (-33.8688, 151.2093)
BEIJING = (39.9042, 116.4074)
DELHI = (28.6139, 77.2090)


def seen(where: tuple[float, float], after: str = "0s", **changes: Any) -> Anchor:
    """A location sample in a country of its own, exactly known, unless told otherwise."""
    values: dict[str, Any] = {
        "at": NOON + span(after),
        "area": f"country of {where}",
        "latitude": where[0],
        "longitude": where[1],
        "radius_km": 0.0,
        "prefix": f"network of {where}/24",
        "device": "phone",
    }
    return Anchor(**(values | changes))


# --- distances


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        (PARIS, LONDON, 344),
        (LONDON, NEW_YORK, 5570),
        (LONDON, SYDNEY, 16_994),
        (BEIJING, DELHI, 3784),
        ((0.0, 179.5), (0.0, -179.5), 111),  # across the date line
        ((90.0, 0.0), (-90.0, 0.0), 20_015),  # pole to pole
        ((0.0, 0.0), (0.0, 180.0), 20_015),  # antipodes
        (PARIS, PARIS, 0),
    ],
)
def test_known_distances_come_out_within_half_a_percent(
    a: tuple[float, float], b: tuple[float, float], km: float
) -> None:
    assert distance_km(seen(a), seen(b)) == pytest.approx(km, rel=0.005, abs=1)


def test_a_distance_is_the_same_there_and_back() -> None:
    assert distance_km(seen(LONDON), seen(SYDNEY)) == pytest.approx(distance_km(seen(SYDNEY), seen(LONDON)))


def test_how_far_off_both_places_may_be_is_taken_from_the_distance() -> None:
    assert distance_km(seen(PARIS, radius_km=100), seen(LONDON, radius_km=50)) == pytest.approx(344 - 150, abs=1)


def test_two_places_that_may_be_one_are_no_distance_apart() -> None:
    assert distance_km(seen(PARIS, radius_km=300), seen(LONDON, radius_km=300)) == 0


# --- leaps


def test_london_to_new_york_in_an_hour_is_a_leap() -> None:
    assert is_leap(seen(LONDON), seen(NEW_YORK, "1h"), RULE)


def test_london_to_new_york_in_a_plane_is_no_leap() -> None:
    assert not is_leap(seen(LONDON), seen(NEW_YORK, "8h"), RULE)


def test_a_thousand_kilometres_an_hour_is_where_a_leap_begins() -> None:
    # 5,570 km: just under and just over 5.57 hours.
    assert is_leap(seen(LONDON), seen(NEW_YORK, "334m"), RULE)
    assert not is_leap(seen(LONDON), seen(NEW_YORK, "335m"), RULE)


def test_paris_to_london_is_too_near_for_a_leap_however_fast() -> None:
    assert not is_leap(seen(PARIS), seen(LONDON, "1s"), RULE)


@pytest.mark.parametrize(("longitude", "leaps"), [(4.45, False), (4.55, True)])
def test_five_hundred_kilometres_are_needed_for_a_leap(longitude: float, leaps: bool) -> None:
    # On the equator a degree is 111.2 km, so that 500 km are 4.497 degrees.
    assert is_leap(seen((0.0, 0.0)), seen((0.0, longitude), "6m"), RULE) is leaps


def test_a_gap_shorter_than_five_minutes_counts_as_five_minutes() -> None:
    # 90 km a minute for 5.6 minutes would be 500 km; in 1 s the speed would be absurd, over 5 minutes it is 6,000 km/h.
    slow = LeapRule(within_for=span("24h"), distance_km_min=500, speed_km_per_h_min=6_200, travel_for_min=span("5m"))
    near, far = seen((0.0, 0.0)), seen((0.0, 4.6), "1s")  # 511 km: 6,138 km/h over five minutes
    assert not is_leap(near, far, slow)


def test_the_same_country_is_never_a_leap() -> None:
    assert not is_leap(seen((55.75, 37.62), area="RU"), seen((43.12, 131.89), "10m", area="RU"), RULE)


def test_a_territory_that_counts_as_a_country_of_its_own_can_be_leapt_to() -> None:
    assert is_leap(seen(LONDON, area="GB"), seen((44.95, 34.10), "1h", area="UA-43"), RULE)


def test_the_same_network_is_never_a_leap() -> None:
    one = seen(LONDON, prefix="203.0.113.0/24")
    other = seen(NEW_YORK, "10m", prefix="203.0.113.0/24")
    assert not is_leap(one, other, RULE)


def test_a_device_that_turns_from_ipv4_to_ipv6_does_not_leap() -> None:
    one = seen(LONDON, prefix="203.0.113.0/24", device="phone")
    other = seen(NEW_YORK, "10m", prefix="2001:db8:1::/48", device="phone")
    assert not is_leap(one, other, RULE)
    assert not is_leap(other, seen(LONDON, "20m", prefix="203.0.113.0/24", device="phone"), RULE)


def test_another_device_on_ipv6_does_leap() -> None:
    one = seen(LONDON, prefix="203.0.113.0/24", device="phone")
    other = seen(NEW_YORK, "10m", prefix="2001:db8:1::/48", device="laptop")
    assert is_leap(one, other, RULE)


def test_an_unnamed_device_is_not_taken_for_the_same_one() -> None:
    one = seen(LONDON, prefix="203.0.113.0/24", device="")
    other = seen(NEW_YORK, "10m", prefix="2001:db8:1::/48", device="")
    assert is_leap(one, other, RULE)


def test_samples_more_than_a_day_apart_are_not_compared() -> None:
    far = LeapRule(within_for=span("24h"), distance_km_min=500, speed_km_per_h_min=100, travel_for_min=span("5m"))
    assert is_leap(seen(LONDON), seen(NEW_YORK, "24h"), far)
    assert not is_leap(seen(LONDON), seen(NEW_YORK, "1441m"), far)


def test_an_earlier_sample_is_no_leap_from_a_later_one() -> None:
    assert not is_leap(seen(LONDON, "1h"), seen(NEW_YORK), RULE)


def test_two_samples_at_one_instant_are_five_minutes_apart() -> None:
    assert is_leap(seen(LONDON), seen(NEW_YORK), RULE)


def test_a_family_that_flies_to_its_holiday_and_back_never_leaps() -> None:
    flights = [
        seen(LONDON, "0h"),
        seen((39.57, 2.65), "4h"),  # Palma, two and a half hours' flight and a queue
        seen(LONDON, "8h"),
        seen((28.48, -16.32), "13h"),  # Tenerife
    ]
    assert not any(is_leap(a, b, RULE) for index, b in enumerate(flights) for a in flights[:index] if a.area != b.area)


# --- places


@pytest.mark.parametrize(("tag", "anonymised"), [("vpn", True), ("tor", True), ("hosting", True), ("relay", False)])
def test_a_relay_keeps_the_region_and_the_others_hide_it(tag: str, anonymised: bool) -> None:
    assert a_place("GB", tags=(tag,)).is_anonymised is anonymised


def test_the_country_of_a_territory_is_the_first_part_of_its_code() -> None:
    assert a_place("RU", area="UA-43").country == "UA"


def test_the_rule_of_the_tests_is_the_shipped_one() -> None:
    from habeas.detection.travel import Params
    from tests.stories import the_policy

    params = the_policy().detectors["travel"]
    assert isinstance(params, Params)
    assert params.leap == RULE
    assert params.leap.travel_for_min == timedelta(minutes=5)
