"""Loading reference sets into a store, taking them over in a running process, and looking up in them.

On real files where the folder of data is there (`HABEAS_DATA`, else `../shared/data`); else on what comes with Habeas.
"""

import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from habeas.bench import workload
from habeas.bench.data import data_folder
from habeas.bench.timing import per_call, percentiles
from habeas.domain.account import new_account
from habeas.domain.event import Event, make_event
from habeas.reference.library import ListsBuilder, PlacesBuilder, TagsBuilder
from habeas.reference.prepare import Prepared, given, prepare
from habeas.service.enrich import look_up, relate
from habeas.service.library import Library, with_contents
from habeas.service.ports import ReferenceSet, Store
from habeas.store.open import open_store

_ROUNDS = 10
_FILES = {
    "sanctions_list": ("sanctions/ofac/sdn_2024-05-03.csv",),
    "wallets": ("sanctions/wallets/sanctioned_addresses_*.txt",),
    "networks": ("geo/x4b-*ipv?.txt", "geo/x4b-apple-relay.txt", "geo/tor-exits-*.txt", "geo/misp-*.json"),
    "tags": ("onchain/tagpacks/*.yaml",),
    "places": ("geo/maxmind-test/GeoLite2-City-Test.mmdb", "geo/maxmind-test/GeoLite2-Country-Test.mmdb"),
}


def bench_reference(size: int, data: Path | None = None) -> dict[str, Any]:
    """Milliseconds to read and load files, to take over a change, and microseconds a look-up and an event."""
    folder = data_folder(data)
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as scratch:
        store = open_store(f"sqlite:///{Path(scratch) / 'bench.db'}")
        try:
            return {
                "loading": {name: _loading(store, folder, patterns) for name, patterns in _FILES.items()},
                "taking_over_ms": _taking_over(store, Path(scratch)),
                "looking_up_us": _looking_up(store, Path(scratch), size),
            }
        finally:
            store.close()


def _loading(store: Store, folder: Path, patterns: tuple[str, ...]) -> dict[str, Any]:
    paths = sorted(path for pattern in patterns for path in folder.glob(pattern))
    if not paths:
        return {"skipped": f"`{folder / patterns[0]}` is not there; HABEAS_DATA says where the data is"}
    start = perf_counter()
    prepared = prepare([given(path) for path in paths])
    read = perf_counter()
    with store.transaction() as work:
        for each in prepared:
            work.load_reference(_set(each), each.content)
    return {
        "files": len(paths),
        "entries": sum(each.entries for each in prepared),
        "bytes_kept": sum(len(each.content) for each in prepared),
        "read_ms": round((read - start) * 1e3, 1),
        "store_ms": round((perf_counter() - read) * 1e3, 1),
    }


def _set(each: Prepared) -> ReferenceSet:
    return ReferenceSet(
        kind=each.kind,
        version=each.version,
        as_of=each.as_of,
        loaded_at=datetime.now(UTC),
        sha256=each.sha256,
        entries=each.entries,
        source=each.source,
        by="bench",
    )


def _taking_over(store: Store, scratch: Path) -> dict[str, Any]:
    """From a changed set to an index that is made anew from all that is current, as a running process does it."""
    durations: dict[str, list[float]] = {"lists": [], "places": [], "tags": [], "check": []}
    for _ in range(_ROUNDS):
        with store.reading() as reader:
            start = perf_counter()
            sets = reader.reference_sets(current=True)
            durations["check"].append(perf_counter() - start)
            builders: dict[str, Callable[[Any], object]] = {
                "lists": ListsBuilder(bytes(32)),
                "places": PlacesBuilder(scratch, frozenset()),
                "tags": TagsBuilder(),
            }
            for name, build in builders.items():
                start = perf_counter()
                build(with_contents(sets, reader))
                durations[name].append(perf_counter() - start)
    return {name: percentiles(seconds, 1e3) for name, seconds in durations.items()}


def _looking_up(store: Store, scratch: Path, size: int) -> dict[str, Any]:
    library = Library(store, PlacesBuilder(scratch, frozenset()), ListsBuilder(bytes(32)), tags=TagsBuilder())
    tags = library.tags()
    tagged = tags.addresses()[:1000]
    listed, other = "149w62rY42aZBox8fGcmqNsXUzSStKeq8C", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
    draw = random.Random(3)
    addresses = [f"0x{draw.getrandbits(160):040x}" for _ in range(1000)]
    events = {
        "order": _event("order.placed", {"market": "BTC-EUR", "side": "buy", "usd": "120.50"}),
        "login": _event("login.succeeded", {"ip": "84.128.10.10", "device": "d", "mfa": "totp"}),
        "withdrawal": _event(
            "withdrawal.requested",
            {"asset": "BTC", "amount": "1", "usd": "9", "address": other, "ip": "84.128.10.10", "device": "d"},
        ),
    }
    times = max(1, size // 20)
    figures = {
        "listed_wallet": per_call(lambda: library.wallets(None, listed, "XBT"), times),
        "other_wallet": per_call(lambda: library.wallets("bitcoin", other, "BTC"), times),
        "unlisted_evm_wallets_x1000": per_call(lambda: [library.wallets("ETH", each) for each in addresses], 1),
        "tags_of_untagged_addresses_x1000": per_call(lambda: [tags.of("evm", each) for each in addresses], times),
        "tags_of_tagged_addresses_x1000": per_call(lambda: [tags.of(*each) for each in tagged], times),
        "document": per_call(lambda: library.documents("IR", "passport", "T14553558"), times),
    }
    figures |= {
        f"look_up_{name}": per_call(partial(look_up, event, library, library), times) for name, event in events.items()
    }
    with store.reading() as reader:
        state = new_account(events["login"].account)
        figures |= {
            f"relate_{name}": per_call(
                partial(relate, look_up(event, library, library), event, state, reader), max(1, times // 4)
            )
            for name, event in events.items()
        }
    return {name: percentiles(seconds) for name, seconds in figures.items()}


def _event(type_: str, data: dict[str, Any]) -> Event:
    return make_event("e-1", "urn:bench", type_, "a1", workload.START_AT, msgspec.json.encode(data))
