"""Any life of a restriction: steps in any order at any time, with what must hold after each.

| invariant | |
|---|---|
| one end | what has ended stays ended as it was; only an annulment comes after an end |
| no revival | an ended restriction limits nothing from its end on |
| no stretching | what time had ended is not in force afterwards, whatever happens later |
| cap | re-arming never passes the cap from the start |
| generation | grows with each change of the end |
| statement | an active restriction always carries its full statement |

`TestBrokenLife...` plants a bug for each and must fail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from habeas.domain import restriction as life
from habeas.domain.actor import Actor, Role
from habeas.domain.evidence import Evidence
from habeas.domain.ids import RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import AtEnd, Ending, Restriction, Status, require_statement
from tests.builders import HOUR, NOON, a_restriction

ANN = Actor("ann", Role.ANALYST)
BOB = Actor("bob", Role.SENIOR_ANALYST)
HABEAS = Actor("habeas", Role.DETECTOR)
CAP = 72 * HOUR
SELDOM = st.sampled_from([False] * 4 + [True])
"""So that a life lasts for a while before it ends."""
OVER = (Status.LIFTED, Status.EXPIRED, Status.SUPERSEDED, Status.ANNULLED, Status.DECLINED)


@dataclass(frozen=True)
class Steps:
    """The steps of a life, so that a broken one can be planted."""

    approve: Callable[..., Restriction] = life.approve
    decline: Callable[..., Restriction] = life.decline
    extend: Callable[..., Restriction] = life.extend
    renew: Callable[..., Restriction] = life.renew
    lift: Callable[..., Restriction] = life.lift
    expire: Callable[..., Restriction] = life.expire
    supersede: Callable[..., Restriction] = life.supersede
    annul: Callable[..., Restriction] = life.annul


class Life(RuleBasedStateMachine):
    """One restriction and a clock."""

    steps: ClassVar[Steps] = Steps()

    @initialize(
        proposed=SELDOM,
        length=st.integers(1, 48),
        ending=st.sampled_from([Ending.LIFT, Ending.HOLD_AND_PAGE]),
    )
    def is_born(self, proposed: bool, length: int, ending: Ending) -> None:
        self.now = NOON
        self.r = a_restriction(
            kind=Kind.LEGAL_FREEZE if ending is Ending.HOLD_AND_PAGE else Kind.TEMP_RISK,
            at_end=AtEnd(ending=ending),
            ends_at=NOON + length * HOUR,
            status=Status.PROPOSED if proposed else Status.ACTIVE,
            placed_by=ANN,
        )
        self.before = self.r
        self.lapsed_at: datetime | None = None
        self.renewals = 0

    def becomes(self, changed: Restriction) -> None:
        self.before, self.r = self.r, changed
        # One end: what is over does not change but by annulment.
        if self.before.status in OVER:
            assert changed.status is Status.ANNULLED
            assert self.before.ended_at is not None
            assert changed.ended_at is not None
            assert changed.ended_at <= self.before.ended_at
        if changed.status in OVER:
            assert not changed.is_in_force(self.now)
        # The generation grows with each change of the end, so that a timer of the old end does nothing.
        assert changed.generation >= self.before.generation + (changed.ends_at != self.before.ends_at)

    # --- steps

    @rule(hours=st.sampled_from([1, 5, 24, 60, 200]))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR
        is_over = self.r.status is Status.ACTIVE and not self.r.is_in_force(self.now)
        if is_over and self.lapsed_at is None and self.now >= self.r.starts_at:
            self.lapsed_at = self.r.ends_at

    @precondition(lambda self: self.r.status is Status.PROPOSED and self.now < self.r.ends_at)
    @rule()
    def is_approved(self) -> None:
        self.becomes(self.steps.approve(self.r, BOB, self.now))

    @precondition(lambda self: self.r.status is Status.PROPOSED)
    @rule()
    def is_declined(self) -> None:
        self.becomes(self.steps.decline(self.r, BOB, self.now, "too thin"))

    @precondition(lambda self: self.r.status is Status.ACTIVE and self.r.is_in_force(self.now))
    @rule(hours=st.integers(0, 100))
    def is_rearmed(self, hours: int) -> None:
        self.becomes(self.steps.extend(self.r, self.now + hours * HOUR, CAP))
        if not self.renewals:
            assert self.r.ends_at is not None
            assert self.r.ends_at <= self.r.starts_at + CAP

    @precondition(lambda self: self.r.status is Status.ACTIVE and self.r.is_in_force(self.now))
    @rule(days=st.integers(4, 10), seldom=SELDOM)
    def is_renewed(self, days: int, seldom: bool) -> None:
        if not seldom:
            return
        self.renewals += 1
        ends_at = self.now + timedelta(days=days)
        new = (f"case:{self.renewals}",)
        renewed = self.steps.renew(self.r, BOB, ends_at, Evidence.E3, new)
        assert set(new) < set(renewed.evidence_ids)
        if ends_at != self.r.ends_at:
            self.becomes(renewed)

    @precondition(lambda self: self.r.status is Status.ACTIVE)
    @rule(seldom=SELDOM)
    def is_lifted(self, seldom: bool) -> None:
        if seldom:
            self.becomes(self.steps.lift(self.r, BOB, self.now, "cleared"))

    @precondition(
        lambda self: (
            self.r.status is Status.ACTIVE and self.r.ends_at <= self.now and self.r.at_end.ending is Ending.LIFT
        )
    )
    @rule()
    def its_timer_fires(self) -> None:
        self.becomes(self.steps.expire(self.r))

    @precondition(lambda self: self.r.status is Status.ACTIVE)
    @rule(seldom=SELDOM)
    def is_superseded(self, seldom: bool) -> None:
        if seldom:
            self.becomes(self.steps.supersede(self.r, HABEAS, self.now, RestrictionId("rs_2")))

    @precondition(lambda self: life.why_not_annul(replace(self.r, kind=Kind.FROZEN), BOB) is None)
    @rule(seldom=SELDOM)
    def is_annulled(self, seldom: bool) -> None:
        if seldom:
            self.becomes(self.steps.annul(self.r, BOB, self.now, "a mistake"))

    # --- invariants

    @invariant()
    def what_has_ended_limits_nothing_from_its_end_on(self) -> None:
        if self.r.status in OVER:
            assert self.r.ended_at is not None
            assert self.r.ended_by is not None or self.r.status is Status.EXPIRED
            for later in range(3):
                assert not self.r.is_in_force(max(self.now, self.r.ended_at) + later * HOUR)
                assert not self.r.is_in_force(self.r.ended_at + later * HOUR)

    @invariant()
    def what_time_had_ended_is_not_in_force_afterwards(self) -> None:
        if self.lapsed_at is not None:
            assert not self.r.is_in_force(self.lapsed_at)

    @invariant()
    def what_law_holds_is_not_freed_by_time(self) -> None:
        if self.r.status is Status.ACTIVE and self.r.at_end.ending is Ending.HOLD_AND_PAGE:
            assert self.r.is_in_force(max(self.now, self.r.starts_at) + timedelta(days=3650))

    @invariant()
    def what_is_active_carries_its_statement(self) -> None:
        if self.r.status is Status.ACTIVE:
            require_statement(self.r)

    @invariant()
    def what_was_never_approved_never_limits(self) -> None:
        if self.r.status in (Status.PROPOSED, Status.DECLINED):
            assert not self.r.is_in_force(self.now)


TestLife = Life.TestCase


# --- planted bugs


def _lift_open(r: Restriction, by: Actor, at: datetime, note: str) -> Restriction:
    return replace(life.lift(r, by, at, note), ended_at=at + HOUR * 9_999)


def _annul_later(r: Restriction, by: Actor, at: datetime, note: str) -> Restriction:
    return replace(life.annul(r, by, at, note), ended_at=at + 2 * HOUR)


def _extend_silently(r: Restriction, ends_at: datetime, cap_for: timedelta) -> Restriction:
    return replace(life.extend(r, ends_at, cap_for), generation=r.generation)


class ExtendsPastTheCap(Life):
    steps = Steps(extend=lambda r, ends_at, _: life.extend(r, ends_at, None))


class ForgetsTheGeneration(Life):
    steps = Steps(extend=_extend_silently)


class LiftsWithoutAnEnd(Life):
    steps = Steps(lift=_lift_open)


class AnnulsToALaterEnd(Life):
    steps = Steps(annul=_annul_later)


@pytest.mark.parametrize(
    "broken", [ExtendsPastTheCap, ForgetsTheGeneration, LiftsWithoutAnEnd, AnnulsToALaterEnd], ids=lambda b: b.__name__
)
def test_the_checks_catch_a_planted_bug(broken: type[Life]) -> None:
    quick = settings(
        max_examples=500,
        phases=(Phase.generate,),
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken, settings=quick)
