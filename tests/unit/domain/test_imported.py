from collections import Counter
from datetime import timedelta

import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.ids import AccountId, BatchId
from habeas.domain.imported import (
    REVIEW_WITHIN_FOR,
    evidence_of,
    is_carried_over,
    review_at,
    signing,
    why_not_stand_behind,
)
from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope
from tests.builders import NOON, a_restriction

JANE, JOE, TOM = Actor("jane", Role.ANALYST), Actor("joe", Role.COUNSEL), Actor("tom", Role.ANALYST)
DAYS = timedelta(days=1)


def test_reviews_are_spread_evenly_over_ninety_days_and_say_the_same_again() -> None:
    accounts = [AccountId(f"acct-{n}") for n in range(9_000)]
    days = Counter((review_at(account, NOON) - NOON).days for account in accounts)

    assert set(days) == set(range(REVIEW_WITHIN_FOR.days))
    assert min(days.values()) > 50
    assert max(days.values()) < 150
    assert [review_at(a, NOON) for a in accounts] == [review_at(a, NOON) for a in accounts]


def test_what_was_brought_in_is_known_by_its_evidence() -> None:
    assert is_carried_over(a_restriction(evidence_ids=(evidence_of(BatchId("im_1")), "event:e-1")))
    assert not is_carried_over(a_restriction())


@pytest.mark.parametrize(
    ("kind", "lasts_for", "second"),
    [
        (Kind.PERM_BAN, None, True),
        (Kind.SANCTIONS_BLOCK, None, True),
        (Kind.LEGAL_FREEZE, None, True),
        (Kind.FROZEN, None, True),
        (Kind.FROZEN, 31 * DAYS, True),
        (Kind.FROZEN, 30 * DAYS, False),
        (Kind.REGION_LOCK, None, False),
        (Kind.WITHDRAW_ONLY, None, False),
    ],
)
def test_what_two_people_must_place_two_people_must_bring_in(
    kind: Kind, lasts_for: timedelta | None, second: bool
) -> None:
    needed = signing(kind, Scope.ACCOUNT, lasts_for)

    assert (why_not_stand_behind(needed, JANE, None) is not None) is second
    assert why_not_stand_behind(needed, JANE, JOE) is None


@pytest.mark.parametrize(
    ("by", "second", "why"),
    [
        (JANE, None, "a second person must sign"),
        (JANE, TOM, "not by the role analyst"),
        (JOE, JOE, "cannot sign as the second person too"),
        (Actor("fred", Role.FRONTLINE), JOE, "the role frontline may not"),
        (Actor("habeas", Role.DETECTOR), JOE, "the role detector may not"),
    ],
)
def test_nobody_gets_around_the_second_signature(by: Actor, second: Actor | None, why: str) -> None:
    assert why in (why_not_stand_behind(signing(Kind.SANCTIONS_BLOCK, Scope.HOLDER, None), by, second) or "")


def test_what_the_playbook_wants_signed_off_by_a_role_is_brought_in_by_that_role() -> None:
    needed = signing(Kind.WITHDRAW_ONLY, Scope.ACCOUNT, None, (Role.COUNSEL,))

    assert why_not_stand_behind(needed, JANE, JOE) is not None
    assert why_not_stand_behind(needed, JOE, None) is None
