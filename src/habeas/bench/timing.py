"""How things are timed: many runs, percentiles, never a mean alone."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any


def percentiles(seconds: Sequence[float], unit: float = 1e6) -> dict[str, float]:
    """p50 and p99 of some durations, in microseconds unless `unit` says otherwise (1e3: milliseconds)."""
    ordered = sorted(seconds)
    return {
        "p50": round(ordered[len(ordered) // 2] * unit, 3),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * unit, 3),
    }


def per_call(call: Callable[[], Any], times: int, rounds: int = 20) -> list[float]:
    """The duration of one call, from `rounds` rounds of `times` calls, for calls too short to be timed alone."""
    durations = []
    for _ in range(rounds):
        start = perf_counter()
        for _ in range(times):
            call()
        durations.append((perf_counter() - start) / times)
    return durations
