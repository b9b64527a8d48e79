"""`habeas journal ...`: tamper evidence."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.files import written
from habeas.cli.options import JsonOption, StoreOption, account_id
from habeas.domain.errors import BadInputError

app = typer.Typer(
    no_args_is_help=True,
    help="Tamper evidence: each account's journal is a hash chain over stored bytes, and signed checkpoints are over all.",
)


@app.command()
def verify(
    public_key: Annotated[
        str | None,
        typer.Option("--public-key", metavar="KEY", help="64 digits, or a file with them. Default: the store's own."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="Checkpoints kept elsewhere, as they were printed or exported."),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Walk every account's chain, then every checkpoint. Exits 1 if anything does not verify.

    Example: habeas journal verify --against kept-checkpoints.ndjson
    """
    from habeas.service.checkpoints import checkpoint_faults, read_kept

    kept = [] if against is None else list(read_kept(wiring.read_input(against).splitlines(), str(against)))
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        key = opened.public_key() if public_key is None else _read_public_key(public_key)
        faults = list(reader.verify_journal())
        unsigned = list(checkpoint_faults(reader, key, kept))
        length, checkpoints = reader.journal_length(), reader.last_checkpoint()
    if json:
        show.json_line({"entries": length, "faults": faults, "checkpoints": checkpoints, "checkpoint_faults": unsigned})
    for fault in faults:
        print(f"account {fault.account}, entry {fault.sequence}: {fault.what}", file=sys.stderr)
    for wrong in unsigned:
        print(f"checkpoint {wrong.number}: {wrong.what}", file=sys.stderr)
    if faults or unsigned:
        raise typer.Exit(1)
    if not json:
        print(f"{length} entries verify, under {checkpoints} checkpoints")


@app.command()
def checkpoint(store: StoreOption = None, json: JsonOption = False) -> None:
    """Sign everything that came since the last checkpoint. Keep what it prints where nobody here can change it.

    Example: habeas journal checkpoint --json >> kept-checkpoints.ndjson
    """
    from habeas.service.checkpoints import body_hash, checkpoint_line, read_checkpoint, take_checkpoint

    with wiring.opened_store(store) as opened:
        signed = take_checkpoint(opened, wiring.now())
    if signed is None:
        print("nothing came since the last checkpoint", file=sys.stderr)
    elif json:
        print(checkpoint_line(signed).decode())
    else:
        read = read_checkpoint(signed.body)
        print(f"checkpoint {read.number} over {read.size} entries, {read.first + 1} to {read.first + read.size}")
        print(f"hash {body_hash(signed.body)}")


@app.command("public-key")
def public_key_(store: StoreOption = None) -> None:
    """Print the key that checkpoints and exports are checked with, as 64 hexadecimal digits; made on first use.

    Example: habeas journal public-key > habeas-journal.pub
    """
    with wiring.opened_store(store) as opened:
        print(opened.signer().public_key.hex())


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it; it must not be there yet.")],
    account: Annotated[str | None, typer.Option("--account", metavar="A", help="Only this account's entries.")] = None,
    store: StoreOption = None,
) -> None:
    """Write entries as they are stored, checkpoints and proofs into a file; `python -m habeas.verifier` checks it offline.

    Example: habeas journal export --account alice --out alice.journal
    """
    from habeas.service.journal_export import export_lines, uncovered

    with wiring.opened_store(store) as opened, opened.reading() as reader:
        chosen = None if account is None else account_id(account)
        lines = export_lines(reader, opened.signer(), chosen)
        with written(out) as file:
            file.writelines(line + b"\n" for line in lines)
        later = uncovered(reader)
    print(f"written to {out}; check it with: python -m habeas.verifier {out} --public-key KEY")
    if later:
        print(f"{later} entries came since the last checkpoint and are not in it", file=sys.stderr)


def _read_public_key(text: str) -> bytes:
    digits = text if len(text) == 64 else wiring.read_input(Path(text)).decode("ascii", "replace").strip()
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadInputError(f"--public-key `{text[:80]}` is no key; give 64 hexadecimal digits or a file with them")
    return key
