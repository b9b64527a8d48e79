from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.place import Place
from habeas.reference.countries import countries
from habeas.reference.mmdb import open_mmdb
from habeas.reference.networks import compile_networks
from habeas.reference.overrides import Override, Overrides
from habeas.reference.places import BuiltInPlaces, CityWhere, CombinedPlaces, ReloadingPlaces
from habeas.reference.prefix import Address, parse_address
from tests.unit.reference.geo_files import a_flat, a_list, a_nested, a_part, an_mmdb

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IP = "203.0.113.7"
COUNTRY = Place("UA", 49.0, 32.0, 438.0, "203.0.113.0/24", ("countries of 2026-08-01",))
CITY = Place("UA", 50.4, 30.5, 20.0, "203.0.113.0/24", ("cities of 2026-08-02",), region="Kyiv", region_code="UA-30")


class Says:
    """A source that says one thing."""

    def __init__(self, place: Place | None) -> None:
        self.said = place
        self.asked = 0

    def place(self, ip: str) -> Place | None:
        return self.find(parse_address(ip))

    def find(self, address: Address) -> Place | None:
        self.asked += 1
        return self.said


def combined(*args: Any, **more: Any) -> Place:
    place = CombinedPlaces(*args, **more).place(IP)
    assert place is not None
    return place


# --- the built-in countries


@pytest.mark.row("B009")
def test_the_built_in_source_gives_a_country_as_a_disc_and_names_its_version() -> None:
    place = BuiltInPlaces().place("84.128.10.10")
    assert place is not None
    germany = countries()["DE"]
    assert (place.area, place.latitude, place.radius_km) == ("DE", germany.latitude, germany.radius_km)
    assert place.sources == ("GeoLite2-Country-IPv4-en-20240618",)


def test_the_built_in_source_knows_no_private_and_no_ipv6_address() -> None:
    built_in = BuiltInPlaces()
    assert built_in.place("10.0.0.1") is built_in.place("2001:db8::1") is None
    assert built_in.place("::ffff:84.128.10.10") == built_in.place("84.128.10.10")
    with pytest.raises(ValueError, match="does not appear to be"):
        built_in.place("84.128.10")


def test_remembering_changes_no_answer_of_the_built_in_source() -> None:
    small, none = BuiltInPlaces(remembered=20), BuiltInPlaces(remembered=0)
    for ip in [f"{n}.{n}.{third}.{n}" for n in range(1, 224, 3) for third in (1, 1, 2)]:
        assert small.place(ip) == none.place(ip)
    assert 0 < len(small._remembered) <= 20
    assert not none._remembered


# --- two sources


@pytest.mark.row("B028")
def test_two_sources_that_name_different_countries_are_a_disagreement_and_both_are_named() -> None:
    place = combined(Says(COUNTRY), Says(replace(CITY, area="RU")))
    assert place == replace(COUNTRY, disagrees_with="RU", sources=(*COUNTRY.sources, *CITY.sources))


@pytest.mark.row("B028")
def test_crimea_is_russian_for_one_provider_and_ukrainian_for_another(tmp_path: Path) -> None:
    in_simferopol = {"latitude": 44.95, "longitude": 34.1}
    russian = a_flat("RU", state1="Crimea", city="Simferopol", **in_simferopol)
    ukrainian = a_nested("UA", subdivisions=a_part("43", "Crimea"), location=in_simferopol | {"accuracy_radius": 50})
    flat = open_mmdb(an_mmdb(tmp_path / "flat.mmdb", {"203.0.113.0/24": russian}, type_="flat"))
    nested = open_mmdb(an_mmdb(tmp_path / "nested.mmdb", {"203.0.113.0/24": ukrainian}, type_="nested"))
    place = combined(flat, nested)
    assert (place.area, place.disagrees_with, place.region, place.region_code) == ("RU", "UA", "Crimea", "")
    assert place.sources == ("flat of 2026-08-01", "nested of 2026-08-01")
    other = combined(nested, flat)
    assert (other.area, other.disagrees_with, other.region, other.region_code) == ("UA", "RU", "Crimea", "UA-43")


def test_sources_that_agree_give_the_more_exact_position_and_the_part_that_is_known() -> None:
    both = (*COUNTRY.sources, *CITY.sources)
    assert combined(Says(COUNTRY), Says(CITY)) == replace(CITY, sources=both)
    assert combined(Says(CITY), Says(COUNTRY)) == replace(CITY, sources=both[::-1])
    assert combined(Says(CITY), Says(replace(CITY, region="Sevastopol", region_code="UA-40"))) == CITY


def test_a_source_that_does_not_know_an_address_leaves_the_other_ones_answer() -> None:
    assert combined(Says(None), Says(CITY)) == combined(Says(CITY), Says(None)) == combined(Says(CITY)) == CITY
    assert CombinedPlaces(Says(None), Says(None)).place(IP) is None


def test_the_source_of_cities_is_asked_only_where_parts_are_judged_apart() -> None:
    city = Says(CITY)
    assert CityWhere(Says(replace(COUNTRY, area="DE")), city, frozenset({"UA", "RU"})).place(IP) is not None
    assert CityWhere(Says(None), city, frozenset({"UA", "RU"})).place(IP) is None
    assert city.asked == 0
    place = CityWhere(Says(COUNTRY), city, frozenset({"UA", "RU"})).place(IP)
    assert place == replace(CITY, sources=CITY.sources + COUNTRY.sources)
    assert CityWhere(Says(COUNTRY), Says(None), frozenset({"UA"})).place(IP) == COUNTRY


def test_where_the_source_of_cities_was_asked_it_is_believed_and_the_disagreement_kept() -> None:
    place = CityWhere(Says(replace(COUNTRY, area="RU")), Says(CITY), frozenset({"UA", "RU"})).place(IP)
    assert place == replace(CITY, disagrees_with="RU", sources=CITY.sources + COUNTRY.sources)
    third = combined(CityWhere(Says(replace(COUNTRY, area="RU")), Says(CITY), frozenset({"RU"})), Says(CITY))
    assert third.disagrees_with == "RU"


# --- tags and overrides


@pytest.mark.row("B030")
def test_tags_come_with_the_lists_that_say_so() -> None:
    networks = compile_networks([a_list("vpn", "203.0.113.0/28"), a_list("hosting", "10.0.0.0/8")])
    place = combined(Says(CITY), None, networks)
    assert place == replace(CITY, tags=("vpn",), sources=(*CITY.sources, "list-vpn of 2026-08-22"))
    assert CombinedPlaces(Says(CITY), None, networks).place("203.0.113.77") == CITY


@pytest.mark.row("B029")
def test_an_override_replaces_the_country_until_it_ends_and_is_named_first() -> None:
    until = NOON.replace(hour=13)
    override = Override(id="o-1", prefix="203.0.113.0/24", area="DE", until=until, note="ISP's letter", by="jane")
    networks = compile_networks([a_list("vpn", "203.0.113.0/28")])
    clock = [NOON]
    places = CombinedPlaces(Says(CITY), None, networks, Overrides([override]), now=lambda: clock[0])
    place = places.place(IP)
    assert place is not None
    assert (place.area, place.tags) == ("DE", ("vpn",))
    assert place.sources == ("override/o-1", *CITY.sources, "list-vpn of 2026-08-22")
    clock[0] = until
    place = places.place(IP)
    assert place is not None
    assert (place.area, place.tags, place.sources[0]) == ("UA", ("vpn",), CITY.sources[0])


def test_an_override_is_asked_at_the_present_instant_unless_told_otherwise() -> None:
    def override(id_: str, until: datetime) -> Override:
        return Override(id=id_, prefix="203.0.113.0/24", area="DE", until=until, note="x", by="jane")

    ended = Overrides([override("o-1", datetime(2020, 1, 1, tzinfo=UTC))])
    lasting = Overrides([override("o-2", datetime(9999, 1, 1, tzinfo=UTC))])
    assert combined(Says(CITY), None, None, ended).area == "UA"
    assert combined(Says(CITY), None, None, lasting).area == "DE"
    assert combined(Says(None), None, None, lasting).sources == ("override/o-2",)


# --- reloading


def test_new_files_are_taken_over_without_a_restart(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "a.mmdb", {"203.0.113.0/24": a_flat("DE")})
    places = ReloadingPlaces(lambda: open_mmdb(path))
    an_mmdb(tmp_path / "b.mmdb", {"203.0.113.0/24": a_flat("FR")}, built_at=NOON).replace(path)
    before = places.place(IP)
    places.reload()
    after = places.find(parse_address(IP))
    assert before is not None
    assert after is not None
    assert (before.area, before.sources) == ("DE", ("Test-City of 2026-08-01",))
    assert (after.area, after.sources) == ("FR", ("Test-City of 2026-03-02",))


def test_when_the_new_files_cannot_be_used_the_old_ones_stay(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "a.mmdb", {"203.0.113.0/24": a_flat("DE")})
    places = ReloadingPlaces(lambda: open_mmdb(path))
    broken = tmp_path / "b.mmdb"
    broken.write_bytes(b"<html>")
    broken.replace(path)
    with pytest.raises(BadInputError, match="download it again"):
        places.reload()
    place = places.place(IP)
    assert place is not None
    assert place.area == "DE"


def test_look_ups_during_reloads_get_a_whole_answer_from_before_or_after(tmp_path: Path) -> None:
    paths = [an_mmdb(tmp_path / f"{area}.mmdb", {"203.0.0.0/16": a_flat(area)}, type_=area) for area in ("DE", "FR")]
    turn = iter(range(1_000_000))

    def load() -> CombinedPlaces:
        return CombinedPlaces(open_mmdb(paths[next(turn) % 2], remembered=2))

    wrong, seen = _hammered(ReloadingPlaces(load), until={"DE", "FR"})
    assert not wrong
    assert seen == {"DE", "FR"}


def _hammered(places: ReloadingPlaces, until: set[str]) -> tuple[list[object], set[str]]:
    wrong: list[object] = []
    seen: set[str] = set()
    done = Event()

    def look_up(number: int) -> None:
        while not done.is_set():
            for third in range(20):
                try:
                    place = places.place(f"203.0.{third}.{number}")
                    assert place is not None
                    assert place.sources == (f"{place.area} of 2026-08-01",)
                    seen.add(place.area)
                except Exception as exc:  # noqa: BLE001 - whatever goes wrong in a thread is what the test is about
                    wrong.append(exc)

    threads = [Thread(target=look_up, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    reloads = 0
    while reloads < 5 or (not until <= seen and reloads < 1_000):
        places.reload()
        reloads += 1
    done.set()
    for thread in threads:
        thread.join()
    return wrong, seen


def test_of_two_reloads_at_once_the_later_one_stays() -> None:
    answers = iter([COUNTRY, COUNTRY, CITY])
    started, go_on = Event(), Event()

    def load() -> Says:
        said = next(answers)
        if started.is_set() is False and places_made:
            started.set()
            go_on.wait(5)
        return Says(said)

    places_made: list[ReloadingPlaces] = []
    places_made.append(ReloadingPlaces(load))
    reload: Callable[[], None] = places_made[0].reload
    slow, quick = Thread(target=reload), Thread(target=reload)
    slow.start()
    started.wait(5)
    quick.start()
    go_on.set()
    slow.join()
    quick.join()
    assert places_made[0].place(IP) == CITY
