"""Look-ups of places and network tags per second on one core, with nothing remembered and with warm memory, and reloads.

On real files where the folder of data is there (`HABEAS_DATA`, else `../shared/data`); what it lacks is skipped by name.
City files are built for the occasion from a published sample of DB-IP's.
"""

import csv
import gzip
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import Any

from habeas.bench.data import data_folder, skipped
from habeas.bench.timing import percentiles
from habeas.bench.workload import START_AT
from habeas.decision.decide import decide
from habeas.domain.account import AccountState, new_account
from habeas.domain.event import make_event
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId, event_seed
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.reference import networks_file
from habeas.reference.mmdb import open_mmdb, records
from habeas.reference.network_lists import NetworkList, read_list
from habeas.reference.networks import compile_networks
from habeas.reference.places import BuiltInPlaces, CombinedPlaces, ReloadingPlaces, Source
from habeas.reference.prefix import Prefix, parse_prefix

_ROUNDS = 5
_MAXMIND_COUNTRIES = "maxmind-test/GeoLite2-Country-Test.mmdb"
_MAXMIND_CITIES = "maxmind-test/GeoIP2-City-Test.mmdb"
_SAMPLE = "dbip-city-sample.csv.gz"
_AS_OF = date(2026, 8, 22)
_LISTS = {
    "x4b-vpn-ipv4.txt": "vpn",
    "x4b-vpn-ipv6.txt": "vpn",
    "x4b-datacenter-ipv4.txt": "hosting",
    "x4b-datacenter-ipv6.txt": "hosting",
    "x4b-apple-relay.txt": "relay",
    "tor-exits-20260822.txt": "tor",
    "misp-icloud-private-relay.json": "",
}


def bench_countries(size: int, data: Path | None = None) -> dict[str, Any]:
    """Whole `Place`s by country databases: the built-in one, MaxMind's nested shape, the flat shape of ip-location-db."""
    geo = _geo(data)
    return {
        "built_in": _per_second(BuiltInPlaces, _anywhere(size)),
        "nested": _of_real_file(geo / _MAXMIND_COUNTRIES, size),
        "flat": _of_sample(geo, ("country_code",), lambda path, prefixes: _of_file(path, _inside(prefixes, size))),
    }


def bench_cities(size: int, data: Path | None = None) -> dict[str, Any]:
    """Whole `Place`s by city databases, and two sources combined with tags."""
    geo = _geo(data)
    columns = ("country_code", "state1", "city", "latitude", "longitude")
    return {
        "nested": _of_real_file(geo / _MAXMIND_CITIES, size),
        "flat": _of_sample(geo, columns, lambda path, prefixes: _of_file(path, _inside(prefixes, size))),
        "combined": skipped(*(geo / name for name in _LISTS))
        or _of_sample(geo, columns, lambda path, prefixes: _combined(path, _lists(geo), _inside(prefixes, size))),
    }


def bench_tags(size: int, data: Path | None = None) -> dict[str, Any]:
    """Tags by the compiled lists of X4BNet, Tor and MISP: listed addresses, and any addresses; compiling and loading."""
    geo = _geo(data)
    if missing := skipped(*(geo / name for name in _LISTS)):
        return missing
    start = perf_counter()
    lists = _lists(geo)
    read = perf_counter()
    networks = compile_networks(lists)
    compiled = perf_counter()
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        path = Path(folder) / "networks"
        networks_file.save(networks, path)
        loading = _timed(lambda: networks_file.load(path))
        written = path.stat().st_size
    prefixes = [prefix for each in lists for prefix in each.prefixes]
    return {
        "networks": len(prefixes),
        "bytes": written,
        "read_lists_ms": round((read - start) * 1e3, 1),
        "compile_ms": round((compiled - read) * 1e3, 1),
        "load_ms": percentiles(loading, 1e3),
        "ipv4_listed_per_second": _rate(networks.tags, _inside([p for p in prefixes if not p.is_ipv6], size)),
        "ipv6_listed_per_second": _rate(networks.tags, _inside([p for p in prefixes if p.is_ipv6], size)),
        "ipv4_any_per_second": _rate(networks.tags, _anywhere(size)),
    }


def bench_login(size: int, data: Path | None = None) -> dict[str, Any]:
    """The whole judgement of a login: city, second source, tags, then leap, takeover and region rules. Microseconds.

    Accounts have eight remembered places, and log in from anywhere, which is the costliest login that there is.
    """
    geo = _geo(data)
    columns = ("country_code", "state1", "city", "latitude", "longitude")
    return skipped(*(geo / name for name in _LISTS)) or _of_sample(
        geo, columns, lambda path, prefixes: _logins(path, _lists(geo), _inside(prefixes, size))
    )


def _logins(path: Path, lists: list[NetworkList], ips: list[str]) -> dict[str, Any]:
    places = CombinedPlaces(open_mmdb(path, remembered=0), BuiltInPlaces(remembered=0), compile_networks(lists))
    policy = shipped_playbook().policy(DEFAULT_ENTITY)
    states: dict[AccountId, AccountState] = {}
    looked_up, whole = [], []
    for number, ip in enumerate(ips):
        account = AccountId(f"a{number % 200}")
        body = json.dumps({"ip": ip, "device": f"d{account}", "mfa": "totp"}).encode()
        at = START_AT + timedelta(minutes=number)
        event = make_event(f"e{number}", "urn:bench", "login.succeeded", account, at, body)
        start = perf_counter()
        facts = Facts(place=places.place(ip))
        found = perf_counter()
        enriched = EnrichedEvent(event, facts, event_seed(bytes(32), account, event.source, event.id), at)
        states[account] = decide(states.get(account) or new_account(account), enriched, policy).state
        whole.append(perf_counter() - start)
        looked_up.append(found - start)
    # The first logins of an account have nothing to be compared with.
    settled = len(ips) // 2
    return {"look_up_us": percentiles(looked_up[settled:]), "judgement_us": percentiles(whole[settled:])}


def _of_real_file(path: Path, size: int) -> dict[str, Any]:
    """The figures of one `.mmdb` file, for addresses that it knows."""
    if missing := skipped(path):
        return missing
    places = open_mmdb(path, remembered=0)
    networks = [prefix for prefix, _ in records(path) if not prefix.is_ipv6]
    return _of_file(path, _inside([each for each in networks if places.place(_text(each.first, each))], size))


def _of_file(path: Path, asked: list[str]) -> dict[str, Any]:
    places = ReloadingPlaces(lambda: open_mmdb(path))
    return {
        "bytes": path.stat().st_size,
        **_per_second(lambda **memory: open_mmdb(path, **memory), asked),
        "reload_ms": percentiles(_timed(places.reload), 1e3),
    }


def _combined(path: Path, lists: list[NetworkList], asked: list[str]) -> dict[str, Any]:
    networks = compile_networks(lists)
    return _per_second(
        lambda **memory: CombinedPlaces(open_mmdb(path, **memory), BuiltInPlaces(**memory), networks), asked
    )


def _per_second(make: Callable[..., Source], asked: list[str]) -> dict[str, int]:
    """With nothing remembered, and when the same thousand addresses come again and again."""
    few = asked[:1000]
    return {
        "per_second": _rate(make(remembered=0).place, asked),
        "warm_per_second": _rate(make().place, few * (len(asked) // len(few))),
    }


def _rate(ask: Callable[[str], object], asked: list[str]) -> int:
    """Calls per second: the median of some rounds, after one that warms up."""
    seconds = []
    for _ in range(_ROUNDS + 1):
        start = perf_counter()
        for ip in asked:
            ask(ip)
        seconds.append(perf_counter() - start)
    return round(len(asked) / sorted(seconds[1:])[_ROUNDS // 2])


def _timed(call: Callable[[], object]) -> list[float]:
    seconds = []
    for _ in range(20):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return seconds


def _geo(data: Path | None) -> Path:
    return data_folder(data) / "geo"


def _lists(geo: Path) -> list[NetworkList]:
    made = []
    for name, tag in _LISTS.items():
        each = read_list((geo / name).read_bytes(), Path(name).stem, tag=tag, as_of=_AS_OF if tag else None)
        if isinstance(each, NetworkList):
            made.append(each)
    return made


def _of_sample(
    geo: Path, columns: tuple[str, ...], measure: Callable[[Path, list[Prefix]], dict[str, Any]]
) -> dict[str, Any]:
    """What `measure` finds in an `.mmdb` file in the flat shape, with the sample's networks and these columns."""
    if missing := skipped(geo / _SAMPLE):
        return missing
    if find_spec("mmdb_writer") is None:
        return {"skipped": "the package mmdb-writer is not there; scripts/setup dev installs it"}
    with gzip.open(geo / _SAMPLE, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if ":" not in row["network"]]
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        path = Path(folder) / "sample.mmdb"
        _write(path, rows, columns)
        return measure(path, [parse_prefix(row["network"]) for row in rows])


def _write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    # Only for measuring, so only among the packages for development.
    from mmdb_writer import MMDBWriter  # noqa: PLC0415
    from netaddr import IPNetwork, IPSet  # noqa: PLC0415

    writer = MMDBWriter(4, "sample")
    for row in rows:
        writer.insert_network(IPSet([IPNetwork(row["network"])]), {column: row[column] for column in columns})
    writer.to_db_file(str(path))


def _inside(prefixes: Sequence[Prefix], size: int) -> list[str]:
    """Random addresses, each inside one of the networks."""
    draw = random.Random(1)
    return [_text(draw.randint(prefix.first, prefix.last), prefix) for prefix in draw.choices(prefixes, k=size)]


def _anywhere(size: int) -> list[str]:
    draw = random.Random(2)
    return [str(ip_address(draw.randrange(1 << 24, 224 << 24))) for _ in range(size)]


def _text(number: int, prefix: Prefix) -> str:
    return str(ip_address(number.to_bytes(16 if prefix.is_ipv6 else 4, "big")))
