"""What somebody who controls an account, or one person on the staff alone, must not be able to do."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability, Level
from habeas.domain.case import Case, CaseOutcome
from habeas.domain.decision import Outcome, Topic
from habeas.domain.event import make_event
from habeas.domain.event_data import ApproveAct, CaseAct, LiftAct, PlaceAct
from habeas.domain.evidence import Evidence
from habeas.domain.facts import ListHit, NameHit
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.place import Place
from habeas.domain.restriction import AtEnd, Ending, Scope
from habeas.domain.screening import Query
from habeas.domain.verdict import Request
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.service.acts import Act, carry_out
from habeas.service.intake import Intake
from habeas.service.outbox import deliver_effects
from habeas.service.questions import Questions
from habeas.service.timers import fire_due_timers
from habeas.store.open import open_store
from tests.builders import NOON, an_enriched_event, an_event
from tests.stories import ANALYST, Story, a_settled_state, span

OLGA, RAVI = Actor("olga", Role.SANCTIONS_OFFICER), Actor("ravi", Role.SENIOR_ANALYST)
CORA = Actor("cora", Role.COUNSEL)
WALLET = ListHit("OFAC-SDN", "OFAC-SDN@1", "777", "ETH:0xbad")
PASSPORT = ListHit("OFAC-SDN", "OFAC-SDN@1", "888", "passport IR")


class SomeLists:
    """A list with one wallet and one passport."""

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        return (WALLET,) if address == "0xbad" else ()

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        return (PASSPORT,) if number == "X1" else ()

    def names(self, who: Query) -> tuple[NameHit, ...]:
        return ()

    def version_without(self, name: str, entry: str) -> str | None:
        return None


class NoPlaces:
    def place(self, ip: str) -> Place | None:
        return None


class Desk:
    """One exchange with one memory store, on a clock that the test sets."""

    def __init__(self, lists: SomeLists | None = None) -> None:
        self.store, self.now, self._sent = open_store("memory:"), NOON, 0
        self._lists = lists or SomeLists()
        self.intake = Intake(self.store, shipped_playbook(), NoPlaces(), self._lists, lambda: self.now)

    def send(self, account: str, type_: str, **data: Any) -> Outcome:
        self._sent += 1
        body = msgspec.json.encode(data)
        return self.intake.decide(make_event(f"e{self._sent}", "urn:exchange", type_, account, self.now, body))

    def act(self, account: str, act: Act) -> Outcome:
        return carry_out(self.intake, AccountId(account), act, self.now)

    def effects(self) -> None:
        deliver_effects(self.store, self.intake)

    def timers(self) -> None:
        fire_due_timers(self.store, self.intake, lambda: self.now)

    def state(self, account: str) -> AccountState:
        with self.store.reading() as reader:
            state = reader.account(AccountId(account))
        assert state is not None
        return state

    def cases(self, account: str) -> tuple[Case, ...]:
        with self.store.reading() as reader:
            return reader.cases(AccountId(account))

    def level(self, account: str, capability: str = "withdraw_crypto", **said: Any) -> Level:
        questions = Questions(self.store, shipped_playbook(), NoPlaces(), self._lists)
        return questions.check(AccountId(account), Request(Capability(capability), self.now, **said)).level


def level_of(outcome: Outcome) -> Level:
    assert outcome.verdict is not None
    return outcome.verdict.level


def test_renew_cannot_end_a_permanent_ban() -> None:
    story = Story()
    story.placed_by_staff("TOS_ABUSE", kind="PERM_BAN", evidence="E4")
    ban = story.state.restrictions[0]
    story.approved(ban.id, actor=CORA)
    assert story.level("login") is Level.DENY
    out = story.renewed(ban.id, story.now + span("30m"), evidence="E4", evidence_ids=["x"])
    story.wait("2h")
    assert (out.refusal is not None, story.level("login")) == (True, Level.DENY)


def test_renew_cannot_shorten_what_stands_until_a_condition() -> None:
    story = Story(replace(a_settled_state(), residence=None))
    story.event("account.profile_changed", "1h", residence="IR")
    lock = story.state.in_force(story.now)[0]
    assert lock.condition is not None
    assert lock.reason == "SANCTIONED_RESIDENCE"
    story.renewed(lock.id, story.now + span("30m"), evidence="E3", evidence_ids=["x"])
    story.wait("2h")
    assert story.standing != []


def test_a_ban_is_not_superseded_by_a_freeze_of_one_analyst() -> None:
    story = Story()
    story.placed_by_staff("TOS_ABUSE", kind="PERM_BAN", evidence="E4")
    ban = story.state.restrictions[0]
    story.approved(ban.id, actor=CORA)
    story.placed_by_staff(
        "TOS_ABUSE", kind="FROZEN", evidence="E3", ends_at=story.now + span("5d"), at_end=AtEnd(Ending.HOLD_AND_PAGE)
    )
    frozen = next(r for r in story.state.restrictions if r.kind is Kind.FROZEN)
    story.lifted_by_staff(frozen.id)
    assert story.level("login") is Level.DENY


def test_fall_back_obeys_four_eyes() -> None:
    story = Story()
    story.placed_by_staff(
        "TOS_ABUSE",
        kind="STEP_UP",
        evidence="E1",
        ends_at=story.now + span("1h"),
        at_end=AtEnd(Ending.FALL_BACK, Kind.PERM_BAN, Scope.ACCOUNT, timedelta(days=3650)),
    )
    story.wait("2h")
    assert story.level("login") is not Level.DENY


def test_one_reviewer_cannot_release_a_block() -> None:
    desk = Desk()
    desk.send("a", "account.opened", residence="GB")
    desk.send("a", "withdrawal.requested", asset="ETH", chain="ETH", amount="1", usd="10", address="0xbad")
    desk.send("a", "address.added", chain="ETH", address="0xbad")
    assert desk.level("a") is Level.DENY
    empty = next(c for c in desk.cases("a") if not c.restrictions)
    desk.act("a", CaseAct(actor=RAVI, note="looked", case=empty.id, outcome=CaseOutcome.FALSE_MATCH))
    assert desk.level("a") is Level.DENY


def test_one_reviewer_cannot_open_the_way_to_a_listed_wallet() -> None:
    desk = Desk()
    desk.send("a", "account.opened", residence="GB")
    w: dict[str, Any] = {"asset": "ETH", "chain": "ETH", "amount": "1", "usd": "10", "address": "0xbad"}
    assert level_of(desk.send("a", "withdrawal.requested", **w)) is Level.DENY
    (c,) = desk.cases("a")
    desk.act("a", CaseAct(actor=ANALYST, note="looked", case=c.id, outcome=CaseOutcome.FALSE_MATCH))
    assert level_of(desk.send("a", "withdrawal.requested", **w)) is Level.DENY


def test_deposit_with_lists_unavailable_is_held() -> None:
    class Broken(SomeLists):
        def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
            raise OSError("list file is gone")

    desk = Desk(lists=Broken())
    desk.send("a", "account.opened", residence="GB")
    out = desk.send("a", "deposit.crypto", asset="ETH", chain="ETH", amount="1", usd="10", tx="t", **{"from": "0xbad"})
    assert str(out.disposition) != "credit"


def two(desk: Desk) -> None:
    desk.send("A", "account.opened", residence="GB", holder="H")
    desk.send("B", "account.opened", residence="GB", holder="H")


def test_clearing_one_accounts_match_does_not_release_the_others_own() -> None:
    desk = Desk()
    two(desk)
    desk.send("A", "account.profile_changed", document={"kind": "passport", "number": "X1", "country": "GB"})
    desk.effects()
    assert desk.level("B") is Level.DENY
    desk.send("B", "address.added", chain="ETH", address="0xbad")
    c = next(c for c in desk.cases("A"))
    for who in (OLGA, RAVI):
        desk.act("A", CaseAct(actor=who, note="looked", case=c.id, outcome=CaseOutcome.FALSE_MATCH))
    desk.effects()
    assert desk.level("B") is Level.DENY, "B declared a listed wallet of its own"


def test_a_true_match_of_one_account_survives_a_false_match_of_the_other() -> None:
    desk = Desk()
    two(desk)
    desk.send("A", "account.profile_changed", document={"kind": "passport", "number": "X1", "country": "GB"})
    desk.effects()
    desk.send("B", "address.added", chain="ETH", address="0xbad")
    b = desk.cases("B")[0]
    for who in (OLGA, RAVI):
        desk.act("B", CaseAct(actor=who, note="looked", case=b.id, outcome=CaseOutcome.TRUE_MATCH))
    c = desk.cases("A")[0]
    for who in (OLGA, RAVI):
        desk.act("A", CaseAct(actor=who, note="looked", case=c.id, outcome=CaseOutcome.FALSE_MATCH))
    desk.effects()
    assert desk.level("B") is Level.DENY


def test_a_mirror_ends_after_the_account_left_the_holder() -> None:
    desk = Desk()
    two(desk)
    desk.act(
        "A",
        PlaceAct(
            actor=ANALYST,
            note="seen",
            reason="MALICIOUS_USER",
            kind=Kind.FROZEN,
            scope=Scope.HOLDER,
            evidence=Evidence.E3,
        ),
    )
    desk.effects()
    desk.send("B", "account.profile_changed", holder="H2")  # it had been a mix-up
    root = desk.state("A").restrictions[0]
    desk.act("A", LiftAct(actor=OLGA, note="wrong", restriction=root.id))
    desk.effects()
    mirror = desk.state("B").restrictions
    out = desk.act("B", LiftAct(actor=OLGA, note="wrong", restriction=mirror[0].id)) if mirror else None
    assert desk.level("B", "login") is Level.ALLOW, out and out.refusal


def test_a_mirrors_fall_back_can_be_lifted() -> None:
    desk = Desk()
    two(desk)
    desk.act("A", PlaceAct(actor=ANALYST, note="seen", reason="RESTRICTED_TRAVEL", scope=Scope.HOLDER))
    desk.effects()
    desk.now += timedelta(days=31)
    desk.timers()
    desk.effects()
    stands = desk.state("B").restrictions
    out = [desk.act("B", LiftAct(actor=OLGA, note="shown", restriction=r.id)).refusal for r in stands]
    assert desk.level("B", "place_order") is Level.ALLOW, out


def test_sub_account_without_holder_shares_its_parents_holder() -> None:
    desk = Desk()
    desk.send("M", "account.opened", residence="GB")
    desk.send("S1", "account.opened", residence="GB", parent="M")
    desk.send("S2", "account.opened", residence="GB", parent="M")
    desk.send("S1", "address.added", chain="ETH", address="0xbad")
    desk.effects()
    assert (desk.level("S1"), desk.level("M"), desk.level("S2")) == (Level.DENY,) * 3


def test_sub_sub_account_follows_the_top() -> None:
    desk = Desk()
    desk.send("M", "account.opened", residence="GB")
    desk.send("S", "account.opened", residence="GB", parent="M")
    desk.send("SS", "account.opened", residence="GB", parent="S")
    desk.act("M", PlaceAct(actor=ANALYST, note="seen", reason="MALICIOUS_USER", kind=Kind.FROZEN, evidence=Evidence.E3))
    assert (desk.level("S"), desk.level("SS")) == (Level.DENY,) * 2


def test_moving_house_four_times_is_no_way_out() -> None:
    desk = Desk()
    desk.send("S", "account.opened", residence="GB")
    for p in ("P1", "P2", "P3", "BAD"):
        desk.send(p, "account.opened", residence="GB")
        desk.send("S", "account.profile_changed", parent=p)
    desk.act(
        "BAD", PlaceAct(actor=ANALYST, note="seen", reason="MALICIOUS_USER", kind=Kind.FROZEN, evidence=Evidence.E3)
    )
    assert desk.level("S") is Level.DENY
    desk.send("S", "account.profile_changed", parent="P5")
    assert desk.level("S") is Level.DENY


def test_worker_terminates() -> None:
    desk = Desk()
    desk.send("A", "account.opened", residence="GB")
    desk.act(
        "A",
        PlaceAct(
            actor=OLGA,
            note="seen",
            reason="SANCTIONS_NEXUS",
            evidence=Evidence.E5,
            ends_at=desk.now + timedelta(days=2),
        ),
    )
    (r,) = desk.state("A").restrictions
    desk.act("A", ApproveAct(actor=CORA, note="agreed", restriction=r.id))
    desk.now += timedelta(days=3)
    desk.timers()
    desk.send("A", "address.added", chain="ETH", address="0xbad")
    t = threading.Thread(target=desk.timers, daemon=True)
    t.start()
    t.join(5)
    assert not t.is_alive()


def test_an_unknown_account_stays_unknown_until_somebody_tells_us_about_it() -> None:
    desk = Desk()
    w: dict[str, Any] = {"asset": "ETH", "amount": "1", "usd": "10", "address": "0x1"}
    assert level_of(desk.send("ghost", "withdrawal.requested", **w)) is Level.HOLD
    assert level_of(desk.send("ghost", "withdrawal.requested", **w)) is Level.HOLD


def test_the_entitys_own_policy_judges_the_opening() -> None:
    of_uk = """
[entity.uk]
name = "uk"
contact = "support"
complaints = "the ombudsman"
[entity.uk.reason.KYC_REGION.ground]
basis = "law"
clause = "UK-CLAUSE"
jurisdiction = "GB"
tier = "foreign"
"""
    playbook = read_playbook(shipped_playbook().text + of_uk.encode(), "two entities")
    store = open_store("memory:")
    with Intake(store, playbook, NoPlaces(), SomeLists(), lambda: NOON) as intake:
        body = msgspec.json.encode({"residence": "CN", "entity": "uk"})
        intake.decide(make_event("e", "urn:exchange", "account.opened", "u", NOON, body))
    with store.reading() as reader:
        (lock,) = reader.restrictions(AccountId("u"))
    assert lock.ground.clause == "UK-CLAUSE"


def test_a_destination_under_step_up_or_recalled_does_not_become_known() -> None:
    story = Story()
    story.sim_changed()
    assert ("ACCOUNT_TAKEOVER", "STEP_UP", "account") in story.standing
    out = story.event("address.added", "1m", chain="BTC", address="thief")
    assert level_of(out) >= Level.STEP_UP
    assert story.state.destination_known_since("thief") is None


def test_recalled_withdrawal_does_not_make_its_destination_known() -> None:
    story = Story()
    story.sim_changed()
    assert level_of(story.withdrawal(address="thief")) is Level.HOLD
    story.event("withdrawal.recalled", "1m", request="r", address="thief")
    assert story.state.destination_known_since("thief") is None


def test_a_late_proof_does_not_lift_what_came_after_it() -> None:
    story = Story()
    at = story.now + span("1m")
    story.sim_changed("10m")
    story.login("GB", "5m", device="thief")
    before = story.standing
    story.event("challenge.passed", "1m", dated=at, method="passkey")
    assert story.standing == before
    assert story.state.proved_at is None or story.state.proved_at <= at


def test_a_quarantined_deposit_is_held() -> None:
    from habeas.decision.quarantine import quarantine

    e = an_event(type_="deposit.crypto", body=b'{"asset":"ETH","amount":"1","usd":"1","tx":"t"}')
    dec = quarantine(a_settled_state(), an_enriched_event(e), Story().policy, "boom")
    assert str(dec.outcome.disposition) in ("hold", "block")


def test_unreadable_account_does_not_credit() -> None:
    story = Story(replace(a_settled_state(), unreadable=(b"x",)))
    out = story.event("deposit.crypto", asset="ETH", amount="1", usd="1", tx="t")
    assert str(out.disposition) in ("hold", "block")


def test_due_date_told_is_the_due_date() -> None:
    story = Story()
    story.event("document.expired", "1h", kind="passport")
    r = story.the(Kind.STEP_UP)
    story.event("document.expired", "9d", kind="proof_of_address")
    r = story.the(Kind.STEP_UP)
    assert r.ends_at is not None
    assert r.facts["due_at"] == r.ends_at.isoformat()


@pytest.mark.parametrize(("result", "is_asked_again"), [("accepted", False), ("rejected", True)])
def test_asked_documents_for_another_reason(result: str, is_asked_again: bool) -> None:
    story = Story(replace(a_settled_state(), residence="GB"))
    story.event("document.expired", "1h", kind="proof_of_address")
    story.event("document.received", "1h", kind="proof_of_address")
    story.event("document.decided", "1h", kind="proof_of_address", result=result)
    story.login("US", "48h")
    asked = [d for dec in story.decisions for r in dec.requests if r.reason == "RESTRICTED_TRAVEL" for d in r.documents]
    assert ("proof_of_address" in asked) is is_asked_again


def test_proposals_are_not_announced() -> None:
    story = Story()
    story.placed_by_staff("TOS_ABUSE", kind="PERM_BAN", evidence="E4")
    assert [m for m in story.decisions[-1].messages if m.topic is Topic.RESTRICTION] == []


def test_market_spelling() -> None:
    desk = Desk()
    desk.send("a", "account.opened", residence="GB")
    desk.send("a", "deposit.crypto", asset="ETH", chain="ETH", amount="1", usd="1", tx="t0", **{"from": "0xbad"})
    got = {
        m: str(level_of(desk.send("a", "order.placed", market=m, side="sell", usd="1")))
        for m in ("ETH-EUR", "ETH/EUR", "ETHEUR", "eth-eur")
    }
    got["none"] = str(desk.level("a", "place_order"))
    got["eth w"] = str(desk.level("a", asset="eth", amount=1, balance=1))
    assert set(got.values()) == {"HOLD"}, got
