"""`habeas campaign ...`: leaving a region, announced, in stages and reversibly (docs/campaigns.md)."""

import csv
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from habeas.cli import progress, show, wiring
from habeas.cli.options import ActorOption, JsonOption, NoteOption, StoreOption, account_id, actor, amount, note_text
from habeas.domain.campaign import Campaign, CampaignPlan, EndingKind
from habeas.domain.errors import BadInputError
from habeas.domain.ids import BatchId
from habeas.service.campaign_run import CampaignRun, Residual
from habeas.service.campaigns import Campaigns, CampaignState, PlanReport

if TYPE_CHECKING:
    from habeas.service.intake import Intake
    from habeas.service.ports import Store

app = typer.Typer(no_args_is_help=True, help="Region exits: many accounts limited for one reason, with notice.")

PlanArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The plan, in TOML.")]
WHAT_MAX = 1024
CampaignArgument = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, for example cp_nl-2027.")]


@app.command()
def plan(file: PlanArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """What a plan would do: whom it is about, when which limit begins, when users are told. Nothing is changed.

    Example: habeas campaign plan exit-nl.toml
    """
    read = _plan(file)
    with wiring.opened_store(store) as opened, progress.bar() as shown:
        report = _campaigns(opened).plan(read, shown)
    show.json_line(report) if json else print("\n".join(_report_lines(report)))
    if report.faults:
        raise typer.Exit(1)


@app.command()
def draft(
    file: PlanArgument, note: NoteOption, as_: ActorOption, store: StoreOption = None, json: JsonOption = False
) -> None:
    """Record a plan. Nothing happens before legal and compliance have signed it, and its day has come.

    Example: habeas campaign draft exit-nl.toml --note "decided by the board" --as mia:campaign_manager
    """
    with wiring.opened_store(store) as opened:
        drafted = _campaigns(opened).draft(_plan(file), actor(as_), note_text(note))
        _show(opened, drafted.id, json=json)


@app.command("list")
def list_(store: StoreOption = None, json: JsonOption = False) -> None:
    """All campaigns, and where each is.

    Example: habeas campaign list
    """
    with wiring.opened_store(store) as opened:
        found = _campaigns(opened).states()
    for state in found:
        show.json_line(state) if json else print(_head(state))
    if not found and not json:
        print("no campaign")


@app.command("show")
def show_(campaign: CampaignArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """One campaign: its dates, who stood behind it, how far it got, and what became of its restrictions.

    Example: habeas campaign show cp_nl-2027
    """
    with wiring.opened_store(store) as opened:
        _show(opened, BatchId(campaign), json=json)


@app.command()
def approve(
    campaign: CampaignArgument,
    note: NoteOption,
    as_: ActorOption,
    decline: Annotated[bool, typer.Option("--decline", help="Do not sign it: the proposal is over.")] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Sign what waits: that it ends, if somebody proposed that; else the draft.

    Example: habeas campaign approve cp_nl-2027 --note "licence ends on 31 January" --as cora:counsel
    """
    with wiring.opened_store(store) as opened:
        campaigns = _campaigns(opened)
        act = campaigns.decline if decline else campaigns.sign
        act(BatchId(campaign), actor(as_), note_text(note))
        _show(opened, BatchId(campaign), json=json)


@app.command()
def cancel(
    campaign: CampaignArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Propose to call it off, at any stage. When somebody else has signed, everything that it placed ends.

    Example: habeas campaign cancel cp_nl-2027 --note "licence granted after all" --as mia:campaign_manager
    """
    _propose_end(campaign, EndingKind.CANCEL, note, as_, store, json=json)


@app.command()
def reinstate(
    campaign: CampaignArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Propose to serve the region again. When somebody else has signed, everybody there is freed at once.

    Example: habeas campaign reinstate cp_nl-2027 --note "registered there since 1 May" --as mia:campaign_manager
    """
    _propose_end(campaign, EndingKind.REINSTATE, note, as_, store, json=json)


@app.command()
def run(campaign: CampaignArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Do what is due now, to the end: announce, remind, or free everybody. The worker does the same, a little at a time.

    It may be stopped at any time, and goes on from there.

    Example: habeas campaign run cp_nl-2027
    """
    with (
        wiring.opened_store(store) as opened,
        wiring.opened_intake(opened) as intake,
        progress.bar() as shown,
    ):
        _run(opened, intake).advance(BatchId(campaign), shown)
        shown_state = _campaigns(opened).state(BatchId(campaign))
    show.json_line(shown_state) if json else print("\n".join(_lines(shown_state)))


@app.command()
def residual(
    campaign: CampaignArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns account, usd and what.")],
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Report what is left on accounts when the time is over. A person sees to each; nothing is taken.

    Example: habeas campaign residual cp_nl-2027 left.csv --as mia:campaign_manager
    """
    found, unreadable = _residuals(file)
    refused = 0
    with wiring.opened_store(store) as opened, wiring.opened_intake(opened) as intake:
        for outcome in _run(opened, intake).residual(BatchId(campaign), found, actor(as_)):
            refused += outcome.refusal is not None
            show.json_line(outcome) if json else print("\n".join(show.outcome_lines(outcome)))
    for fault in unreadable:
        print(fault, file=sys.stderr)
    if refused or unreadable:
        raise typer.Exit(1)


@app.command()
def close(
    campaign: CampaignArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Say that what was left has been handled. Its restrictions stand on until the region is served again.

    Example: habeas campaign close cp_nl-2027 --note "last position closed" --as mia:campaign_manager
    """
    with wiring.opened_store(store) as opened:
        _campaigns(opened).close(BatchId(campaign), actor(as_), note_text(note))
        _show(opened, BatchId(campaign), json=json)


# --- what they have in common ----------------------------------------------------------------------------------------


def _campaigns(store: "Store") -> Campaigns:
    return Campaigns(store, wiring.playbook(), wiring.now)


def _run(store: "Store", intake: "Intake") -> CampaignRun:
    from habeas.service.notices import Notices

    playbook = wiring.playbook()
    channels = [sender.channel for sender in wiring.senders(None, None, None)]
    return CampaignRun(store, intake, Notices(store, playbook, wiring.now, channels), playbook, wiring.now)


def _propose_end(campaign: str, kind: EndingKind, note: str, as_: str, store: str | None, *, json: bool) -> None:
    with wiring.opened_store(store) as opened:
        _campaigns(opened).propose_end(BatchId(campaign), kind, actor(as_), note_text(note))
        _show(opened, BatchId(campaign), json=json)


def _plan(path: Path) -> CampaignPlan:
    text = wiring.read_input(path)
    try:
        return msgspec.toml.decode(text, type=CampaignPlan)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadInputError(f"`{path}` is no plan of a campaign: {exc}; docs/campaigns.md shows one") from None


def _residuals(path: Path) -> tuple[list[Residual], list[str]]:
    """What a file reports, and the lines of it that cannot be used."""
    rows = csv.DictReader(StringIO(wiring.read_input(path).decode("utf-8-sig", errors="replace")))
    if "account" not in (rows.fieldnames or ()):
        raise BadInputError(
            f"`{path}` has no column `account`; its first line must name the columns account, usd, what"
        )
    found: list[Residual] = []
    unreadable: list[str] = []
    while True:
        try:
            row = next(rows, None)
            if row is None:
                return found, unreadable
            found.append(_residual_of(row))
        except (BadInputError, csv.Error) as exc:
            unreadable.append(f"{path}, line {rows.reader.line_num}: {exc}")


def _residual_of(row: dict[str, str | None]) -> Residual:
    usd, what = amount(row.get("usd") or None, "usd"), row.get("what") or None
    if what is not None and len(what) > WHAT_MAX:
        raise BadInputError(f"`what` has more than {WHAT_MAX} characters")
    return Residual(account=account_id(row["account"] or ""), usd=usd, what=what)


def _show(store: "Store", campaign: BatchId, *, json: bool) -> None:
    state = _campaigns(store).state(campaign)
    show.json_line(state) if json else print("\n".join(_lines(state)))


def _head(state: CampaignState) -> str:
    campaign = state.campaign
    placed = ", ".join(f"{count} {status}" for status, count in sorted(state.placed.items()))
    return f"{campaign.id}  {state.stage}  {campaign.plan.title}" + (f"  ({placed})" if placed else "")


def _lines(state: CampaignState) -> Iterator[str]:
    campaign, plan = state.campaign, state.campaign.plan
    yield _head(state)
    yield f"  about      {', '.join(plan.areas)} by {', '.join(plan.basis)}, for {', '.join(plan.entities)}: {plan.reason}"
    yield from _dates(plan)
    yield f"  drafted    by {campaign.drafted.by} on {show.when(campaign.drafted.at)}: {campaign.drafted.note}"
    for signature in campaign.signatures:
        yield f"  signed     by {signature.by} on {show.when(signature.at)}: {signature.note}"
    if campaign.declined is not None:
        yield f"  declined   by {campaign.declined.by} on {show.when(campaign.declined.at)}: {campaign.declined.note}"
    elif state.missing_signatures:
        yield f"  to sign    {', and '.join(' or '.join(group) for group in state.missing_signatures)}"
    yield from _ending(campaign)
    if campaign.closed is not None:
        yield f"  closed     by {campaign.closed.by} on {show.when(campaign.closed.at)}: {campaign.closed.note}"
    for name, step in campaign.steps.items():
        how_far = "done" if step.finished_at is not None else f"of {step.total or '?'}"
        yield f"  {name:<10} {step.done} {how_far}" + (f", {step.refused} left as they were" if step.refused else "")
    for reminder in state.reminders:
        if reminder.name not in campaign.steps and not campaign.is_over:
            yield f"  {reminder.name:<10} reminder on {show.when(reminder.at)}"


def _ending(campaign: Campaign) -> Iterator[str]:
    if campaign.ending is None:
        return
    ending = campaign.ending
    yield f"  {ending.kind:<10} proposed by {ending.proposed.by} on {show.when(ending.proposed.at)}: {ending.proposed.note}"
    if ending.signed is None:
        yield "  to sign    somebody else: `habeas campaign approve`"
    else:
        yield f"  {ending.kind:<10} signed by {ending.signed.by} on {show.when(ending.signed.at)}: {ending.signed.note}"


def _dates(plan: CampaignPlan) -> Iterator[str]:
    for name, at in (
        ("announced", plan.announced_at),
        ("reduce only", plan.reduce_only_at),
        ("withdraw", plan.withdraw_only_at),
        ("residual", plan.residual_at),
    ):
        if at is not None:
            yield f"  {name:<10} {show.when(at)}"


def _report_lines(report: PlanReport) -> Iterator[str]:
    yield f"{report.title}: {report.accounts} of {report.looked_at} accounts"
    for name, counts in (("area", report.by_area), ("entity", report.by_entity), ("life", report.by_life)):
        yield f"  by {name}: " + (", ".join(f"{count} {which}" for which, count in counts.items()) or "none")
    yield f"  limited already: {report.limited_already}; exempt: {report.exempt}"
    yield f"  for example: {', '.join(report.sample) or 'nobody'}"
    for kind, at in report.schedule:
        yield f"  {show.when(at)}  {kind}"
    for reminder in report.reminders:
        yield f"  {show.when(reminder.at)}  reminder {reminder.name}"
    for fault in report.faults:
        yield f"  cannot be drafted like this: {fault}"
