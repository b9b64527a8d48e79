"""Durable decisions per second in process, with 1, 4 and 32 events in flight. Milliseconds."""

import tempfile
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from habeas.bench import workload
from habeas.bench.timing import percentiles
from habeas.domain.decision import Outcome
from habeas.domain.event import Event
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.intake import Intake
from habeas.store.open import open_store

IN_FLIGHT = (1, 4, 32)


def bench_sqlite(size: int) -> dict[str, Any]:
    """SQLite with `synchronous=FULL`: an ordinary day (2 % of the events restrict), and a day on which every event does."""
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            with Intake(store, shipped_playbook(), BuiltInPlaces(), ListsBuilder(bytes(32))(()), _far_future) as intake:
                _run(intake, workload.openings(size // 10), in_flight=64)
                ordinary = {
                    f"in_flight_{n}": _measured(intake, workload.ordinary_day(_share(size, n), size // 10, seed=n), n)
                    for n in IN_FLIGHT
                }
                restricting = {
                    f"in_flight_{n}": _measured(
                        intake, workload.everything_restricts(_share(size, n), seed=1000 + n), n
                    )
                    for n in IN_FLIGHT
                }
        finally:
            store.close()
        written = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {"events": size, "ordinary_day": ordinary, "everything_restricts": restricting, "bytes_on_disk": written}


def _share(size: int, in_flight: int) -> int:
    """Fewer events where each waits for its own commit."""
    return size if in_flight == max(IN_FLIGHT) else size // 5


def _far_future() -> datetime:
    return workload.START_AT.replace(year=2030)


def _measured(intake: Intake, events: Iterable[Event], in_flight: int) -> dict[str, Any]:
    durations, seconds = _run(intake, list(events), in_flight)
    return {"per_second": round(len(durations) / seconds), "ms": percentiles(durations, 1e3)}


def _note(durations: list[float], sent: float, _done: "Future[Outcome]") -> None:
    durations.append(perf_counter() - sent)


def _run(intake: Intake, events: Iterable[Event], in_flight: int) -> tuple[list[float], float]:
    """Keep `in_flight` events under way; returns each one's time to its durable answer, and the whole time."""
    durations: list[float] = []
    waiting: deque[Future[Outcome]] = deque()
    start = perf_counter()
    for event in events:
        if len(waiting) >= in_flight:
            waiting.popleft().result()
        sent = perf_counter()
        future = intake.submit(event)
        future.add_done_callback(partial(_note, durations, sent))
        waiting.append(future)
    while waiting:
        waiting.popleft().result()
    return durations, perf_counter() - start
