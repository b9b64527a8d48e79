"""What every ledger of coins promises, in memory and in a store's tables; and that both say the same after any history."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable
from habeas.domain.posting import deposit_flows
from habeas.domain.transfer import (
    AMOUNT_MAX,
    Asset,
    Conversion,
    Finality,
    Ingested,
    Named,
    Record,
    Reorganisation,
    Spent,
    TransferSource,
)
from habeas.reference.coins.forward import affected, whereabouts
from habeas.reference.coins.ledger import MemoryLedger
from habeas.reference.coins.trace import trace
from habeas.store.ledger import LedgerStore, StoredLedger
from habeas.store.open import open_store
from habeas.store.sqlite import SqliteStore
from tests.coins import (
    COIN,
    DAY_ONE,
    LATER,
    OTHER,
    ROLES,
    History,
    a_deposit,
    at,
    began,
    moved,
    of_roles,
    one_asset,
    paid,
    two_assets,
)


class Ledger(Protocol):
    def ingest(self, records: Any) -> Ingested: ...

    def reading(self) -> AbstractContextManager[TransferSource]: ...


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of each sort, with one asset."""
    if request.param == "memory":
        kept: Ledger = MemoryLedger()
        kept.ingest([COIN])
        yield kept
        return
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'habeas.db'}" if is_file else request.getfixturevalue("database")
    store = open_store(url, None if is_file else tmp_path / "habeas.key")
    kept = StoredLedger(cast("LedgerStore", store))
    kept.ingest([COIN])
    yield kept
    store.close()


def balances(ledger: Ledger, *addresses: str) -> list[int]:
    with ledger.reading() as view:
        book = view.book(COIN.name)
        return [sum(each.received - each.sent for each in book.nodes(address)) for address in addresses]


def everything(ledger: Ledger) -> Any:
    """All that can be read, without the numbers of nodes and flows."""
    with ledger.reading() as view:
        return {
            asset.name: [
                (
                    movement,
                    [mix[2:] for mix in book.mixes(flow)] if movement.receiver else None,
                    moved_before(book, flow),
                )
                for flow in flows_in(book)
                for movement in [book.movement(flow)]
            ]
            for asset in view.assets()
            for book in [view.book(asset.name)]
        }


def moved_before(book: Any, flow: int) -> Any:
    """What came to the sender last before it."""
    before = book.sender_before(flow)
    return None if before is None else book.movement(before)


def flows_in(book: Any) -> list[int]:
    found: list[int] = []
    for height in range(30):
        for index in range(26):
            for name in {f"t{height}", f"t{height}.{index}", f"u{height}"} if not index else {f"t{height}.{index}"}:
                found += book.flows_of(name)
    return sorted(found)


def test_what_moved_is_there(ledger: Ledger) -> None:
    assert ledger.ingest([began(1, "ann", 10), moved(2, "ann", "bob", 4, fee=1)]) == Ingested(2, 0, 0)
    assert balances(ledger, "ann", "bob", "nobody") == [5, 4, 0]
    with ledger.reading() as view:
        book = view.book(COIN.name)
        there = book.movement(deposit_flows(book, "t2")[0])
        assert (there.tx, there.height, there.log, there.at) == ("t2", 2, 0, at(2))
        assert (there.sender, there.receiver, there.amount) == ("ann", "bob", 4)


def test_who_sends_more_than_is_known_had_it_from_nobody_knows_where(ledger: Ledger) -> None:
    ledger.ingest([began(1, "ann", 3), moved(2, "ann", "bob", 5)])
    assert balances(ledger, "ann", "bob") == [0, 5]
    with ledger.reading() as view:
        found = trace(view, of_roles({}), a_deposit("t2"), LATER).untraced
    assert [(each.why, int(each.amount), each.at) for each in found] == [
        (Untraceable.UNKNOWN, 2, "ann"),
        (Untraceable.OPENING, 3, "ann"),
    ]


def test_what_is_there_already_changes_nothing(ledger: Ledger) -> None:
    records = [
        began(1, "ann", 10),
        moved(2, "ann", "bob", 4, fee=1),
        moved(3, "cas", "bob", 4),
        paid(4, [Spent("x", 0, "dee", 7)], [("eve", 3), ("dee", 4)]),
    ]
    ledger.ingest(records)
    before = everything(ledger)
    assert ledger.ingest([COIN, *records]) == Ingested(0, 5, 0)
    assert everything(ledger) == before


def test_moving_nothing_changes_nothing(ledger: Ledger) -> None:
    assert ledger.ingest([moved(1, "ann", "bob", 0), began(1, "bob", 0), paid(1, [], [("ann", 0)])]) == Ingested(
        0, 0, 3
    )


def test_a_failed_transaction_costs_its_fee(ledger: Ledger) -> None:
    ledger.ingest([began(1, "ann", 3), moved(2, "ann", "", 0, fee=1)])
    assert balances(ledger, "ann") == [2]
    assert ledger.ingest([moved(2, "ann", "", 0, fee=1)]).known == 1


FIRST = [began(1, "ann", 10), moved(3, "ann", "bob", 4), paid(4, [], [("cas", 7), ("cas", 1)])]

REFUSED: dict[str, tuple[Record, str]] = {
    "another content": (moved(3, "ann", "bob", 5), "another content"),
    "another beginning": (began(1, "ann", 11), "another content"),
    "another output": (paid(4, [], [("cas", 7), ("dee", 1)]), "another content"),
    "out of order": (moved(2, "ann", "bob", 1), "takes records in order"),
    "a transaction twice": (moved(5, "ann", "bob", 1, tx="t3"), "a place one transaction"),
    "two transactions in one place": (moved(4, "ann", "bob", 1, tx="u", log=1), "a place one transaction"),
    "two times in one block": (moved(4, "ann", "bob", 1, tx="u", index=1, at=at(5)), "its time is not that"),
    "negative": (moved(5, "ann", "bob", -1), "is negative"),
    "a negative beginning": (began(5, "ann", -1), "is negative"),
    "a negative output": (paid(5, [], [("ann", -1)]), "is negative"),
    "a negative fee": (moved(5, "ann", "bob", 1, fee=-1), "is negative"),
    "too large": (moved(5, "ann", "bob", AMOUNT_MAX + 1), "more than 2^127"),
    "too large in all": (moved(5, "dee", "bob", AMOUNT_MAX), "all that `bob` received is more than 2^127"),
    "begins out of a service": (began(5, "ann", 1, why=Untraceable.SERVICE), "opening or issued"),
    "outputs out of a service": (paid(5, [], [("ann", 1)], why=Untraceable.SERVICE), "opening or issued"),
    "no sender": (moved(5, "", "bob", 1), "a sender and a receiver"),
    "no receiver": (moved(5, "ann", "", 1), "a sender and a receiver"),
    "an unknown asset": (
        moved(5, "ann", "bob", 1, asset="GOLD:vault"),
        "has no asset `GOLD:vault`; it has COIN:testnet",
    ),
    "another asset of that name": (Asset("COIN", "testnet", "testchain", 8), "with 0 decimals on `testchain` already"),
    "an asset of strange decimals": (Asset("GOLD", "vault", "gold", 99), "99 decimals"),
    "too high": (moved(5, "ann", "bob", 1, index=2**32), "from 0 to"),
    "pays more than it spends": (paid(5, [Spent("t4", 0, "cas", 7)], [("ann", 8)]), "pays 8 quanta and spends 7"),
    "spends another amount": (paid(5, [Spent("t4", 0, "cas", 6)], [("ann", 6)]), "is 7 quanta of `cas` and not 6"),
    "spends another's": (paid(5, [Spent("t4", 0, "ann", 7)], [("ann", 6)]), "is 7 quanta of `cas` and not 7 of `ann`"),
    "spends what is not": (paid(5, [Spent("t4", 2, "cas", 7)], [("ann", 6)]), "does not exist"),
    "spends twice": (paid(5, [Spent("t4", 0, "cas", 7)] * 2, [("ann", 8)]), "spent twice"),
    "pays nobody": (paid(5, [Spent("t4", 0, "cas", 7)], []), "pays nobody"),
    "pays to no address": (paid(5, [Spent("t4", 0, "cas", 7)], [("", 7)]), "has no address"),
    "converts what is not": (
        Conversion(sold=Named(COIN.name, "t3"), bought=Named(COIN.name, "t9")),
        "no transfer 0 of `t9`",
    ),
    "converts backwards": (
        Conversion(sold=Named(COIN.name, "t4"), bought=Named(COIN.name, "t3")),
        "moved before what was sold",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_refused_in_one_sentence_and_nothing_of_its_batch_is_there(
    ledger: Ledger, name: str
) -> None:
    record, said = REFUSED[name]
    ledger.ingest(FIRST)
    before = everything(ledger)
    batch = [] if isinstance(record, Asset) else [Asset("NEW", "net", "chain", 2)]
    good: list[Record] = [began(5, "eve", 2, tx="u5")] if getattr(record, "height", 0) > 5 else []
    with pytest.raises(BadInputError) as caught:
        ledger.ingest([*batch, *good, record])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert everything(ledger) == before
    assert ledger.ingest(FIRST) == Ingested(0, 3, 0)
    assert ledger.ingest([moved(5, "ann", "bob", 6)]).added == 1
    assert balances(ledger, "ann", "bob") == [0, 10]


def test_an_output_is_spent_once(ledger: Ledger) -> None:
    ledger.ingest([paid(1, [], [("ann", 5)]), paid(2, [Spent("t1", 0, "ann", 5)], [("bob", 5)])])
    ledger.ingest([paid(3, [Spent("old", 1, "cas", 5)], [("bob", 5)])])
    for spent in (Spent("t1", 0, "ann", 5), Spent("old", 1, "cas", 5)):
        with pytest.raises(BadInputError, match="is spent already"):
            ledger.ingest([paid(4, [spent], [("cas", 5)])])


def test_amounts_beyond_64_bits_are_exact(ledger: Ledger) -> None:
    ether = 10**18
    ledger.ingest(
        [
            began(1, "ann", 120_000_000 * ether + 1),
            moved(2, "ann", "bob", 90_000_000 * ether),
            moved(3, "ann", "bob", 3),
        ]
    )
    assert balances(ledger, "ann", "bob") == [30_000_000 * ether - 2, 90_000_000 * ether + 3]
    with ledger.reading() as view:
        book = view.book(COIN.name)
        bob = book.nodes("bob")[0].node
        assert [each.amount for each in book.inflows(bob, 0, 2**126, 9)] == [90_000_000 * ether, 3]
        assert [each.amount for each in book.inflows(bob, 90_000_000 * ether, 2**126, 9)] == [3]
        assert [each.amount for each in book.inflows(bob, 0, 90_000_000 * ether, 9)] == [90_000_000 * ether]


# Blocks that are not final.


def test_blocks_that_are_not_final_can_be_replaced(ledger: Ledger) -> None:
    ledger.ingest([*FIRST, Finality(asset=COIN.name, height=3)])
    before = everything(ledger)
    ledger.ingest([moved(5, "ann", "bob", 6), paid(6, [Spent("t4", 0, "cas", 7)], [("dee", 7)])])
    assert balances(ledger, "ann", "bob", "cas", "dee") == [0, 10, 1, 7]
    ledger.ingest([Reorganisation(asset=COIN.name, height=5)])
    assert everything(ledger) == before
    ledger.ingest([paid(5, [Spent("t4", 0, "cas", 7)], [("bob", 7)]), moved(6, "ann", "bob", 1, tx="t5b")])
    assert balances(ledger, "ann", "bob", "cas", "dee") == [5, 12, 1, 0]


def test_a_transaction_may_come_again_in_another_block(ledger: Ledger) -> None:
    again = Spent("t2", 0, "ann", 5)
    ledger.ingest([began(1, "bob", 3), paid(2, [], [("ann", 5)]), paid(3, [again], [("cas", 5)])])
    ledger.ingest([Reorganisation(asset=COIN.name, height=2), paid(4, [], [("ann", 5)], tx="t2")])
    assert balances(ledger, "ann", "bob", "cas") == [5, 3, 0]
    ledger.ingest([paid(5, [again], [("cas", 5)])])
    assert balances(ledger, "ann", "bob", "cas") == [0, 3, 5]


def test_blocks_that_are_final_stay(ledger: Ledger) -> None:
    ledger.ingest([*FIRST, Finality(asset=COIN.name, height=6)])
    assert ledger.ingest([Finality(asset=COIN.name, height=5)]).known == 1
    with pytest.raises(BadInputError, match="blocks up to 6 are final, so those from 6 on cannot be replaced"):
        ledger.ingest([Reorganisation(asset=COIN.name, height=6)])
    with pytest.raises(BadInputError, match="blocks up to 6 are final, nothing is added"):
        ledger.ingest([moved(5, "ann", "bob", 1)])
    assert ledger.ingest([moved(7, "ann", "bob", 1)]).added == 1


def test_a_reorganisation_that_fails_is_undone(ledger: Ledger) -> None:
    ledger.ingest([*FIRST, paid(5, [Spent("t4", 0, "cas", 7)], [("dee", 7)])])
    before = everything(ledger)
    for broken in (moved(1, "ann", "bob", 9), moved(4, "ann", "bob", -1)):
        with pytest.raises(BadInputError):
            ledger.ingest(
                [
                    Reorganisation(asset=COIN.name, height=4),
                    moved(4, "ann", "eve", 1),
                    Reorganisation(asset=COIN.name, height=3),
                    broken,
                ]
            )
        assert everything(ledger) == before
    assert ledger.ingest([paid(6, [Spent("t5", 0, "dee", 7)], [("eve", 7)])]).added == 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=one_asset(), height=st.integers(1, 26))
def test_after_a_reorganisation_the_ledger_is_as_if_the_old_blocks_had_never_been(
    history: History, height: int
) -> None:
    early = [each for each in history.records if each.height < height]  # type: ignore[union-attr]
    once, twice = MemoryLedger(), MemoryLedger()
    once.ingest([COIN, *early])
    twice.ingest([COIN, *history.records])
    twice.ingest([Reorganisation(asset=COIN.name, height=height)])
    assert everything(twice) == everything(once)
    late = history.records[len(early) :]
    once.ingest(late)
    twice.ingest(late)
    assert everything(twice) == everything(once)


# Conversions.


def test_tracing_goes_on_where_the_coins_were_sold(ledger: Ledger) -> None:
    swap = Conversion(sold=Named(COIN.name, "t2"), bought=Named(OTHER.name, "u3"))
    ledger.ingest(
        [
            OTHER,
            moved(1, "thief", "ann", 10),
            moved(2, "ann", "exchange", 10),
            began(1, "exchange", 90, asset=OTHER.name, tx="u1"),
            moved(3, "exchange", "ann", 30, asset=OTHER.name, tx="u3"),
            moved(4, "ann", "dep", 7, asset=OTHER.name, tx="u4"),
            swap,
        ]
    )
    assert ledger.ingest([swap]).known == 1
    with ledger.reading() as view:
        found = trace(view, of_roles(ROLES), a_deposit("u4", asset="OTHER"), LATER)
        gone = whereabouts(view, of_roles(ROLES), COIN.name, "thief", DAY_ONE, LATER, lambda _, each: each == "dep")
    assert [(each.address, int(each.fifo), each.hops, each.share) for each in found.sources] == [("thief", 7, 4, 1.0)]
    assert [(hop.tx, hop.sender, hop.receiver) for hop in found.sources[0].path] == [
        ("t1", "thief", "ann"),
        ("t2", "ann", "exchange"),
        ("u3", "exchange", "ann"),
        ("u4", "ann", "dep"),
    ]
    assert found.versions == ("OTHER:othernet@4", "COIN:testnet@2")
    assert [(each.tx, int(each.tainted), each.hops) for each in gone.arrivals] == [("u4", 7, 4)]
    with pytest.raises(BadInputError, match="belongs to another conversion already"):
        ledger.ingest([Conversion(sold=Named(COIN.name, "t1"), bought=Named(OTHER.name, "u3"))])


def test_a_conversion_goes_with_the_block_of_either_side(ledger: Ledger) -> None:
    swap = Conversion(sold=Named(COIN.name, "t2"), bought=Named(OTHER.name, "u3"))
    bought = moved(3, "exchange", "ann", 30, asset=OTHER.name, tx="u3")
    ledger.ingest([OTHER, moved(2, "ann", "exchange", 10), bought, swap])
    ledger.ingest([Reorganisation(asset=OTHER.name, height=3), bought])
    with ledger.reading() as view:
        assert view.book(OTHER.name).sold_for(deposit_flows(view.book(OTHER.name), "u3")[0]) is None
    assert ledger.ingest([swap]).added == 1


# Both say the same.


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=one_asset() | two_assets(), cut=st.integers(0, 25))
def test_both_ledgers_answer_alike_after_any_history(
    history: History, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    memory = MemoryLedger()
    store = SqliteStore(tmp_path_factory.mktemp("ledger") / "habeas.db")
    try:
        tables = StoredLedger(store)
        for part in ((*history.assets, *history.records[:cut]), history.records[cut:]):
            assert memory.ingest(part) == tables.ingest(part)
        assert everything(memory) == everything(tables)
        with memory.reading() as one, tables.reading() as other:
            assert answers(one) == answers(other)
    finally:
        store.close()


def answers(view: TransferSource) -> list[Any]:
    tags = of_roles(ROLES)
    found: list[Any] = []
    for asset in view.assets():
        book = view.book(asset.name)
        for flow in flows_in(book):
            if flow in deposit_flows(book, book.movement(flow).tx):
                there = book.movement(flow)
                found.append(trace(view, tags, a_deposit(there.tx, asset=asset.name, log=there.log), LATER))
        for address in ("thief", "ann"):
            found.append(whereabouts(view, tags, asset.name, address, at(5), LATER, lambda _, each: each == "dep"))
            found.append(affected(view, tags, asset.name, address, LATER, lambda _, each: each == "dep"))
            found.append(trace(view, tags, a_deposit("", asset=asset.name, sender=address), LATER))
    return found
