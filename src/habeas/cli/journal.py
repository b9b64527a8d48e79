"""`habeas journal ...`: tamper evidence."""

import sys

import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption, StoreOption

app = typer.Typer(
    no_args_is_help=True, help="Tamper evidence: each account's journal is a hash chain over stored bytes."
)


@app.command()
def verify(store: StoreOption = None, json: JsonOption = False) -> None:
    """Walk every account's chain. Exits 1 if anything does not verify.

    Example: habeas journal verify
    """
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        faults = list(reader.verify_journal())
        length = reader.journal_length()
    if json:
        show.json_line({"entries": length, "faults": faults})
    for fault in faults:
        print(f"account {fault.account}, entry {fault.sequence}: {fault.what}", file=sys.stderr)
    if faults:
        raise typer.Exit(1)
    if not json:
        print(f"{length} entries verify")
