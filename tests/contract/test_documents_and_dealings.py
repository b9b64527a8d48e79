"""What every store promises about declared identity documents, and about who dealt with whom."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.domain.account import AccountState, Life
from habeas.domain.capability import Capability, Level
from habeas.domain.decision import Outcome
from habeas.domain.facts import DealtWith, EnrichedEvent, Facts
from habeas.domain.ids import AccountId
from habeas.domain.verdict import Verdict
from habeas.service.ports import Store
from tests.builders import HOUR, NOON, a_dealing, a_decision, a_declaration, an_enriched_event, an_event
from tests.contract.conftest import Intruder

X1 = ("DE", "passport", "X1")
DAY = timedelta(days=1)


def record(store: Store, enriched: EnrichedEvent, **changes: object) -> None:
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, **changes), "builtin-1")


def sharing(store: Store, account: str, declares: tuple[str, str, str] | None = None) -> tuple[str, ...]:
    with store.reading() as reader:
        return reader.document_accounts(AccountId(account), declares)


def dealt(store: Store, account: str, since: timedelta = -100 * DAY, limit: int = 9) -> list[DealtWith]:
    with store.reading() as reader:
        return list(reader.dealt_with(AccountId(account), NOON + since, limit))


# --- documents -------------------------------------------------------------------------------------------------------


@pytest.mark.row("B086")
def test_an_earlier_account_with_the_same_document_is_found_however_the_number_is_written(store: Store) -> None:
    record(store, a_declaration("ev-1", "x-1 ", account="older", at=NOON - DAY))
    record(store, a_declaration("ev-2", "X1", account="newer"))
    assert sharing(store, "newer") == ("older",)
    assert sharing(store, "older") == ()
    assert sharing(store, "nobody", X1) == ("newer", "older")
    assert sharing(store, "nobody") == ()


@pytest.mark.parametrize("other", [("FR", "passport", "X1"), ("DE", "national_id", "X1"), ("DE", "passport", "X2")])
def test_country_kind_and_number_make_a_document(store: Store, other: tuple[str, str, str]) -> None:
    record(store, a_declaration())
    assert sharing(store, "nobody", X1) == ("acct-1",)
    assert sharing(store, "nobody", other) == ()


def test_a_document_is_found_in_the_transaction_that_declares_it(store: Store) -> None:
    with store.transaction() as work:
        for account in ("a", "b"):
            enriched = a_declaration(account=account)
            work.record(enriched, a_decision(enriched), "builtin-1")
        assert work.document_accounts(AccountId("b")) == ("a",)


def test_the_first_declaration_by_an_account_is_the_one_that_counts(store: Store) -> None:
    record(store, a_declaration("ev-1", account="a", at=NOON - 3 * DAY))
    record(store, a_declaration("ev-2", account="b", at=NOON - 2 * DAY))
    record(store, a_declaration("ev-3", account="a", at=NOON))
    assert (sharing(store, "a"), sharing(store, "b")) == ((), ("a",))


def test_numbers_are_never_kept_in_the_open(store: Store, intruder: Intruder) -> None:
    record(store, a_declaration(number="C01X00T47"))
    assert b"C01X00T47" not in intruder.everything()


def test_a_number_that_says_nothing_links_nobody(store: Store) -> None:
    record(store, a_declaration("ev-1", "---", account="a"))
    record(store, a_declaration("ev-2", "---", account="b"))
    assert sharing(store, "b") == ()


def test_a_purged_account_is_forgotten(store: Store) -> None:
    for account in ("gone", "banned"):
        record(store, a_declaration(account=account))
    state = AccountState(account=AccountId("gone"), life=Life.PURGED)
    record(store, an_enriched_event(an_event("ev-2", account="gone")), state=state, is_purge=True)
    assert sharing(store, "nobody", X1) == ("banned",)


# --- dealings --------------------------------------------------------------------------------------------------------


def answered(enriched: EnrichedEvent, level: Level) -> Outcome:
    event = enriched.event
    verdict = Verdict(event.account, Capability.TRANSFER_OUT, level, None, (), None, None)
    return Outcome(event=event.id, account=event.account, verdict=verdict)


def test_who_dealt_with_an_account_is_told_latest_first_with_whether_they_ever_paid(store: Store) -> None:
    record(store, a_dealing("ev-1", "seller", account="a", at=NOON - 2 * HOUR))
    record(store, a_dealing("ev-2", "seller", "p2p.opened", account="a", at=NOON))
    record(store, a_dealing("ev-1", "seller", "p2p.opened", account="b", at=NOON - HOUR))
    record(store, a_dealing("ev-2", "other", account="b", at=NOON))
    a, b = DealtWith(AccountId("a"), NOON, True), DealtWith(AccountId("b"), NOON - HOUR, False)
    assert dealt(store, "seller") == [a, b]
    assert dealt(store, "seller", limit=1) == [a]
    assert dealt(store, "seller", since=-HOUR) == [replace(a, has_paid=False), b]
    assert dealt(store, "a") == []


def test_two_accounts_have_dealt_in_one_direction_since_an_instant(store: Store) -> None:
    record(store, a_dealing("ev-1", "seller", account="a"))
    with store.reading() as reader:
        a, seller = AccountId("a"), AccountId("seller")
        assert reader.have_dealt(a, seller, NOON)
        assert not reader.have_dealt(seller, a, NOON)
        assert not reader.have_dealt(a, seller, NOON + HOUR)


@pytest.mark.parametrize(
    ("type_", "level", "is_kept"),
    [
        ("p2p.opened", Level.ALLOW, True),
        ("p2p.opened", Level.DENY, False),
        ("p2p.paid", Level.DENY, True),  # The money has gone, whatever we would have said.
        ("transfer.requested", Level.STEP_UP, True),
        ("transfer.requested", Level.HOLD, False),
    ],
)
def test_what_was_refused_is_no_dealing(store: Store, type_: str, level: Level, is_kept: bool) -> None:
    enriched = a_dealing("ev-1", "seller", type_, account="a")
    record(store, enriched, outcome=answered(enriched, level))
    assert bool(dealt(store, "seller")) is is_kept


def test_a_transfer_between_own_accounts_is_no_dealing(store: Store) -> None:
    enriched = replace(a_dealing("ev-1", "mine", "transfer.requested"), facts=Facts(is_own_counterparty=True))
    record(store, enriched)
    assert dealt(store, "mine") == []


def test_dealings_are_forgotten_after_90_days(store: Store) -> None:
    record(store, a_dealing("ev-1", "seller", account="a", at=NOON - 91 * DAY))
    assert len(dealt(store, "seller")) == 1
    record(store, a_dealing("ev-2", "other", account="b"))
    assert dealt(store, "seller") == []
