"""Where a deposit came from: the pieces of the first-in-first-out trace and the shares of the haircut as one exposure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from math import floor
from typing import NamedTuple

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Exposure, Hop, Source, Untraceable, Untraced
from habeas.domain.posting import deposit_flows
from habeas.domain.transfer import Asset, CoinBook, Deposit, TransferSource
from habeas.reference.coins.assets import asset_meant, spelled, spelled_tx
from habeas.reference.coins.budget import Budget
from habeas.reference.coins.fifo import Claim, Piece, Trail, trace_claims, trace_flows
from habeas.reference.coins.haircut import Shares, Way, sweep_balances, sweep_flows
from habeas.reference.coins.standing import Judge, Standing, TagsOf, Who
from habeas.reference.sanctions.wallets import chain_named, chains_of, normalise_address

PATHS = 20
"""The largest sources come with their path; so many are evidence enough."""

PATH_ENDS = 50
"""A longer path is told by its first and its last hops, so many of each."""

UNTRACED_SHOWN = 20
"""Of each reason, the largest parts are shown by address and the others together."""


def trace(
    ledger: TransferSource, tags_of: TagsOf, deposit: Deposit, known_at: datetime, budget: Budget | None = None
) -> Exposure:
    """The exposure of a deposit, by the tags that were known at an instant. Pieces and untraced parts are the whole of it.

    What the ledger does not know is UNKNOWN, but for a sender who is tagged himself. Raises BadInputError if the deposit cannot
    be told from others of its transaction, or is not what its transaction moves.
    """
    budget = budget or Budget()
    judge = Judge(tags_of, known_at)
    asset = asset_meant(ledger.assets(), deposit.asset, deposit.chain)
    book = None if asset is None else ledger.book(asset.name)
    if book is not None and deposit.tx:
        flows = _flows_meant(book, deposit)
        if flows:
            pieces = trace_flows(ledger, judge, book, flows, budget)
            shares = sweep_flows(ledger, judge, book, flows, budget)
            return _exposure(_Told(ledger, judge, book, deposit.asset), pieces, shares)
    if book is not None and not deposit.tx:
        return _of_sender(_Told(ledger, judge, book, deposit.asset), deposit, budget)
    return _direct(judge, deposit, () if book is None else (book.version(),))


def _flows_meant(book: CoinBook, deposit: Deposit) -> list[int]:
    """The flows that are the deposit; none if the book does not know its transaction."""
    flows = deposit_flows(book, spelled_tx(deposit.tx))
    if not flows:
        return []
    movements = {flow: book.movement(flow) for flow in flows}
    sender, receiver = spelled(book.asset, deposit.sender), spelled(book.asset, deposit.receiver)
    meant = [
        flow
        for flow, moved in movements.items()
        if (not receiver or moved.receiver == receiver)
        and (not sender or moved.sender in ("", sender))
        and (deposit.log is None or moved.log == deposit.log)
    ]
    if not meant:
        raise BadInputError(
            f"{book.name}: transaction `{deposit.tx}` moves nothing like that; it has {len(flows)} transfers, "
            "of which receiver, sender or log name one"
        )
    if deposit.amount is not None:
        amount = book.asset.quanta(deposit.amount)
        fitting = [flow for flow in meant if movements[flow].amount == amount]
        if not fitting and sum(movements[flow].amount for flow in meant) == amount:
            return meant
        if not fitting:
            raise BadInputError(
                f"{book.name}: transaction `{deposit.tx}` does not move {deposit.amount}; look at the amount"
            )
        meant = fitting
    if len(meant) > 1 and not (receiver and deposit.amount is None):
        raise BadInputError(
            f"{book.name}: {len(meant)} transfers of transaction `{deposit.tx}` fit; name one by its receiver or log"
        )
    return meant


class _Told(NamedTuple):
    """What an exposure is told with."""

    ledger: TransferSource
    judge: Judge
    book: CoinBook
    asset: str


def _of_sender(told: _Told, deposit: Deposit, budget: Budget) -> Exposure:
    """Of the coins that an address would send next."""
    ledger, judge, book, _ = told
    address = spelled(book.asset, deposit.sender)
    if not address:
        raise BadInputError("a deposit is named by its transaction or by its sender; give one of them")
    holdings = [each for each in book.nodes(address) if each.received > each.sent]
    amount = sum(each.received - each.sent for each in holdings)
    if deposit.amount is not None:
        amount = book.asset.quanta(deposit.amount)
    who = Who(address, judge.tags(book.asset.chain, address))
    found = judge.of_tags(book.asset.chain, who, deposit.at)
    if found is not Standing.PASS:
        return _direct(judge, deposit, (book.version(),), book.asset.amount(amount))
    claims, balances, at = [], [], 0
    for node, received, sent in holdings:
        size = min(received - sent, amount - at)
        if size > 0:
            claims.append(Claim(book, node, sent, sent + size, at, 1, 1, None))
            balances.append((node, size))
            at += size
    pieces = trace_claims(ledger, judge, claims, budget)
    if at < amount:
        pieces.append(Piece(at, amount, Untraceable.UNKNOWN, address, 1, None))
    return _exposure(told, pieces, sweep_balances(ledger, judge, book, balances, amount, budget))


def _direct(judge: Judge, deposit: Deposit, versions: tuple[str, ...], amount: Decimal | None = None) -> Exposure:
    """All that can be said where only the sender is known."""
    amount = deposit.amount if amount is None else amount
    if amount is None:
        raise BadInputError(
            f"the ledger does not know `{deposit.tx or deposit.sender}` of {deposit.asset}; give the amount"
        )
    chains = chains_of(deposit.sender, deposit.chain, deposit.asset) or (chain_named(deposit.chain) or "",)
    standings: dict[Standing, tuple[str, str]] = {}
    for chain in chains if deposit.sender else ():
        address = normalise_address(chain, deposit.sender)
        found = judge.of_tags(chain, Who(address, judge.tags(chain, address)), deposit.at)
        standings.setdefault(found, (chain, address))
    if Standing.SOURCE in standings and amount:
        chain, address = standings[Standing.SOURCE]
        source = Source(
            address=address,
            tags=judge.accusing(chain, address),
            hops=1,
            fifo=amount,
            share=1.0,
            path=(Hop(deposit.tx, address, deposit.receiver, amount),),
        )
        return Exposure(asset=deposit.asset, amount=amount, sources=(source,), versions=versions)
    why = Untraceable.SERVICE if Standing.SERVICE in standings else Untraceable.UNKNOWN
    _, address = standings.get(Standing.SERVICE) or next(iter(standings.values()), ("", ""))
    untraced = (Untraced(why=why, amount=amount, at=address),) if amount else ()
    return Exposure(asset=deposit.asset, amount=amount, untraced=untraced, versions=versions)


class _Met:
    """A source, as the pieces show it."""

    def __init__(self) -> None:
        self.amount = 0
        self.largest = -1
        self.trail: Trail | None = None
        self.hops = 0


def _exposure(told: _Told, pieces: Sequence[Piece], shares: Shares) -> Exposure:
    met: dict[tuple[str, str], _Met] = {}
    stopped: dict[Untraceable, dict[str, int]] = {}
    total = 0
    for piece in pieces:
        # Rounded by where they lie, pieces that meet still meet.
        amount = floor(piece.end) - floor(piece.start)
        total += amount
        if piece.why is not None:
            parts = stopped.setdefault(piece.why, {})
            parts[piece.address] = parts.get(piece.address, 0) + amount
            continue
        assert piece.trail is not None
        each = met.setdefault((piece.trail.book.asset.chain, piece.address), _Met())
        each.amount += amount
        each.hops = min(each.hops or piece.hops, piece.hops)
        if amount > each.largest:
            each.largest, each.trail = amount, piece.trail
    asset = told.book.asset
    found = sorted(
        {*met, *shares.sources},
        key=lambda key: (
            -(met[key].amount if key in met else 0),
            -(shares.sources[key].share if key in shares.sources else 0),
            key,
        ),
    )
    return Exposure(
        asset=told.asset,
        amount=asset.amount(total),
        sources=tuple(_source(told, key, met.get(key), shares, total, number) for number, key in enumerate(found)),
        untraced=tuple(
            Untraced(why=why, amount=asset.amount(amount), at=at)
            for why in Untraceable
            for at, amount in _largest(stopped.get(why, {}))
        ),
        versions=tuple(told.ledger.book(name).version() for name in told.judge.books(told.book.name)),
    )


def _source(told: _Told, key: tuple[str, str], met: _Met | None, shares: Shares, total: int, number: int) -> Source:
    share = shares.sources.get(key)
    hops = [each.hops for each in (met, share) if each is not None]
    path: tuple[Hop, ...] = ()
    if number < PATHS and met is not None:
        path = _path(told.book.asset, _trail(met.trail))
    elif number < PATHS and share is not None:
        part = floor(total * share.share)
        path = _path(told.book.asset, ((way.book, way.flow, part) for way in _way(share.way)))
    return Source(
        address=key[1],
        tags=told.judge.accusing(*key),
        hops=min(hops),
        fifo=told.book.asset.amount(met.amount if met is not None else 0),
        share=min(1.0, float(share.share)) if share is not None else 0.0,
        path=path,
    )


def _trail(trail: Trail | None) -> Iterable[tuple[CoinBook, int, int]]:
    while trail is not None:
        yield trail.book, trail.flow, floor(trail.amount)
        trail = trail.onward


def _way(way: Way | None) -> Iterable[Way]:
    while way is not None:
        yield way
        way = way.onward


def _path(asset: Asset, flows: Iterable[tuple[CoinBook, int, int]]) -> tuple[Hop, ...]:
    """The hops from address to address; what goes through a transaction of outputs is one."""
    all_flows = list(flows)
    hops: list[Hop] = []
    sender, amount = "", 0
    for book, flow, part in all_flows:
        moved = book.movement(flow)
        if moved.sender:
            sender, amount = moved.sender, part
        if moved.receiver:
            hops.append(Hop(moved.tx, sender, moved.receiver, asset.amount(amount or part)))
            sender, amount = "", 0
    if len(hops) > 2 * PATH_ENDS:
        hops[PATH_ENDS:-PATH_ENDS] = []
    return tuple(hops)


def _largest(parts: dict[str, int]) -> Iterable[tuple[str, int]]:
    """The largest parts by address, and the rest together."""
    ordered = sorted(((at, amount) for at, amount in parts.items() if amount), key=lambda each: (-each[1], each[0]))
    shown = [each for each in ordered if each[0]][:UNTRACED_SHOWN]
    rest = sum(amount for _, amount in ordered) - sum(amount for _, amount in shown)
    return [*shown, ("", rest)] if rest else shown
