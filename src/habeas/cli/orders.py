"""`habeas order ...`: legal orders at the sealed desk (docs/orders.md)."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.cli import agencies, reports, reviews, show, wiring
from habeas.cli.acting import one_of, refused
from habeas.cli.options import ActorOption, JsonOption, NoteOption, StoreOption, actor, instant, note_text
from habeas.cli.sealed import OpenedDesk, SealedKeyOption, SealedStoreOption, done, opened_desk
from habeas.domain.decision import Refusal
from habeas.domain.errors import BadInputError
from habeas.domain.reason import Disclosure

if TYPE_CHECKING:
    from habeas.sealed.order import Order

app = typer.Typer(no_args_is_help=True, help="Legal orders and reviews, at the sealed desk.")
app.add_typer(agencies.app, name="agency")
app.add_typer(reports.app, name="report")
app.add_typer(reviews.app, name="review")

OrderArgument = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id, as `habeas order list` shows it.")]
TargetsOption = Annotated[
    list[str] | None,
    typer.Option("--target", help="An account or a target of the order; may be repeated. Default: all."),
]


@app.command()
def receive(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The letter, as JSON (docs/orders.md).")],
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Take a letter in. What is wrong with it is said at once; exit code 1 where it is rejected or goes back.

    Example: habeas order receive letter.json --as lena:le_desk --sealed-store sqlite:///sealed.db
    """
    from habeas.sealed.letter import read_letter
    from habeas.sealed.order import State

    letter = read_letter(wiring.read_input(file), str(file))
    with opened_desk(store, sealed_store, sealed_key) as opened:
        order = opened.desk.receive(letter, actor(as_))
    _done(order, json=json)
    if not isinstance(order, Refusal) and order.state in (State.REJECTED, State.RETURNED):
        raise refused(Refusal(order.code, f"{order.code}: {order.history[-1].note}"))


@app.command()
def verify(
    order: OrderArgument,
    level: Annotated[str, typer.Option("--level", help="V1 to V5.")],
    how: Annotated[
        str,
        typer.Option("--how", help="V2: the key shown; V3: the number dialled; V5: the second officer; else in words."),
    ],
    as_: ActorOption,
    failed: Annotated[bool, typer.Option("--failed", help="It was tried and did not pass.")] = False,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Record one step of verification. Call back at the registry's number, never at the letter's.

    Example: habeas order verify or_5k2jq3v7x4m6a2bc --level V3 --how "+47 22 00 00 00" --as lena:le_desk
    """
    from habeas.sealed.letter import Level

    if level not in Level.__members__:
        raise BadInputError(f"--level `{level}` must be one of {', '.join(Level.__members__)}")
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.verify(order, Level[level], how, actor(as_), passed=not failed)
    _done(after, json=json)


@app.command()
def accept(
    order: OrderArgument,
    note: NoteOption,
    as_: ActorOption,
    despite: Annotated[
        str, typer.Option("--despite", help="Counsel: why it is accepted in spite of the signs of a forged order.")
    ] = "",
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Accept an order that is verified. Two people must.

    Example: habeas order accept or_5k2jq3v7x4m6a2bc --note "docket seen" --as cora:counsel
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.accept(order, actor(as_), note_text(note), despite)
    _done(after, json=json)


@app.command()
def reject(
    order: OrderArgument,
    code: Annotated[str, typer.Option("--code", help="not_verified, forged, not_ours or unlawful.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Reject an order, with the code that its sender is told.

    Example: habeas order reject or_5k2jq3v7x4m6a2bc --code forged --note "the court knows nothing of it" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.turn_down(order, code, actor(as_), note_text(note))
    _done(after, json=json)


@app.command("return")
def return_(
    order: OrderArgument,
    code: Annotated[str, typer.Option("--code", help="unclear or over_broad.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Send an order back to be mended. It comes again under the same reference.

    Example: habeas order return or_5k2jq3v7x4m6a2bc --code over_broad --note "all customers of a town" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.turn_down(order, code, actor(as_), note_text(note))
    _done(after, json=json)


@app.command()
def scope(
    order: OrderArgument,
    as_: ActorOption,
    why: Annotated[str, typer.Option("--why", help="Why the user is told no more than this. It is recorded.")] = "",
    target: TargetsOption = None,
    disclosure: Annotated[
        str | None, typer.Option("--disclosure", help="Default: the most open class that the instrument permits.")
    ] = None,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Counsel says whom it reaches, and what they are told.

    Example: habeas order scope or_5k2jq3v7x4m6a2bc --target alice --why "the order forbids it" --as cora:counsel
    """
    chosen = one_of(disclosure, Disclosure, list(Disclosure), "--disclosure") if disclosure else None
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.scope(order, tuple(target or ()), chosen, why, actor(as_))
    _done(after, json=json)


@app.command()
def execute(
    order: OrderArgument,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Carry out what counsel has scoped.

    Example: habeas order execute or_5k2jq3v7x4m6a2bc --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        _submitted(opened, opened.desk.execute(order, actor(as_)), json=json)


@app.command()
def extend(
    order: OrderArgument,
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="The new end.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Prolong an order on a renewed instrument.

    Example: habeas order extend or_5k2jq3v7x4m6a2bc --until 2027-03-01T00:00:00Z --note "renewed, docket 12" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        ends_at = instant(until, "--until")
        _submitted(opened, opened.desk.extend(order, ends_at, actor(as_), note_text(note)), json=json)


@app.command()
def renew(
    order: OrderArgument,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """At a slot of its class: what stands as a review goes on until the class's next end.

    Example: habeas order renew or_5k2jq3v7x4m6a2bc --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        _submitted(opened, opened.desk.renew(order, actor(as_)), json=json)


@app.command()
def withdraw(
    order: OrderArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """The authority takes it back. What it holds is released first.

    Example: habeas order withdraw or_5k2jq3v7x4m6a2bc --note "letter of 3 May" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.withdraw(order, actor(as_), note_text(note))
    _done(after, json=json)


@app.command()
def expire(
    order: OrderArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """A person decides that an order whose time is over is over. What it holds is released first.

    Example: habeas order expire or_5k2jq3v7x4m6a2bc --note "not renewed, authority asked twice" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.expire(order, actor(as_), note_text(note))
    _done(after, json=json)


@app.command()
def convert(
    order: OrderArgument,
    to: Annotated[str, typer.Option("--to", metavar="ORDER", help="The order that holds the same accounts now.")],
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """What a provisional order holds is held by its successor from now on.

    Example: habeas order convert or_5k2jq3v7x4m6a2bc --to or_7x4m6a2bc5k2jq3v --note "freeze came" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        _submitted(opened, opened.desk.convert(order, to, actor(as_), note_text(note)), json=json)


@app.command()
def release(
    order: OrderArgument,
    note: NoteOption,
    as_: ActorOption,
    target: TargetsOption = None,
    cleared: Annotated[bool, typer.Option("--cleared", help="It turned out not to be involved.")] = False,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Release targets, nobody else. The first person asks, a second one carries it out.

    Example: habeas order release or_5k2jq3v7x4m6a2bc --target alice --cleared --note "authority, 3 May" --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.release(order, tuple(target or ()), actor(as_), note_text(note), cleared=cleared)
        _submitted(opened, after, json=json)


@app.command()
def disclose(
    order: OrderArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Counsel decides that the user is told of the order now, where its gag is over or was only wished for.

    Example: habeas order disclose or_5k2jq3v7x4m6a2bc --note "gag ended on 1 March" --as cora:counsel
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        _submitted(opened, opened.desk.disclose(order, actor(as_), note_text(note)), json=json)


@app.command()
def custody(
    order: OrderArgument,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The account or the target.")],
    step: Annotated[str, typer.Argument(metavar="STEP", help="confirm, sign, test, received or done.")],
    note: NoteOption,
    as_: ActorOption,
    say: Annotated[str, typer.Option("--say", help="confirm: the channel; test and done: the transaction.")] = "",
    amount: Annotated[str, typer.Option("--amount", help="done: how much of what.")] = "",
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """One step of handing over what was seized: confirmed on another channel, signed by two, tested, received, done.

    Example: habeas order custody or_5k2jq3v7x4m6a2bc alice confirm --say phone --note "read back by him" --as lena:le_desk
    """
    from habeas.sealed.desk import CUSTODY_STEPS

    if step not in CUSTODY_STEPS:
        raise BadInputError(f"`{step}` is no step; known are {', '.join(CUSTODY_STEPS)}")
    by = actor(as_)
    with opened_desk(store, sealed_store, sealed_key) as opened:
        after = opened.desk.hand_over(order, target, CUSTODY_STEPS[step](by, say, amount), by, note_text(note))
    _done(after, json=json)


@app.command("show")
def show_(
    order: OrderArgument,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """One order in all its parts.

    Example: habeas order show or_5k2jq3v7x4m6a2bc --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.desk.show(order, actor(as_))
    _done(found, json=json, full=True)


@app.command("list")
def list_(
    as_: ActorOption,
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Orders, the most urgent first.

    Example: habeas order list --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.desk.orders(actor(as_), is_open=None if all_ else True)
    if isinstance(found, Refusal):
        raise refused(found)
    for order in found:
        _done(order, json=json)
    if not found and not json:
        print("no order")


@app.command()
def statistics(
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="For example 2026-01-01.")],
    to: Annotated[str, typer.Option("--to", metavar="DAY", help="Not included.")],
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """How many orders of what kind, in bands of five.

    Example: habeas order statistics --from 2026-01-01 --to 2027-01-01 --as lena:le_desk
    """
    from habeas.sealed.statistics import statistics as counted

    try:
        first, last = date.fromisoformat(from_), date.fromisoformat(to)
    except ValueError:
        raise BadInputError(f"`{from_}` and `{to}` must be days, such as 2026-01-01") from None
    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.desk.orders(actor(as_))
    if isinstance(found, Refusal):
        raise refused(found)
    numbers = counted(found, first, last)
    if json:
        show.json_line(numbers)
        return
    print(f"{numbers.orders} orders about {numbers.targets} targets, of whom {numbers.cleared} were cleared")
    for name, table in numbers.tables.items():
        print(f"{name}: " + ", ".join(f"{cell.value} {cell.count}" for cell in table))


@app.command()
def population(
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Whether there are enough ordinary reviews for a secret one to be unknown among them; exit code 1 where there are not.

    Example: habeas order population --as cora:counsel
    """
    from habeas.sealed.population import population as counted

    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.desk.orders(actor(as_))
        reviewed = opened.reviews.all(actor(as_))
    if isinstance(found, Refusal):
        raise refused(found)
    if isinstance(reviewed, Refusal):
        raise refused(reviewed)
    numbers = counted(found, reviewed, wiring.now())
    told = {"ordinary": numbers.ordinary, "secret": numbers.secret, "share": numbers.share, "alarm": numbers.alarm}
    show.json_line(told) if json else print(f"{numbers.ordinary} ordinary, {numbers.secret} secret")
    if numbers.alarm is not None:
        raise refused(Refusal("population", numbers.alarm))


@app.command("break-glass")
def break_glass(
    order: OrderArgument,
    note: NoteOption,
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Read one order in need, in whatever role. That you did is in the sealed journal before you see it.

    Example: habeas order break-glass or_5k2jq3v7x4m6a2bc --note "court asks, desk unreachable" --as max:mlro
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        found = opened.desk.break_glass(order, actor(as_), note_text(note))
    _done(found, json=json, full=True)


@app.command()
def sweep(
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Do what is due: bring to the public store what a crash has left, remind, call people, end provisional holds.

    Example: habeas order sweep --sealed-store sqlite:///sealed.db
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        count = opened.sweep()
    show.json_line({"done": count}) if json else print(f"{count} done")


@app.command()
def journal(
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Who did and read what at the desk, and whether the sealed journal verifies.

    Example: habeas order journal --as sam:sealed_auditor
    """
    from habeas.sealed.life import why_not_role

    refusal = why_not_role("read", actor(as_))
    if refusal is not None:
        raise refused(refusal)
    with opened_desk(store, sealed_store, sealed_key) as opened, opened.sealed.reading() as reader:
        faults, lines = list(reader.verify()), list(reader.lines())
    for sequence, at, line in lines:
        told = {
            "sequence": sequence,
            "at": at,
            "act": line.act,
            "subject": line.subject,
            "by": line.by,
            "note": line.note,
        }
        show.json_line(told) if json else print(
            f"{sequence:>5}  {show.when(at)}  {line.act}  {line.subject}  {line.by}  {line.note}"
        )
    if faults:
        raise refused(Refusal("journal", faults[0].what))


def _submitted(opened: OpenedDesk, after: "Order | Refusal", *, json: bool) -> None:
    """Bring what was decided to the public store, and print the order as it is then."""
    from habeas.sealed.order import Order

    if not isinstance(after, Refusal):
        opened.submit()
        with opened.sealed.reading() as reader:
            after = reader.get(Order, after.id)
    _done(after, json=json)


def _done(order: "Order | Refusal", *, json: bool, full: bool = False) -> None:
    line = "" if isinstance(order, Refusal) else "\n".join(_lines(order) if full else [_head(order)])
    done(order, json=json, line=line)


def _head(order: "Order") -> str:
    said = order.letter.authorisation
    types = ", ".join(order.letter.types)
    due = f"answer by {show.when(order.answer_by)}" if not order.is_answered else f"ends {show.when(order.ends_at)}"
    return f"{order.id}  {order.state}  {types}  {said.agency} {said.reference}  {due}"


def _lines(order: "Order") -> list[str]:
    lines = [_head(order)]
    lines += [f"  sign    {sign.code}: {sign.message}" for sign in order.signs]
    lines += [f"  step    {s.level.name} {'passed' if s.passed else 'failed'}: {s.how} ({s.by})" for s in order.steps]
    if order.disclosure is not None:
        lines.append(f"  told    {order.disclosure}: {order.disclosure_why or 'all that may be told'}")
    lines += [
        f"  target  {t.id} {t.account} {t.type} {t.status} {t.restriction or ''} {t.problem}".rstrip()
        for t in order.targets
    ]
    lines += [f"  page    {p.what}, decide by {show.when(p.decide_by)}" for p in order.pages if p.decided_at is None]
    lines += [f"  chase   {name}" for name in order.reminded]
    return lines + [f"  {show.when(d.at)}  {d.act} by {d.by}  {d.note}".rstrip() for d in order.history]
