"""What holds of coins whatever moved (detection 5). The two models below share nothing with the code: queues and fractions that
are carried forwards, transfer by transfer.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable
from habeas.domain.posting import deposit_flows
from habeas.domain.tag import TagRole
from habeas.domain.transfer import (
    AMOUNT_MAX,
    Beginning,
    CoinBook,
    Finality,
    Ingested,
    Mix,
    Record,
    Reorganisation,
    Transaction,
    Transfer,
    TransferSource,
)
from habeas.reference.coins.budget import Budget
from habeas.reference.coins.fifo import Piece, trace_flows
from habeas.reference.coins.forward import affected, whereabouts
from habeas.reference.coins.haircut import Shares, sweep_flows
from habeas.reference.coins.ledger import MemoryBook, MemoryLedger
from habeas.reference.coins.standing import Judge
from habeas.reference.coins.trace import trace
from tests.builders import NOON
from tests.coins import (
    ADDRESSES,
    COIN,
    DAY_ONE,
    LATER,
    ROLES,
    History,
    a_deposit,
    a_ledger,
    began,
    moved,
    of_roles,
    one_asset,
    transfers,
    two_assets,
)
from tests.properties.canary import catches

Roles = dict[str, TagRole]
Origin = tuple[str, str]
"""(`source`, address), or (why not, address)."""


class Coins:
    """Where the coins of each account come from, by a queue for each, in the order in which things happen."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self.queues: dict[Any, deque[tuple[Origin, Any]]] = {}
        self.arrived: dict[tuple[str, int], Counter[Origin]] = {}
        """By transaction and log: what each transfer was made of."""

    def take(self, owner: str, key: Any, amount: int) -> list[tuple[Origin, Any]]:
        """So much leaves, the first in first; what was never there is unknown."""
        queue = self.queues.setdefault(key, deque())
        taken = []
        have = sum(part for _, part in queue)
        if have < amount:
            queue.append((("unknown", owner), amount - have))
        while amount:
            origin, part = queue.popleft()
            used = min(part, amount)
            if used < part:
                queue.appendleft((origin, part - used))
            taken.append((origin, used))
            amount -= used
        return self.relabelled(owner, taken)

    def relabelled(self, owner: str, taken: list[tuple[Origin, Any]]) -> list[tuple[Origin, Any]]:
        name = {TagRole.PERPETRATOR: "source", TagRole.SERVICE: "service"}.get(self.roles.get(owner, TagRole.VICTIM))
        return [((name, owner), part) for _, part in taken] if name else taken

    def give(self, key: Any, coins: list[tuple[Origin, Any]]) -> None:
        self.queues.setdefault(key, deque()).extend(coins)

    def run(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, Transfer):
                # All that is missing comes before anything of it leaves.
                held = sum(part for _, part in self.queues.get(record.sender, ()))
                if held < record.amount + record.fee:
                    self.give(record.sender, [(("unknown", record.sender), record.amount + record.fee - held)])
                coins = self.take(record.sender, record.sender, record.amount)
                self.take(record.sender, record.sender, record.fee)
                self.note(record.tx, record.log, coins)
                self.give(record.receiver, coins)
            elif isinstance(record, Beginning):
                self.give(record.receiver, [((record.why.value, record.receiver), record.amount)])
            elif isinstance(record, Transaction):
                pot: list[tuple[Origin, Any]] = []
                for spent in record.inputs:
                    pot += self.take(spent.address, (spent.tx, spent.n), spent.amount)
                if not record.inputs:
                    pot = [((record.why.value, ""), sum(each.amount for each in record.outputs))]
                self.queues[record.tx] = deque(pot)
                for n, output in enumerate(record.outputs):
                    coins = self.take("", record.tx, output.amount)
                    self.note(record.tx, n, coins)
                    self.give((record.tx, n), coins)

    def note(self, tx: str, log: int, coins: list[tuple[Origin, Any]]) -> None:
        made = self.arrived.setdefault((tx, log), Counter())
        for origin, part in coins:
            made[origin] += part


class Mixed(Coins):
    """The same, but everything that leaves is of everything that is there, in proportion."""

    def take(self, owner: str, key: Any, amount: int) -> list[tuple[Origin, Any]]:
        queue = self.queues.setdefault(key, deque())
        have = sum(part for _, part in queue)
        if have < amount:
            queue.append((("unknown", owner), amount - have))
            have = amount
        if not amount:
            return []
        taken = [(origin, Fraction(part) * amount / have) for origin, part in queue]
        left: dict[Origin, Fraction] = {}
        for origin, part in queue:
            left[origin] = left.get(origin, Fraction(0)) + Fraction(part) * (have - amount) / have
        self.queues[key] = deque((origin, part) for origin, part in left.items() if part)
        return self.relabelled(owner, taken)


Pieces = Callable[[TransferSource, CoinBook, int, Roles], list[Piece]]
Exact = Callable[[TransferSource, CoinBook, int, Roles], dict[str, Fraction]]


def pieces_of(ledger: TransferSource, book: CoinBook, flow: int, roles: Roles) -> list[Piece]:
    return trace_flows(ledger, Judge(of_roles(roles), LATER), book, [flow], Budget())


def shares_of(ledger: TransferSource, book: CoinBook, flow: int, roles: Roles) -> dict[str, Fraction]:
    judge = Judge(of_roles(roles), LATER)
    found = sweep_flows(ledger, judge, book, [flow], Budget(), one=Fraction(1), least=0)
    assert not found.unfollowed
    return {address: Fraction(share.share) for (_, address), share in found.sources.items()}


def deposits(ledger: MemoryLedger) -> Iterator[tuple[CoinBook, int]]:
    for asset in ledger.assets():
        book = ledger.book(asset.name)
        for flow in range(len(book)):
            if flow in deposit_flows(book, book.movement(flow).tx):
                yield book, flow


def made_of(pieces: list[Piece]) -> Counter[Origin]:
    made: Counter[Origin] = Counter()
    for piece in pieces:
        made["source" if piece.why is None else piece.why.value, piece.address] += floor(piece.end) - floor(piece.start)
    return +made


# First in, first out, and the haircut, against what is carried forwards.


def check_fifo(pieces: Pieces, ledger: MemoryLedger, records: Iterable[Record], roles: Roles) -> None:
    model = Coins(roles)
    model.run(records)
    for book, flow in deposits(ledger):
        there = book.movement(flow)
        assert made_of(pieces(ledger, book, flow, roles)) == +model.arrived[there.tx, there.log]


def check_haircut(shares: Exact, history: History) -> None:
    model, ledger = Mixed(ROLES), history.ledger()
    model.run(history.records)
    for book, flow in deposits(ledger):
        there = book.movement(flow)
        expected = {
            address: part / there.amount
            for (what, address), part in model.arrived[there.tx, there.log].items()
            if what == "source" and part
        }
        assert shares(ledger, book, flow, ROLES) == expected


@settings(max_examples=200)
@given(one_asset())
def test_fifo_backwards_is_what_queues_carry_forwards(history: History) -> None:
    check_fifo(pieces_of, history.ledger(), history.records, ROLES)


@settings(max_examples=200)
@given(one_asset())
def test_the_haircut_backwards_is_what_fractions_carry_forwards(history: History) -> None:
    check_haircut(shares_of, history)


def check_bounded(sweep: Callable[..., Shares], history: History, least: Fraction, steps: int) -> None:
    """What is not followed is counted: no share is too large, and all that they lack is in `unfollowed`."""
    ledger = history.ledger()
    for book, flow in deposits(ledger):
        exact = shares_of(ledger, book, flow, ROLES)
        judge = Judge(of_roles(ROLES), LATER)
        found = sweep(ledger, judge, book, [flow], Budget(steps), one=Fraction(1), least=least)
        shares = {address: share.share for (_, address), share in found.sources.items()}
        assert all(share <= exact.get(address, 0) for address, share in shares.items())
        assert sum(exact.values()) <= sum(shares.values()) + found.unfollowed <= 1


bounds = (st.fractions(0, Fraction(1, 2), max_denominator=100), st.integers(0, 12))


@settings(max_examples=200)
@given(one_asset(), *bounds)
def test_what_the_haircut_does_not_follow_is_counted(history: History, least: Fraction, steps: int) -> None:
    check_bounded(sweep_flows, history, least, steps)


# The short cut that a book in memory takes for most transfers, against the rules for all records.


def check_short_cut(ledger: MemoryLedger, records: list[Record]) -> None:
    """Each record alone, and what is refused in which words, is the same as by the rules."""
    by_rules = MemoryLedger()
    for each in (ledger, by_rules):
        each.ingest([COIN])
    by_rules.book(COIN.name).add_plain = lambda record: False  # type: ignore[method-assign]
    for record in records:
        assert taken(ledger, record) == taken(by_rules, record)
        assert all_of(ledger) == all_of(by_rules)


def taken(ledger: MemoryLedger, record: Record) -> Ingested | str:
    """What became of it, or why it is refused."""
    try:
        return ledger.ingest([record])
    except BadInputError as exc:
        return str(exc)


def all_of(ledger: MemoryLedger) -> Any:
    book = ledger.book(COIN.name)
    flows = [(book.movement(flow), book.inflow(flow), book.receiver(flow)) for flow in range(len(book))]
    return flows, book.last, book.last_at, [book.nodes(address) for address in ADDRESSES]


@st.composite
def disordered(draw: st.DrawFn) -> list[Record]:
    """Transfers of which some are bent, come again or too early, and blocks become final or are replaced in between."""
    records = list(draw(transfers(size=12)))
    bent: dict[str, st.SearchStrategy[Any]] = {
        "height": st.sampled_from((-1, 2, 3, 2**32)),
        "index": st.sampled_from((-1, 0, 2**32 - 1)),
        "log": st.sampled_from((-1, 1, 2**32 - 1)),
        "amount": st.sampled_from((-1, 0, AMOUNT_MAX, AMOUNT_MAX + 1)),
        "sender": st.just(""),
        "receiver": st.just(""),
        "tx": st.sampled_from(("t1.0", "t2.0")),
        "at": st.just(LATER),
    }
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(records) - 1))
        chosen = records[place]
        kind = draw(st.sampled_from((*bent, "again", "final", "reorganisation")))
        if kind == "again":
            records.insert(draw(st.integers(0, len(records))), chosen)
        elif kind == "final":
            records.insert(place, Finality(asset=COIN.name, height=draw(st.integers(0, 8))))
        elif kind == "reorganisation":
            records.insert(place, Reorganisation(asset=COIN.name, height=draw(st.integers(0, 8))))
        elif isinstance(chosen, Transfer):
            records[place] = replace(chosen, **{kind: draw(bent[kind])})
    return records


def _opened_and_refused() -> list[Record]:
    """An opening balance, then a transfer in the same transaction that is refused for its size: the opening stays."""
    place: dict[str, Any] = {"asset": COIN.name, "height": 2, "index": 0, "tx": "t2.0", "at": NOON}
    opening = Beginning(**place, log=0, receiver="thief", amount=1, why=Untraceable.OPENING)
    return [opening, Transfer(**place, log=1, sender="thief", receiver="thief", amount=AMOUNT_MAX, fee=0), opening]


@settings(max_examples=300)
@example(_opened_and_refused())
@given(disordered())
def test_the_short_cut_is_what_the_rules_say(records: list[Record]) -> None:
    check_short_cut(MemoryLedger(), records)


# What holds of any trace.


def check_conservation(pieces: Pieces, history: History) -> None:
    """The pieces lie side by side on the deposit, from its beginning to its end."""
    ledger = history.ledger()
    for book, flow in deposits(ledger):
        found = sorted(pieces(ledger, book, flow, ROLES), key=lambda piece: piece.start)
        ends = [piece.end for piece in found]
        assert [piece.start for piece in found] == [0, *ends[:-1]]
        assert ends[-1] == book.movement(flow).amount


@given(one_asset() | two_assets())
def test_pieces_add_up_exactly_to_the_deposit(history: History) -> None:
    check_conservation(pieces_of, history)


@given(one_asset() | two_assets(), st.integers(0, 6))
def test_pieces_add_up_exactly_whatever_the_budget(history: History, steps: int) -> None:
    def hurried(ledger: TransferSource, book: CoinBook, flow: int, roles: Roles) -> list[Piece]:
        return trace_flows(ledger, Judge(of_roles(roles), LATER), book, [flow], Budget(steps))

    check_conservation(hurried, history)


def check_whole(told: Callable[..., Any], history: History) -> None:
    """The exposure that is told adds up too, and its shares are at most all of it."""
    ledger = history.ledger()
    for book, flow in deposits(ledger):
        there = book.movement(flow)
        deposit = a_deposit(there.tx, asset=book.name, log=there.log)
        found = told(ledger, of_roles(ROLES), deposit, LATER)
        assert sum(each.fifo for each in found.sources) + sum(each.amount for each in found.untraced) == found.amount
        assert found.amount == there.amount
        assert sum(each.share for each in found.sources) <= 1 + 1e-9
        for source in found.sources:
            assert source.tags
            assert source.path[0].sender == source.address
            assert source.path[-1].tx == there.tx
            assert source.hops <= len(source.path)
            assert all(one.receiver == other.sender for one, other in zip(source.path, source.path[1:], strict=False))


@given(one_asset())
def test_an_exposure_is_the_whole_deposit_and_its_paths_lead_from_the_source_to_it(history: History) -> None:
    check_whole(trace, history)


def check_superposition(pieces: Pieces, history: History) -> None:
    """The coins that are of one thief or of the other are those of the one and those of the other together."""
    ledger = history.ledger()
    one, other = {"thief": TagRole.PERPETRATOR}, {"robber": TagRole.PERPETRATOR}
    for book, flow in deposits(ledger):
        apart = [set(_units(pieces(ledger, book, flow, roles))) for roles in (one, other)]
        assert set(_units(pieces(ledger, book, flow, one | other))) == apart[0] | apart[1]


def _units(pieces: list[Piece]) -> Iterator[int]:
    for piece in pieces:
        if piece.why is None:
            yield from range(floor(piece.start), floor(piece.end))


@given(one_asset())
def test_labels_superpose(history: History) -> None:
    check_superposition(pieces_of, history)


def check_later(pieces: Pieces, shares: Exact, records: list[Record], count: int) -> None:
    early, late = a_ledger(*records[:count]), a_ledger(*records)
    for book, flow in deposits(early):
        then = late.book(book.name)
        assert made_of(pieces(late, then, flow, ROLES)) == made_of(pieces(early, book, flow, ROLES))
        assert shares(late, then, flow, ROLES) == shares(early, book, flow, ROLES)


@given(transfers(), st.integers(0, 25))
def test_later_transfers_change_nothing(records: list[Record], count: int) -> None:
    check_later(pieces_of, shares_of, records, count)


def check_splitting(pieces: Pieces, shares: Exact, records: list[Record], which: int, part: int) -> None:
    """One transfer in two halves, in the same transaction one after the other, is the same for every later deposit.

    Not one to oneself: the first half comes back before the second leaves, so that less of it has to come from `unknown`.
    """
    chosen = records[which % len(records)]
    if not isinstance(chosen, Transfer) or chosen.amount < 2 or chosen.fee or chosen.sender == chosen.receiver:
        return
    part = 1 + part % (chosen.amount - 1)
    spread = [replace(each, log=10 * each.log) for each in records if isinstance(each, Transfer | Beginning)]
    place = records.index(chosen)
    halves: list[Record] = [
        replace(chosen, log=10 * chosen.log, amount=part),
        replace(chosen, log=10 * chosen.log + 1, amount=chosen.amount - part),
    ]
    whole, split = a_ledger(*spread), a_ledger(*spread[:place], *halves, *spread[place + 1 :])
    there, here = whole.book(COIN.name), split.book(COIN.name)
    for record in spread[place + 1 :]:
        if isinstance(record, Transfer):
            flow, same = (
                next(each for each in deposit_flows(book, record.tx) if book.movement(each).log == record.log)
                for book in (there, here)
            )
            assert made_of(pieces(split, here, same, ROLES)) == made_of(pieces(whole, there, flow, ROLES))
            assert shares(split, here, same, ROLES) == shares(whole, there, flow, ROLES)


@given(transfers(), st.integers(0, 24), st.integers(0, 10))
def test_splitting_a_transfer_changes_nothing(records: list[Record], which: int, part: int) -> None:
    check_splitting(pieces_of, shares_of, records, which, part)


def check_poison(pieces: Pieces, shares: Exact, records: list[Record]) -> None:
    """Whoever is a source by either method is one from whom a chain of transfers leads to the deposit, each after the other."""
    ledger = a_ledger(*records)
    for book, flow in deposits(ledger):
        reached = {book.movement(flow).sender}
        for earlier in range(flow - 1, -1, -1):
            each = book.movement(earlier)
            if each.receiver in reached and each.sender:
                reached.add(each.sender)
        sources = {piece.address for piece in pieces(ledger, book, flow, ROLES) if piece.why is None}
        assert sources <= reached
        assert set(shares(ledger, book, flow, ROLES)) <= reached


@given(transfers())
def test_taint_implies_poison(records: list[Record]) -> None:
    check_poison(pieces_of, shares_of, records)


# Forwards.

Forward = Callable[..., Any]


def check_forward(follow: Forward, history: History) -> None:
    """A source's deposits, found from the source, are those that lead back to it, with the same amounts."""
    ledger = history.ledger()
    tags = of_roles(ROLES)
    for thief in ("thief", "robber"):
        backward = {}
        for book, flow in deposits(ledger):
            there = book.movement(flow)
            if there.receiver != "dep":
                continue
            found = pieces_of(ledger, book, flow, ROLES)
            tainted = made_of(found)["source", thief]
            if tainted:
                hops = min(piece.hops for piece in found if (piece.why, piece.address) == (None, thief))
                backward[book.name, there.tx, there.log] = (tainted, hops)
        forward: dict[tuple[str, str, int], tuple[int, int]] = {}
        for asset in ledger.assets():
            arrivals = follow(ledger, tags, asset.name, thief, LATER, lambda chain, address: address == "dep").arrivals
            for each in arrivals:
                if each.tainted:
                    amount, hops = forward.get((each.asset, each.tx, each.log), (0, each.hops))
                    forward[each.asset, each.tx, each.log] = (amount + int(each.tainted), min(hops, each.hops))
        assert forward == backward


@settings(max_examples=200)
@given(one_asset())
def test_forwards_and_backwards_give_the_same_deposits(history: History) -> None:
    check_forward(affected, history)


def check_whereabouts(follow: Forward, history: History) -> None:
    ledger = history.ledger()
    for asset in ledger.assets():
        found = follow(ledger, of_roles(ROLES), asset.name, "thief", DAY_ONE, LATER)
        nodes = ledger.book(asset.name).nodes("thief")
        assert found.amount == sum(each.received for each in nodes)
        assert sum(each.amount for each in found.resting) == found.amount


@given(one_asset() | two_assets())
def test_all_that_a_thief_had_is_somewhere(history: History) -> None:
    check_whereabouts(whereabouts, history)


@given(two_assets())
def test_forwards_and_backwards_agree_on_which_deposits_conversions_lead_to(history: History) -> None:
    check_forward(affected, history)


# The example of the design.


def test_three_stolen_and_seven_fresh_spent_as_three_and_two() -> None:
    ledger = a_ledger(
        moved(1, "thief", "mule", 3),
        began(2, "mule", 7),
        moved(3, "mule", "dep", 3),
        moved(4, "mule", "dep", 2),
    )
    tags = of_roles({"thief": TagRole.PERPETRATOR})
    first, second = (trace(ledger, tags, a_deposit(tx), LATER).sources[0] for tx in ("t3", "t4"))
    assert [int(first.fifo), int(second.fifo)] == [3, 0]
    assert [first.share * 3, second.share * 2] == pytest.approx([0.9, 0.6])


# Planted bugs: each check has to catch a tracer that is wrong in one place.


class Bent:
    """A book that answers one question wrongly."""

    def __init__(self, book: CoinBook, answer: dict[str, Any]) -> None:
        self._book = book
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        wrong = self._answer.get(name)
        return getattr(self._book, name) if wrong is None else lambda *given: wrong(self._book, *given)


class BentLedger:
    def __init__(self, ledger: TransferSource, answer: dict[str, Any]) -> None:
        self._ledger = ledger
        self._answer = answer

    def assets(self) -> Any:
        return self._ledger.assets()

    def book(self, name: str) -> Any:
        return Bent(self._ledger.book(name), self._answer)


def bent_pieces(**answer: Any) -> Pieces:
    return lambda ledger, book, flow, roles: pieces_of(
        BentLedger(ledger, answer), BentLedger(ledger, answer).book(book.name), flow, roles
    )


def bent_shares(**answer: Any) -> Exact:
    return lambda ledger, book, flow, roles: shares_of(
        BentLedger(ledger, answer), BentLedger(ledger, answer).book(book.name), flow, roles
    )


def last_in_first_out(book: CoinBook, node: int, start: int, end: int, limit: int) -> Any:
    """The range counted from the other end."""
    holding = book.last_inflow(node)
    total = 0 if holding is None else sum(book.inflow(holding)[2:4])
    found = book.inflows(node, max(0, total - end), max(0, total - start), limit)
    return [each._replace(start=total - each.start - each.amount) for each in reversed(found)]


def forgets_what_was_sent(book: CoinBook, flow: int) -> Iterator[Mix]:
    return (mix._replace(balance=sum(book.inflow(mix.flow)[2:4])) for mix in book.mixes(flow))


def looks_at_today(book: CoinBook, flow: int) -> int | None:
    sender = book.inflow(flow).sender
    return book.last_inflow(sender) if sender >= 0 else None


def one_piece_each(pieces: Pieces) -> Pieces:
    """A tracer that keeps one piece only of each address."""
    return lambda *given: list({(piece.why, piece.address): piece for piece in pieces(*given)}.values())


def test_the_check_of_fifo_catches_last_in_first_out() -> None:
    def check(history: History) -> None:
        check_fifo(bent_pieces(inflows=last_in_first_out), history.ledger(), history.records, ROLES)

    assert catches(check, one_asset())


def test_the_check_of_the_haircut_catches_a_balance_that_forgets_what_was_sent() -> None:
    assert catches(lambda history: check_haircut(bent_shares(mixes=forgets_what_was_sent), history), one_asset())


def test_the_check_of_what_is_not_followed_catches_a_sweep_that_loses_some() -> None:
    def forgetful(*given: Any, **more: Any) -> Shares:
        return sweep_flows(*given, **more)._replace(unfollowed=0)

    assert catches(lambda *given: check_bounded(forgetful, *given), one_asset(), *bounds)


def test_the_check_of_the_short_cut_catches_one_that_forgets_finality() -> None:
    class Forgetful(MemoryBook):
        def add_plain(self, record: Transfer) -> bool:
            self.final_height, kept = -1, self.final_height
            try:
                return super().add_plain(record)
            finally:
                self.final_height = kept

    def check(records: list[Record]) -> None:
        ledger = MemoryLedger()
        ledger._books[COIN.name] = Forgetful(COIN, ledger._sold, ledger._bought)
        check_short_cut(ledger, records)

    assert catches(check, disordered())


def test_the_check_of_conservation_catches_a_lost_piece() -> None:
    assert catches(lambda history: check_conservation(one_piece_each(pieces_of), history), one_asset())


def test_the_check_of_an_exposure_catches_parts_that_are_left_out() -> None:
    def told(*given: Any) -> Any:
        found = trace(*given)
        return replace(found, untraced=found.untraced[:1])

    assert catches(lambda history: check_whole(told, history), one_asset())


def test_the_check_of_superposition_catches_a_trace_that_ends_at_the_first_source() -> None:
    def first_only(*given: Any) -> list[Piece]:
        found = pieces_of(*given)
        sources = [piece for piece in found if piece.why is None]
        return sources[:1]

    assert catches(lambda history: check_superposition(first_only, history), one_asset())


def test_the_check_of_later_transfers_catches_a_look_at_today() -> None:
    bent = bent_shares(sender_before=looks_at_today)
    assert catches(lambda *given: check_later(pieces_of, bent, *given), transfers(), st.integers(0, 25))


def test_the_check_of_splitting_catches_a_tracer_that_counts_transfers() -> None:
    def by_count(*given: Any) -> dict[str, Fraction]:
        found = pieces_of(*given)
        return {piece.address: Fraction(1, len(found)) for piece in found if piece.why is None}

    whole = (transfers(), st.integers(0, 24), st.integers(0, 10))
    assert catches(lambda *given: check_splitting(pieces_of, by_count, *given), *whole)


def test_the_check_of_poison_catches_money_that_arrives_after_it_left() -> None:
    bent = bent_shares(sender_before=looks_at_today)
    assert catches(lambda records: check_poison(pieces_of, bent, records), transfers())


def test_the_check_forwards_catches_one_that_goes_through_services() -> None:
    def through(ledger: Any, tags: Any, asset: str, address: str, *given: Any) -> Any:
        blind = of_roles({name: role for name, role in ROLES.items() if role is TagRole.PERPETRATOR})
        return affected(ledger, blind, asset, address, *given)

    assert catches(lambda history: check_forward(through, history), one_asset())


def test_the_check_of_whereabouts_catches_coins_that_are_lost_at_a_service() -> None:
    def losing(*given: Any) -> Any:
        found = whereabouts(*given)
        return replace(found, resting=tuple(each for each in found.resting if each.why != "service"))

    assert catches(lambda history: check_whereabouts(losing, history), one_asset())


def test_every_reason_occurs_in_what_is_drawn() -> None:
    """The histories are of use only if coins stop for every reason somewhere in them."""

    def stops_elsewhere(why: Untraceable) -> Callable[[History], None]:
        def check(history: History) -> None:
            ledger = history.ledger()
            for book, flow in deposits(ledger):
                assert all(piece.why is not why for piece in pieces_of(ledger, book, flow, ROLES))

        return check

    for why in (Untraceable.UNKNOWN, Untraceable.SERVICE, Untraceable.OPENING, Untraceable.ISSUED):
        assert catches(stops_elsewhere(why), one_asset())
    assert set(ROLES) < set(ADDRESSES)
