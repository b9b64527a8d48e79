"""`habeas store ...`: where the records lie."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption, StoreOption
from habeas.domain.errors import BadInputError

app = typer.Typer(
    no_args_is_help=True, help="Where the records lie: copy them from a file into a server, and back; back up a file."
)


@app.command()
def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="A new store: a database without records, or a file.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Copy a whole store to the byte, with its journal and its checkpoints. Stop whatever writes to it before.

    The key files are copied as well, to where the new store has its own; --key-file is that of the store in PostgreSQL.

    Example: habeas store copy --store sqlite:///habeas.db --to postgresql://db.example.com/habeas --key-file habeas.key
    """
    from rich.console import Console
    from rich.progress import Progress

    from habeas.store import copying
    from habeas.store.open import key_path_of
    from habeas.store.vault import signing_key_path

    url = wiring.store_url(store)
    if url == to:
        raise BadInputError(f"`{to}` is the store itself; name another with --to")
    with wiring.opened_store(url) as source:
        ours, theirs = (key_path_of(each, wiring.key_file()) for each in (url, to))
        if ours is not None and theirs is not None:
            _copy_keys((ours, theirs), (signing_key_path(ours), signing_key_path(theirs)))
        with (
            wiring.opened_store(to) as target,
            Progress(console=Console(stderr=True), transient=True) as progress,
        ):
            tasks = {
                table: progress.add_task(table, total=count)
                for table, count in copying.row_counts(source).items()
                if count
            }
            copied = copying.copy(source, target, lambda table, rows: progress.advance(tasks[table], rows))
            with target.reading() as reader:
                faults = list(reader.verify_journal())
    if json:
        show.json_line({"rows": copied, "journal_faults": faults, "key_file": theirs})
        return
    print(f"{sum(copied.values())} rows are the same in both, {copied['journal']} of them journal entries")
    print("the journal verifies" if not faults else f"the journal has the {len(faults)} faults that it had before")
    print(f"the key file of the new store is {theirs}")


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="The backup: a new file.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Copy a store in a file as it is at one instant, while everything runs. Its keys are not in it: keep them apart.

    Example: habeas store backup /backup/habeas-2026-11-23.db
    """
    from habeas.store.open import key_path_of
    from habeas.store.sqlite import SqliteStore
    from habeas.store.vault import signing_key_path

    url = wiring.store_url(store)
    with wiring.opened_store(url) as opened:
        if not isinstance(opened, SqliteStore):
            raise BadInputError(f"`{url}` is no file; back up a store in PostgreSQL with pg_dump (docs/operating.md)")
        opened.back_up(to)
    key = key_path_of(url)
    assert key is not None
    keys = [str(path) for path in (key, signing_key_path(key)) if path.exists()]
    if json:
        show.json_line({"file": str(to), "bytes": to.stat().st_size, "keys": keys})
        return
    print(f"{to} has the store as it was, {to.stat().st_size} bytes; its keys are not in it: {', '.join(keys)}")


def _copy_keys(*pairs: tuple[Path, Path]) -> None:
    from habeas.store.vault import copy_key

    for ours, theirs in pairs:
        copy_key(ours, theirs)
