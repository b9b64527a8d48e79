"""`habeas import ...` and `habeas reconcile`: what an exchange has already is brought in, taken back, and compared with."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from habeas.cli import progress, show, wiring
from habeas.cli.acting import refused
from habeas.cli.options import (
    ActorOption,
    AtOption,
    JsonOption,
    NoteOption,
    StoreOption,
    actor,
    instant,
    note_text,
)
from habeas.domain.batch import Signature
from habeas.domain.decision import Refusal
from habeas.domain.errors import BadInputError
from habeas.domain.ids import AccountId
from habeas.domain.imported import Import, ImportOf
from habeas.playbook.policy import DEFAULT_ENTITY

if TYPE_CHECKING:
    from habeas.service.importing import Survey
    from habeas.service.ports import Store
    from habeas.service.reconcile import Difference

BATCH_MAX = 512
"""So many rows share one commit: others wait for some tenths of a second at most."""
UNREADABLE_LISTED_MAX = 1_000
DIFFERENCES_LISTED_MAX = 100

app = typer.Typer(
    no_args_is_help=True, help="Bring in what an older system has: accounts, and who is restricted; and take it back."
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="CSV below a header, or one JSON object a line.")]
MapOption = Annotated[
    Path, typer.Option("--map", metavar="MAP", help="Which column says what, and what each status means (TOML).")
]
ImportArgument = Annotated[str, typer.Argument(metavar="IMPORT", help="The import's id.")]
SignedOption = Annotated[
    str | None,
    typer.Option("--signed-by", metavar="NAME:ROLE", help="The second person, for what two people must stand behind."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
OptionalActor = Annotated[str | None, typer.Option("--as", metavar="NAME:ROLE", help="Who brings it in.")]


@app.command("restrictions")
def import_restrictions(
    file: FileArgument,
    map_: MapOption,
    as_: OptionalActor = None,
    signed_by: SignedOption = None,
    dry_run: DryRunOption = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take in a status column or a list of restricted accounts, quietly: nobody is told anything and nothing is judged.
    Stopped, it goes on where it was when it is run again. Lines that are not taken in are listed, and the exit code is 1.

    Example: habeas import restrictions users.csv --map map.toml --dry-run
    """
    from habeas.service import importing
    from habeas.service.import_map import read_restriction_map

    text = wiring.read_input(map_)
    read_map = read_restriction_map(text, str(map_), wiring.playbook().policies[DEFAULT_ENTITY])
    complaints = _Complaints()
    with wiring.opened_store(store) as opened, progress.bar() as shown:
        batch = _begun(opened, ImportOf.RESTRICTIONS, file, text, as_, signed_by, dry_run=dry_run)
        people = batch.started.by, batch.signed_by
        policy = wiring.playbook().policies[DEFAULT_ENTITY]
        survey = importing.survey_restrictions(file, read_map, policy, batch.started.at, people, complaints.hear, shown)
        if survey.unmapped:
            raise BadInputError(_unmapped(survey.unmapped, map_))
        if dry_run:
            _print_survey(survey, is_signed=as_ is not None, json=json)
        else:
            if survey.unsigned:
                raise refused(Refusal("not_permitted", "; ".join(survey.unsigned)))
            with wiring.opened_intake(opened, batch_max=BATCH_MAX) as intake:
                batch = importing.import_restrictions(
                    opened, intake, batch, file, read_map, survey, complaints.hear, shown
                )
            _print_done(opened, batch, survey, json=json)
    complaints.end(json=json)


@app.command("accounts")
def import_accounts(
    file: FileArgument,
    map_: MapOption,
    as_: OptionalActor = None,
    dry_run: DryRunOption = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take in who has which account: entity, holder, name, birth date, residence, main account, document. Nothing is judged;
    `habeas rescreen` compares the names with the lists afterwards.

    Example: habeas import accounts users.csv --map accounts.toml --as jane:analyst
    """
    from habeas.service import importing
    from habeas.service.import_map import read_account_map

    text = wiring.read_input(map_)
    read_map = read_account_map(text, str(map_))
    complaints = _Complaints()
    with wiring.opened_store(store) as opened, progress.bar() as shown:
        batch = _begun(opened, ImportOf.ACCOUNTS, file, text, as_, None, dry_run=dry_run)
        survey = importing.survey_accounts(file, read_map, batch.started.at, complaints.hear, shown)
        if dry_run:
            _print_survey(survey, is_signed=True, json=json)
        else:
            with wiring.opened_intake(opened, batch_max=BATCH_MAX) as intake:
                batch = importing.import_accounts(opened, intake, batch, file, read_map, survey, complaints.hear, shown)
            _print_done(opened, batch, survey, json=json)
    complaints.end(json=json)


@app.command("undo")
def undo(
    batch: ImportArgument,
    note: NoteOption,
    as_: ActorOption,
    signed_by: SignedOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """End what an import placed, quietly, as far as nobody has worked on it since; the rest is listed, and the exit code is 1.

    Example: habeas import undo im_3f9a22c108de77b1 --note "the wrong column" --as jane:analyst
    """
    from habeas.domain.actor import RESTRICTING_ROLES
    from habeas.service import importing

    who = actor(as_)
    complaints = _Complaints()

    def left(account: AccountId, why: str) -> None:
        complaints.say(f"{account}: {why}")

    with wiring.opened_store(store) as opened, progress.bar() as shown:
        found = importing.an_import(opened, batch)
        if found.of is ImportOf.ACCOUNTS:
            raise refused(
                Refusal("accounts", "accounts that are known limit nobody and stay; import a corrected file over them")
            )
        if who.role not in RESTRICTING_ROLES:
            raise refused(Refusal("not_permitted", f"the role {who.role} does not take back an import"))
        undone = Signature(who, wiring.now(), note_text(note))
        second = actor(signed_by) if signed_by else None
        with wiring.opened_intake(opened, batch_max=BATCH_MAX) as intake:
            done = importing.undo(opened, intake, found, undone, second, left, shown)
        _print_import(opened, done, json=json)
    complaints.end(json=json)


@app.command("list")
def list_imports(store: StoreOption = None, json: JsonOption = False) -> None:
    """All imports, oldest first, and how far each got.

    Example: habeas import list
    """
    from habeas.service import importing

    with wiring.opened_store(store) as opened:
        found = importing.imports(opened)
    for batch in found:
        show.json_line(batch) if json else print(_line(batch))
    if not found and not json:
        print("nothing was imported")


@app.command("show")
def show_import(batch: ImportArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """One import: who brought it in, how far it got, and what has become of what it placed.

    Example: habeas import show im_3f9a22c108de77b1
    """
    from habeas.service import importing

    with wiring.opened_store(store) as opened:
        _print_import(opened, importing.an_import(opened, batch), json=json)


def reconcile(
    file: FileArgument,
    map_: MapOption,
    everybody: Annotated[
        bool,
        typer.Option("--all", help="Also accounts that the file does not name: they are limited in nothing there."),
    ] = False,
    at: AtOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Compare with an older system, account by account and capability by capability. Exits 1 if anything differs.

    Example: habeas reconcile users.csv --map map.toml
    """
    from habeas.service.import_map import read_restriction_map
    from habeas.service.questions import Questions
    from habeas.service.reconcile import read_older
    from habeas.service.reconcile import reconcile as compare

    when = instant(at, "--at") if at else wiring.now()
    playbook = wiring.playbook()
    read_map = read_restriction_map(wiring.read_input(map_), str(map_), playbook.policies[DEFAULT_ENTITY])
    complaints = _Complaints()
    differences = _Differences(json=json)
    with wiring.opened_store(store) as opened, progress.bar() as shown:
        older = read_older(file, read_map, when, complaints.hear)
        if older.unmapped:
            raise BadInputError(_unmapped(older.unmapped, map_))
        done = compare(opened, Questions(opened, playbook), older, when, differences.hear, shown, everybody=everybody)
    if json:
        show.json_line({"compared": done})
    else:
        differences.end()
        print(f"{done.accounts} accounts compared, {done.differing} differ, {done.unreadable} lines unreadable")
        if done.unknown:
            print(f"{done.unknown} of them are unknown here, so that money does not leave: `habeas import accounts`")
    complaints.end(json=json)
    if not done.is_equal:
        raise typer.Exit(1)


# --- what is printed -------------------------------------------------------------------------------------------------


class _Complaints:
    """Lines that were not taken in. Of very many, the rest is counted."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._count = 0

    def hear(self, line: int, why: str) -> None:
        """A line, and why. A file that is read twice complains once."""
        self.say(f"line {line}: {why}")

    def say(self, text: str) -> None:
        """One complaint."""
        if text in self._said:
            return
        self._count += 1
        if self._count <= UNREADABLE_LISTED_MAX:
            self._said.add(text)
            print(f"habeas: {text}", file=sys.stderr)

    def end(self, *, json: bool) -> None:
        """Exit with 1 if there were any."""
        if self._count > UNREADABLE_LISTED_MAX and not json:
            print(f"habeas: and {self._count - UNREADABLE_LISTED_MAX} more", file=sys.stderr)
        if self._count:
            raise typer.Exit(1)


class _Differences:
    """Differences as they are found: all of them for machines, the first ones and sums for people."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._listed = 0
        self._sums: Counter[str] = Counter()

    def hear(self, difference: "Difference") -> None:
        """One difference."""
        if self._json:
            show.json_line(difference)
            return
        said = f"{difference.capability}: {difference.older} there, {difference.habeas} here"
        self._sums[said] += 1
        self._listed += 1
        if self._listed <= DIFFERENCES_LISTED_MAX:
            why = ", ".join(difference.determining) or ("" if difference.is_known else "unknown here")
            status = ", ".join(difference.statuses) or "not in the file"
            print(f"{difference.account} ({status}): {said}{f' ({why})' if why else ''}")

    def end(self) -> None:
        """The sums, where not all were listed."""
        if self._listed > DIFFERENCES_LISTED_MAX:
            print(f"... and {self._listed - DIFFERENCES_LISTED_MAX} more (--json lists all); together:")
            for said, count in self._sums.most_common():
                print(f"  {count:>9}  {said}")


def _unmapped(unmapped: Mapping[str, int], map_: Path) -> str:
    counts = ", ".join(f"`{status}` on {count} rows" for status, count in unmapped.items())
    return (
        f"`{map_}` does not say what these statuses mean: {counts}; give each a restriction, or `none` where it limits "
        "nothing. Nothing was changed"
    )


def _begun(
    opened: "Store", of: ImportOf, file: Path, text: bytes, as_: str | None, signed_by: str | None, *, dry_run: bool
) -> Import:
    from habeas.domain.actor import RESTRICTING_ROLES, Actor, Role
    from habeas.service import importing

    if as_ is None and not dry_run:
        raise BadInputError("--as NAME:ROLE must say who brings this in; with --dry-run nobody need")
    who = actor(as_) if as_ else Actor("-", Role.COUNSEL)
    if who.role not in RESTRICTING_ROLES:
        raise refused(Refusal("not_permitted", f"the role {who.role} does not bring in anything"))
    second = actor(signed_by) if signed_by else None
    return importing.begun(opened, of, file, text, Signature(who, wiring.now(), f"import of {file.name}"), second)


def _print_survey(survey: "Survey", *, is_signed: bool, json: bool) -> None:
    days = [count for count in survey.reviews if count]
    if json:
        show.json_line({"dry_run": True} | msgspec.structs.asdict(survey) | {"unmapped": survey.unmapped})
        return
    print(f"{survey.rows} rows, {survey.unreadable} of them unreadable; nothing was changed")
    for count in survey.statuses:
        some = ", ".join((*count.samples, *(["..."] if count.rows > len(count.samples) else [])))
        print(f"  {count.rows:>9}  {count.status or '(empty)'} -> {count.means}  ({some})")
    if survey.over:
        print(f"  {survey.over} are over already and would not be taken in")
    print(f"{survey.placing} would be taken in")
    if days:
        print(f"{sum(days)} would be looked at within {len(survey.reviews)} days, {min(days)} to {max(days)} a day")
    for what in survey.unsigned:
        print(f"{'refused' if is_signed else 'needs'}: {what}")


def _print_done(opened: "Store", batch: Import, survey: "Survey", *, json: bool) -> None:
    if not json:
        print(
            f"{survey.rows} rows, {survey.unreadable} of them unreadable, {survey.over} over already, "
            f"{batch.known_before} brought in before"
        )
    _print_import(opened, batch, json=json)


def _print_import(opened: "Store", batch: Import, *, json: bool) -> None:
    with opened.reading() as reader:
        counts = {str(status): count for status, count in reader.placed_counts(batch.id).items() if count}
    if json:
        said: dict[str, Any] = {"import": batch, "restrictions": counts}
        show.json_line(said)
        return
    print(_line(batch))
    if batch.signed_by is not None:
        print(f"  signed by {batch.signed_by}")
    if batch.of is ImportOf.RESTRICTIONS:
        print(f"  restrictions: {', '.join(f'{count} {status}' for status, count in counts.items()) or 'none'}")


def _line(batch: Import) -> str:
    step = batch.step
    far = "not begun" if step is None else f"{step.done} of {step.total} rows, {step.refused} refused"
    end = "" if step is None or step.finished_at is None else ", finished"
    line = f"{batch.id}  {batch.of} from {batch.source}, by {batch.started.by} at {show.when(batch.started.at)}: {far}{end}"
    if batch.undone is None:
        return line
    undone = batch.undo_step
    is_done = undone is not None and undone.finished_at is not None
    left = undone.refused if undone is not None else 0
    return f"{line}; taken back by {batch.undone.by} at {show.when(batch.undone.at)}" + (
        f", {left} accounts left as they were" if is_done else ", not finished"
    )
