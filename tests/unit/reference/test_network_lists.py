import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.errors import BadInputError
from habeas.reference.asn import expand
from habeas.reference.network_lists import AsnList, NetworkList, read_list
from habeas.reference.prefix import parse_prefix
from tests.unit.reference.geo_files import AUGUST, a_flat, a_list, an_mmdb

EXITS = """\
ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-08-21 03:00:12
LastStatus 2026-08-22 01:00:00
ExitAddress 162.247.74.201 2026-08-22 01:11:54
ExitNode 00AA
Published 2026-08-20 03:00:12
LastStatus 2026-08-21 01:00:00
ExitAddress 2001:db8::7 2026-08-21 01:11:54
"""


def a_misp(**changes: Any) -> bytes:
    whole = {
        "name": "List of known iCloud Private Relay egress IP address ranges",
        "type": "cidr",
        "version": 20260811,
        "description": "x",
        "matching_attributes": ["ip-src"],
        "list": ["104.28.100.10/31", "2a02:26f7::/64"],
    }
    return json.dumps(whole | changes).encode()


def read(data: bytes | str, *, tag: str = "vpn", as_of: date | None = AUGUST) -> NetworkList | AsnList:
    return read_list(data if isinstance(data, bytes) else data.encode(), "the-list", tag=tag, as_of=as_of)


# --- the formats


def test_a_list_of_networks_may_hold_addresses_comments_and_blank_lines() -> None:
    text = "\ufeff# made by us\r\n2.26.157.0/24\r\n\r\n102.130.113.9 # an exit\n2001:ac8::/32"
    assert read(text) == a_list("vpn", "2.26.157.0/24", "102.130.113.9", "2001:ac8::/32", source="the-list")


def test_tors_own_format_tells_tag_and_day() -> None:
    expected = a_list("tor", "162.247.74.201", "2001:db8::7", source="the-list")
    assert read(EXITS, tag="", as_of=None) == expected


def test_a_misp_warning_list_tells_tag_and_day() -> None:
    said = read(a_misp(), tag="", as_of=None)
    assert isinstance(said, NetworkList)
    assert (said.tag, said.as_of, len(said.prefixes)) == ("relay", date(2026, 8, 11), 2)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("List of known Amazon AWS IP address ranges", "cloud"),
        ("List of known Microsoft Azure Datacenter IP Ranges", "cloud"),
        ("Specialized list of vpn-ipv4 addresses belonging to common VPN providers and datacenters", "vpn"),
    ],
)
def test_the_name_of_a_warning_list_tells_its_tag(name: str, tag: str) -> None:
    assert read(a_misp(name=name), tag="").tag == tag


def test_what_the_operator_says_of_a_list_goes_before_what_it_says_itself() -> None:
    said = read(a_misp(), tag="hosting", as_of=AUGUST)
    assert (said.tag, said.as_of) == ("hosting", AUGUST)


def test_a_list_of_as_numbers_is_kept_as_numbers() -> None:
    said = read("AS9009 # M247, GB (NordVPN)\nAS20448 # VPNtranet, LLC.\n\nas401401\n")
    assert said == AsnList("vpn", "the-list", AUGUST, frozenset({9009, 20448, 401401}))


def test_as_numbers_become_networks_by_an_asn_database(tmp_path: Path) -> None:
    records = {"1.0.0.0/24": 9009, "1.128.0.0/11": 1221, "2001:db8::/32": 9009}
    database = an_mmdb(
        tmp_path / "asn.mmdb",
        {network: {"autonomous_system_number": number} for network, number in records.items()},
        type_="GeoLite2-ASN",
        ip_version=6,
    )
    said = expand(AsnList("vpn", "the-list", AUGUST, frozenset({9009})), database)
    assert said == a_list("vpn", "1.0.0.0/24", "2001:db8::/32", source="the-list by GeoLite2-ASN")


def test_as_numbers_need_an_asn_database_that_knows_them(tmp_path: Path) -> None:
    numbers = AsnList("vpn", "the-list", AUGUST, frozenset({9009}))
    with pytest.raises(BadInputError, match="of type `Test-City`, which has no AS numbers"):
        expand(numbers, an_mmdb(tmp_path / "city.mmdb", {"1.0.0.0/24": a_flat("DE")}))
    with pytest.raises(BadInputError, match="knows none of the AS numbers in `the-list`"):
        expand(numbers, an_mmdb(tmp_path / "asn.mmdb", {"1.0.0.0/24": {"autonomous_system_number": 1}}))
    with pytest.raises(BadInputError, match="cannot read"):
        expand(numbers, tmp_path / "none.mmdb")


# --- what is refused


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "names no network; the download may have failed"),
        (b"# nothing\n\n", "names no network"),
        (b"<!DOCTYPE html><html>404", "is a web page, not a list"),
        (b"\n  <html>", "is a web page"),
        (b"\x1f\x8b\x08\x00\xff", "is not text"),
        (b"1.2.3.0/24\n\n1.2.3.4.5/24\n", r"`the-list`, line 3: `1\.2\.3\.4\.5/24` is no network"),
        (b"1.2.3.0/24\n1.2.3.4/24\n", "line 2: .* write the network"),
        (b"0.0.0.0/0\n", "line 1: .* too wide"),
        (b"1.2.3.0/24\nAS9009\n", "line 2: `AS9009` is no network"),
        (b"AS9009\n1.2.3.0/24\n", r"line 2: `1\.2\.3\.0/24` is no AS number"),
        (b'{"list": []', "is JSON, but no MISP warning list"),
        (b'{"prefixes": []}', "is JSON, but no MISP warning list"),
        (a_misp(type="hostname"), "of type `hostname`; only those of type `cidr`"),
        (a_misp(list=[]), "names no network"),
        (a_misp(list=["1.2.3.0/24", "x"]), "entry 2: `x` is no network"),
        (b"ExitNode 00AA\nPublished 2026-08-20 03:00:12\n", "names no exit address"),
        (b"ExitNode 00AA\nExitAddress 1.2.3.4 yesterday\n", "line 2: `yesterday` is no date"),
        (b"ExitNode 00AA\nExitAddress 1.2.3 2026-08-21 01:11:54\n", r"line 2: `1\.2\.3` is no network"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_name_and_the_line(data: bytes, what: str) -> None:
    with pytest.raises(BadInputError, match=what):
        read(data, as_of=None if b"ExitNode" in data else AUGUST)


def test_a_list_needs_a_tag_and_a_day_from_somewhere() -> None:
    with pytest.raises(BadInputError, match="does not tell its tag; give one of vpn, hosting"):
        read("1.2.3.0/24", tag="")
    with pytest.raises(BadInputError, match="does not tell its date"):
        read("1.2.3.0/24", as_of=None)
    with pytest.raises(BadInputError, match="does not tell its tag"):
        read(a_misp(name="List of known something"), tag="")
    with pytest.raises(BadInputError, match="does not tell its date"):
        read(a_misp(version=3), as_of=None)
    with pytest.raises(BadInputError, match="`proxy` is no tag"):
        read("1.2.3.0/24", tag="proxy")


def test_a_byte_order_mark_before_json_is_nothing() -> None:
    assert read(b"\xef\xbb\xbf" + a_misp()) == read(a_misp())
    assert read(a_misp()).source == "the-list"
    assert parse_prefix("104.28.100.10/31").length == 31
