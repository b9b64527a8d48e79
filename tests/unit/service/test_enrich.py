"""What is looked up about an event and a question, and what happens when a source fails."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest

from habeas.domain.capability import Capability, Level
from habeas.domain.event import Event, make_event
from habeas.domain.facts import Facts, IpActivity, ListHit, NameHit
from habeas.domain.ids import AccountId
from habeas.domain.listing import Birth
from habeas.domain.place import Place
from habeas.domain.screening import Query
from habeas.domain.verdict import Request
from habeas.playbook.load import shipped_playbook
from habeas.service.enrich import look_up
from habeas.service.intake import Intake
from habeas.service.questions import Questions
from habeas.store.memory import MemoryStore
from tests.builders import HOUR, NOON

HOME = Place("DE", 51.0, 9.0, 300.0, "203.0.113.0/24", ("a-database",))
HAVANA = Place("CU", 22.0, -80.0, 300.0, "152.206.0.0/24", ("a-database",))
LIKE = NameHit("OFAC-SDN", "OFAC-SDN@2024-05-03", "7140", "BAD, Ann", 0.93, (), "pair", (), 0.93)
HIT = ListHit("OFAC-SDN", "OFAC-SDN@2024-05-03", "27307", "ETH:0xbad")


class Sources:
    """Places and lists that know a little and tell what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def place(self, ip: str) -> Place | None:
        return {"203.0.113.7": HOME, "152.206.1.1": HAVANA}.get(ip)

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        self.asked.append((chain, address, asset))
        return (HIT,) if address == "0xbad" else ()

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        self.asked.append((country, kind, number))
        return (HIT,) if number == "bad" else ()

    def names(self, who: Query) -> tuple[NameHit, ...]:
        self.asked.append((who.name, who.birth, who.countries))
        return (LIKE,) if who.name == "bad" else ()

    def version_without(self, name: str, entry: str) -> str | None:
        return None


class Broken:
    def place(self, ip: str) -> Place | None:
        raise RuntimeError("no database")

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        raise RuntimeError("no lists")

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        raise RuntimeError("no lists")

    def names(self, who: Query) -> tuple[NameHit, ...]:
        raise RuntimeError("no lists")

    def version_without(self, name: str, entry: str) -> str | None:
        return None


def an_event(type_: str, **data: Any) -> Event:
    return make_event("ev-1", "urn:exchange", type_, "acct-1", NOON, msgspec.json.encode(data))


WITHDRAWAL: dict[str, Any] = {"asset": "ETH", "amount": "1", "usd": "3000", "address": "0xbad"}
NAMING_WALLETS = {
    "a sender": (
        "deposit.crypto",
        {"asset": "ETH", "amount": "1", "usd": "1", "tx": "t", "from": "0xbad"},
        None,
        "ETH",
    ),
    "a destination": ("withdrawal.requested", WITHDRAWAL | {"chain": "ethereum"}, "ethereum", "ETH"),
    "a declared address": ("address.added", {"chain": "ETH", "address": "0xbad"}, "ETH", None),
    "a broadcast": ("withdrawal.broadcasting", {"request": "w-1", "address": "0xbad", "asset": "ETH"}, None, "ETH"),
}


@pytest.mark.parametrize("case", NAMING_WALLETS)
def test_every_wallet_that_an_event_names_is_looked_up(case: str) -> None:
    type_, data, chain, asset = NAMING_WALLETS[case]
    sources = Sources()
    assert look_up(an_event(type_, **data), sources, sources) == Facts(wallets=(HIT,))
    assert sources.asked == [(chain, "0xbad", asset)]


def test_a_declared_document_is_looked_up() -> None:
    sources = Sources()
    document = {"kind": "passport", "number": "bad", "country": "RU"}
    facts = look_up(an_event("account.opened", document=document), sources, sources)
    assert facts == Facts(documents=(HIT,))
    assert sources.asked == [("RU", "passport", "bad")]


def test_a_declared_name_is_compared_with_the_listed_ones() -> None:
    sources = Sources()
    profile = {"name": "bad", "birth_date": "1962-03-01", "nationalities": ["SY"]}
    assert look_up(an_event("account.profile_changed", **profile), sources, sources) == Facts(names=(LIKE,))
    assert sources.asked == [("bad", Birth(date(1962, 3, 1), date(1962, 3, 1)), ("SY",))]


def test_an_event_that_names_nothing_is_not_looked_up() -> None:
    sources = Sources()
    for event in (
        an_event("order.placed", market="BTC-EUR", side="buy", usd="5"),
        an_event("deposit.crypto", asset="BTC", amount="1", usd="1", tx="t"),
        an_event("account.opened", residence="DE"),
    ):
        assert look_up(event, Broken(), Broken()) == Facts()
        assert look_up(event, sources, sources) == Facts()
    assert sources.asked == []


def test_an_address_that_no_source_knows_is_unavailable() -> None:
    sources = Sources()
    assert look_up(an_event("login.succeeded", ip="198.51.100.1"), sources, sources) == Facts(unavailable=("place",))


@pytest.mark.parametrize(
    ("event", "missing"),
    [
        (an_event("login.succeeded", ip="203.0.113.7"), ("place",)),
        (an_event("withdrawal.requested", **WITHDRAWAL, ip="203.0.113.7"), ("place", "wallets")),
        (an_event("account.opened", document={"kind": "id", "number": "1", "country": "DE"}), ("documents",)),
        (an_event("account.opened", name="Ann"), ("names",)),
    ],
)
def test_a_source_that_fails_is_named_and_nothing_is_guessed(event: Event, missing: tuple[str, ...]) -> None:
    assert look_up(event, Broken(), Broken()) == Facts(unavailable=missing)


# --- through intake and questions ------------------------------------------------------------------------------------


class Desk:
    def __init__(self, sources: Sources | Broken) -> None:
        self.store, playbook = MemoryStore(), shipped_playbook()
        self.intake = Intake(self.store, playbook, sources, sources, lambda: NOON + 48 * HOUR)
        self.questions = Questions(self.store, playbook, sources, sources)
        self.sent = 0

    def send(self, account: str, type_: str, hours: float = 0, **data: Any) -> Any:
        self.sent += 1
        body = msgspec.json.encode(data)
        return self.intake.decide(
            make_event(f"e{self.sent}", "urn:exchange", type_, account, NOON + hours * HOUR, body)
        )

    def level(self, capability: Capability, hours: float = 0, **more: Any) -> Level:
        request = Request(capability, NOON + hours * HOUR, **more)
        return self.questions.check(AccountId("ana"), request).level


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(Sources())
    yield desk
    desk.intake.close()


def test_events_go_on_when_every_source_fails() -> None:
    desk = Desk(Broken())
    outcome = desk.send("ana", "withdrawal.requested", **WITHDRAWAL, ip="203.0.113.7", device="d")
    assert not outcome.quarantined
    event = desk.questions.account(AccountId("ana")).events[0]
    assert event.facts.unavailable == ("place", "wallets")
    assert desk.level(Capability.VIEW, ip="203.0.113.7") is Level.ALLOW
    desk.intake.close()


def test_failed_logins_from_an_address_are_counted_across_accounts_and_kept_with_each_event(desk: Desk) -> None:
    for number in range(6):
        desk.send(f"acct-{number % 3}", "login.failed", ip="203.0.113.7")
    kept = desk.questions.account(AccountId("acct-2")).events[-1]
    assert kept.facts.ip_activity == IpActivity(5, 3)


@pytest.mark.row("B007")
def test_an_address_that_tries_many_accounts_is_refused_for_a_day_and_others_are_not(desk: Desk) -> None:
    desk.send("ana", "account.opened", residence="DE")
    for number in range(20):
        desk.send(f"victim-{number % 5}", "login.failed", ip="203.0.113.7")

    assert desk.level(Capability.LOGIN, 1, ip="203.0.113.7") is Level.DENY
    assert desk.level(Capability.CONTACT_SUPPORT, 1, ip="203.0.113.7") is not Level.DENY
    assert desk.level(Capability.LOGIN, 1, ip="152.206.9.9") is Level.ALLOW
    assert desk.level(Capability.LOGIN, 1) is Level.ALLOW
    assert desk.level(Capability.LOGIN, 24, ip="203.0.113.7") is Level.ALLOW
    assert desk.level(Capability.LOGIN, -1, ip="203.0.113.7") is Level.ALLOW
    refused = desk.send("ana", "login.succeeded", 1, ip="203.0.113.7", device="d")
    assert refused.verdict.level is Level.DENY
    assert refused.placed == ()


@pytest.mark.row("B010")
def test_a_question_from_a_restricted_country_is_denied_and_changes_nothing(desk: Desk) -> None:
    desk.send("ana", "account.opened", residence="DE")
    before = desk.questions.account(AccountId("ana"))

    assert desk.level(Capability.PLACE_ORDER, ip="152.206.1.1") is Level.DENY
    assert desk.level(Capability.PLACE_ORDER, ip="203.0.113.7") is Level.ALLOW

    assert desk.questions.account(AccountId("ana")) == before


@pytest.mark.row("A007")
def test_a_login_from_a_sanctioned_country_is_told_apart_from_living_there(desk: Desk) -> None:
    desk.send("ana", "account.opened", residence="DE")
    outcome = desk.send("ana", "login.succeeded", 1, ip="152.206.1.1", device="d")
    assert [placed.reason for placed in outcome.placed] == ["SANCTIONED_TRAVEL"]


def test_a_question_about_a_listed_destination_is_denied_and_another_is_not(desk: Desk) -> None:
    desk.send("ana", "account.opened", residence="DE")
    assert desk.level(Capability.WITHDRAW_CRYPTO, destination="0xbad", asset="ETH") is Level.DENY
    assert desk.level(Capability.WITHDRAW_CRYPTO, destination="0xgood", asset="ETH") is Level.ALLOW
    assert desk.level(Capability.P2P, destination="0xbad") is Level.ALLOW


def test_questions_without_sources_answer_from_the_account_alone(desk: Desk) -> None:
    desk.send("ana", "account.opened", residence="DE")
    plain = Questions(desk.store, shipped_playbook())
    request = Request(Capability.WITHDRAW_CRYPTO, NOON, ip="152.206.1.1", destination="0xbad")
    assert plain.check(AccountId("ana"), request).level is Level.ALLOW


def test_what_was_asked_for_is_shown_to_staff_and_to_the_user(desk: Desk) -> None:
    desk.send("ana", "account.opened", residence="DE")
    desk.send("ana", "document.expired", kind="passport")
    view = desk.questions.account(AccountId("ana"))
    assert [request.documents for request in view.requests] == [("passport",)]
    assert any("passport" in due for due in desk.questions.statement(AccountId("ana"), NOON).requirements.currently_due)
    assert desk.questions.account(AccountId("ana"), NOON - HOUR).requests == ()
