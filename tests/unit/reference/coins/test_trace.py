from decimal import Decimal
from typing import Any

import pytest

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Exposure, Hop
from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.domain.transfer import Asset, Deposit, Record
from habeas.reference.coins.assets import asset_meant, spelled_tx
from habeas.reference.coins.budget import Budget
from habeas.reference.coins.ledger import MemoryLedger
from habeas.reference.coins.standing import Standing, standing
from habeas.reference.coins.trace import PATH_ENDS, UNTRACED_SHOWN, trace
from tests.coins import COIN, ETHER, LATER, a_deposit, a_ledger, a_tag, at, began, moved, tags_by
from tests.coins import of_roles as roles_of

THIEF = roles_of({"thief": TagRole.PERPETRATOR})


def told(found: Exposure) -> list[tuple[Any, ...]]:
    """Sources and untraced parts, in short."""
    return [
        *(("source", each.address, int(each.fifo), each.hops) for each in found.sources),
        *((each.why.value, each.at, int(each.amount)) for each in found.untraced),
    ]


# What tags make of an address.


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], Standing.PASS),
        ([a_tag("a", TagRole.VICTIM)], Standing.PASS),
        ([a_tag("a")], Standing.SOURCE),
        ([a_tag("a"), a_tag("a", TagRole.VICTIM)], Standing.PASS),
        ([a_tag("a", TagRole.SERVICE)], Standing.SERVICE),
        ([a_tag("a"), a_tag("a", TagRole.SERVICE)], Standing.SERVICE),
        ([a_tag("a", origin=TagOrigin.SANCTION), a_tag("a", TagRole.SERVICE)], Standing.SOURCE),
        ([a_tag("a", origin=TagOrigin.OWN_INCIDENT), a_tag("a", TagRole.SERVICE)], Standing.SOURCE),
        ([a_tag("a", origin=TagOrigin.SANCTION), a_tag("a", TagRole.INFRASTRUCTURE)], Standing.SOURCE),
        ([a_tag("a"), a_tag("a", TagRole.INFRASTRUCTURE)], Standing.PASS),
    ],
)
def test_only_perpetrators_are_sources_and_nobodys_addresses_never(tags: list[Tag], expected: Standing) -> None:
    assert standing(tuple(tags), LATER, LATER) is expected


STOLEN: list[Record] = [moved(1, "ann", "thief", 5), moved(4, "thief", "dep", 5)]


@pytest.mark.parametrize(
    ("tag", "is_source"),
    [
        (a_tag("thief", valid_from=at(4)), True),
        (a_tag("thief", valid_from=at(5)), False),
        (a_tag("thief", valid_to=at(5)), True),
        (a_tag("thief", valid_to=at(4)), False),
        (a_tag("thief", known_from=LATER), True),
        (a_tag("thief", known_from=LATER.replace(year=LATER.year + 1)), False),
    ],
)
def test_a_tag_counts_if_it_held_when_the_coins_left_and_was_known_when_it_was_asked(tag: Tag, is_source: bool) -> None:
    found = trace(a_ledger(*STOLEN), tags_by(tag), a_deposit("t4"), LATER)
    assert bool(found.sources) is is_source
    assert sum(each.amount for each in found.untraced) == (0 if is_source else 5)


def test_a_source_shows_the_tags_that_made_it_one_the_surest_first() -> None:
    sure, less, old = a_tag("thief"), a_tag("thief", confidence=40), a_tag("thief", valid_to=at(1))
    (source,) = trace(a_ledger(*STOLEN), tags_by(less, old, sure), a_deposit("t4"), LATER).sources
    assert source.tags == (sure, less)


# How a deposit is named.

SEVERAL: list[Record] = [
    began(1, "ann", 50),
    moved(2, "ann", "dep", 3, log=1),
    moved(2, "ann", "dep", 4, log=2),
    moved(2, "ann", "other", 4, log=3),
    moved(2, "thief", "dep", 9, log=4),
]


@pytest.mark.parametrize(
    ("named", "amount"),
    [
        ({"log": 1}, 3),
        ({"amount": Decimal(3)}, 3),
        ({"receiver": "other"}, 4),
        ({"receiver": "dep", "sender": "thief"}, 9),
        ({"receiver": "dep", "amount": Decimal(4)}, 4),
        ({"receiver": "dep"}, 16),
        ({"receiver": "dep", "sender": "ann", "amount": Decimal(7)}, 7),
    ],
)
def test_a_deposit_is_told_from_others_of_its_transaction(named: dict[str, Any], amount: int) -> None:
    assert trace(a_ledger(*SEVERAL), THIEF, a_deposit("t2", **named), LATER).amount == amount


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({}, "4 transfers of transaction `t2` fit; name one by its receiver or log"),
        ({"amount": Decimal(4)}, "2 transfers of transaction `t2` fit"),
        ({"log": 7}, "moves nothing like that; it has 4 transfers"),
        ({"log": 1, "amount": Decimal(5)}, "does not move 5; look at the amount"),
        ({"tx": "", "sender": ""}, "named by its transaction or by its sender"),
        ({"tx": "t99"}, "the ledger does not know `t99` of COIN; give the amount"),
    ],
)
def test_a_deposit_that_could_be_several_is_refused(named: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        trace(a_ledger(*SEVERAL), THIEF, a_deposit(**{"tx": "t2"} | named), LATER)
    assert said in str(caught.value)


def test_a_deposit_of_several_transfers_is_one() -> None:
    found = trace(a_ledger(*SEVERAL), THIEF, a_deposit("t2", receiver="dep"), LATER)
    assert told(found) == [("source", "thief", 9, 1), ("opening", "ann", 7)]
    assert found.sources[0].share == pytest.approx(9 / 16)


def test_a_transaction_that_nobody_recorded_says_nothing_but_who_sent_it() -> None:
    deposit = a_deposit("t99", amount=Decimal(5), sender="thief", chain="testchain", receiver="dep")
    found = trace(a_ledger(*STOLEN), THIEF, deposit, LATER)
    assert told(found) == [("source", "thief", 5, 1)]
    assert (found.sources[0].share, found.sources[0].path) == (1.0, (Hop("t99", "thief", "dep", Decimal(5)),))
    for who, why in (("ann", "unknown"), ("exchange", "service")):
        tags = roles_of({"exchange": TagRole.SERVICE})
        found = trace(MemoryLedger(), tags, a_deposit("t99", amount=Decimal(5), sender=who), LATER)
        assert told(found) == [(why, who, 5)]
    found = trace(MemoryLedger(), THIEF, a_deposit("t99", amount=Decimal(5)), LATER)
    assert told(found) == [("unknown", "", 5)]


def test_a_sender_is_asked_about_alone() -> None:
    ledger = a_ledger(moved(1, "thief", "ann", 3), began(2, "ann", 7), moved(3, "ann", "bob", 1))

    def asked(**named: Any) -> list[tuple[Any, ...]]:
        return told(trace(ledger, THIEF, a_deposit("", **named), LATER))

    assert asked(sender="ann") == [("source", "thief", 2, 2), ("opening", "ann", 7)]
    assert asked(sender="ann", amount=Decimal(1)) == [("source", "thief", 1, 2)]
    assert asked(sender="ann", amount=Decimal(11)) == [
        ("source", "thief", 2, 2),
        ("unknown", "ann", 2),
        ("opening", "ann", 7),
    ]
    assert asked(sender="thief", amount=Decimal(4)) == [("source", "thief", 4, 1)]
    share = trace(ledger, THIEF, a_deposit("", sender="ann", amount=Decimal(1)), LATER).sources[0].share
    assert share == pytest.approx(0.3)


def test_addresses_and_transactions_are_found_however_they_are_spelled() -> None:
    thief, tx = "0x" + "ab" * 20, "0x" + "cd" * 32
    ledger = MemoryLedger()
    ledger.ingest([ETHER, moved(1, thief, "0x" + "12" * 20, 10**18, asset=ETHER.name, tx=tx)])
    tags = tags_by(a_tag(thief, chain="evm"))
    deposit = Deposit(asset="eth", chain="ERC-20", tx=tx.upper().replace("X", "x"), sender=thief.upper(), at=LATER)
    assert [each.fifo for each in trace(ledger, tags, deposit, LATER).sources] == [1]


def test_the_asset_meant_follows_from_symbol_and_network() -> None:
    ethereum, bsc, tron = (
        Asset("USDT", "ethereum", "evm", 6), Asset("USDT", "bsc", "evm", 18), Asset("USDT", "tron", "tron", 6)
    )  # fmt: skip
    kept = [ethereum, bsc, tron]
    assert asset_meant(kept, "usdt", "TRC20") == tron
    assert asset_meant(kept, "USDT", "eip155:56") == bsc
    assert asset_meant(kept, "USDT", "ETH") == ethereum
    assert asset_meant(kept, "USDT:bsc") == bsc
    assert asset_meant(kept, "USDT", "polygon") is None
    assert asset_meant([tron], "USDT") == tron
    with pytest.raises(
        BadInputError, match="`USDT` may be USDT:ethereum or USDT:bsc or USDT:tron; say on which network"
    ):
        asset_meant(kept, "USDT")
    assert spelled_tx(" " + "AB" * 32) == "ab" * 32
    assert spelled_tx("Slot-7") == "Slot-7"


# What is told of very much.


def test_a_long_path_is_told_by_its_ends() -> None:
    chain = [moved(1, "thief", "a0", 1), *(moved(2 + n, f"a{n}", f"a{n + 1}", 1) for n in range(300))]
    (source,) = trace(a_ledger(*chain), THIEF, a_deposit("t301"), LATER).sources
    assert source.hops == 301
    assert len(source.path) == 2 * PATH_ENDS
    assert (source.path[0].sender, source.path[-1].tx) == ("thief", "t301")


def test_very_many_untraced_parts_are_told_by_the_largest_and_the_rest_together() -> None:
    crowd = [moved(1 + n, f"s{n}", "hub", 1 + n) for n in range(100)]
    found = trace(a_ledger(*crowd, moved(200, "hub", "dep", 5050)), THIEF, a_deposit("t200"), LATER)
    assert len(found.untraced) == UNTRACED_SHOWN + 1
    assert found.untraced[0].at == "s99"
    assert found.untraced[-1].at == ""
    assert sum(each.amount for each in found.untraced) == 5050


def test_what_the_budget_does_not_reach_is_truncated() -> None:
    crowd = [moved(1 + n, f"s{n}", "hub", 1) for n in range(100)]
    ledger = a_ledger(*crowd, moved(200, "hub", "dep", 100))
    found = trace(ledger, THIEF, a_deposit("t200"), LATER, Budget(60))
    assert told(found) == [("truncated", "", 100)]
    assert told(trace(ledger, THIEF, a_deposit("t200"), LATER, Budget(is_over=lambda: True))) == [
        ("truncated", "", 100)
    ]
    assert told(trace(ledger, THIEF, a_deposit("t200"), LATER, Budget(is_over=lambda: False)))[0][:2] == (
        "unknown",
        "s0",
    )


def test_a_source_that_only_the_haircut_meets_has_no_amount_but_a_share_and_a_path() -> None:
    ledger = a_ledger(began(1, "ann", 5), moved(2, "thief", "ann", 5), moved(3, "ann", "dep", 5))
    (source,) = trace(ledger, THIEF, a_deposit("t3"), LATER).sources
    assert (int(source.fifo), source.share, source.hops) == (0, 0.5, 2)
    assert [(hop.sender, hop.receiver) for hop in source.path] == [("thief", "ann"), ("ann", "dep")]


def test_the_book_and_its_height_are_cited() -> None:
    assert trace(a_ledger(*STOLEN), THIEF, a_deposit("t4"), LATER).versions == (f"{COIN.name}@4",)
