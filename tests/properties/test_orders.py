"""Any life of an order: acts of anybody in any order at any time, with what must hold after each.

| invariant | |
|---|---|
| table | the state moves only along the table, and what is closed stays closed |
| four eyes | nothing is accepted but by two different people of the desk, on all levels that its tasks need |
| forged | nothing with the signs of a forged order is accepted without counsel's answer |
| scope | nobody is reached before counsel has said so, with the most open class that the instrument permits |
| time | time calls people; it ends, tells and releases nothing |
| history | only grows, and has a line for every change of the state |

`test_the_checks_catch_a_planted_bug` plants a bug for each and must fail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.decision import Refusal
from habeas.domain.ids import AccountId
from habeas.domain.reason import Disclosure
from habeas.sealed import due, gag, life
from habeas.sealed.agency import read_registry
from habeas.sealed.letter import GagForce, Level, OrderType
from habeas.sealed.order import CLOSED, TRANSITIONS, Order, Sign, State, Target, TargetStatus
from habeas.sealed.policy import shipped_policy
from tests.builders import HOUR, NOON
from tests.desks import AGENCIES, CORA, FINN, HOW, LARS, LENA, ORDERED, SAM, a_letter

POLICY = shipped_policy()
AGENCY = read_registry(AGENCIES, "agencies.toml").agencies["oslo-police"]
PEOPLE = [LENA, LENA, LARS, CORA, CORA, FINN, SAM, Actor("lena", Role.COUNSEL)]
GAGS = [{}, {"force": "requested"}, ORDERED, {"force": "statutory"}]
DESK = frozenset({Role.LE_DESK, Role.COUNSEL})
ACCEPTED = frozenset(State) - {State.RECEIVED, State.VERIFYING, State.REJECTED, State.RETURNED, State.WITHDRAWN}
SCOPED = ACCEPTED - {State.ACCEPTED}
UNTOUCHED = frozenset({TargetStatus.NAMED})

people = st.sampled_from(PEOPLE)
levels = st.sampled_from([Level.V1, Level.V2, Level.V3, Level.V4, Level.V5])
SELDOM = st.sampled_from([False] * 7 + [True])


@dataclass(frozen=True)
class Steps:
    """The steps of a life, so that a broken one can be planted."""

    verify: Callable[..., Order | Refusal] = life.verify
    accept: Callable[..., Order | Refusal] = life.accept
    turn_down: Callable[..., Order | Refusal] = life.turn_down
    scope: Callable[..., Order | Refusal] = life.scope
    moved: Callable[..., Order | Refusal] = life.moved
    extend: Callable[..., Order | Refusal] = life.extend
    look: Callable[..., Order] = due.look


class OrderLife(RuleBasedStateMachine):
    """One order, and everybody who may have to do with it."""

    steps: ClassVar[Steps] = Steps()

    @initialize(
        type_=st.sampled_from(["freeze", "production", "preservation", "provisional_hold"]),
        gagged=st.sampled_from(GAGS),
        is_first=st.booleans(),
        has_sign=st.booleans(),
    )
    def arrives(self, type_: str, gagged: dict[str, object], is_first: bool, has_sign: bool) -> None:
        self.now = NOON
        letter = a_letter(type_, gag=gagged)
        target = Target(id="t1/1", task="t1", type=OrderType(type_), account=AccountId("alice"))
        self.order = Order(
            id="or_1",
            letter=letter,
            received_at=NOON,
            received_by=LENA,
            answer_by=NOON + 72 * HOUR,
            is_first_use=is_first,
            signs=(Sign("answers_elsewhere", "answers go elsewhere", is_grave=True),) if has_sign else (),
            targets=(target,),
        )
        self.accepted_on: frozenset[Level] | None = None

    def becomes(self, after: Order | Refusal) -> None:
        if isinstance(after, Refusal):
            assert after.code
            assert after.message
            return
        before = self.order
        if after.state is not before.state:
            assert after.state in TRANSITIONS[before.state] | self._by_way_of(before.state), "table"
            assert len(after.history) > len(before.history), "history"
        assert after.history[: len(before.history)] == before.history, "history"
        assert not (before.state in CLOSED and after.state is not before.state), "closed"
        if after.state is State.ACCEPTED and before.state is not State.ACCEPTED:
            self.accepted_on = life.verified(after)
        self.order = after

    @staticmethod
    def _by_way_of(state: State) -> frozenset[State]:
        """Where one act takes two steps: verifying begins with the first step of verification."""
        return frozenset({State.VERIFYING}) if state is State.RECEIVED else frozenset()

    @rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR
        before = self.order
        after = self.steps.look(before, POLICY, self.now)
        assert (after.state, after.targets, after.disclosure, after.disclosed_at) == (
            before.state,
            before.targets,
            before.disclosure,
            before.disclosed_at,
        ), "time ends, tells and releases nothing"
        assert len(after.pages) >= len(before.pages)
        self.order = after

    @rule(level=levels, by=people, fails=SELDOM)
    def somebody_verifies(self, level: Level, by: Actor, fails: bool) -> None:
        self.becomes(self.steps.verify(self.order, AGENCY, level, HOW[level], by, self.now, passed=not fails))

    @rule(by=people)
    def somebody_verifies_everything(self, by: Actor) -> None:
        for level in HOW:
            self.somebody_verifies(level=level, by=by, fails=False)

    @rule(by=people, despite=st.sampled_from(["", "asked the court"]))
    def somebody_accepts(self, by: Actor, despite: str) -> None:
        self.becomes(self.steps.accept(self.order, POLICY, by, self.now, "read", despite=despite))

    @rule(by=people, code=st.sampled_from(["forged", "unclear", "no such code"]), seldom=SELDOM)
    def somebody_turns_it_down(self, by: Actor, code: str, seldom: bool) -> None:
        if seldom:
            self.becomes(self.steps.turn_down(self.order, code, by, self.now, "so"))

    @rule(by=people, chosen=st.sampled_from(list(Disclosure)))
    def somebody_scopes(self, by: Actor, chosen: Disclosure) -> None:
        self.becomes(self.steps.scope(self.order, (), chosen, "why", POLICY, by, self.now))

    @rule(by=people)
    def counsel_scopes(self, by: Actor) -> None:
        permitted = gag.PERMITTED[self.order.letter.authorisation.gag.force]
        self.somebody_scopes(by=by, chosen=permitted)

    @rule(by=people)
    def it_is_carried_out(self, by: Actor) -> None:
        after = self.steps.moved(self.order, State.EXECUTING, "execute", by, self.now)
        if isinstance(after, Order):
            self.becomes(after)
            held = [replace(t, status=TargetStatus.HELD) for t in after.targets if t.status is TargetStatus.IN_SCOPE]
            for target in held:
                after = after.with_target(target)
            self.becomes(life.settle(after, by, self.now))

    @rule()
    def the_desk_does_what_comes_next(self) -> None:
        """So that lives get far."""
        match self.order.state:
            case State.RECEIVED:
                self.somebody_verifies_everything(LENA)
            case State.VERIFYING:
                self.somebody_verifies_everything(LENA)
                self.somebody_accepts(CORA, "asked the court")
                self.somebody_accepts(LENA, "")
            case State.ACCEPTED:
                self.counsel_scopes(CORA)
            case _:
                self.it_is_carried_out(LENA)

    @rule(by=people, days=st.integers(-10, 800))
    def somebody_extends(self, by: Actor, days: int) -> None:
        ends_at = self.now + timedelta(days=days)
        before = self.order.ends_at
        after = self.steps.extend(self.order, ends_at, POLICY, by, self.now, "renewed")
        if isinstance(after, Order) and before is not None:
            assert after.ends_at is not None
            assert after.ends_at > before
            assert OrderType.PROVISIONAL_HOLD not in after.letter.types, "72 hours are all"
        self.becomes(after)

    @rule(state=st.sampled_from(list(State)), by=people, seldom=SELDOM)
    def somebody_moves_it(self, state: State, by: Actor, seldom: bool) -> None:
        if seldom and state in CLOSED:
            self.becomes(self.steps.moved(self.order, state, "withdraw", by, self.now))

    # --- invariants

    @invariant()
    def two_people_of_the_desk_have_accepted_it_on_all_levels(self) -> None:
        if self.order.state in ACCEPTED and self.accepted_on is not None:
            names = {approval.by.name for approval in self.order.approvals}
            assert len(names) >= 2, "four eyes"
            assert {approval.by.role for approval in self.order.approvals} <= DESK
            needed = POLICY.needed(self.order.letter.types, is_first_use=self.order.is_first_use)
            assert needed <= self.accepted_on, "levels"
            assert not any(sign.is_grave for sign in self.order.signs) or self.order.despite, "forged"

    @invariant()
    def nobody_is_reached_before_counsel_has_said_so(self) -> None:
        if self.order.state not in SCOPED | CLOSED:
            assert {target.status for target in self.order.targets} <= UNTOUCHED, "scope"
        else:
            scopes = [did for did in self.order.history if did.act == "scope"]
            reached = {target.status for target in self.order.targets} - UNTOUCHED
            assert not reached or scopes[-1].by.role is Role.COUNSEL, "scope"

    @invariant()
    def the_user_is_told_as_much_as_the_instrument_permits(self) -> None:
        if self.order.disclosure is not None:
            said = self.order.letter.authorisation.gag
            assert self.order.disclosure is gag.PERMITTED[said.force]
            is_open = self.order.disclosure in (Disclosure.FULL, Disclosure.STATUTORY)
            assert is_open == (self.order.disclosure_review_at is None)
            assert self.order.disclosure is Disclosure.FULL or self.order.disclosure_why


TestOrderLife = OrderLife.TestCase


def test_a_life_may_be_lived_to_its_end() -> None:
    # Else the invariants above would have nothing to look at.
    state = OrderLife()
    state.arrives("freeze", ORDERED, is_first=True, has_sign=True)
    state.somebody_verifies_everything(LENA)
    state.somebody_accepts(CORA, "asked the court")
    state.somebody_accepts(LENA, "")
    state.counsel_scopes(CORA)
    state.it_is_carried_out(LENA)
    state.somebody_extends(LENA, 729)
    assert state.order.state in (State.EXECUTED, State.EXTENDED)
    assert state.order.letter.authorisation.gag.force is GagForce.ORDERED


# --- planted bugs


def _accept_at_once(order: Order, policy: Any, by: Actor, at: Any, note: str, *, despite: str = "") -> Order | Refusal:
    after = life.accept(order, POLICY, by, NOON, note, despite=despite)
    return after if isinstance(after, Refusal) or not after.approvals else replace(after, state=State.ACCEPTED)


def _accept_unverified(
    order: Order, policy: Any, by: Actor, at: Any, note: str, *, despite: str = ""
) -> Order | Refusal:
    nothing = replace(POLICY, type={t: replace(r, verified=()) for t, r in POLICY.type.items()})
    return life.accept(order, replace(nothing, first_use_one_higher=False), by, NOON, note, despite=despite)


def _accept_forged(order: Order, policy: Any, by: Actor, at: Any, note: str, *, despite: str = "") -> Order | Refusal:
    after = life.accept(replace(order, signs=()), POLICY, by, NOON, note)
    return after if isinstance(after, Refusal) else replace(after, signs=order.signs)


def _scope_by_anybody(
    order: Order, targets: Any, chosen: Any, why: str, policy: Any, by: Any, at: Any
) -> Order | Refusal:
    return _with_actor(life.scope(order, targets, chosen, why, policy, CORA, at), by)


def _with_actor(after: Order | Refusal, by: Any) -> Order | Refusal:
    if isinstance(after, Refusal):
        return after
    return replace(after, history=(*after.history[:-1], replace(after.history[-1], by=by)))


def _scope_openly(order: Order, *args: Any) -> Order | Refusal:
    after = life.scope(order, *args)
    return after if isinstance(after, Refusal) else replace(after, disclosure=Disclosure.FULL)


def _look_and_end(order: Order, policy: Any, now: Any) -> Order:
    after = due.look(order, POLICY, now)
    return replace(after, state=State.EXPIRED) if after.pages and after.is_in_force else after


def _move_anywhere(order: Order, state: State, act: str, by: Actor, at: Any, note: str = "") -> Order:
    return life.noted(replace(order, state=state), act, by, NOON, note)


def _turn_down_silently(order: Order, *args: Any) -> Order | Refusal:
    after = life.turn_down(order, *args)
    return after if isinstance(after, Refusal) else replace(after, history=order.history)


PLANTED = {
    "accepts at once": Steps(accept=_accept_at_once),
    "accepts unverified": Steps(accept=_accept_unverified),
    "accepts forged": Steps(accept=_accept_forged),
    "scoped by anybody": Steps(scope=_scope_by_anybody),
    "scoped openly": Steps(scope=_scope_openly),
    "ended by time": Steps(look=_look_and_end),
    "moves anywhere": Steps(moved=_move_anywhere),
    "turned down silently": Steps(turn_down=_turn_down_silently),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_the_checks_catch_a_planted_bug(planted: str) -> None:
    broken = type("Broken", (OrderLife,), {"steps": PLANTED[planted]})
    quick = settings(
        max_examples=500,
        stateful_step_count=40,
        phases=(Phase.generate,),
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken, settings=quick)
