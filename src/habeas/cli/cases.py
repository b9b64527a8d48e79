"""`habeas case ...`: what waits for people, and what they find."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.acting import one_of, report
from habeas.cli.files import write_pair
from habeas.cli.options import ActorOption, JsonOption, NoteOption, StoreOption, actor, note_text
from habeas.domain.case import Case, CaseOutcome, CaseStep
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.domain.event_data import CaseAct, CaseWork
from habeas.domain.ids import AccountId, CaseId
from habeas.service.acts import carry_out
from habeas.service.casework import SMALL, case_by_id, open_cases, statistics

app = typer.Typer(no_args_is_help=True, help="Work for people: what is open, and what somebody found.")

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.")]
QueueOption = Annotated[str | None, typer.Option("--queue", help="Only this queue, for example sanctions.")]
LIST_MAX = 200


@app.command("list")
def list_(
    queue: QueueOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = LIST_MAX,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Open cases, most urgent first.

    Example: habeas case list --queue sanctions
    """
    with wiring.opened_store(store) as opened:
        found = open_cases(opened, queue, limit)
    for case in found:
        show.json_line(case) if json else print("\n".join(_lines(case)))
    if not found and not json:
        print("no open case")


@app.command("show")
def show_(case: CaseArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """One case: how far it is, whose it is, its match, what was done on it and what was found.

    Example: habeas case show cs_5k2jq3v7x4m6a2bc
    """
    with wiring.opened_store(store) as opened:
        found = case_by_id(opened, CaseId(case))
    if found is None:
        raise _unknown(case)
    show.json_line(found) if json else print("\n".join(_lines(found, whole=True)))


@app.command()
def decide(
    case: CaseArgument,
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome",
            help="Of a match: true_match or false_match. Of a suspicion: confirmed, unfounded or offboard. Of an appeal: "
            "granted, partly or refused. Else: resolved.",
        ),
    ],
    note: NoteOption,
    as_: ActorOption,
    done: Annotated[
        list[str] | None, typer.Option("--done", help="A task of the case that is done; repeatable.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Give your opinion on a case. A true match, and a false one that releases something, take two people. `offboard` says
    that a suspicion is true and proposes a ban, which counsel signs with `habeas approve`.

    Example: habeas case decide cs_5k2jq3v7x4m6a2bc --outcome false_match --note "born later" --as olga:sanctions_officer
    """
    act = CaseAct(
        actor=actor(as_),
        note=note,
        case=CaseId(case),
        outcome=one_of(outcome, CaseOutcome, list(CaseOutcome), "--outcome"),
        done=tuple(done or ()),
    )
    with wiring.opened_store(store) as opened:
        found = case_by_id(opened, act.case)
        if found is None:
            raise _unknown(case)
        with wiring.opened_intake(opened) as intake:
            result = carry_out(intake, AccountId(found.account), act, wiring.now())
        decided = case_by_id(opened, act.case)
    report(result, json=json)
    if not json and decided is not None:
        print(f"case {decided.id} is {decided.status}" + (f" as {decided.outcome}" if decided.outcome else ""))


@app.command()
def step(
    case: CaseArgument,
    step: Annotated[str, typer.Argument(metavar="STEP", help=f"One of {', '.join(CaseStep)}.")],
    note: NoteOption,
    as_: ActorOption,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="To assign it to somebody else.")] = None,
    ref: Annotated[str | None, typer.Option("--ref", metavar="NUMBER", help="To refer it: its number there.")] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Work on a case without deciding it: take it, note something, wait for the user or go on, refer it to another system,
    mark a user in need, open it again.

    Example: habeas case step cs_5k2jq3v7x4m6a2bc wait --note "asked for a bank statement" --as tom:analyst
    """
    what = one_of(step, CaseStep, list(CaseStep), "STEP")
    for option, given, fitting in (("--to", to, CaseStep.ASSIGN), ("--ref", ref, CaseStep.REFER)):
        if given is not None and what is not fitting:
            raise BadInputError(f"{option} goes with the step {fitting}, not with {what}")
    if what is CaseStep.REFER and not ref:
        raise BadInputError("the step refer needs --ref: the case's number in the other system")
    act = CaseWork(actor=actor(as_), note=note_text(note), case=CaseId(case), step=what, value=to or ref or "")
    with wiring.opened_store(store) as opened:
        found = case_by_id(opened, act.case)
        if found is None:
            raise _unknown(case)
        with wiring.opened_intake(opened) as intake:
            result = carry_out(intake, AccountId(found.account), act, wiring.now())
        changed = case_by_id(opened, act.case)
    report(result, json=json)
    if not json and changed is not None:
        print("\n".join(_lines(changed, whole=True)))


@app.command()
def export(
    case: CaseArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty folder, or one that is not there yet.")],
    store: StoreOption = None,
) -> None:
    """The file of one case: timeline, restrictions with their reasons, evidence, decisions, documents. For people who judge.

    Example: habeas case export cs_5k2jq3v7x4m6a2bc --out case-17
    """
    from habeas.service.case_file import case_file, case_text

    with wiring.opened_store(store) as opened:
        found = case_by_id(opened, CaseId(case))
        if found is None:
            raise _unknown(case)
        told = case_file(wiring.questions(opened), AccountId(found.account), found, wiring.now())
    write_pair(out, "case", told, case_text(told))


@app.command("statistics")
def statistics_(queue: QueueOption = "sanctions", store: StoreOption = None, json: JsonOption = False) -> None:
    """Counts for a regulator's liaison, without personal data: small numbers are given as bands (row A063).

    Example: habeas case statistics --queue sanctions
    """
    with wiring.opened_store(store) as opened:
        rows = statistics(opened, queue)
    if json:
        show.json_line(rows)
        return
    for row in rows:
        print(f"{row.month}  {row.list}  {row.outcome}  {row.count}")
    print(f"{len(rows)} rows; counts under {SMALL} are given as a band")


def _lines(case: Case, *, whole: bool = False) -> list[str]:
    lines = [
        f"{case.id}  {case.queue}  {case.priority}  account {case.account}  {case.reason}  {case.status}",
        f"  opened {show.when(case.opened_at)}, {_clock(case)}",
        f"  {_work(case)}",
        f"  {case.why}",
    ]
    if case.match is not None:
        match = case.match
        lines.append(f"  match with {match.listed} ({match.list}, entry {match.entry}), score {match.score:.2f}")
        lines += [f"    {line}" for line in match.explanation if whole]
    lines += [f"  to do before it is decided: {task}" for task in case.tasks if task not in case.done]
    lines += [f"  {r.by} {r.step} on {show.when(r.at)}: {r.note}" for r in case.remarks if whole]
    lines += [f"  {o.by} found {o.outcome} on {show.when(o.at)}: {o.note}" for o in case.opinions]
    return lines


def _clock(case: Case) -> str:
    if case.decided_at is not None:
        return f"decided {show.when(case.decided_at)}"
    if case.waiting_since is not None:
        told = f", reminded {case.reminders} times" if case.reminders else ""
        return f"waits for the user since {show.when(case.waiting_since)}{told}; the clock stands still"
    late = ", late" if case.is_late else ", soon late" if case.is_warned else ""
    return f"due {show.when(case.due_at)}{late}"


def _work(case: Case) -> str:
    whose = f", with {case.assignee}" if case.assignee else ", nobody's yet"
    ref = f", {case.external_ref} in another system" if case.external_ref else ""
    return f"stage {case.stage}{whose}{ref}" + (", in hardship" if case.is_hardship else "")


def _unknown(case: str) -> UnknownIdError:
    return UnknownIdError(f"there is no case `{case}` here; `habeas case list` shows what is open")
