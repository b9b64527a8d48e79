"""Name screening: building, loading, one name, a delta against many customers, all customers again; with memory.

On OFAC's list where the folder of data is there (`HABEAS_DATA`, else `../shared/data`).
"""

import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from habeas.bench.data import data_folder, skipped
from habeas.bench.timing import percentiles
from habeas.domain.listing import EntityKind, ParsedList
from habeas.domain.screening import Query
from habeas.evaluation.ordinary import ordinary_names
from habeas.evaluation.perturb import damaged_names
from habeas.reference.names import index_file
from habeas.reference.names.customers import Customer, build_customer_index
from habeas.reference.names.index import NameIndex, build_index
from habeas.reference.sanctions.births import birth_within
from habeas.reference.sanctions.load import ListFile, load_lists

_DELTA = 300
_CUSTOMERS_PER_QUERY = 5
_FILES = ("sanctions/ofac/sdn_2024-05-03.csv", "sanctions/ofac/alt_2024-09.csv")
_LETTERS = str.maketrans("01", "ao")
_COUNTRIES = ("US", "GB", "DE", "RU", "IR", "CN", "TR", "BR", "NG", "IN")


def bench_names(size: int, data: Path | None = None) -> dict[str, Any]:
    """`size` questions of each kind, and five times as many customers."""
    paths = [data_folder(data) / name for name in _FILES]
    if absent := skipped(*paths):
        return absent
    lists = load_lists([ListFile(path.name, path.read_bytes(), resaved=True) for path in paths])
    before = _memory_mb()
    start = perf_counter()
    index = build_index(lists)
    built = perf_counter() - start
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as kept:
        path = Path(kept) / "names.index"
        index_file.save(index, path)
        start = perf_counter()
        index = index_file.load(path)
        loaded = perf_counter() - start
        return {
            "names": len(index),
            "build_s": round(built, 2),
            "build_peak_mb": round(_memory_mb()),
            "build_added_mb": round(_memory_mb() - before),
            "file_bytes": path.stat().st_size,
            "load_ms": round(loaded * 1e3, 1),
            "screen_cold_s": _cold(paths, Path(kept)),
            **_questions(index, lists, size),
            **_customers(index, path, lists, size * _CUSTOMERS_PER_QUERY),
        }


def _questions(index: NameIndex, lists: tuple[ParsedList, ...], size: int) -> dict[str, Any]:
    """One name, each word asked for the first time or again, as it comes."""
    entities = [entity for parsed in lists for entity in parsed.entities]
    damaged = [Query(name=each.text, kind=each.kind) for each in damaged_names(entities, size, 1)]
    ordinary = [Query(name=name) for name in ordinary_names("world", size, 2)]
    return {"damaged_ms": _per_name(index, damaged), "ordinary_of_any_kind_ms": _per_name(index, ordinary)}


def _per_name(index: NameIndex, queries: list[Query]) -> dict[str, float]:
    seconds = []
    for query in queries:
        start = perf_counter()
        index.screen(query)
        seconds.append(perf_counter() - start)
    return percentiles(seconds, 1e3)


def synthetic_customers(count: int, seed: int) -> Iterator[Customer]:
    """Ordinary people of many countries, half of them Americans, with birth years and nationalities, under ids of ours."""
    chance = random.Random(seed)
    names = ordinary_names("us", (count + 1) // 2, seed) + ordinary_names("world", count // 2, seed + 1)
    for at, name in enumerate(names):
        born = birth_within((chance.randint(1940, 2005), 0, 0))
        yield f"c{at}", Query(name=name, birth=born, countries=(chance.choice(_COUNTRIES),), kind=EntityKind.PERSON)


def _customers(index: NameIndex, path: Path, lists: tuple[ParsedList, ...], count: int) -> dict[str, Any]:
    start = perf_counter()
    customers = dict(synthetic_customers(count, 3))
    made = perf_counter()
    before = _memory_mb()
    inverted = build_customer_index(customers.items())
    built = perf_counter()
    peak = _memory_mb()
    entities = [entity for parsed in lists for entity in parsed.entities]
    changed = [(each.list, each.entry) for each in random.Random(4).sample(entities, min(_DELTA, len(entities)))]
    begun = perf_counter()
    picked = inverted.could_be(index, changed)  # nothing is remembered yet
    hits = sum(1 for id_ in picked if index.screen(customers[id_]))
    done = perf_counter()
    sample = list(islice(customers.values(), 0, None, max(1, count // 20_000)))
    fresh = index_file.load(path)
    one = perf_counter()
    with_hits = sum(1 for who in sample if fresh.screen(who))
    alone = (perf_counter() - one) / len(sample)
    # Each name with a word of its own, so that nothing that is remembered helps: the worst that customers can be.
    strange = [Query(name=f"{each.name} {at:b}".translate(_LETTERS), kind=each.kind) for at, each in enumerate(sample)]
    worst = _per_name(index_file.load(path), strange)
    return {
        "customers": count,
        "customers_made_s": round(made - start, 1),
        "customer_index_build_s": round(built - made, 1),
        "customer_index_peak_mb": round(peak),
        "customer_index_added_mb": round(peak - before),
        "delta_entries": len(changed),
        "delta_s": round(done - begun, 2),
        "delta_customers_picked": len(picked),
        "delta_customers_with_hits": hits,
        "rescreen_ms_each": round(alone * 1e3, 3),
        "rescreen_words_of_their_own_ms": worst,
        "rescreen_with_hits_of_1000": round(with_hits / len(sample) * 1e3, 2),
        "rescreen_million_min": round(alone * 1e6 / 60, 1),
    }


def _cold(paths: list[Path], cache: Path) -> float:
    """`habeas screen` in a process of its own, with the index kept already."""
    command = [sys.executable, "-m", "habeas", "screen", "Vladimir Putin", "--resaved", "--json"]
    command += [part for path in paths for part in ("--list", str(path))]
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    seconds = 0.0
    for _ in range(2):  # the first one keeps it
        start = perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - our own command
        seconds = perf_counter() - start
    return round(seconds, 2)


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
