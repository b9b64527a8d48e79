"""`habeas trace`: where coins came from, where they went, and which deposits an address taints."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import AtOption, JsonOption, StoreOption, amount, instant
from habeas.domain.errors import BadInputError
from habeas.domain.exposure import CoinsAsked, Exposure
from habeas.domain.transfer import Deposit, TransferSource

if TYPE_CHECKING:
    from habeas.reference.coins.forward import Whereabouts
    from habeas.reference.coins.standing import TagsOf
    from habeas.service.library import Library
    from habeas.service.ports import Store

SINCE = datetime(1970, 1, 1, tzinfo=UTC)


def trace(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="For example ETH, or USDT:tron.")],
    what: Annotated[
        str, typer.Argument(metavar="TX_OR_ADDRESS", help="A transaction, or an address: all that it has.")
    ],
    network: Annotated[str | None, typer.Option("--network", help="Where several networks have the asset.")] = None,
    receiver: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Which of a transaction's transfers.")
    ] = None,
    amount_: Annotated[str | None, typer.Option("--amount", metavar="N", help="How much of it.")] = None,
    forward: Annotated[bool, typer.Option("--forward", help="Where the coins of an address went.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="With --forward: what was sent since then.")
    ] = None,
    affected: Annotated[
        bool,
        typer.Option("--affected", help="Which deposits to our addresses an address taints, by what is said of it."),
    ] = False,
    ours: Annotated[
        str, typer.Option("--ours", metavar="SET", help="The tags that name our own addresses, for --affected.")
    ] = "tags.ours",
    at: AtOption = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw the flow as a picture.")] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Where a deposit's coins came from, in exact amounts with the path; what cannot be traced is said as well.

    Example: habeas trace ETH 0x2f1c5c2b44f771e942a8506148e256f94f1a464babc938ae0690c6e34cd79190
    """
    known_at = instant(at, "--at") if at else wiring.now()
    if svg is not None and (forward or affected):
        raise BadInputError("--svg draws where a deposit came from; leave out --forward and --affected")
    with wiring.opened_store(store) as opened:
        tags = wiring.library(opened).tags()
        with wiring.ledger(opened).reading() as ledger:
            if forward or affected:
                is_ours = _is_ours(tags.addresses(ours))
                found = _followed(
                    ledger,
                    tags.of,
                    asset,
                    what,
                    network,
                    instant(since, "--since") if since else SINCE,
                    known_at,
                    is_ours,
                    affected=affected,
                )
                show.json_line(found) if json else _print_whereabouts(found)
                return
            asked = CoinsAsked(
                asset=asset, what=what, network=network, receiver=receiver, amount=amount(amount_, "--amount")
            )
            exposure = _origin(ledger, tags.of, asked, known_at)
    if svg is not None:
        from habeas.reference.coins.picture import picture

        svg.write_text(picture(exposure, what), "utf-8")
    show.json_line(exposure) if json else _print(exposure)


def load_transfers(store: "Store", paths: list[Path]) -> dict[str, int]:
    """Take files of transfers into the store's ledger, in pieces. Raises BadInputError with the line that does not fit."""
    from itertools import islice

    from habeas.reference.coins.file import read_records

    ledger = wiring.ledger(store)
    done = {"added": 0, "known": 0, "empty": 0}
    for path in paths:
        with ledger.reading() as known:
            assets = tuple(known.assets())
        records = read_records(wiring.read_input(path).splitlines(keepends=True), str(path), assets)
        while piece := list(islice(records, PIECE)):
            taken = ledger.ingest(piece)
            done["added"] += taken.added
            done["known"] += taken.known
            done["empty"] += taken.empty
    return done


PIECE = 10_000
"""So many records are taken in at once: each piece holds the store's lock."""


def origin(asked: CoinsAsked, store: "Store", looked_up: "Library") -> Exposure:
    """Where coins came from, by the ledger and the tags of an open store. Raises BadInputError."""
    with wiring.ledger(store).reading() as ledger:
        return _origin(ledger, looked_up.tags().of, asked, asked.at or wiring.now())


def _origin(ledger: TransferSource, tags_of: "TagsOf", asked: CoinsAsked, known_at: datetime) -> Exposure:
    from habeas.reference.coins.trace import trace as traced

    is_address = not _is_transaction(ledger, asked.asset, asked.network, asked.what)
    deposit = Deposit(
        asset=asked.asset,
        at=known_at,
        chain=asked.network,
        amount=asked.amount,
        tx="" if is_address else asked.what,
        sender=asked.what if is_address else "",
        receiver=asked.receiver or "",
    )
    return traced(ledger, tags_of, deposit, known_at)


def _is_transaction(ledger: TransferSource, asset: str, network: str | None, what: str) -> bool:
    from habeas.domain.posting import deposit_flows
    from habeas.reference.coins.assets import asset_meant, spelled_tx

    meant = asset_meant(ledger.assets(), asset, network)
    if meant is None:
        known = ", ".join(each.name for each in ledger.assets()) or "nothing yet"
        raise BadInputError(f"the ledger has no `{asset}`; it has {known}; load transfers with `habeas reference load`")
    return bool(deposit_flows(ledger.book(meant.name), spelled_tx(what)))


def _is_ours(addresses: tuple[tuple[str, str], ...]) -> Callable[[str, str], bool]:
    known = frozenset(addresses)
    return lambda chain, address: (chain, address) in known


def _followed(
    ledger: TransferSource,
    tags_of: "TagsOf",
    asset: str,
    address: str,
    network: str | None,
    since: datetime,
    known_at: datetime,
    is_ours: Callable[[str, str], bool],
    *,
    affected: bool,
) -> "Whereabouts":
    from habeas.reference.coins import forward
    from habeas.reference.coins.assets import asset_meant

    meant = asset_meant(ledger.assets(), asset, network)
    if meant is None:
        raise BadInputError(f"the ledger has no `{asset}`; load transfers with `habeas reference load`")
    if affected:
        return forward.affected(ledger, tags_of, meant.name, address, known_at, is_ours)
    return forward.whereabouts(ledger, tags_of, meant.name, address, since, known_at, is_ours)


def _print(exposure: Exposure) -> None:
    console = show.console()
    console.print(f"{exposure.amount} {exposure.asset}, by {', '.join(exposure.versions) or 'no ledger'}", markup=False)
    for source in exposure.sources:
        tag = source.tags[0]
        way = "directly" if source.hops == 1 else f"over {source.hops} transfers"
        console.print(
            f"\n{source.fifo} first in, first out, {source.share:.2%} by the haircut, {way} from {source.address}\n"
            f"  {tag.label}: {tag.category}, {tag.origin}, {tag.source}, confidence {tag.confidence}",
            markup=False,
        )
        for hop in source.path:
            console.print(f"  {hop.tx}  {hop.sender} -> {hop.receiver}  {hop.amount}", markup=False)
    if not exposure.sources:
        console.print("no part of it is traced to an address that is said to be a perpetrator's")
    for part in exposure.untraced:
        console.print(
            f"not traced further: {part.amount}, {part.why}{f' at {part.at}' if part.at else ''}", markup=False
        )


def _print_whereabouts(found: "Whereabouts") -> None:
    console = show.console()
    console.print(f"{found.amount} {found.asset}, by {', '.join(found.versions)}", markup=False)
    for arrival in found.arrivals:
        console.print(
            f"deposit {arrival.tx} of {arrival.amount} to {arrival.receiver} on {show.when(arrival.at)}: {arrival.tainted} "
            f"of it, over {arrival.hops} transfer(s)",
            markup=False,
        )
    for part in found.resting:
        console.print(
            f"{part.amount}: {part.why} {f'at {part.address}' if part.address else ''}".rstrip(), markup=False
        )
