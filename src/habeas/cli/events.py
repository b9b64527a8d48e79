"""`habeas ingest`: facts come in."""

import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption, StoreOption
from habeas.domain.decision import Outcome
from habeas.domain.errors import BadInputError, EventRejectedError
from habeas.domain.event import read_event

IN_FLIGHT_MAX = 64

FilesArgument = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="NDJSON files of CloudEvents; - is standard input.")
]


def ingest(files: FilesArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Record events from files and print one outcome for each, in order.

    A line that cannot be used, or asks for what is refused, is reported with its number and the rest goes on; the exit code
    is then 1.

    Example: habeas ingest events.ndjson
    """
    sources = [(name, _lines(name)) for name in files]
    refused = 0
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake:
        waiting: deque[tuple[str, Future[Outcome]]] = deque()
        for name, lines in sources:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                where = f"{name}, line {number}"
                try:
                    waiting.append((where, intake.submit(read_event(line))))
                except EventRejectedError as exc:
                    waiting.append((where, _failed(exc)))
                while len(waiting) >= IN_FLIGHT_MAX:
                    refused += _print(*waiting.popleft(), json=json)
        while waiting:
            refused += _print(*waiting.popleft(), json=json)
    if refused:
        raise typer.Exit(1)


def _lines(name: str) -> Iterator[bytes]:
    if name == "-":
        return iter(sys.stdin.buffer)
    path = Path(name)
    if not path.is_file():
        raise BadInputError(f"cannot read `{name}`: there is no such file; name an NDJSON file of CloudEvents, or -")
    return iter(wiring.read_input(path).splitlines())


def _failed(exc: EventRejectedError) -> "Future[Outcome]":
    future: Future[Outcome] = Future()
    future.set_exception(exc)
    return future


def _print(where: str, future: "Future[Outcome]", *, json: bool) -> int:
    """Print one outcome in its turn; returns 1 if the line, or what it asks for, was refused."""
    try:
        outcome = future.result()
    except EventRejectedError as exc:
        sys.stdout.flush()
        print(f"{where}: {exc}", file=sys.stderr, flush=True)
        return 1
    if json:
        show.json_line(outcome)
    else:
        print("\n".join(show.outcome_lines(outcome)))
    if outcome.refusal is not None:
        sys.stdout.flush()
        print(f"{where}: refused: {outcome.refusal.message}", file=sys.stderr, flush=True)
        return 1
    return 0
