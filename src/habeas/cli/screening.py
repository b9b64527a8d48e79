"""`habeas screen` and `habeas evaluate names`: whom a name is like, and how well that is judged."""

import datetime as dt
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption, StoreOption
from habeas.domain.country import is_country
from habeas.domain.errors import BadInputError
from habeas.domain.ids import AccountId
from habeas.domain.listing import Birth, ListVersion, ParsedList
from habeas.domain.screening import BANDS, NAME_LENGTH_MAX, Query, Screening

if TYPE_CHECKING:
    from habeas.evaluation.names import NamesEvaluation
    from habeas.reference.library import LoadedLists
    from habeas.reference.sanctions.load import ListFile
    from habeas.service.ports import Store

ListOption = Annotated[
    list[Path] | None,
    typer.Option("--list", metavar="FILE", help="A list as its publisher offers it; may be given several times."),
]

ResavedOption = Annotated[bool, typer.Option("--resaved", help="OFAC csv files that other software saved again.")]

evaluate_app = typer.Typer(no_args_is_help=True, help="How well Habeas judges, measured.")


def screen(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A person's, an organisation's or a vessel's, in any script.")
    ],
    birth_date: Annotated[
        str | None, typer.Option("--birth-date", metavar="DATE", help="1962, 1962-03 or 1962-03-01.")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option("--country", metavar="CODE", help="Nationality, such as RU; may be repeated.")
    ] = None,
    lists: ListOption = None,
    resaved: ResavedOption = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Whom of the listed a name is like, how much, and why. A hit is a match to review, never a finding.

    The lists are those of the store, or the built-in sample where it has none; or the files that are given.

    Example: habeas screen "Vladimir Putin" --birth-date 1952 --country RU
    """
    query = asked_name(name, birth_date, country or ())
    answer = _in_files(query, lists, resaved=resaved) if lists else _in_store(query, store)
    show.json_line(answer) if json else _print(answer)


def rescreen(
    since: Annotated[
        list[str] | None,
        typer.Option(
            "--since",
            metavar="VERSION",
            help="Only customers who could be an entry that was added or changed since this version of a list: a file or "
            "KIND@VERSION; may be given once for each list.",
        ),
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Screen all customers again, against the lists as they are now; to be run after a list was loaded.

    Example: habeas rescreen --since sanctions.OFAC-SDN@2024-05-02
    """
    from habeas.cli import progress
    from habeas.service.rescreen import Customers
    from habeas.service.rescreen import rescreen as screen_again

    with wiring.opened_store(store) as opened:
        library = wiring.library(opened)
        changed = _changed_since(opened, since or ())

        def choose(customers: Customers) -> set[AccountId]:
            return set(map(AccountId, _current_lists(opened).could_be(customers, changed)))

        with wiring.opened_intake(opened, looked_up=library) as intake, progress.bar() as shown:
            done = screen_again(opened, intake, library, wiring.now, choose if since else None, shown)
    show.json_line(done) if json else print(
        f"{done.named} names screened, {done.reported} accounts to look at, "
        f"{done.delisted} true matches whose entry is gone"
    )


@evaluate_app.command("names")
def evaluate_names(
    lists: ListOption = None,
    resaved: ResavedOption = False,
    queries: Annotated[
        int, typer.Option("--queries", min=10, help="Damaged names, and ordinary ones of each population.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", help="Another seed asks other questions.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write names.json, names.md and names.svg there.")
    ] = None,
    oracle: Annotated[
        int,
        typer.Option("--oracle", metavar="N", help="Ask nomenklatura N of the questions too, where it is installed."),
    ] = 0,
    json: JsonOption = False,
) -> None:
    """Recall on damaged names against false hits on ordinary ones, at the threshold of review.

    Example: habeas evaluate names --list sdn.csv --list alt.csv --out build/evaluation
    """
    from rich.console import Console
    from rich.progress import Progress

    from habeas.evaluation import names, report
    from habeas.evaluation import oracle as other
    from habeas.reference.names.index import build_index

    if oracle and not other.installed():
        raise BadInputError("nomenklatura is not there to be asked; install habeas[oracle], or leave --oracle out")
    parsed = _parsed(lists or [], resaved=resaved)
    index = build_index(parsed)
    entities = [entity for each in parsed for entity in each.entities]
    asked = names.questions(entities, queries, seed)
    if not asked.damaged:
        raise BadInputError("the list names no person and no organisation, so there is nothing to ask")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("asking", total=len(asked.damaged) + sum(map(len, asked.ordinary.values())))
        figures = names.evaluate_names(
            index, parsed, asked, seed=seed, progress=lambda more: progress.advance(task, more)
        )
    if oracle:
        compared = other.compare(index, entities, asked, damaged=oracle, ordinary=2 * oracle, threshold=BANDS.review_at)
        figures = msgspec.structs.replace(figures, oracle=compared)
    _report(figures, report.names_table(figures), json=json)
    if out is not None:
        written = report.write(figures, out)
        if not json:
            print(f"\nwrote {', '.join(map(str, written))}")


def _report(figures: "NamesEvaluation", table: str, *, json: bool) -> None:
    show.json_line(figures) if json else print(table, end="")


def asked_name(name: str, birth_date: str | None, countries: Sequence[str]) -> Query:
    """Whom somebody asks about. Raises BadInputError for what is no name, no date of birth or no country."""
    return Query(name=_name(name), birth=_birth(birth_date), countries=_countries(countries))


def _name(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise BadInputError(f"`{text}` has no letter and no digit, so it is no name; write a name")
    if len(text) > NAME_LENGTH_MAX:
        raise BadInputError(
            f"a name of {len(text)} characters is too long; the longest that is read has {NAME_LENGTH_MAX}"
        )
    return text


def _birth(text: str | None) -> Birth | None:
    from habeas.reference.sanctions.births import birth_within

    if text is None:
        return None
    parts = text.split("-")
    digits = [len(part) if part.isascii() and part.isdigit() else 0 for part in parts]
    year, month, day = (int(part) for part in [*parts, "0", "0"][:3]) if all(digits) else (0, 0, 0)
    birth = birth_within((year, month, day)) if digits in ([4], [4, 2], [4, 2, 2]) else None
    if birth is None or "00" in parts[1:]:
        raise BadInputError(
            f"`{text}` is no date of birth; write a year, a month or a day, as 1962, 1962-03 or 1962-03-01"
        )
    if birth.first > dt.datetime.now(dt.UTC).date():
        raise BadInputError(f"the birth date `{text}` is in the future")
    return birth


def _countries(codes: Sequence[str]) -> tuple[str, ...]:
    known = tuple(code.strip().upper() for code in codes)
    for code in known:
        if not is_country(code):
            raise BadInputError(f"`{code}` is no country code; write two letters of ISO 3166, as RU")
    return known


def _parsed(paths: Sequence[Path], *, resaved: bool) -> tuple[ParsedList, ...]:
    from habeas.reference.sanctions.builtin import builtin_list
    from habeas.reference.sanctions.load import load_lists

    return load_lists(_files(paths, resaved=resaved)) if paths else (builtin_list(),)


def _files(paths: Sequence[Path], *, resaved: bool) -> "list[ListFile]":
    from habeas.reference.sanctions.load import ListFile

    return [ListFile(path.name, wiring.read_input(path), resaved=resaved) for path in paths]


def _in_files(query: Query, paths: Sequence[Path], *, resaved: bool) -> Screening:
    """What some files say. The index is kept in the cache by the files' digests."""
    from habeas.reference.names import index_file
    from habeas.reference.names.index import build_index
    from habeas.reference.sanctions.load import load_lists

    files = _files(paths, resaved=resaved)
    digests = [f"{resaved} {file.name} {sha256(file.data).hexdigest()}" for file in files]
    index = index_file.kept(wiring.cache_dir(), digests, lambda: build_index(load_lists(files)))
    return Screening(query.name, _versions(index.versions), index.screen(query))


def _in_store(query: Query, url: str | None) -> Screening:
    """What the current lists of a store say."""
    with wiring.opened_store(url) as store:
        return screened(query, store)


def screened(query: Query, store: "Store") -> Screening:
    """What the current lists of an open store say."""
    lists = _current_lists(store)
    return Screening(query.name, _versions(lists.versions()), lists.screen(query))


def _current_lists(store: "Store") -> "LoadedLists":
    from habeas.service.library import with_contents

    with store.reading() as reader:
        return wiring.builders(store)[1](with_contents(reader.reference_sets(current=True), reader))


def _changed_since(store: "Store", versions: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The entries that were added or changed since some versions of lists."""
    from habeas.cli.reference import current_version, version_of
    from habeas.reference.difference import changed_entries

    changed: set[tuple[str, str]] = set()
    for text in versions:
        before = version_of(store, text)
        after = current_version(store, before.kind)
        if after is None:
            raise BadInputError(f"`{text}` is of `{before.kind}`, of which the store has no current version")
        changed |= changed_entries(before, after)
    return frozenset(changed)


def _versions(versions: Sequence[ListVersion]) -> dict[str, str]:
    return {version.list: version.version for version in versions}


def _print(answer: Screening) -> None:
    console = show.console()
    console.print(
        f"{answer.name}: {len(answer.hits)} hit(s) in {', '.join(f'{k} {v}' for k, v in answer.versions.items())}"
    )
    for hit in answer.hits:
        console.print(f"\n{hit.score:.3f} {hit.band}  {hit.name} ({hit.kind}, {hit.list} {hit.entry})")
        for line in hit.explanation.lines:
            console.print(f"  {line}", markup=False)
