"""Load on `habeas serve` over loopback by wrk: what a second answers, on a store in a file and on one in PostgreSQL.

Run by scripts/load. It ends by itself: each load lasts so many seconds, or until all that was prepared is sent.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from os import getloadavg
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from habeas.bench import http, workload
from habeas.bench.cluster import running
from habeas.bench.machine import describe

SECONDS_MAX = 60
ANSWERED_WITHIN_S = 30
SCRIPT = Path(__file__).with_name("load.lua")


def main() -> None:
    """Measure both stores and print JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=100_000, help="how many restricted accounts stand in each store")
    options.add_argument("--seconds", type=int, default=5, help=f"how long each load lasts, at most {SECONDS_MAX}")
    asked = options.parse_args()
    seconds = min(asked.seconds, SECONDS_MAX)
    # What is known already is said on stderr at once, in case that somebody stops it.
    report: dict[str, Any] = {
        "machine": describe() | {"wrk": _version()},
        "restricted": asked.size,
        "connections": http.CONNECTIONS,
    }
    for name in ("sqlite", "postgres"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="habeas-load-")))
            url = f"sqlite:///{folder}/habeas.db"
            if name == "postgres":
                url = stack.enter_context(running()).socket_url("postgres")
            report[name] = _measured(url, folder, asked.size, seconds)
    print(json.dumps(report))


def _measured(url: str, folder: Path, size: int, seconds: int) -> dict[str, Any]:
    key_file, accounts = folder / "habeas.key", max(100, size // 10)
    secret = http.filled(url, key_file, size)
    days = (workload.ordinary_day(seconds * 4_000, accounts, seed=seed) for seed in (21, 22))
    evaluations = _written(folder / "evaluations", http.evaluations(secret, size, accounts))
    singles = _written(folder / "singles", http.singles(secret, next(days)))
    batches = _written(folder / "batches", http.batched(secret, next(days)))
    figures: dict[str, Any] = {}
    for workers in http.WORKERS:
        with http.served(url, folder, "--workers", str(workers), "--key-file", str(key_file)) as server:
            http.settle(size)
            figures[f"evaluations_by_{workers}"] = _loaded(server.port, evaluations, seconds, "again")
            if workers == 1:
                figures["single"] = _loaded(server.port, singles, seconds)
                figures["batch"] = batch = _loaded(server.port, batches, seconds)
                batch["events_per_s"] = round(batch["per_s"] * http.BATCH)
    return figures


def _written(path: Path, requests: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%d\n%s" % (len(request), request))
    return path


def _loaded(port: int, requests: Path, seconds: int, more: str = "once") -> dict[str, Any]:
    """What wrk tells of one load. Raises RuntimeError where anything was answered with an error."""
    command = [
        *("wrk", "--threads", "1", "--connections", str(http.CONNECTIONS), "--duration", f"{seconds}s", "--latency"),
        *("--timeout", f"{ANSWERED_WITHIN_S}s"),
        *("--script", str(SCRIPT), f"http://127.0.0.1:{port}", "--", str(requests), more),
    ]
    said = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout  # noqa: S603
    found = json.loads(said.splitlines()[-1])
    if found["failed"]:
        raise RuntimeError(said)
    told = {
        "requests": found["requests"],
        "per_s": round(found["requests"] / found["microseconds"] * 1e6),
        "ms": {"p50": found["p50_us"] / 1e3, "p99": found["p99_us"] / 1e3},
        "load_1min": round(getloadavg()[0], 2),
    }
    print(requests.name, json.dumps(told), file=sys.stderr, flush=True)
    return told


def _version() -> str:
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    return said.split()[1]


if __name__ == "__main__":
    main()
