"""Name screening, measured: how many damaged names of listed ones are found, and how many ordinary people are hit, at one
and the same threshold and by the name alone.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from msgspec import Struct

from habeas.domain.listing import EntityKind, ListedEntity, ParsedList
from habeas.domain.screening import BANDS, Bands, Query
from habeas.evaluation.intervals import Share, share
from habeas.evaluation.ordinary import ordinary_names
from habeas.evaluation.perturb import DamagedName, damaged_names
from habeas.reference.names.index import NameIndex
from habeas.reference.sanctions.births import birth_within

POPULATIONS: dict[str, EntityKind] = {
    "us": EntityKind.PERSON,
    "world": EntityKind.PERSON,
    "companies": EntityKind.ORGANISATION,
}
PEOPLE = ("us", "world")
"""The populations whose false hits are held against the target; companies are shown beside."""
RECALL_TARGET = 0.97
FALSE_HITS_TARGET = 0.005
P50_TARGET_MS = 1.5
P99_TARGET_MS = 8.0
_LOWEST = 0.6
_THRESHOLDS = tuple(round(0.60 + 0.02 * step, 2) for step in range(20))


class CurvePoint(Struct, frozen=True):
    """Recall and false hits at one threshold."""

    threshold: float
    recall: float
    false_hits: float


class Missed(Struct, frozen=True):
    """A damaged name that was not found, to be looked at by people."""

    damage: str
    asked: str
    listed: str
    score: float


class Latency(Struct, frozen=True):
    """How long one name takes, in milliseconds on one core."""

    p50_ms: float
    p99_ms: float
    names: int


class NamesEvaluation(Struct, frozen=True, kw_only=True):
    """All figures of one run, with what they depend on."""

    lists: tuple[str, ...]
    entries: int
    listed_names: int
    seed: int
    threshold: float
    recall: Share
    recall_by_damage: dict[str, Share]
    recall_with_birth_year: Share
    """The same questions with the birth year that the list gives, of those persons for whom it does."""
    false_hits: Share
    """People: `us` and `world` together."""
    false_hits_by_population: dict[str, Share]
    curve: tuple[CurvePoint, ...]
    latency_damaged: Latency
    latency_ordinary: Latency
    missed: tuple[Missed, ...]
    false: tuple[Missed, ...]
    meets_targets: bool
    oracle: dict[str, Any] | None = None


class Questions(Struct, frozen=True):
    """What is asked: damaged names, and ordinary ones by population."""

    damaged: tuple[DamagedName, ...]
    ordinary: dict[str, tuple[str, ...]]


def questions(entities: Sequence[ListedEntity], count: int, seed: int) -> Questions:
    """`count` damaged names and as many ordinary ones of each population. The same seed asks the same."""
    return Questions(
        tuple(damaged_names(entities, count, seed)),
        {
            population: tuple(ordinary_names(population, count, seed + at + 1))
            for at, population in enumerate(POPULATIONS)
        },
    )


def evaluate_names(
    index: NameIndex,
    lists: Sequence[ParsedList],
    asked: Questions,
    *,
    seed: int,
    bands: Bands = BANDS,
    progress: Callable[[int], None] = lambda _: None,
) -> NamesEvaluation:
    """Ask everything, and count at the threshold from which people look at a hit."""
    threshold = bands.review_at
    wide = Bands(strong_at=bands.strong_at, review_at=min(_LOWEST, threshold))
    scores: list[float] = []
    missed: list[Missed] = []
    slow: list[float] = []
    kinds: dict[str, list[bool]] = {}
    with_year: list[bool] = []
    for name in asked.damaged:
        query = Query(name=name.text, kind=name.kind)
        start = perf_counter()
        hits = index.screen(query, wide)
        slow.append(perf_counter() - start)
        found = max((hit.score for hit in hits if (hit.list, hit.entry) == (name.list, name.entry)), default=0.0)
        scores.append(found)
        kinds.setdefault(name.damage.value, []).append(found >= threshold)
        if found < threshold:
            missed.append(Missed(name.damage.value, name.text, name.original, found))
        if name.birth_year is not None:
            known = Query(name=name.text, kind=name.kind, birth=birth_within((name.birth_year, 0, 0)))
            with_year.append(
                any(
                    hit.score >= threshold and (hit.list, hit.entry) == (name.list, name.entry)
                    for hit in index.screen(known, bands)
                )
            )
        progress(1)
    ordinary: dict[str, list[float]] = {}
    false: list[Missed] = []
    quick: list[float] = []
    for population, kind in POPULATIONS.items():
        best = ordinary.setdefault(population, [])
        for text in asked.ordinary[population]:
            start = perf_counter()
            hits = index.screen(Query(name=text, kind=kind), wide)
            quick.append(perf_counter() - start)
            best.append(hits[0].score if hits else 0.0)
            if best[-1] >= threshold:
                false.append(Missed(population, text, hits[0].explanation.listed_name, best[-1]))
            progress(1)
    people = sorted(score for population in PEOPLE for score in ordinary[population])
    recall = share(sum(score >= threshold for score in scores), len(scores))
    false_hits = share(len(people) - bisect_left(people, threshold), len(people))
    damaged_latency = _latency(slow)
    ordered = sorted(scores)
    return NamesEvaluation(
        lists=tuple(f"{parsed.version.list} {parsed.version.version}" for parsed in lists),
        entries=sum(len(parsed.entities) for parsed in lists),
        listed_names=len(index),
        seed=seed,
        threshold=threshold,
        recall=recall,
        recall_by_damage={kind: share(sum(found), len(found)) for kind, found in kinds.items()},
        recall_with_birth_year=share(sum(with_year), len(with_year)),
        false_hits=false_hits,
        false_hits_by_population={
            population: share(sum(score >= threshold for score in best), len(best))
            for population, best in ordinary.items()
        },
        curve=tuple(CurvePoint(each, _above(ordered, each), _above(people, each)) for each in _THRESHOLDS if each <= 1),
        latency_damaged=damaged_latency,
        latency_ordinary=_latency(quick),
        missed=tuple(missed),
        false=tuple(false),
        meets_targets=(
            recall.share >= RECALL_TARGET
            and false_hits.share <= FALSE_HITS_TARGET
            and damaged_latency.p50_ms <= P50_TARGET_MS
            and damaged_latency.p99_ms <= P99_TARGET_MS
        ),
    )


def _above(ordered: Sequence[float], threshold: float) -> float:
    return (len(ordered) - bisect_left(ordered, threshold)) / len(ordered) if ordered else 0.0


def _latency(seconds: Sequence[float]) -> Latency:
    ordered = sorted(seconds) or [0.0]
    return Latency(
        round(ordered[len(ordered) // 2] * 1e3, 3),
        round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3, 3),
        len(seconds),
    )
