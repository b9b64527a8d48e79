"""`habeas demo`: a story of real-world-shaped events, told account by account on a fresh store."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from habeas.cli import show, wiring
from habeas.disclosure.text import as_text
from habeas.domain.capability import Level
from habeas.domain.errors import BadInputError

STORE_FILE = "habeas-demo.db"


def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="D", help="Where the store goes. Default: your data directory.")
    ] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only tell the story.")] = False,  # noqa: ARG001 - see below
) -> None:
    """Play a story on a fresh store and tell, account by account, what came in and what it led to.

    Example: habeas demo --no-serve
    """
    # There is nothing to serve yet; `--no-serve` is taken so that scripts written today keep working when there is.
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
