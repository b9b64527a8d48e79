"""Durable decisions per second in process, with 1, 4 and 32 events in flight. Milliseconds."""

import multiprocessing
import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import partial
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from habeas.bench import workload
from habeas.bench.cluster import NoPostgresError, running
from habeas.bench.timing import percentiles
from habeas.domain.decision import Outcome
from habeas.domain.errors import HabeasError
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
        with _opened(f"sqlite:///{Path(folder) / 'bench.db'}") as intake:
            figures = _days(intake, size)
        written = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {"events": size, **figures, "bytes_on_disk": written}


def bench_postgres(size: int) -> dict[str, Any]:
    """The same in PostgreSQL, every commit on the disk; then an ordinary day that two processes share.

    In the database that `HABEAS_BENCH_POSTGRES` names (with `HABEAS_KEY_FILE`), else in a server of its own, on this machine.
    """
    given = os.environ.get("HABEAS_BENCH_POSTGRES")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="habeas-bench-")))
        key_file = Path(os.environ.get("HABEAS_KEY_FILE", folder / "bench.key"))
        try:
            url = given or stack.enter_context(running()).socket_url("postgres")
        except NoPostgresError as exc:
            return {"not_measured": str(exc)}
        with closing(open_store(url, key_file)) as store:
            server = store.facts().server
        with _opened(url, key_file) as intake:
            figures = _days(intake, size)
        return {"events": size, "server": server, **figures, "two_processes": _two_processes(url, key_file, size)}


def _days(intake: Intake, size: int) -> dict[str, Any]:
    _run(intake, workload.openings(size // 10), in_flight=64)
    return {
        "ordinary_day": {
            f"in_flight_{n}": _measured(intake, workload.ordinary_day(_share(size, n), size // 10, seed=n), n)
            for n in IN_FLIGHT
        },
        "everything_restricts": {
            f"in_flight_{n}": _measured(intake, workload.everything_restricts(_share(size, n), seed=1000 + n), n)
            for n in IN_FLIGHT
        },
    }


def _two_processes(url: str, key_file: Path, size: int) -> dict[str, Any]:
    """Each has half of the events and so many in flight, on the same accounts; from when both are ready."""
    spawn = multiprocessing.get_context("spawn")
    figures = {}
    for n in IN_FLIGHT:
        ready, told = spawn.Barrier(2), spawn.SimpleQueue()
        parts = [spawn.Process(target=_part, args=(url, key_file, size, n, number, ready, told)) for number in range(2)]
        for part in parts:
            part.start()
        for part in parts:
            part.join()
        if any(part.exitcode for part in parts):
            raise HabeasError("a process of the bench failed; what it said is above")
        done = [told.get() for _ in parts]
        events, seconds = sum(len(durations) for durations, _, _ in done), _span(done)
        every = [duration for durations, _, _ in done for duration in durations]
        figures[f"in_flight_2x{n}"] = {"per_second": round(events / seconds), "ms": percentiles(every, 1e3)}
    return figures


def _span(done: "list[tuple[list[float], float, float]]") -> float:
    return max(end for _, _, end in done) - min(start for _, start, _ in done)


def _part(url: str, key_file: Path, size: int, n: int, number: int, ready: "Barrier", told: "SimpleQueue[Any]") -> None:
    events = list(workload.ordinary_day(_share(size, n) // 2, size // 10, seed=2000 + 10 * n + number))
    with _opened(url, key_file) as intake:
        ready.wait()
        start = monotonic()
        durations, _ = _run(intake, events, n)
        told.put((durations, start, monotonic()))


@contextmanager
def _opened(url: str, key_file: Path | None = None) -> Iterator[Intake]:
    with closing(open_store(url, key_file)) as store:
        playbook, lists = shipped_playbook(), ListsBuilder(bytes(32))(())
        with Intake(store, playbook, BuiltInPlaces(), lists, _far_future) as intake:
            yield intake


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
