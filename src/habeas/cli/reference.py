"""`habeas reference ...`: what is looked up. Lists, places, networks, overrides and tags, in versions."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from habeas.cli import show, wiring
from habeas.cli.options import ActorOption, JsonOption, NoteOption, StoreOption, actor, duration, instant
from habeas.domain.actor import RELEASING_ROLES, Actor
from habeas.domain.errors import BadInputError
from habeas.service.library import with_contents
from habeas.service.ports import ReferenceSet, Store, UnitOfWork

if TYPE_CHECKING:
    from habeas.reference.difference import Difference, Version
    from habeas.reference.overrides import Override
    from habeas.reference.prepare import Prepared

COMMAND_LINE = "command line"
TOLD_BY = 4_096
"""So many bytes of a file tell whether it holds transfers."""
SHRUNK_TO = 0.9
"""A list that loses more than a tenth of its entries at once was more likely cut off than emptied."""

app = typer.Typer(
    no_args_is_help=True, help="What is looked up: sanctions lists, wallets, places, networks, overrides, tags."
)
override = typer.Typer(
    no_args_is_help=True, help="Ranges of IP addresses that the sources misread, corrected by staff."
)
app.add_typer(override, name="override")


class Row(msgspec.Struct, kw_only=True):
    """One version of one set, or what comes with Habeas."""

    kind: str
    version: str
    as_of: date | None
    entries: int
    loaded_at: datetime | None
    source: str
    by: str
    sha256: str
    state: str
    """`current`, `earlier`, `built in`, or `built in, not in use`."""


def rows(sets: tuple[ReferenceSet, ...]) -> list[Row]:
    """The sets of a store with what comes with Habeas."""
    from habeas.reference.library import built_in

    kinds = frozenset(each.kind for each in sets if each.is_current)
    return [
        Row(
            kind=each.kind,
            version=each.version,
            as_of=each.as_of,
            entries=each.entries,
            loaded_at=None,
            source=each.source,
            by="",
            sha256="",
            state="built in" if each.is_in_use else "built in, not in use",
        )
        for each in built_in(kinds)
    ] + [
        Row(
            kind=each.kind,
            version=each.version,
            as_of=each.as_of,
            entries=each.entries,
            loaded_at=each.loaded_at,
            source=each.source,
            by=each.by,
            sha256=each.sha256,
            state="current" if each.is_current else "earlier",
        )
        for each in sets
    ]


@app.command()
def status(store: StoreOption = None, json: JsonOption = False) -> None:
    """Say what is looked up: each set with its version, its date, how much it holds, and since when.

    Example: habeas reference status
    """
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        found = rows(reader.reference_sets())
        with wiring.ledger(opened).reading() as books_read:
            books = tuple(books_read.book(asset.name).version() for asset in books_read.assets())
    for row in found:
        if json:
            show.json_line(row)
        else:
            loaded = f"loaded {show.when(row.loaded_at)} by {row.by}" if row.loaded_at else row.state
            state = "" if row.loaded_at is None else f", {row.state}"
            print(
                f"{row.kind}  {row.version}  as of {row.as_of or 'no known day'}, {row.entries} entries, {loaded}{state}"
            )
            print(f"  from {row.source}")
    for version in books:
        show.json_line({"ledger": version}) if json else print(f"ledger  {version}")


@app.command()
def load(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files as published; recognised by content.")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="For example places.second or networks.our-vpns. Default: by content.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="From when the files are, where they do not say.")
    ] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", help="Of a list of networks: vpn, hosting, tor, relay or cloud.")
    ] = None,
    asn: Annotated[
        Path | None, typer.Option("--asn", metavar="FILE", help="For lists of AS numbers: an ASN database.")
    ] = None,
    resaved: Annotated[bool, typer.Option("--resaved", help="OFAC csv files that other software saved again.")] = False,
    smaller: Annotated[bool, typer.Option("--smaller", help="It is right that a list has lost many entries.")] = False,
    as_: Annotated[str | None, typer.Option("--as", metavar="NAME:ROLE", help="Who loads it.")] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Load sanctions lists, wallets, databases of places, lists of networks, overrides or tags: all of them, or none. Or files
    of transfers, which go into the ledger.

    A file that is broken or cut off is refused whole, and what was in use stays in use. Running processes take over what was
    loaded within a second or two.

    Example: habeas reference load sdn.csv alt.csv add.csv GeoLite2-City.mmdb tor-exits.txt
    """
    from habeas.reference.coins.file import is_records
    from habeas.reference.prepare import Said, given, prepare

    by = str(actor(as_)) if as_ else COMMAND_LINE
    transfers = [
        path
        for path in files
        if kind is None and is_records(wiring.read_input(path)[:TOLD_BY].decode("utf-8", "replace"))
    ]
    if transfers:
        if len(transfers) < len(files):
            raise BadInputError("load transfers apart from lists and places; they go into the ledger")
        _load_transfers(transfers, store, json=json)
        return
    said = Said(kind=kind or "", as_of=_day(as_of), tag=tag or "", resaved=resaved, asn_database=asn)
    prepared = prepare([given(path) for path in files], said)
    with wiring.opened_store(store) as opened, opened.transaction() as work:
        loaded = [_load(work, each, by, smaller=smaller) for each in prepared]
        _prove(opened, work)
    for each, kept in zip(prepared, loaded, strict=True):
        if json:
            show.json_line(msgspec.structs.asdict(kept) | {"notes": each.notes})
            continue
        print(f"{kept.kind}  {kept.version}  as of {kept.as_of or 'no known day'}, {kept.entries} entries, now in use")
        for note in each.notes:
            print(f"  note: {note}")


def _load_transfers(paths: list[Path], store: str | None, *, json: bool) -> None:
    from habeas.cli.coins import load_transfers

    with wiring.opened_store(store) as opened:
        done = load_transfers(opened, paths)
    show.json_line(done) if json else print(
        f"ledger: {done['added']} records added, {done['known']} known already, {done['empty']} that move nothing"
    )


def _load(work: UnitOfWork, each: "Prepared", by: str, *, smaller: bool = True) -> ReferenceSet:
    from habeas.reference.prepare import loaded

    before = next((known for known in work.reference_sets(current=True) if known.kind == each.kind), None)
    if before is not None and each.entries < before.entries * SHRUNK_TO and not smaller:
        raise BadInputError(
            f"`{each.kind}` has {before.entries} entries and would have {each.entries}; if that is right, say --smaller, "
            "else fetch it again"
        )
    at = wiring.now()
    each = loaded(each, lambda: work.reference_content(before.kind, before.version) if before else None, at)
    made = ReferenceSet(
        kind=each.kind,
        version=each.version,
        as_of=each.as_of,
        loaded_at=at,
        sha256=each.sha256,
        entries=each.entries,
        source=each.source,
        by=by,
    )
    return work.load_reference(made, each.content)


def _prove(opened: Store, work: UnitOfWork) -> None:
    """Make everything as it would be from now on, so that what cannot be used together is never committed."""
    sets = with_contents(work.reference_sets(current=True), work)
    for build in wiring.builders(opened):
        build(sets)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInputError(f"--as-of `{text}` is no day; write it like 2026-11-22") from None


@app.command()
def remove(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="For example networks.our-vpns.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take a set out of use. Its versions stay; load one again to take it back.

    Example: habeas reference remove networks.our-vpns
    """
    with wiring.opened_store(store) as opened, opened.transaction() as work:
        if all(each.kind != kind for each in work.reference_sets(current=True)):
            raise BadInputError(f"there is no `{kind}` in use; `habeas reference status` lists what is")
        work.remove_reference(kind)
        _prove(opened, work)
    show.json_line({"removed": kind}) if json else print(f"{kind} is no longer in use")


# --- what changed


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A file, KIND@VERSION, or KIND for the current one.")],
    after: Annotated[
        str | None, typer.Argument(metavar="[B]", help="The same. Left out: the current one, against the file A.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Say what was added, removed and changed from one version of a list to another, in words.

    Example: habeas reference diff sdn_2024-05-02.csv sdn_2024-05-03.csv
    """
    from habeas.reference.difference import difference

    with wiring.opened_store(store) as opened:
        if after is None:
            new = version_of(opened, before)
            if not Path(before).exists():
                raise BadInputError(
                    f"name two versions, or a file to compare with the current one; `{before}` is no file"
                )
            old = current_version(opened, new.kind)
            names = f"{new.kind}, current" if old else "nothing", before
        else:
            old, new = version_of(opened, before), version_of(opened, after)
            names = before, after
        found = difference(old, new)
    if json:
        show.json_line({"kind": new.kind, "before": names[0], "after": names[1], **msgspec.structs.asdict(found)})
    else:
        _print(found, names)


def _print(found: "Difference", names: tuple[str, str]) -> None:
    print(f"{names[0]} -> {names[1]}")
    print(f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed")
    lines = [
        *(f"+ {entry}" for entry in found.added),
        *(f"- {entry}" for entry in found.removed),
        *(f"~ {each.entry}: {'; '.join(each.changes)}" for each in found.changed),
    ]
    for line in lines:
        show.console().print(line)


def version_of(opened: Store, text: str) -> "Version":
    """What an argument names: a file, a stored version, or the current one of a kind."""
    from habeas.reference.difference import Version
    from habeas.reference.prepare import given, prepare

    path = Path(text)
    if path.exists():
        (prepared,) = prepare([given(path)])
        return Version(prepared.kind, prepared.content)
    kind, is_pair, version = text.partition("@")
    if not is_pair:
        current = current_version(opened, kind)
        if current is not None:
            return current
    with opened.reading() as reader:
        content = reader.reference_content(kind, version) if is_pair else None
    if content is None:
        raise BadInputError(
            f"`{text}` is no file and no version that is stored; `habeas reference status` lists these, to be named "
            "KIND@VERSION"
        )
    return Version(kind, content)


def current_version(opened: Store, kind: str) -> "Version | None":
    from habeas.reference.difference import Version

    with opened.reading() as reader:
        current = reader.reference(kind)
    return None if current is None else Version(kind, current.content)


# --- overrides


@override.command("add")
def add_override(
    prefix: Annotated[str, typer.Argument(metavar="NETWORK", help="For example 203.0.113.0/24.")],
    area: Annotated[str, typer.Option("--area", help="Where it really is: a country like DE, or a part like UA-43.")],
    note: NoteOption,
    as_: ActorOption,
    for_: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="For how long, for example 30d.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Until when.")] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Correct where a range of addresses is, for a while.

    Example: habeas reference override add 203.0.113.0/24 --area DE --for 30d --note "case 17" --as jane:analyst
    """
    from habeas.reference.overrides import Override, check

    if (for_ is None) == (until is None):
        raise BadInputError("give either --for or --until: a correction ends by itself")
    now = wiring.now()
    ends_at = now + duration(for_, "--for") if for_ else instant(until or "", "--until")
    if ends_at <= now:
        raise BadInputError(f"--until `{until}` is not after now")
    by = _corrector(as_)
    with wiring.opened_store(store) as opened, opened.transaction() as work:
        known = _overrides(work)
        made = Override(id=_next_id(known), prefix=prefix, area=area, until=ends_at, note=note.strip(), by=str(by))
        check(made)
        _keep(opened, work, (*known, made), by)
    show.json_line(made) if json else print(_line(made))


@override.command("list")
def list_overrides(
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Say which corrections hold now.

    Example: habeas reference override list
    """
    now = wiring.now()
    with wiring.opened_store(store) as opened, opened.reading() as reader:
        found = [each for each in _overrides(reader) if everything or now < each.until]
    for each in found:
        show.json_line(each) if json else show.console().print(_line(each))
    if not found and not json:
        print("none")


@override.command("remove")
def remove_override(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `habeas reference override list` shows it.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """End a correction now. It stays in the list of those that have ended, with who ended it and why.

    Example: habeas reference override remove ov-1 --note "the source has corrected itself" --as jane:analyst
    """
    by, now = _corrector(as_), wiring.now()
    with wiring.opened_store(store) as opened, opened.transaction() as work:
        known = _overrides(work)
        standing = next((each for each in known if each.id == id_ and now < each.until), None)
        if standing is None:
            raise BadInputError(
                f"there is no correction `{id_}` that holds now; `habeas reference override list` lists these"
            )
        ended = msgspec.structs.replace(standing, until=now, note=f"{standing.note}; ended by {by}: {note.strip()}")
        _keep(opened, work, tuple(ended if each is standing else each for each in known), by)
    show.json_line(ended) if json else print(_line(ended))


def _corrector(text: str) -> Actor:
    by = actor(text)
    if by.role not in RELEASING_ROLES:
        print(f"refused: the role {by.role} does not correct places", file=sys.stderr)
        raise typer.Exit(1)
    return by


def _overrides(reader: Any) -> "tuple[Override, ...]":
    from habeas.reference import contents
    from habeas.reference.kinds import OVERRIDES

    current = reader.reference(OVERRIDES)
    return () if current is None else contents.overrides(current.content)


def _next_id(known: "tuple[Override, ...]") -> str:
    taken = {each.id for each in known}
    return next(id_ for id_ in (f"ov-{number}" for number in range(1, len(known) + 2)) if id_ not in taken)


def _keep(opened: Store, work: UnitOfWork, overrides: "tuple[Override, ...]", by: Actor) -> None:
    from habeas.reference import contents
    from habeas.reference.prepare import overrides_set

    prepared = overrides_set(contents.write_overrides(overrides), "corrections by staff", wiring.now().date())
    _load(work, prepared, str(by))
    _prove(opened, work)


def _line(each: "Override") -> str:
    return f"{each.id}  {each.prefix} is in {each.area} until {show.when(each.until)}, by {each.by}: {each.note}"
