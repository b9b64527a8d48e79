"""The gate answers as the reference composition does, over any history of changes, at every instant at which anything changes.

What a gate is told goes through the feed's own bytes. Asked is every capability of a sub-account, its main account and the main
account's own, at each change instant and the moment before it; then again with what a request says of itself. What the gate
leaves to the reference cannot differ, so how much that may be is a test of its own (`unit/gate`).
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from typing_extensions import override

from habeas.decision.standing import standing_of
from habeas.domain.account import AccountState, Destination, Life, new_account
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import OUTFLOW, Capability, Level
from habeas.domain.destination import known_since
from habeas.domain.facts import MainAccount
from habeas.domain.ids import AccountId, fingerprint
from habeas.domain.kind import Kind
from habeas.domain.limit import AccountLimits, Limit, limits_of, limits_on, main_line
from habeas.domain.permit import Permit
from habeas.domain.restriction import AtEnd, Condition, Ending, HeldAmount, Restriction, Scope
from habeas.domain.verdict import Request, Standing, Verdict, evaluate, limits
from habeas.gate.answers import Answers
from habeas.gate.messages import Changed, Fresh, Message, Snapshot
from habeas.gate.replica import Replica
from habeas.gate.stream import EventReader, to_event
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY
from tests.builders import HOUR, NOON, a_restriction
from tests.properties.canary import catches

TICK = timedelta(microseconds=1)
FAR = NOON + timedelta(days=3650)
SUB, MAIN, TOP = AccountId("sub"), AccountId("main"), AccountId("top")
POLICY = shipped_playbook().policies[DEFAULT_ENTITY]
REFUSED_IP = "203.0.113.9"

hours = st.integers(0, 12).map(lambda n: n * HOUR)
instants = hours.map(lambda after: NOON + after)
kinds = st.sampled_from([kind for kind in Kind if kind is not Kind.IP_BLOCK])
wide = st.sampled_from([Scope.ACCOUNT, Scope.ACCOUNT, Scope.HOLDER, Scope.NEW_DESTINATIONS])


@st.composite
def endings(draw: st.DrawFn, stages: int) -> AtEnd:
    """What follows, and what follows that."""
    then = draw(st.none() | endings(stages - 1)) if stages > 1 else None
    if then is None and draw(st.booleans()):
        return AtEnd()
    if then is not None and then.ending is not Ending.FALL_BACK:
        then = None
    lasts_for = draw(st.integers(1, 4)) * HOUR
    return AtEnd(ending=Ending.FALL_BACK, kind=draw(kinds), scope=draw(wide), lasts_for=lasts_for, then=then)


@st.composite
def restrictions(draw: st.DrawFn, account: AccountId) -> Restriction:
    """A restriction of any kind, on a grid of hours so that boundaries meet; it stands, waits, or follows."""
    starts_at = draw(instants)
    ends_at = starts_at + draw(st.integers(1, 8)) * HOUR
    scope = draw(wide | st.just(Scope.AMOUNT))
    is_open = draw(st.integers(0, 3)) == 0
    held = HeldAmount(draw(st.sampled_from(["BTC", "eth"])), Decimal(draw(st.integers(1, 3))))
    at_end = AtEnd(ending=Ending.HOLD_AND_PAGE) if draw(st.integers(0, 3)) == 0 else draw(endings(3))
    return a_restriction(
        f"rs_{account}_{draw(st.integers(1, 9))}",
        account=account,
        kind=draw(kinds),
        scope=scope,
        starts_at=starts_at,
        ends_at=None if is_open else ends_at,
        condition=Condition(until="shown", recheck_at=ends_at, owner="region") if is_open else None,
        at_end=AtEnd() if is_open else at_end,
        cool_off_for=draw(st.integers(1, 6)) * HOUR,
        held=held if scope is Scope.AMOUNT else None,
        generation=draw(st.integers(0, 3)),
    )


@st.composite
def states(draw: st.DrawFn, account: AccountId) -> AccountState:
    parents = {SUB: ((MAIN,), (MAIN, TOP), ()), MAIN: ((TOP,), ()), TOP: ((), (SUB,))}[account]
    lives = st.sampled_from([Life.ACTIVE] * 6 + list(Life))
    permit = Permit(
        "p",
        Capability.WITHDRAW_CRYPTO,
        "BTC",
        Decimal(2),
        fingerprint("bc1q"),
        draw(instants),
        Actor("jane", Role.ANALYST),
        draw(st.sampled_from([None, Actor("joe", Role.MLRO), Actor("joe", Role.MLRO)])),
    )
    return AccountState(
        account=account,
        restrictions=tuple(draw(st.lists(restrictions(account), max_size=2, unique_by=lambda r: r.id))),
        life=draw(lives),
        parents=draw(st.sampled_from(parents)),
        is_known=draw(st.integers(0, 5)) > 0,
        unreadable=(b"?",) if draw(st.integers(0, 9)) == 0 else (),
        permits=(permit,) if draw(st.integers(0, 2)) == 0 else (),
        destinations=(Destination(fingerprint("bc1q"), draw(instants)),) if draw(st.booleans()) else (),
    )


histories = st.lists(st.sampled_from([SUB, MAIN, TOP]).flatmap(states), min_size=1, max_size=3)

PERMITTED: dict[str, Any] = {"asset": "BTC", "amount": Decimal(2), "destination": "bc1q"}
contexts = st.just(PERMITTED) | st.fixed_dictionaries(
    {},
    optional={
        "ip": st.sampled_from([REFUSED_IP, "84.128.10.10"]),
        "asset": st.sampled_from(["BTC", "btc", "ETH"]),
        "amount": st.integers(0, 4).map(Decimal),
        "balance": st.integers(0, 8).map(Decimal),
        "destination": st.just("bc1q"),
        "destination_known_since": instants,
        "stage": st.sampled_from(["request", "broadcast"]),
    },
)


# --- what is compared


def refused(account: AccountId, request: Request) -> tuple[Restriction, ...]:
    """Requests from one address are refused for two hours; those to a wallet are never."""
    if request.ip != REFUSED_IP:
        return ()
    until = request.at + 2 * HOUR
    block = a_restriction("rq", account=account, kind=Kind.IP_BLOCK, scope=Scope.REQUEST_IP, starts_at=request.at)
    return (replace(block, ends_at=until),)


def refused_limits(account: AccountId, request: Request) -> tuple[Limit, ...]:
    return tuple(limit for restriction in refused(account, request) for limit in limits_of(restriction))


def standing_in(known: dict[AccountId, AccountState], account: AccountId) -> Standing:
    """What stands on an account, put together from states as `service.questions` does."""

    def state_of(account: AccountId) -> AccountState:
        return known.get(account) or new_account(account)

    state = state_of(account)
    mains = tuple(
        MainAccount(main, state_of(main).life, state_of(main).restrictions, bool(state_of(main).unreadable))
        for main in main_line(state.parents, lambda main: state_of(main).parents)
    )
    return standing_of(state, POLICY, mains, is_known=state.is_known)


def reference(standing: Standing, state: AccountState, request: Request) -> Verdict:
    more = refused(standing.account, request)
    if more:
        standing = replace(standing, restrictions=(*standing.restrictions, *more))
    since = known_since(request.destination_known_since, request.destination, state)
    return evaluate(standing, replace(request, destination_known_since=since))


class Told:
    """A gate that is told of each state through the bytes of the feed."""

    replica = Replica

    def __init__(self) -> None:
        self.now = NOON
        self.answers = Answers(self.replica(), refused_limits, lambda: self.now)
        self._reader = EventReader()
        self.tell(Snapshot())
        self.fresh()

    def state(self, state: AccountState) -> None:
        self.tell(Changed(1, self.limits(state)))
        self.fresh()

    def limits(self, state: AccountState) -> AccountLimits:
        return limits_on(state, POLICY.safety.unknown_outflow)

    def fresh(self) -> None:
        self.tell(Fresh("1-", FAR, timedelta(seconds=30), POLICY.safety.unknown_outflow))

    def tell(self, message: Message) -> None:
        for line in to_event(message).decode().split("\n"):
            for read in self._reader.line(line):
                self.answers.replica.apply(read, FAR)

    def ask(self, account: AccountId, capability: str, at: datetime, context: dict[str, Any]) -> Verdict | None:
        self.now = at
        return self.answers.answer(account, capability, None, context)


def check(make: Callable[[], Told], history: list[AccountState], context: dict[str, Any]) -> None:
    told, known = make(), dict[AccountId, AccountState]()
    for state in history:
        known[state.account] = state
        told.state(state)
        for account in (SUB, MAIN, TOP):
            standing = standing_in(known, account)
            for at, capability, said in questions(standing, known, context):
                answer = told.ask(account, capability, at, said)
                if answer is not None:
                    request = Request(capability, at, **said)
                    expected = reference(standing, known.get(account) or new_account(account), request)
                    assert replace(answer, fresh_as_of=None) == replace(expected, fresh_as_of=None)


def questions(
    standing: Standing, known: dict[AccountId, AccountState], context: dict[str, Any]
) -> Iterator[tuple[datetime, Capability, dict[str, Any]]]:
    for at in moments(standing, known):
        yield from ((at, capability, {}) for capability in Capability)
        for capability in (*sorted(OUTFLOW), Capability.LOGIN, Capability.PLACE_ORDER):
            yield at, capability, context


def moments(standing: Standing, known: dict[AccountId, AccountState]) -> list[datetime]:
    """Every instant at which anything about the account changes, and the moment before it."""
    turns = {at for limit in limits(standing) for at in (limit.from_at, limit.until_at) if at is not None}
    turns |= {permit.until_at for state in known.values() for permit in state.permits}
    return sorted({at - back for at in turns | {NOON} for back in (timedelta(0), TICK)})


@given(histories, contexts)
def test_the_gate_answers_as_the_reference_does(history: list[AccountState], context: dict[str, Any]) -> None:
    check(Told, history, context)


# --- planted bugs: the check must catch each


class ForgetsFollowers(Replica):
    """What was compiled of a sub-account stays when its main account changes."""

    @override
    def _forget(self, account: AccountId) -> None:
        self.compiled.pop(account, None)


class ToldForgetsFollowers(Told):
    replica = ForgetsFollowers


class ToldOfTheFirstStage(Told):
    """What a restriction falls back to is not told."""

    @override
    def limits(self, state: AccountState) -> AccountLimits:
        said = super().limits(state)
        first = {limit.id: limit for limit in reversed(said.limits)}
        return replace(said, limits=tuple(first.values()))


class ToldOneTickLate(Told):
    """Every limit ends one moment late."""

    @override
    def limits(self, state: AccountState) -> AccountLimits:
        said = super().limits(state)
        late = (replace(limit, until_at=limit.until_at + TICK) if limit.until_at else limit for limit in said.limits)
        return replace(said, limits=tuple(late))


class ToldNoPermits(Told):
    @override
    def limits(self, state: AccountState) -> AccountLimits:
        return replace(super().limits(state), permits_until=None)


class ToldNoCoolOff(Told):
    @override
    def limits(self, state: AccountState) -> AccountLimits:
        said = super().limits(state)
        return replace(said, limits=tuple(replace(limit, cool_off_for=None) for limit in said.limits))


class BelievesEverybodyKnown(Told):
    @override
    def limits(self, state: AccountState) -> AccountLimits:
        return replace(super().limits(state), unknown_outflow=None)


class IgnoresTheAddress(Told):
    def __init__(self) -> None:
        super().__init__()
        self.answers = Answers(self.answers.replica, lambda *_: (), lambda: self.now)


class ChangesAtTheNextTurn(Told):
    """Says that the answer changes where anything does."""

    @override
    def ask(self, account: AccountId, capability: str, at: datetime, context: dict[str, Any]) -> Verdict | None:
        answer = super().ask(account, capability, at, context)
        turns = (segment.until for segment in self.answers.replica.entry(account).segments)
        next_turn = min((turn for turn in turns if turn is not None and turn > at), default=None)
        return answer and replace(answer, until=next_turn)


@pytest.mark.parametrize(
    "broken",
    [
        ToldForgetsFollowers,
        ToldOfTheFirstStage,
        ToldOneTickLate,
        ToldNoCoolOff,
        BelievesEverybodyKnown,
        IgnoresTheAddress,
        ChangesAtTheNextTurn,
    ],
)
def test_the_check_catches_a_planted_bug(broken: type[Told]) -> None:
    assert catches(lambda history, context: check(broken, history, context), histories, contexts)


def test_the_check_catches_a_gate_that_is_not_told_of_permits() -> None:
    permitted = st.lists(states(SUB).filter(lambda state: bool(state.permits)), min_size=1, max_size=1)
    assert catches(lambda history, context: check(ToldNoPermits, history, context), permitted, st.just(PERMITTED))


def test_an_unknown_account_is_known_as_soon_as_the_reference_has_let_something_out() -> None:
    told = Told()
    assert told.ask(SUB, "withdraw_fiat", NOON, {}) is None
    request = Request(Capability.WITHDRAW_FIAT, NOON)
    said = evaluate(standing_in({}, SUB), request)
    told.answers.learn(SUB, request, said)
    assert told.ask(SUB, "withdraw_fiat", NOON, {}) is None
    told.answers.learn(SUB, request, replace(said, level=Level.ALLOW))
    answer = told.ask(SUB, "withdraw_fiat", NOON, {})
    assert answer is not None
    assert answer.level is Level.ALLOW
