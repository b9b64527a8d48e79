from hashlib import sha256
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.domain.place import Place
from habeas.reference.countries import countries
from habeas.reference.mmdb import MmdbFile, MmdbPlaces, open_mmdb
from habeas.reference.mmdb_records import Shape, flat, nested, place_of
from tests.unit.reference.geo_files import a_flat, a_nested, a_part, an_mmdb

BERLIN = {"latitude": 52.52, "longitude": 13.4, "accuracy_radius": 20}
GERMANY = countries()["DE"]


def places(tmp_path: Path, records: dict[str, Any], **more: Any) -> MmdbPlaces:
    return open_mmdb(an_mmdb(tmp_path / "test.mmdb", records, **more))


def where(place: Place | None) -> tuple[str, float, float, float]:
    assert place is not None
    return place.area, place.latitude, place.longitude, place.radius_km


# --- what a record says


def test_a_nested_city_record_gives_coordinates_accuracy_and_region(tmp_path: Path) -> None:
    record = a_nested("DE", city={"names": {"en": "Berlin"}}, location=BERLIN, subdivisions=a_part("BE", "Land Berlin"))
    place = places(tmp_path, {"84.128.0.0/16": record}).place("84.128.10.10")
    assert where(place) == ("DE", 52.52, 13.4, 20)
    assert place is not None
    assert (place.region, place.region_code, place.prefix) == ("Land Berlin", "DE-BE", "84.128.10.0/24")


def test_a_flat_city_record_gives_coordinates_written_as_text(tmp_path: Path) -> None:
    record = a_flat("CN", state1="Hubei", city="Shizishan", latitude="30.5454", longitude="114.342")
    place = places(tmp_path, {"116.207.0.0/16": record}).place("116.207.1.1")
    assert where(place) == ("CN", 30.5454, 114.342, 100)
    assert place is not None
    assert (place.region, place.region_code) == ("Hubei", "")


def test_coordinates_of_a_region_are_300_km_off_and_of_a_city_100_km() -> None:
    position = {"latitude": 52.0, "longitude": 13.0}
    region = place_of(nested(a_nested("DE", location=position, subdivisions=a_part("BE", ""))), "", ())
    city = place_of(nested(a_nested("DE", location=position, city={"geoname_id": 1})), "", ())
    assert where(region)[3] == where(place_of(flat(a_flat("DE", state1="X", **position)), "", ()))[3] == 300
    assert where(city)[3] == where(place_of(flat(a_flat("DE", city="X", **position)), "", ()))[3] == 100


@pytest.mark.parametrize(
    "record",
    [
        a_nested("DE"),
        a_nested("DE", location={"latitude": 51.3, "longitude": 9.5}),
        a_nested("DE", location={"accuracy_radius": 5, "latitude": 91.0, "longitude": 0.0}, city={"geoname_id": 1}),
        a_nested("DE", location={"accuracy_radius": 5, "latitude": 0, "longitude": 0}),
        a_nested("DE", location="here", subdivisions="there", city=7),
    ],
)
def test_a_record_without_usable_coordinates_means_the_whole_country(record: dict[str, Any]) -> None:
    assert where(place_of(nested(record), "", ())) == ("DE", GERMANY.latitude, GERMANY.longitude, GERMANY.radius_km)


@pytest.mark.parametrize("latitude", ["nan", "inf", "north", "", None, True, [], "1e999"])
def test_a_flat_record_with_unusable_coordinates_means_the_whole_country_and_keeps_its_region(latitude: Any) -> None:
    place = place_of(flat(a_flat("DE", state1=" Hessen ", city="X", latitude=latitude, longitude="9.0")), "", ())
    assert where(place)[3] == GERMANY.radius_km
    assert place is not None
    assert place.region == "Hessen"


@pytest.mark.parametrize("code", ["", "EU", "ZZ", "de", "D", 49, None, ["DE"]])
def test_a_record_that_names_no_country_gives_no_place(code: Any) -> None:
    assert place_of(flat(a_flat(code)), "", ()) is None
    assert place_of(nested(a_nested(code)), "", ()) is None


def test_where_the_networks_owner_is_registered_does_not_count() -> None:
    assert place_of(nested({"registered_country": {"iso_code": "DE"}}), "", ()) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["iso_code", "names", "en"]), inner),
)
fields = ["country", "country_code", "state1", "city", "subdivisions", "location", "latitude", "longitude"]


@given(st.dictionaries(st.sampled_from(fields), values))
def test_no_record_stops_a_look_up(record: dict[str, Any]) -> None:
    for shape in (nested, flat):
        place_of(shape(record), "203.0.113.0/24", ())


# --- which file answers


@pytest.mark.row("B009")
def test_a_place_names_the_database_and_the_day_it_was_built(tmp_path: Path) -> None:
    found = places(tmp_path, {"84.128.0.0/16": a_nested("DE")}, type_="GeoLite2-Country").place("84.128.10.10")
    assert found is not None
    assert found.sources == ("GeoLite2-Country of 2026-08-01",)


def test_a_file_without_a_type_goes_by_its_name(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "dbip-city-ipv4.mmdb", {"84.128.0.0/16": a_flat("DE")}, type_="")
    assert open_mmdb(path).labels == ("dbip-city-ipv4 of 2026-08-01",)


def test_ipv4_and_ipv6_may_come_from_two_files_of_different_shapes(tmp_path: Path) -> None:
    four = an_mmdb(tmp_path / "4.mmdb", {"84.128.0.0/16": a_flat("DE")}, type_="four")
    six = an_mmdb(tmp_path / "6.mmdb", {"2001:db8::/32": a_nested("FR"), "84.0.0.0/8": a_nested("GB")}, ip_version=6)
    for both in (open_mmdb(four, six), open_mmdb(six, four)):
        assert where(both.place("84.128.1.1"))[0] == "DE"
        assert where(both.place("2001:db8::1"))[0] == "FR"


def test_one_file_of_version_6_answers_for_ipv4_and_for_mapped_addresses_too(tmp_path: Path) -> None:
    both = places(tmp_path, {"84.128.0.0/16": a_nested("DE"), "2001:db8::/32": a_nested("FR")}, ip_version=6)
    assert both.place("84.128.1.1") == both.place("::ffff:84.128.1.1") == both.place("::ffff:5480:101")
    assert where(both.place("84.128.1.1"))[0] == "DE"


def test_an_ipv4_file_knows_no_ipv6_address(tmp_path: Path) -> None:
    assert places(tmp_path, {"84.128.0.0/16": a_flat("DE")}).place("2001:db8::1") is None


def test_an_address_that_is_not_in_the_file_has_no_place(tmp_path: Path) -> None:
    found = places(tmp_path, {"84.128.0.0/16": a_flat("DE")})
    assert found.place("10.0.0.1") is None
    assert found.place("10.0.0.2") is None


def test_what_is_no_address_raises_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        places(tmp_path, {"84.128.0.0/16": a_flat("DE")}).place("84.128.1")


# --- remembering


def test_an_answer_is_remembered_only_where_the_file_does_not_cut_the_24_up(tmp_path: Path) -> None:
    found = places(
        tmp_path, {"84.128.1.0/25": a_flat("DE"), "84.128.1.128/25": a_flat("FR"), "84.128.2.0/23": a_flat("GB")}
    )
    for _ in range(2):
        assert where(found.place("84.128.1.1"))[0] == "DE"
        assert where(found.place("84.128.1.200"))[0] == "FR"
        assert where(found.place("84.128.2.1"))[0] == "GB"
    assert list(found._remembered) == ["84.128.2.0/24"]


def test_remembering_stays_small(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "x.mmdb", {"84.0.0.0/8": a_flat("DE")})
    small, none = open_mmdb(path, remembered=10), open_mmdb(path, remembered=0)
    for number in range(100):
        assert small.place(f"84.{number}.1.1") == none.place(f"84.{number}.1.1") is not None
    assert len(small._remembered) <= 10
    assert not none._remembered


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 255)), max_size=30))
def test_remembering_never_changes_an_answer(asked: list[tuple[int, int]]) -> None:
    with_memory, without = MmdbPlaces(A_FILE, remembered=2), MmdbPlaces(A_FILE, remembered=0)
    for third, fourth in asked:
        ip = f"84.128.{third}.{fourth}"
        assert with_memory.place(ip) == without.place(ip)


class _Halves:
    """Stands in for a reader: /25 networks in 84.128.0.0/24, /24 elsewhere."""

    def get_with_prefix_len(self, ip: str) -> tuple[dict[str, str] | None, int]:
        _, _, third, fourth = map(int, ip.split("."))
        if third == 0:
            return a_flat("DE" if fourth < 128 else "FR"), 25
        return (None, 24) if third == 1 else (a_flat("GB"), 24)


class _Damaged:
    """Stands in for a reader of a file that is damaged inside."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_with_prefix_len(self, ip: str) -> tuple[None, int]:
        raise self.error


def a_file(reader: Any) -> MmdbFile:
    return MmdbFile(reader, flat, "stand-in", holds_ipv6=False)


A_FILE = a_file(_Halves())


@pytest.mark.parametrize(
    "error", [maxminddb.InvalidDatabaseError("x"), UnicodeDecodeError("utf-8", b"", 0, 1, "x"), SystemError("x")]
)
def test_an_address_whose_record_is_damaged_is_unknown_and_counted(error: Exception) -> None:
    damaged = MmdbPlaces(a_file(_Damaged(error)))
    assert damaged.place("84.128.1.1") is None
    assert damaged.place("84.128.1.1") is None
    assert damaged.unreadable == 2


# --- files that cannot be used


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "a.mmdb", {"1.0.0.0/24": {"autonomous_system_number": 15169}}, type_="GeoLite2-ASN")
    with pytest.raises(BadInputError, match="of type `GeoLite2-ASN`, which does not say in which country"):
        open_mmdb(path)


def test_a_database_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="does not say in which country"):
        open_mmdb(an_mmdb(tmp_path / "a.mmdb", {}))


def test_two_files_for_the_same_kind_of_address_are_refused(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "4.mmdb", {"84.128.0.0/16": a_flat("DE")})
    with pytest.raises(BadInputError, match="one more file for IPv4"):
        open_mmdb(path, path)


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(BadInputError, match="no geo-IP file was named"):
        open_mmdb()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot read `.*none\.mmdb`: No such file"):
        open_mmdb(tmp_path / "none.mmdb")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\xab\xcd\xefMaxMind.com", bytes(100_000)])
def test_what_is_no_mmdb_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mmdb"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"is no `\.mmdb` file, or a damaged one; download it again"):
        open_mmdb(path)


def test_a_file_that_was_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    record = a_nested("DE", city={"names": {"en": "Berlin"}}, location=BERLIN, subdivisions=a_part("BE", "Land Berlin"))
    whole = an_mmdb(tmp_path / "whole.mmdb", {"84.128.0.0/16": record}).read_bytes()
    cut = tmp_path / "cut.mmdb"
    for length in range(0, len(whole), 7):
        cut.unlink(missing_ok=True)
        cut.write_bytes(whole[:length])
        with pytest.raises(BadInputError, match="or a damaged one"):
            open_mmdb(cut)


def test_a_file_is_checked_against_the_digest_beside_it(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "a.mmdb", {"84.128.0.0/16": a_flat("DE")})
    beside = tmp_path / "a.mmdb.sha256"
    beside.write_text(f"{sha256(path.read_bytes()).hexdigest()}  a.mmdb\n", encoding="ascii")
    assert where(open_mmdb(path).place("84.128.1.1"))[0] == "DE"
    beside.write_text(f"{'0' * 64}  a.mmdb\n", encoding="ascii")
    with pytest.raises(BadInputError, match=r"is not the file that `a\.mmdb\.sha256` describes"):
        open_mmdb(path)


def test_a_new_file_renamed_over_the_old_one_does_not_disturb_who_still_has_the_old_one(tmp_path: Path) -> None:
    path = an_mmdb(tmp_path / "a.mmdb", {"84.128.0.0/16": a_flat("DE")})
    old = open_mmdb(path, remembered=0)
    an_mmdb(tmp_path / "b.mmdb", {"84.128.0.0/16": a_flat("FR")}).replace(path)
    assert where(old.place("84.128.1.1"))[0] == "DE"
    assert where(open_mmdb(path).place("84.128.1.1"))[0] == "FR"


@pytest.mark.parametrize(
    ("read", "record", "asn"),
    [
        (flat, {"country_code": "NO", "asn": "AS2119"}, "AS2119"),
        (flat, {"country_code": "NO", "asn": 2119, "latitude": 59.9, "longitude": 10.7, "city": "Oslo"}, "AS2119"),
        (nested, {"country": {"iso_code": "NO"}, "traits": {"autonomous_system_number": 2119}}, "AS2119"),
        (flat, {"country_code": "NO"}, ""),
        (flat, {"country_code": "NO", "asn": "none"}, ""),
        (flat, {"country_code": "NO", "asn": 0}, ""),
        (nested, {"country": {"iso_code": "NO"}, "traits": {"autonomous_system_number": "x"}}, ""),
    ],
)
def test_an_as_number_is_kept_where_the_record_has_one(read: Shape, record: dict[str, Any], asn: str) -> None:
    place = place_of(read(record), "203.0.113.0/24", ())
    assert place is not None
    assert place.asn == asn
