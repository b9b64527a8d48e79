"""The files that operators really have: MaxMind's test databases, and the lists of X4BNet, Tor and MISP of one day."""

from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from habeas.domain.errors import BadInputError
from habeas.reference.asn import expand
from habeas.reference.mmdb import open_mmdb
from habeas.reference.network_lists import AsnList, NetworkList, read_list
from habeas.reference.networks import Networks, compile_networks
from habeas.reference.networks_file import decode, encode
from habeas.reference.places import CombinedPlaces
from tests.unit.reference.geo_files import AUGUST, REAL, needs_real_files

pytestmark = needs_real_files

MAXMIND = REAL / "maxmind-test"
FILES = {
    "x4b-vpn-ipv4.txt": "vpn",
    "x4b-vpn-ipv6.txt": "vpn",
    "x4b-datacenter-ipv4.txt": "hosting",
    "x4b-datacenter-ipv6.txt": "hosting",
    "x4b-apple-relay.txt": "relay",
    "tor-exits-20260822.txt": "tor",
    "misp-icloud-private-relay.json": "",
}


@pytest.fixture(scope="module")
def networks() -> Networks:
    return compile_networks([_list(name) for name in FILES])


def _list(name: str) -> NetworkList:
    said = read_list(
        (REAL / name).read_bytes(), Path(name).stem, tag=FILES[name], as_of=AUGUST if FILES[name] else None
    )
    assert isinstance(said, NetworkList)
    return said


@pytest.mark.row("B009")
def test_maxminds_city_database_is_read() -> None:
    place = open_mmdb(MAXMIND / "GeoLite2-City-Test.mmdb").place("81.2.69.142")
    assert place is not None
    assert (place.area, place.region, place.region_code) == ("GB", "England", "GB-ENG")
    assert (place.latitude, place.longitude, place.radius_km) == (51.5142, -0.0931, 10)
    assert place.sources == ("GeoLite2-City of 2026-02-04",)


def test_maxminds_country_database_is_read_for_ipv4_and_ipv6() -> None:
    places = open_mmdb(MAXMIND / "GeoLite2-Country-Test.mmdb")
    four, six = places.place("::ffff:81.2.69.160"), places.place("2001:218::1")
    assert four is not None
    assert six is not None
    assert (four.area, six.area, six.prefix) == ("GB", "JP", "2001:218::/48")


@pytest.mark.parametrize(
    "name",
    [
        "GeoIP-Anonymous-Plus-Test",
        "GeoIP-Residential-Proxy-Test",
        "GeoIP2-Anonymous-IP-Test",
        "GeoLite2-ASN-Test",
    ],
)
def test_databases_of_other_kinds_are_refused(name: str) -> None:
    with pytest.raises(
        BadInputError, match=f"of type `{name.removesuffix('-Test')}`, which does not say in which country"
    ):
        open_mmdb(MAXMIND / f"{name}.mmdb")


@pytest.mark.parametrize("name", FILES)
def test_both_ends_of_every_network_in_a_list_are_found(name: str, networks: Networks) -> None:
    label = f"{Path(name).stem} of"
    said = _list(name)
    for prefix in said.prefixes:
        for number in (prefix.first, prefix.last):
            ip = str(ip_address(number.to_bytes(16 if prefix.is_ipv6 else 4, "big")))
            if "." in ip and prefix.is_ipv6:
                continue
            assert said.tag in networks.tags(ip) or "relay" in networks.tags(ip)
    assert any(each.label.startswith(label) and each.prefixes == len(said.prefixes) for each in networks.lists)


def test_tags_of_real_lists_are_what_trying_every_network_gives(networks: Networks) -> None:
    lines = (REAL / "x4b-vpn-ipv4.txt").read_text(encoding="utf-8").split()
    vpn = [ip_network(line) for line in lines]
    lists = [_list(name) for name in FILES]
    # Around the edges is where a bisection goes wrong.
    for network in vpn[::400]:
        for number in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            said = {
                each.tag for each in lists if any(p.first <= number <= p.last for p in each.prefixes if not p.is_ipv6)
            }
            expected = said - {"vpn", "hosting", "cloud"} if "relay" in said else said
            assert set(networks.tags(str(ip_address(number)))) == expected


@pytest.mark.row("B030")
def test_apples_relay_keeps_its_users_place_though_the_lists_of_vpns_name_it(networks: Networks) -> None:
    assert networks.tags("104.28.28.1") == ("relay",)
    assert networks.tags("102.130.113.9")[-1] == "tor"
    assert networks.tags("2.26.157.1")[0] == "vpn"


def test_the_compiled_file_of_all_lists_is_small_and_says_the_same(networks: Networks) -> None:
    data = encode(networks)
    assert len(data) < 1_000_000
    again = decode(data, "x")
    assert (again.lists, again.sets, again.ipv4, again.ipv6) == (
        networks.lists,
        networks.sets,
        networks.ipv4,
        networks.ipv6,
    )
    assert {each.as_of for each in again.lists} == {AUGUST, date(2026, 8, 11)}


def test_real_lists_of_as_numbers_are_read_and_expanded() -> None:
    said = read_list((REAL / "x4b-datacenter-ASN.txt").read_bytes(), "x4b-asn", tag="hosting", as_of=AUGUST)
    assert isinstance(said, AsnList)
    assert len(said.numbers) > 800
    google = AsnList("cloud", "google", AUGUST, frozenset({15169}))
    expanded = expand(google, MAXMIND / "GeoLite2-ASN-Test.mmdb")
    assert compile_networks([expanded]).tags("1.0.0.1") == ("cloud",)


def test_a_place_names_database_and_lists_together(networks: Networks) -> None:
    city = open_mmdb(MAXMIND / "GeoIP2-City-Test.mmdb")
    place = CombinedPlaces(city, open_mmdb(MAXMIND / "GeoLite2-Country-Test.mmdb"), networks).place("81.2.69.160")
    assert place is not None
    assert place.sources == ("GeoIP2-City of 2026-02-04", "GeoLite2-Country of 2026-02-04")
    assert place.disagrees_with == ""
