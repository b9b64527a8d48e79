"""Intake, timers, outbox and questions together, on the memory store with a clock that the test sets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from habeas.decision import decide as deciding
from habeas.detection.detector import Detector
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability, Level
from habeas.domain.decision import Outcome
from habeas.domain.errors import EventRejectedError, IdentityReusedError
from habeas.domain.event import make_event
from habeas.domain.event_data import AnnulAct, LiftAct, PlaceAct
from habeas.domain.facts import ListHit, NameHit
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.place import Place
from habeas.domain.restriction import Scope, Status
from habeas.domain.screening import Query
from habeas.domain.verdict import Request
from habeas.playbook.load import shipped_playbook
from habeas.service.acts import carry_out
from habeas.service.intake import Intake
from habeas.service.outbox import deliver_effects
from habeas.service.questions import Questions
from habeas.service.timers import fire_due_timers
from habeas.store.memory import MemoryStore
from habeas.store.open import open_store

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
JANE = Actor("jane", Role.ANALYST)
TOM = Actor("tom", Role.ANALYST)


class Desk:
    """One exchange with one memory store: send events, act, let time pass, ask."""

    def __init__(self) -> None:
        store = open_store("memory:")
        assert isinstance(store, MemoryStore)
        self.store = store
        self.now = MONDAY
        self.playbook = shipped_playbook()
        self.intake = Intake(store, self.playbook, NoPlaces(), NoLists(), lambda: self.now)
        self.questions = Questions(store, self.playbook)
        self._sent = 0

    def send(
        self, account: str, type_: str, *, id_: str | None = None, at: datetime | None = None, **data: Any
    ) -> Outcome:
        self._sent += 1
        body = msgspec.json.encode(data)
        event = make_event(id_ or f"e{self._sent}", "urn:exchange", type_, account, at or self.now, body)
        return self.intake.decide(event)

    def restrict(self, account: str, reason: str = "TOS_ABUSE", **more: Any) -> Outcome:
        act = PlaceAct(actor=JANE, note="seen in the case file", reason=reason, **more)
        return carry_out(self.intake, AccountId(account), act, self.now)

    def lift(self, account: str, restriction: str, actor: Actor = TOM) -> Outcome:
        act = LiftAct(actor=actor, note="it was resolved", restriction=restriction)  # type: ignore[arg-type]
        return carry_out(self.intake, AccountId(account), act, self.now)

    def wait(self, **length: float) -> None:
        self.now += timedelta(**length)
        fire_due_timers(self.store, self.intake, lambda: self.now)
        deliver_effects(self.store, self.intake)

    def level(self, account: str, capability: Capability, at: datetime | None = None) -> Level:
        return self.questions.check(AccountId(account), Request(capability, at or self.now)).level


class NoPlaces:
    def place(self, ip: str) -> Place | None:
        return None


class NoLists:
    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        return ()

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        return ()

    def names(self, who: Query) -> tuple[NameHit, ...]:
        return ()

    def version_without(self, name: str, entry: str) -> str | None:
        return None


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.intake.close()
    desk.store.close()


def test_a_duplicate_gets_the_first_answer_again(desk: Desk) -> None:
    first = desk.send("wei", "account.opened", id_="e-1", residence="CN")
    again = desk.send("wei", "account.opened", id_="e-1", residence="CN")

    assert again.duplicate
    assert msgspec.structs.replace(again, duplicate=False) == first
    assert len(desk.questions.account(AccountId("wei")).restrictions) == 1


def test_the_same_identity_with_another_body_is_refused_and_changes_nothing(desk: Desk) -> None:
    desk.send("wei", "account.opened", id_="e-1", residence="DE")

    with pytest.raises(IdentityReusedError, match="already recorded with another body"):
        desk.send("wei", "account.opened", id_="e-1", residence="CN")

    assert desk.questions.account(AccountId("wei")).restrictions == ()


def test_an_event_dated_more_than_five_minutes_ahead_is_refused(desk: Desk) -> None:
    desk.send("ana", "account.opened", at=MONDAY + timedelta(minutes=5))

    with pytest.raises(EventRejectedError, match="ahead of now"):
        desk.send("ana", "login.succeeded", at=MONDAY + timedelta(minutes=5, seconds=1))


def test_an_event_that_cannot_be_judged_is_kept_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(state: object, event: Any, params: object) -> list[Any]:
        if event.event.account == "bad":
            raise RuntimeError("detector bug")
        return []

    broken = Detector("region", 1, frozenset({"login.succeeded"}), frozenset(), msgspec.Struct, judge)
    monkeypatch.setattr(deciding, "_LISTENING", {"login.succeeded": (broken,)})

    outcomes = [desk.send(account, "login.succeeded") for account in ("good", "bad", "good")]

    assert [outcome.quarantined for outcome in outcomes] == [False, True, False]
    assert outcomes[1].verdict is not None
    assert outcomes[1].verdict.level is Level.DENY
    assert desk.level("bad", Capability.WITHDRAW_CRYPTO) is Level.DENY
    assert desk.level("bad", Capability.CONTACT_SUPPORT) is Level.ALLOW
    assert [case.priority for case in desk.questions.account(AccountId("bad")).cases] == ["page"]
    assert desk.level("good", Capability.WITHDRAW_CRYPTO) is Level.ALLOW


def test_a_timer_ends_a_restriction_once_and_a_late_worker_changes_no_answer(desk: Desk) -> None:
    desk.restrict("rudi")
    end_at = MONDAY + timedelta(days=7)

    # Nobody fires timers: the effect ends by time all the same.
    assert desk.level("rudi", Capability.PLACE_ORDER, end_at - timedelta(seconds=1)) is Level.DENY
    assert desk.level("rudi", Capability.PLACE_ORDER, end_at) is Level.ALLOW

    desk.wait(days=30)
    view = desk.questions.account(AccountId("rudi"))
    assert [(r.status, r.ended_at) for r in view.restrictions] == [(Status.EXPIRED, end_at)]
    assert view.state is not None
    assert view.state.restrictions == ()
    events = len(view.events)
    desk.wait(days=30)
    assert len(desk.questions.account(AccountId("rudi")).events) == events


@pytest.mark.row("B085")
def test_a_sub_account_follows_its_main_account_and_not_the_other_way_round(desk: Desk) -> None:
    desk.send("main", "account.opened", residence="DE")
    desk.send("sub", "account.opened", parent="main")
    desk.restrict("main")

    assert desk.level("sub", Capability.PLACE_ORDER) is Level.DENY

    desk.send("other", "account.opened")
    desk.send("other-sub", "account.opened", parent="other")
    desk.restrict("other-sub")
    assert desk.level("other-sub", Capability.PLACE_ORDER) is Level.DENY
    assert desk.level("other", Capability.PLACE_ORDER) is Level.ALLOW


def test_a_holder_wide_restriction_reaches_all_accounts_of_the_holder_and_leaves_them_again(desk: Desk) -> None:
    for account in ("one", "two"):
        desk.send(account, "account.opened", holder="ms-x")
    placed = desk.restrict("one", scope=Scope.HOLDER).placed[0]
    desk.wait(minutes=1)

    assert desk.level("two", Capability.PLACE_ORDER) is Level.DENY
    mirror = desk.questions.account(AccountId("two")).restrictions[0]
    assert mirror.origin == placed.id
    assert mirror.id != placed.id

    # An account that joins the holder later gets it at once.
    joined = desk.send("three", "account.opened", holder="ms-x")
    assert [r.scope for r in joined.placed] == [Scope.HOLDER]

    # A mirror is not lifted by itself; lifting the first one lifts all.
    refused = desk.lift("two", mirror.id).refusal
    assert refused is not None
    assert placed.id in refused.message
    desk.lift("one", placed.id)
    desk.wait(minutes=1)
    assert desk.level("one", Capability.PLACE_ORDER) is Level.ALLOW
    assert desk.level("two", Capability.PLACE_ORDER) is Level.ALLOW


def test_effects_that_are_delivered_twice_act_once(desk: Desk) -> None:
    for account in ("one", "two"):
        desk.send(account, "account.opened", holder="ms-x")
    desk.restrict("one", scope=Scope.HOLDER)
    with desk.store.reading() as reader:
        queued = reader.queued_messages(after=0, limit=100)
    deliver_effects(desk.store, desk.intake)

    # A crash after recording and before marking: the same messages come again.
    from habeas.service import outbox

    for message in queued:
        if message.message.topic == "effect":
            assert desk.intake.decide(outbox._event(message.message)).duplicate
    assert len(desk.questions.account(AccountId("two")).restrictions) == 1


def test_what_has_ended_can_still_be_annulled_because_it_was_wrong(desk: Desk) -> None:
    placed = desk.restrict("rudi").placed[0]
    desk.wait(days=8)
    act = AnnulAct(actor=TOM, note="it was somebody else", restriction=placed.id)
    carry_out(desk.intake, AccountId("rudi"), act, desk.now)
    (annulled,) = desk.questions.account(AccountId("rudi")).restrictions
    assert (annulled.status, annulled.ended_at) == (Status.ANNULLED, MONDAY + timedelta(days=7))


def test_a_refused_act_is_recorded_and_changes_nothing(desk: Desk) -> None:
    outcome = desk.restrict("rudi", reason="TERMS_REVIEW", kind=Kind.PERM_BAN)

    assert outcome.refusal is not None
    assert outcome.placed == ()
    assert [event.outcome.refusal for event in desk.questions.account(AccountId("rudi")).events] == [outcome.refusal]


def test_an_unknown_account_may_do_all_but_move_value_out(desk: Desk) -> None:
    assert desk.level("nobody", Capability.WITHDRAW_CRYPTO) is Level.HOLD
    assert desk.level("nobody", Capability.P2P) is Level.HOLD
    assert desk.level("nobody", Capability.LOGIN) is Level.ALLOW


def test_a_past_instant_is_answered_by_what_stood_then_even_after_it_was_lifted(desk: Desk) -> None:
    placed = desk.restrict("rudi").placed[0]
    desk.wait(hours=2)
    desk.lift("rudi", placed.id)

    assert desk.level("rudi", Capability.PLACE_ORDER, MONDAY + timedelta(hours=1)) is Level.DENY
    assert desk.level("rudi", Capability.PLACE_ORDER) is Level.ALLOW
    assert desk.level("rudi", Capability.PLACE_ORDER, MONDAY - timedelta(hours=1)) is Level.ALLOW


def test_everything_recorded_decides_again_to_the_same_outcome(desk: Desk) -> None:
    desk.send("wei", "account.opened", residence="CN")
    desk.send("wei", "phone.sim_changed", none_within_days=30)
    desk.restrict("wei", reason="TOS_ABUSE")
    desk.wait(days=8)

    from habeas.decision.decide import decide
    from habeas.domain.account import new_account
    from habeas.domain.facts import EnrichedEvent
    from habeas.domain.ids import event_seed

    state = new_account(AccountId("wei"))
    for kept in desk.questions.account(AccountId("wei")).events:
        event = make_event(kept.id, kept.source, kept.type, kept.account, kept.time, kept.body)
        seed = event_seed(desk.store.identity_key, kept.account, kept.source, kept.id)
        decision = decide(
            state, EnrichedEvent(event, kept.facts, seed, kept.received_at), desk.playbook.policy(state.entity)
        )
        assert decision.outcome == kept.outcome
        state = decision.state
    assert state == desk.questions.account(AccountId("wei")).state
