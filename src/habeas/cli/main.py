"""The command `habeas`: all commands put together; every error becomes one sentence on stderr and an exit code."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

import habeas
from habeas.cli import (
    ask,
    bulk,
    campaigns,
    cases,
    coins,
    diagnose,
    doctor,
    documents,
    events,
    export,
    imports,
    journal,
    keys,
    logins,
    measure,
    orders,
    policy,
    reference,
    screening,
    serve,
    staff,
    stores,
    tour,
    wiring,
    work,
    world,
)
from habeas.domain.errors import BadInputError, HabeasError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Habeas decides when an account must be limited, limits it exactly as far as the reason calls for, tells the user "
    "what may be told, and gets innocent people out again.",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"habeas {habeas.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options that stand before a command."""


app.command()(tour.demo)
app.command()(events.ingest)
app.command()(serve.serve)
app.command()(work.worker)
app.command()(ask.check)
app.command()(ask.statement)
app.command()(ask.account)
app.command()(work.notices)
app.command()(diagnose.diagnose)
app.command()(staff.restrict)
app.command()(staff.approve)
app.command()(staff.assist)
app.command("assist-sign")(staff.assist_sign)
app.command()(staff.renew)
app.command()(staff.lift)
app.command()(staff.annul)
app.command()(staff.exempt)
app.add_typer(cases.app, name="case")
app.add_typer(documents.app, name="document")
app.add_typer(orders.app, name="order")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(bulk.app, name="bulk")
app.add_typer(reference.app, name="reference")
app.command()(screening.screen)
app.command()(screening.rescreen)
app.command()(coins.trace)
app.add_typer(policy.app, name="playbook")
app.add_typer(journal.app, name="journal")
app.add_typer(keys.app, name="key")
app.add_typer(export.app, name="export")
app.add_typer(stores.app, name="store")
app.add_typer(imports.app, name="import")
app.command()(imports.reconcile)
app.command()(doctor.doctor)
app.command()(measure.bench)
screening.evaluate_app.command("logins")(logins.evaluate_logins)
screening.evaluate_app.command("errors")(measure.errors)
app.command()(world.simulate)
app.add_typer(screening.evaluate_app, name="evaluate")


def command() -> Any:
    """All commands as Typer makes them. Each that has a `--store` has a `--key-file` too."""
    made = typer.main.get_command(app)
    option = typer.main.get_command(_keys).params[0]
    option.expose_value = False
    for each in _each(made):
        if any(param.name == "store" for param in each.params):
            each.params.append(option)
    return made


_keys = typer.Typer(add_completion=False)


@_keys.command()
def _key_file(
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            metavar="FILE",
            help="The key file of a store in PostgreSQL. Default: HABEAS_KEY_FILE.",
            callback=wiring.use_key_file,
        ),
    ] = None,
) -> None:
    """The option that all commands on a store share."""


def _each(group: Any) -> Iterator[Any]:
    for each in group.commands.values():
        yield from _each(each) if hasattr(each, "commands") else (each,)


def main() -> None:
    """Run the command line. Exit codes: 0 done; 1 refused or failed to verify; 2 bad usage or unreadable input."""
    try:
        command()()
    except BadInputError as exc:
        _die(exc, 2)
    except HabeasError as exc:
        _die(exc, 1)
    except BrokenPipeError:
        # Whoever read our output has gone, for example `head`. Python would complain again while it shuts down.
        sys.stderr.close()
        sys.exit(1)


def _die(exc: HabeasError, code: int) -> None:
    print(f"habeas: {exc}", file=sys.stderr)
    sys.exit(code)
