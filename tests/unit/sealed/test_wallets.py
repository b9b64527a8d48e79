"""From a flagged wallet to the accounts that touched it."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.tag import TagOrigin, TagRole
from habeas.domain.transfer import Record, Spent
from habeas.reference.tags.book import TagBook
from habeas.reference.tags.making import TagSet
from habeas.sealed.letter import Letter, Named, TargetKind
from habeas.sealed.order import State, TargetStatus
from tests.coins import COIN, a_tag, began, moved, paid
from tests.desks import ORDERED, Office, a_letter, an_office


def ours(**accounts: str) -> TagBook:
    tags = [
        a_tag(address, TagRole.SERVICE, category="account", label=account, origin=TagOrigin.OWN_INCIDENT)
        for address, account in accounts.items()
    ]
    hot = a_tag("hot", TagRole.SERVICE, category="hot_wallet", label="house", origin=TagOrigin.OWN_INCIDENT)
    return TagBook([TagSet(name="tags.ours", version="1", as_of=None, tags=(*tags, hot))])


def taken_in(office: Office, *records: Record) -> None:
    office.ledger.ingest([COIN, *records])


def a_wallet_letter(type_: str = "freeze", wallet: str = "thief", **changes: Any) -> Letter:
    target = {"kind": "wallet", "value": wallet, "asset": COIN.name}
    return a_letter(tasks=[{"id": "t1", "type": type_, "target": target}], **changes)


THEFT = (
    began(1, "thief", 100),
    moved(2, "thief", "dep-alice", 40),
    moved(3, "dep-bob", "thief", 5),
    moved(4, "thief", "stranger", 20),
    moved(5, "stranger", "dep-carl", 20),
)


@pytest.mark.row("A085")
def test_a_wallet_becomes_the_accounts_that_sent_to_it_or_got_from_it(tmp_path: Path) -> None:
    with an_office(tmp_path, ours(**{"dep-alice": "alice", "dep-bob": "bob", "dep-carl": "carl"})) as office:
        taken_in(office, began(0, "dep-bob", 50), *THEFT)
        order = office.executed(a_wallet_letter(gag=ORDERED))
        assert {t.account: (t.status, t.through) for t in order.targets} == {
            "alice": (TargetStatus.HELD, "thief"),
            "bob": (TargetStatus.HELD, "thief"),
        }
        assert office.restrictions("carl") == [], "a stranger's coins are the stranger's"


def test_a_wallet_that_nobody_here_touched_goes_back(tmp_path: Path) -> None:
    with an_office(tmp_path, ours()) as office:
        taken_in(office, *THEFT)
        order = office.received(a_wallet_letter())
        assert (order.code, order.state) == ("unknown_target", State.RETURNED)


@pytest.mark.row("A016")
def test_a_wallet_that_very_many_touched_is_a_services_and_goes_back(tmp_path: Path) -> None:
    accounts = {f"dep-{n}": f"acct-{n}" for n in range(26)}
    with an_office(tmp_path, ours(**accounts)) as office:
        office.open_account(*accounts.values())
        taken_in(office, began(0, "mixer", 1000), *(moved(n, "mixer", a, 1) for n, a in enumerate(accounts, start=1)))
        order = office.received(a_wallet_letter(wallet="mixer"))
        assert (order.code, len(order.targets)) == ("over_broad", 26)


def test_coins_that_pass_a_transaction_of_outputs_are_seen_on_both_sides(tmp_path: Path) -> None:
    with an_office(tmp_path, ours(**{"dep-alice": "alice", "dep-bob": "bob"})) as office:
        first = paid(1, (), [("dep-bob", 60)])
        second = paid(2, [Spent("t1", 0, "dep-bob", 60)], [("thief", 60)])
        third = paid(3, [Spent("t2", 0, "thief", 60)], [("dep-alice", 60)])
        taken_in(office, first, second, third)
        named = Named(kind=TargetKind.WALLET, value="thief", asset=COIN.name)
        assert office.wallets.touched(named) == ("alice", "bob")
        assert office.wallets.touched(replace(named, asset=None)) == ("alice", "bob")


def test_an_asset_that_the_ledger_does_not_have_is_said(tmp_path: Path) -> None:
    with an_office(tmp_path, ours()) as office, pytest.raises(BadInputError, match="the ledger has no `DOGE`"):
        office.wallets.touched(Named(kind=TargetKind.WALLET, value="thief", asset="DOGE"))
