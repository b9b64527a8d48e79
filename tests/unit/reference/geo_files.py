"""What tests of places share: small `.mmdb` files made for one test, lists in one line, and the folder of real files."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mmdb_writer import MMDBWriter
from netaddr import IPNetwork, IPSet

from habeas.reference.network_lists import NetworkList
from habeas.reference.prefix import parse_prefix
from tests.real_data import FOLDER, needs

REAL = FOLDER / "geo"
needs_real_files = needs(REAL)

BUILT_AT = datetime(2026, 8, 1, tzinfo=UTC)
AUGUST = date(2026, 8, 22)


def an_mmdb(
    path: Path,
    records: Mapping[str, Any],
    *,
    type_: str = "Test-City",
    ip_version: int = 4,
    built_at: datetime = BUILT_AT,
) -> Path:
    """A file that holds `records` by network. One of version 6 may hold IPv4 networks too."""
    writer = MMDBWriter(ip_version, type_, ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([IPNetwork(network)]), record)
    with patch("time.time", return_value=built_at.timestamp()):
        writer.to_db_file(str(path))
    return path


def a_nested(country: str, **more: Any) -> dict[str, Any]:
    """A record in MaxMind's shape."""
    return {"country": {"iso_code": country, "names": {"en": country}}, **more}


def a_part(code: str, name: str) -> list[dict[str, Any]]:
    return [{"iso_code": code, "names": {"en": name, "de": "-"}}]


def a_flat(country: str, **more: Any) -> dict[str, Any]:
    """A record in ip-location-db's shape."""
    return {"country_code": country, **more}


def a_list(tag: str, *networks: str, source: str = "", as_of: date = AUGUST) -> NetworkList:
    return NetworkList(tag, source or f"list-{tag}", as_of, tuple(parse_prefix(network) for network in networks))
