"""The service over loopback: durable decisions a second, one event a request and in batches, and evaluations a second, over
a store in a file and one in PostgreSQL, answered by one process and by two.

The server is `habeas serve` in a process of its own; the driver keeps 32 connections busy, each with one request at a time.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast
from urllib.request import urlopen

import uvloop

from habeas.bench import workload
from habeas.bench.cluster import NoPostgresError, running
from habeas.bench.timing import percentiles
from habeas.domain.access import AccessScope
from habeas.domain.event import Event
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.intake import Intake
from habeas.service.keys import make_key
from habeas.service.notices import Notices
from habeas.service.ports import Store
from habeas.store.open import open_store

CONNECTIONS = 32
BATCH = 100
WORKERS = (1, 2)
"""How many processes answer."""
EVALUATIONS_MAX = 30_000
READY_WITHIN_S = 60.0
SETTLED_WITHIN_S = 150e-6
"""For each account that a gate is told of, on a busy machine."""


def bench_http(size: int) -> dict[str, Any]:
    """`size` restricted accounts stand in each store; a tenth of the questions is about them, the rest about free ones."""
    return {"restricted": size, "connections": CONNECTIONS, "sqlite": _in_file(size), "postgres": _in_postgres(size)}


def _in_file(size: int) -> dict[str, Any]:
    with TemporaryDirectory(prefix="habeas-bench-") as folder:
        return _measured(f"sqlite:///{folder}/habeas.db", Path(folder), size)


def _in_postgres(size: int) -> dict[str, Any]:
    """In a server of its own, on this machine, every commit on the disk."""
    with TemporaryDirectory(prefix="habeas-bench-") as folder:
        try:
            with running() as cluster:
                return _measured(cluster.socket_url("postgres"), Path(folder), size)
        except NoPostgresError as exc:
            return {"not_measured": str(exc)}


def _measured(url: str, folder: Path, size: int) -> dict[str, Any]:
    key_file, accounts = folder / "habeas.key", max(100, size // 10)
    secret = filled(url, key_file, size)
    figures: dict[str, Any] = {}
    for workers in WORKERS:
        with served(url, folder, "--workers", str(workers), "--key-file", str(key_file)) as server:
            settle(size)
            figures[f"evaluations_by_{workers}"] = _drive(server, evaluations(secret, size, accounts))
            if workers == 1:
                day = workload.ordinary_day(min(size, 10_000), accounts, seed=11)
                figures["single"] = _drive(server, singles(secret, day))
                day = workload.ordinary_day(min(2 * size, 20_000), accounts, seed=12)
                batches = _drive(server, batched(secret, day))
                figures["batch"] = batches | {"events_per_s": round(batches["per_s"] * BATCH)}
    return figures


def filled(url: str, key_file: Path, restricted: int) -> str:
    """Put so many restricted accounts, and a tenth as many free ones, into a store; the secret of a key for a driver."""
    with closing(open_store(url, key_file)) as store:
        _fill(store, restricted)
        scopes = frozenset({AccessScope.EVENTS_WRITE, AccessScope.EVALUATE})
        _, secret = make_key(store, "bench", None, scopes, workload.START_AT, rate_per_s=1_000_000)
    return secret


def _fill(store: Store, restricted: int) -> None:
    opened = workload.openings(max(100, restricted // 10))
    limited = workload.everything_restricts(restricted)
    clock = lambda: workload.START_AT.replace(year=2027)  # noqa: E731
    with Intake(store, shipped_playbook(), BuiltInPlaces(), ListsBuilder(store.identity_key)(()), clock) as intake:
        for events in (opened, limited):
            waiting = [intake.submit(event) for event in events]
            for each in waiting:
                each.result()
    # What the filling left to be told would be told while we measure.
    Notices(store, shipped_playbook(), clock, []).write()


def settle(restricted: int) -> None:
    """Wait until the gate of a server that has just begun has been told of so many accounts, with some to spare."""
    time.sleep(1.0 + restricted * SETTLED_WITHIN_S)


class Server(NamedTuple):
    """A server that answers on a port of this machine."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """How long it and the processes that it started have kept processors busy."""
        return sum(_ticks(pid) for pid in (self.pid, *_children(self.pid))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def served(url: str, folder: Path, *options: str) -> Iterator[Server]:
    """A server in a process of its own, ready to answer."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    command = [sys.executable, "-m", "habeas", "serve", "--port", str(port), "--store", url, *options]
    with (folder / "serve.log").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ)  # noqa: S603 - our own command
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "serve.log").read_text())
            time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def evaluations(secret: str, restricted: int, accounts: int) -> Iterator[bytes]:
    """Questions, as whole requests."""
    limited = [event.account for event in workload.everything_restricts(min(restricted, 5_000))]
    capabilities = ("withdraw_crypto", "place_order", "login", "view", "p2p")
    for number in range(min(EVALUATIONS_MAX, 10 * restricted)):
        account = limited[number % len(limited)] if number % 10 == 0 else f"a{number % accounts}"
        asked = {
            "subject": {"type": "account", "id": account},
            "action": {"name": capabilities[number % len(capabilities)]},
            "resource": {"type": "exchange", "id": "*"},
            "context": {"channel": "app"},
        }
        yield _request("/access/v1/evaluation", secret, "application/json", json.dumps(asked).encode())


def singles(secret: str, events: Iterable[Event]) -> Iterator[bytes]:
    """Requests with one event each."""
    for event in events:
        yield _request("/v1/events", secret, "application/cloudevents+json", json.dumps(_envelope(event)).encode())


def batched(secret: str, events: Iterable[Event]) -> Iterator[bytes]:
    """Requests with `BATCH` events each."""
    remaining = iter(events)
    while batch := [_envelope(event) for event in islice(remaining, BATCH)]:
        yield _request("/v1/events", secret, "application/cloudevents-batch+json", json.dumps(batch).encode())


def _envelope(event: Event) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.account,
        "time": event.time.isoformat(),
        "data": json.loads(event.body),
    }


def _request(path: str, secret: str, type_: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {type_}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _drive(server: Server, requests: Iterable[bytes]) -> dict[str, Any]:
    """Send requests over all connections; how many a second were answered, after how many milliseconds, and what each cost
    the server's processor.
    """
    made = list(requests)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        before_s = server.cpu_s()
        durations, wall_s = runner.run(_driven(server.port, made))
        cpu_s = server.cpu_s() - before_s
    return {
        "requests": len(made),
        "per_s": round(len(made) / wall_s),
        "ms": percentiles(durations, 1e3),
        "server_cpu_us": round(cpu_s / len(made) * 1e6),
        "load_1min": round(os.getloadavg()[0], 2),
    }


async def _driven(port: int, requests: Sequence[bytes]) -> tuple[list[float], float]:
    remaining = iter(requests)
    connections = [_Connection(remaining) for _ in range(CONNECTIONS)]
    loop = asyncio.get_running_loop()
    for connection in connections:
        await loop.create_connection(partial(_same, connection), "127.0.0.1", port)
    start = time.perf_counter()
    for connection in connections:
        connection.next()
    await asyncio.gather(*(connection.done for connection in connections))
    return [each for connection in connections for each in connection.durations], time.perf_counter() - start


def _same(connection: "_Connection") -> "_Connection":
    return connection


class _Connection(asyncio.Protocol):
    """Sends one request after the other. Raises RuntimeError in `done` for an answer that is no 200."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._came = b""
        self.durations: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        came = self._came = self._came + data
        head_end = came.find(b"\r\n\r\n")
        if head_end < 0:
            return
        at = came.find(b"content-length: ") + 16
        if len(came) < head_end + 4 + int(came[at : came.index(b"\r", at)]):
            return
        self.durations.append(time.perf_counter() - self._sent_at)
        self._came = b""
        if came.startswith(b"HTTP/1.1 200"):
            self.next()
        else:
            self.done.set_exception(RuntimeError(came.decode()))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"the server hung up: {exc}"))
