"""`habeas bulk ...`: staff end or prolong many restrictions at once, for one reason that each user is told."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import progress, show, wiring
from habeas.cli.acting import one_of
from habeas.cli.options import ActorOption, JsonOption, NoteOption, StoreOption, account_id, actor, instant, note_text
from habeas.domain.bulk import BECAUSE, Because, Bulk, BulkKind, Selection
from habeas.domain.errors import BadInputError
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, BatchId
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.service.batches import Progress
from habeas.service.bulk import Bulks, Foreseen

app = typer.Typer(
    no_args_is_help=True, help="Lift or extend many restrictions at once: dry run, two people, one reason."
)

BulkArgument = Annotated[str, typer.Argument(metavar="BULK", help="The bulk act's id.")]
BecauseOption = Annotated[
    str,
    typer.Option(
        "--because",
        help="What each user is told. To lift: our_error, rule_changed, list_changed, served_again, called_off, reviewed. To "
        "extend: check_takes_longer, rule_goes_on.",
    ),
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Only this reason.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Only this kind.")]
PlacedByOption = Annotated[str, typer.Option("--placed-by", help="Only what this detector or person placed.")]
CountryOption = Annotated[str, typer.Option("--country", help="Only what names this country.")]
BatchOption = Annotated[str, typer.Option("--batch", help="Only what this campaign or import placed.")]
FromOption = Annotated[
    str | None, typer.Option("--placed-from", metavar="TIME", help="Only what was placed then or later.")
]
BeforeOption = Annotated[
    str | None, typer.Option("--placed-before", metavar="TIME", help="Only what was placed before.")
]
AccountsOption = Annotated[
    Path | None, typer.Option("--accounts", metavar="FILE", help="Only these accounts, one a line.")
]


@app.command()
def lift(
    because: BecauseOption,
    note: NoteOption,
    as_: ActorOption,
    reason: ReasonOption = "",
    kind: KindOption = None,
    placed_by: PlacedByOption = "",
    country: CountryOption = "",
    batch: BatchOption = "",
    placed_from: FromOption = None,
    placed_before: BeforeOption = None,
    accounts: AccountsOption = None,
    dry_run: DryOption = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Propose to lift a selection. What may not be lifted one by one is left, and listed.

    Example: habeas bulk lift --placed-by region/3 --placed-from 2026-11-20T00:00:00Z --because our_error
    --note "wrong network list" --as sue:senior_analyst --dry-run
    """
    selection = _selection(reason, kind, placed_by, country, batch, placed_from, placed_before, accounts)
    _propose(BulkKind.LIFT, selection, because, note, as_, accounts, None, None, store, dry_run=dry_run, json=json)


@app.command()
def extend(
    because: BecauseOption,
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="The new end.")],
    evidence: Annotated[str, typer.Option("--evidence", help="E1 to E5: how well it is proved now.")],
    note: NoteOption,
    as_: ActorOption,
    reason: ReasonOption = "",
    kind: KindOption = None,
    placed_by: PlacedByOption = "",
    country: CountryOption = "",
    batch: BatchOption = "",
    placed_from: FromOption = None,
    placed_before: BeforeOption = None,
    accounts: AccountsOption = None,
    dry_run: DryOption = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Propose to prolong a selection, as far as the evidence ladder goes for each.

    Example: habeas bulk extend --reason RISK_CONTROL --until 2026-12-01T00:00:00Z --evidence E3
    --because check_takes_longer --note "case 17" --as sue:senior_analyst --dry-run
    """
    selection = _selection(reason, kind, placed_by, country, batch, placed_from, placed_before, accounts)
    ends_at, proved = instant(until, "--until"), one_of(evidence, Evidence, list(Evidence), "--evidence")
    _propose(
        BulkKind.EXTEND, selection, because, note, as_, accounts, ends_at, proved, store, dry_run=dry_run, json=json
    )


@app.command()
def approve(
    bulk: BulkArgument,
    note: NoteOption,
    as_: ActorOption,
    decline: Annotated[bool, typer.Option("--decline", help="Do not sign it: the proposal is over.")] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Give it the second signature. The worker then carries it out, or `habeas bulk run`.

    Example: habeas bulk approve bk_5e1f00c2a9d4 --note "dry run seen" --as max:mlro
    """
    with _opened(store) as (bulks, _):
        signed = bulks.sign(BatchId(bulk), actor(as_), note_text(note), decline=decline)
    show.json_line(signed) if json else print("\n".join(_lines(signed)))


@app.command()
def run(bulk: BulkArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Carry out what was signed, to its end. It may be stopped at any time, and goes on from there.

    Example: habeas bulk run bk_5e1f00c2a9d4
    """
    with _opened(store) as (bulks, shown):
        bulks.run(BatchId(bulk), shown)
        _show(bulks, bulk, json=json)


@app.command("list")
def list_(store: StoreOption = None, json: JsonOption = False) -> None:
    """All bulk acts.

    Example: habeas bulk list
    """
    with _opened(store) as (bulks, _):
        found = bulks.all()
    for bulk in found:
        show.json_line(bulk) if json else print(next(_lines(bulk)))
    if not found and not json:
        print("no bulk act")


@app.command("show")
def show_(bulk: BulkArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """One bulk act: what it selects, who stood behind it, how far it got, and what it left as it was.

    Example: habeas bulk show bk_5e1f00c2a9d4
    """
    with _opened(store) as (bulks, _):
        _show(bulks, bulk, json=json)


# --- what they have in common ----------------------------------------------------------------------------------------


@contextmanager
def _opened(store: str | None) -> Iterator[tuple[Bulks, Progress]]:
    with (
        wiring.opened_store(store) as opened,
        wiring.opened_intake(opened) as intake,
        progress.bar() as shown,
    ):
        yield Bulks(opened, intake, wiring.now), shown


def _selection(
    reason: str,
    kind: str | None,
    placed_by: str,
    country: str,
    batch: str,
    placed_from: str | None,
    placed_before: str | None,
    accounts: Path | None,
) -> Selection:
    return Selection(
        reason=reason,
        kind=one_of(kind, Kind, list(ACCOUNT_KINDS), "--kind") if kind else None,
        placed_by=placed_by,
        country=country.upper(),
        batch=BatchId(batch) if batch else None,
        placed_from=instant(placed_from, "--placed-from") if placed_from else None,
        placed_before=instant(placed_before, "--placed-before") if placed_before else None,
        accounts=accounts.name if accounts else "",
    )


def _propose(
    kind: BulkKind,
    selection: Selection,
    because: str,
    note: str,
    as_: str,
    accounts: Path | None,
    ends_at: datetime | None,
    evidence: Evidence | None,
    store: str | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    why = one_of(because, Because, list(BECAUSE[kind]), "--because")
    listed = _listed(accounts) if accounts is not None else None
    with _opened(store) as (bulks, shown):
        bulk = bulks.draft(kind, selection, why, actor(as_), note_text(note), ends_at, evidence)
        if dry_run:
            foreseen = bulks.foresee(bulk, listed, shown)
            show.json_line(foreseen) if json else print("\n".join(_foreseen_lines(kind, foreseen)))
            return
        proposed = bulks.propose(bulk, listed, shown)
    show.json_line(proposed) if json else print("\n".join(_lines(proposed)))


def _listed(path: Path) -> Sequence[AccountId]:
    lines = wiring.read_input(path).decode("utf-8-sig", errors="replace").split()
    if not lines:
        raise BadInputError(f"`{path}` names no account; write one id a line")
    return [account_id(line) for line in lines]


def _show(bulks: Bulks, bulk: str, *, json: bool) -> None:
    found = bulks.one(BatchId(bulk))
    left = tuple(bulks.left(found.id))
    if json:
        show.json_line({"bulk": found, "left": left})
        return
    print("\n".join(_lines(found)))
    for each in left:
        print(f"  left       {each.restriction} on {each.account}: {each.refusal.message}")


def _lines(bulk: Bulk) -> Iterator[str]:
    yield f"{bulk.id}  {bulk.kind} because {bulk.because}: {_where(bulk)}"
    yield f"  proposed   by {bulk.proposed.by} on {show.when(bulk.proposed.at)}: {bulk.proposed.note}"
    if bulk.declined is not None:
        yield f"  declined   by {bulk.declined.by} on {show.when(bulk.declined.at)}: {bulk.declined.note}"
    elif bulk.signed is None:
        yield "  to sign    somebody else: `habeas bulk approve`"
    else:
        yield f"  signed     by {bulk.signed.by} on {show.when(bulk.signed.at)}: {bulk.signed.note}"
    if bulk.step is not None:
        left = f", {bulk.step.refused} left as they were" if bulk.step.refused else ""
        yield f"  gone through {bulk.step.done} of {bulk.step.total}{left}"


def _where(bulk: Bulk) -> str:
    if bulk.declined is not None:
        return "declined"
    if bulk.signed is None:
        return "waits for a signature"
    return "done" if bulk.is_done else "under way"


def _foreseen_lines(kind: BulkKind, foreseen: Foreseen) -> Iterator[str]:
    left = sum(foreseen.refused.values())
    yield f"would {kind} {foreseen.selected - left} of {foreseen.selected} restrictions on {foreseen.accounts} accounts"
    for name, counts in (("reason", foreseen.by_reason), ("kind", foreseen.by_kind)):
        yield f"  by {name}: " + (", ".join(f"{count} {which}" for which, count in counts.items()) or "none")
    yield f"  for example: {', '.join(foreseen.sample) or 'none'}"
    for why in foreseen.sample_refused:
        yield f"  left       {why}"
