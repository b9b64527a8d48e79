"""`habeas demo`: a story of real-world-shaped events, told account by account on a fresh store."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from habeas.cli import show, wiring
from habeas.cli.serve import DEMO_HOST, serve_demo
from habeas.disclosure.text import as_text
from habeas.domain.capability import Level
from habeas.domain.errors import BadInputError

STORE_FILE = "habeas-demo.db"

PLACES = {
    "/healthz": "Health",
    "/openapi.json": "Description",
    "/login": "Log in as anybody",
    "/console": "For staff",
    "/lane": "For users",
}
"""What a demo serves that a browser can look at."""


def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="D", help="Where the store goes. Default: your data directory.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="Where to serve it, on this machine.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only tell the story.")] = False,
) -> None:
    """Play a story on a fresh store and tell, account by account, what came in and what it led to; then serve the store to
    this machine, where anybody can be anybody, until Ctrl-C.

    Example: habeas demo --no-serve
    """
    from habeas.simulation.play import Told, play
    from habeas.simulation.story import CHAPTERS

    path = _fresh(directory) / STORE_FILE
    console = show.console()

    def tell(told: Told) -> None:
        console.print(f"{told.chapter.title}\n{'-' * len(told.chapter.title)}")
        for at, type_, data, outcome in told.events:
            said = ", ".join(f"{name} {_plain(value)}" for name, value in data.items())
            console.print(f"{show.when(at)}  {outcome.account}  {type_}  {said}")
            for line in show.outcome_lines(outcome)[1:]:
                console.print(f"    {line.strip()}")
        console.print(f"\nAsked at {show.when(told.read_at)}:")
        for verdict in told.verdicts:
            console.print(f"    {show.verdict_line(verdict)}")
        for restriction in told.restrictions:
            if restriction.ended_at is not None:
                ended = f"ended {show.when(restriction.ended_at)}, {restriction.status}: {restriction.end_note}"
                console.print(f"    {restriction.kind} for {restriction.reason} {ended}")
        if all(verdict.level is Level.ALLOW for verdict in told.verdicts):
            console.print(f"\n{told.chapter.account} reads: {told.statement.headline} {told.statement.money_note}\n")
            return
        console.print(f"\nWhat {told.chapter.account} reads at {show.when(told.read_at)}:\n")
        for line in as_text(told.statement).splitlines():
            console.print(f"    | {line}".rstrip())
        console.print()

    with wiring.opened_store(f"sqlite:///{path}") as store:
        looked_up = wiring.library(store)
        end_at = wiring.now().replace(second=0, microsecond=0)
        for told in play(CHAPTERS, store, wiring.playbook(), looked_up, looked_up, end_at):
            tell(told)
        with store.reading() as reader:
            faults = list(reader.verify_journal())
            console.print(f"{reader.journal_length()} journal entries, {len(faults)} faults.")
    console.print(f"The store is {path}. Ask it yourself, for example:")
    for example in ("check sofia withdraw_crypto", "statement wei", "account marco", "journal verify"):
        console.print(f"    habeas {example} --store sqlite:///{path}")
    if not no_serve:
        for what, address in _addresses(port):
            console.print(f"{what}: {address}")
        console.print("Ctrl-C stops it.")
        serve_demo(f"sqlite:///{path}", port)


def _addresses(port: int) -> Iterator[tuple[str, str]]:
    """What can be looked at, as far as it is there."""
    from habeas.web.routes import OPERATIONS

    there = {row.path for row in OPERATIONS if row.method == "GET"}
    for path, what in PLACES.items():
        if path in there:
            yield what, f"http://{DEMO_HOST}:{port}{path}"


def _plain(value: Any) -> str:
    match value:
        case datetime():
            return show.when(value)
        case list():
            return ", ".join(str(item) for item in value)
        case _:
            return str(value)


def _fresh(directory: Path | None) -> Path:
    """A directory for the demo without an earlier demo's store in it."""
    if directory is None:
        directory = wiring.data_dir() / "demo"
    if directory.exists() and not directory.is_dir():
        raise BadInputError(f"--dir `{directory}` is no directory; name one, or leave it out")
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob(f"{STORE_FILE}*"):
        old.unlink()
    return directory
