"""`habeas order report ...`: reports that we owe authorities. That there are any is seen by the desk only."""

import sys
from typing import Annotated

import typer

from habeas.cli.acting import one_of, refused
from habeas.cli.options import (
    AccountArgument,
    ActorOption,
    JsonOption,
    NoteOption,
    StoreOption,
    account_id,
    actor,
    note_text,
)
from habeas.cli.sealed import SealedKeyOption, SealedStoreOption, done, opened_desk
from habeas.cli.show import when
from habeas.domain.decision import Refusal

app = typer.Typer(no_args_is_help=True, help="Reports to authorities: suspicious activity, police, sanctions.")

ReportArgument = Annotated[str, typer.Argument(metavar="REPORT", help="The report's id.")]


@app.command("open")
def open_(
    account: AccountArgument,
    type_: Annotated[
        str, typer.Option("--type", help="suspicious_activity, police, sanctions_block or sanctions_reject.")
    ],
    note: NoteOption,
    as_: ActorOption,
    order: Annotated[str, typer.Option("--order", help="The order that it came from.")] = "",
    evidence_id: Annotated[list[str] | None, typer.Option("--evidence-id", help="May be repeated.")] = None,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """A report is owed. The note is what it says.

    Example: habeas order report open alice --type police --note "mule, three payments" --as max:mlro
    """
    from habeas.sealed.policy import ReportType

    chosen = one_of(type_, ReportType, list(ReportType), "--type")
    with opened_desk(store, sealed_store, sealed_key) as opened:
        report = opened.reports.open(
            chosen, account_id(account), note_text(note), actor(as_), order, tuple(evidence_id or ())
        )
    line = "" if isinstance(report, Refusal) else f"{report.id} is due {when(report.due_at)}"
    done(report, json=json, line=line)


@app.command()
def package(
    report: ReportArgument,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
) -> None:
    """What is handed in, as JSON.

    Example: habeas order report package rp_5k2jq3v7x4m6a2bc --as max:mlro
    """
    from habeas.sealed.report import package as packed

    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.reports.find(report, actor(as_))
    if isinstance(found, Refusal):
        raise refused(found)
    sys.stdout.buffer.write(packed(found))


@app.command()
def file(
    report: ReportArgument,
    reference: Annotated[str, typer.Option("--reference", help="Under which the authority filed it.")],
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """It was handed in.

    Example: habeas order report file rp_5k2jq3v7x4m6a2bc --reference BSA-31000 --as max:mlro
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        filed = opened.reports.file(report, reference, actor(as_))
    done(filed, json=json, line=f"{report} filed as {reference}")


@app.command("list")
def list_(
    as_: ActorOption,
    all_: Annotated[bool, typer.Option("--all", help="Filed ones too.")] = False,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Reports, by when they are due.

    Example: habeas order report list --as max:mlro
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.reports.all(actor(as_), is_open=None if all_ else True)
    if isinstance(found, Refusal):
        raise refused(found)
    for report in found:
        line = f"{report.id}  {report.type}  {report.account}  due {when(report.due_at)}  {report.reference}"
        done(report, json=json, line=line)
