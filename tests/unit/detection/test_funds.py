"""Where coins came from: what is held, what a person looks at, and that dust and mere paths never hold anything."""

from decimal import Decimal
from typing import Any

import pytest

from habeas.domain.capability import Level
from habeas.domain.exposure import Exposure, Source, Untraceable, Untraced
from habeas.domain.facts import Facts, ListHit
from habeas.domain.restriction import HeldAmount
from habeas.domain.tag import Tag, TagOrigin, TagRole
from tests.stories import Story, signals_of

ETH_USD = 3_000


def a_tag(origin: TagOrigin = TagOrigin.PUBLISHED, confidence: int = 70) -> Tag:
    return Tag(
        chain="evm",
        address="0x" + "ab" * 20,
        role=TagRole.PERPETRATOR,
        category="service_hack",
        label="Example hack",
        confidence=confidence,
        origin=origin,
        source="example@1",
    )


def a_source(fifo: str, share: float, *tags: Tag, hops: int = 3) -> Source:
    return Source(address="0x" + "ab" * 20, tags=tags or (a_tag(),), hops=hops, fifo=Decimal(fifo), share=share)


def deposited(story: Story, amount: str, *sources: Source, wait: str = "1h", tx: str = "0x1") -> Any:
    known = sum((source.fifo for source in sources), Decimal(0))
    rest = Untraced(why=Untraceable.UNKNOWN, amount=Decimal(amount) - known, at="")
    exposure = Exposure(asset="ETH", amount=Decimal(amount), sources=sources, untraced=(rest,), versions=("ledger@1",))
    data: dict[str, Any] = {"asset": "ETH", "chain": "ETH", "amount": amount, "usd": str(ETH_USD * Decimal(amount))}
    return story.event("deposit.crypto", wait, looked_up=Facts(exposure=exposure), tx=tx, **data)


@pytest.mark.row("A010")
def test_coins_of_a_hack_hold_the_traced_amount_for_three_days_and_nothing_else() -> None:
    story = Story()
    outcome = deposited(story, "2", a_source("0.5", 0.25))
    assert outcome.disposition == "hold"
    assert story.standing == [("TAINTED_FUNDS", "DEPOSIT_HOLD", "amount")]
    (held,) = story.state.restrictions
    assert held.held == HeldAmount("ETH", Decimal("0.5"))
    assert story.level("login") is Level.ALLOW
    assert story.level("place_order", asset="BTC") is Level.ALLOW
    assert story.level("withdraw_crypto", asset="BTC") is Level.ALLOW
    assert story.level("withdraw_crypto", asset="ETH", amount=1, balance=2) is Level.ALLOW
    assert story.level("withdraw_crypto", asset="ETH", amount=2, balance=2) is Level.HOLD
    assert [case.queue for case in story.decisions[-1].cases] == ["funds"]
    story.wait("72h")
    assert story.level("withdraw_crypto", asset="ETH", amount=2, balance=2) is Level.ALLOW


GRADES = [
    ("an official tag, direct", ("1", 1.0, a_tag(TagOrigin.OWN_INCIDENT, 60)), 1, 1.0),
    ("the police, direct", ("1", 1.0, a_tag(TagOrigin.LAW_ENFORCEMENT, 90)), 1, 1.0),
    ("official, direct, not sure enough: by amounts", ("1", 1.0, a_tag(TagOrigin.OWN_INCIDENT, 59)), 1, 0.75),
    ("published, direct, much", ("1", 1.0, a_tag()), 1, 0.75),
    ("both methods", ("0.34", 0.10, a_tag()), 4, 0.75),
    ("not sure enough", ("0.34", 0.10, a_tag(confidence=49)), 4, 0.5),
    ("a crowd's list", ("1", 1.0, a_tag(TagOrigin.CROWD, 100)), 1, 0.5),
    ("haircut disagrees", ("0.9", 0.09, a_tag()), 4, 0.5),
    ("first in, first out disagrees", ("0", 0.9, a_tag()), 4, 0.5),
    ("an official tag, far away, little", ("0.01", 0.005, a_tag(TagOrigin.SANCTION, 100)), 9, 0.25),
    ("reachable", ("0", 0.0001, a_tag()), 2, 0.25),
]


@pytest.mark.parametrize(("source", "hops", "score"), [row[1:] for row in GRADES], ids=[row[0] for row in GRADES])
def test_grades(source: tuple[str, float, Tag], hops: int, score: float) -> None:
    story = Story()
    fifo, share, tag = source
    outcome = deposited(story, "1", a_source(fifo, share, tag, hops=hops))
    assert [(signal.typology, signal.score) for signal in outcome.signals] == [("tainted_coins", score)]
    assert bool(story.state.restrictions) is (score >= 0.75)
    assert bool(story.decisions[-1].cases) is (score >= 0.5)


def test_coins_straight_from_an_address_that_a_sanctions_list_names_are_blocked_whatever_they_are_worth() -> None:
    story = Story()
    outcome = deposited(story, "0.001", a_source("0.001", 1.0, a_tag(TagOrigin.SANCTION, 100), hops=1))
    assert signals_of(outcome) == ["sanctioned_coins"]
    assert outcome.disposition == "block"
    assert story.standing == [("SANCTIONS_NEXUS", "SANCTIONS_BLOCK", "amount")]
    story.wait("400d")
    assert story.level("withdraw_crypto", asset="ETH", amount=1, balance=1) is Level.HOLD
    assert story.level("login") is Level.ALLOW


def test_dust_is_never_held() -> None:
    story = Story()
    for number in range(20):
        tag = a_tag(TagOrigin.OWN_INCIDENT, 100)
        outcome = deposited(story, "0.003", a_source("0.003", 1.0, tag, hops=1), tx=f"0x{number}")
        assert [signal.score for signal in outcome.signals] == [0.25]
        assert outcome.disposition == "credit"
    assert story.state.restrictions == ()
    assert story.state.cases == ()


def test_many_tainted_deposits_grow_an_amount_and_not_the_record() -> None:
    story = Story()
    for number in range(30):
        outcome = deposited(story, "1", a_source("1", 1.0), tx=f"0x{number}", wait="5m")
        assert outcome.disposition == "hold"
    assert [r.held for r in story.state.restrictions] == [HeldAmount("ETH", Decimal(30))]
    deposited(story, "1", a_source("1", 1.0), tx="0xlater", wait="7h")
    assert len(story.state.restrictions) == 2


def test_a_deposit_that_nothing_is_said_of_is_credited() -> None:
    story = Story()
    outcome = deposited(story, "1")
    assert (outcome.signals, outcome.disposition) == ((), "credit")


def test_a_ledger_that_cannot_be_asked_opens_a_case_and_holds_nothing() -> None:
    story = Story()
    data: dict[str, Any] = {"asset": "ETH", "amount": "1", "usd": "3000", "tx": "0x1"}
    outcome = story.event("deposit.crypto", "1h", looked_up=Facts(unavailable=("coins",)), **data)
    assert outcome.disposition == "credit"
    assert [case.queue for case in story.decisions[-1].cases] == ["operations"]


def test_a_vendors_exposure_holds_the_amount_that_it_names_and_without_one_a_person_looks() -> None:
    story = Story()
    story.event(
        "signal.received", typology="tainted_funds", score=0.9, asset="ETH", amount="0.4", vendor="acme", tx="0x1"
    )
    assert [r.held for r in story.state.restrictions] == [HeldAmount("ETH", Decimal("0.4"))]
    story = Story()
    story.event("signal.received", typology="tainted_funds", score=0.9, vendor="acme", tx="0x1")
    assert story.state.restrictions == ()
    assert {case.queue for case in story.cases.values()} == {"review", "funds"}


def test_a_sender_who_is_on_a_list_is_one_match_and_one_case() -> None:
    story = Story()
    listed = ListHit(list="OFAC-SDN", version="OFAC-SDN@1", entry="1", found="ETH:0xab")
    tag = a_tag(TagOrigin.SANCTION, 100)
    source = a_source("1", 1.0, tag, hops=1)
    exposure = Exposure(asset="ETH", amount=Decimal(1), sources=(source,))
    data: dict[str, Any] = {"asset": "ETH", "amount": "1", "usd": "3000", "tx": "0x1", "from": "0xab"}
    outcome = story.event("deposit.crypto", looked_up=Facts(wallets=(listed,), exposure=exposure), **data)
    assert signals_of(outcome) == ["listed_wallet_deposit"]
    assert len(story.cases) == 1
