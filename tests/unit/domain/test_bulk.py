"""Bulk acts by themselves: what a selection means, and who may propose, sign and decline one."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Member, Step
from habeas.domain.bulk import (
    BECAUSE,
    Because,
    Bulk,
    BulkKind,
    Selection,
    why_not_decline,
    why_not_propose,
    why_not_sign,
)
from habeas.domain.ids import AccountId, BatchId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import Status
from tests.builders import HOUR, NOON, a_restriction
from tests.exits import ANN, MO, SUE, signed

BATCH = BatchId("cp_nl")
HELD = a_restriction(batch=BATCH, facts={"country": "NL"})
MEANT: dict[str, Any] = {
    "reason": "ACCOUNT_TAKEOVER",
    "kind": Kind.OUTFLOW_HOLD,
    "placed_by": "takeover/1",
    "country": "NL",
    "batch": BATCH,
    "placed_from": NOON,
    "placed_before": NOON + HOUR,
    "accounts": "list.txt",
}
NOT_MEANT: dict[str, Any] = {
    "reason": "KYC_REGION",
    "kind": Kind.FROZEN,
    "placed_by": "takeover/2",
    "country": "BE",
    "batch": BatchId("cp_be"),
    "placed_from": NOON + HOUR,
    "placed_before": NOON,
}


def test_nothing_named_is_an_empty_selection() -> None:
    assert Selection().is_empty
    assert not any(Selection(**{name: value}).is_empty for name, value in MEANT.items())


@pytest.mark.parametrize("name", sorted(MEANT))
def test_a_selection_holds_what_each_thing_that_it_names_applies_to(name: str) -> None:
    assert Selection(**{name: MEANT[name]}).holds(HELD)


@pytest.mark.parametrize("name", sorted(NOT_MEANT))
def test_one_thing_that_does_not_apply_is_enough_to_leave_it_out(name: str) -> None:
    assert Selection(**MEANT).holds(HELD)
    assert not Selection(**(MEANT | {name: NOT_MEANT[name]})).holds(HELD)


@pytest.mark.parametrize(
    "changes",
    [
        *({"status": status} for status in Status if status is not Status.ACTIVE),
        {"origin": RestrictionId("rs_of_main"), "origin_account": AccountId("main")},
    ],
)
def test_what_is_over_or_proposed_or_a_mirror_is_not_meant(changes: dict[str, Any]) -> None:
    assert not Selection(reason="ACCOUNT_TAKEOVER").holds(replace(HELD, **changes))


BULK = Bulk(
    id=BatchId("bk_1"),
    kind=BulkKind.LIFT,
    selection=Selection(reason="KYC_REGION"),
    because=Because.OUR_ERROR,
    proposed=signed(SUE),
    is_frozen=True,
)
UNFROZEN = replace(BULK, is_frozen=False)
SIGNED = replace(BULK, signed=signed(MO))
DECLINED = replace(BULK, declined=signed(MO))
AUDITOR, APPEALS = Actor("ada", Role.AUDITOR), Actor("alma", Role.APPEALS_OFFICER)


@pytest.mark.parametrize(
    "refused",
    [
        (why_not_propose(AUDITOR, BulkKind.LIFT, Because.OUR_ERROR), "the role auditor does not lift restrictions"),
        (why_not_propose(APPEALS, BulkKind.EXTEND, Because.RULE_GOES_ON), "the role appeals_officer does not extend"),
        (
            why_not_propose(SUE, BulkKind.LIFT, Because.RULE_GOES_ON),
            "`rule_goes_on` is no reason to lift; known are our",
        ),
        (why_not_sign(SIGNED, MO), "bulk act `bk_1` is not waiting for a signature"),
        (why_not_sign(DECLINED, MO), "bulk act `bk_1` is not waiting for a signature"),
        (why_not_sign(UNFROZEN, MO), "was not written down to its end; propose it again"),
        (why_not_sign(BULK, SUE), "`sue` proposed it; somebody else must sign"),
        (why_not_sign(BULK, ANN), "it is signed by one of"),
        (why_not_decline(SIGNED, MO), "bulk act `bk_1` is not waiting for a signature"),
        (why_not_decline(BULK, ANN), "it is declined by one of"),
    ],
)
def test_each_refusal_says_why(refused: tuple[str | None, str]) -> None:
    why_not, says = refused
    assert why_not is not None
    assert says in why_not


def test_what_may_be_done_is_not_refused() -> None:
    assert why_not_sign(BULK, MO) is None
    assert {why_not_decline(bulk, by) for bulk in (BULK, UNFROZEN) for by in (MO, SUE)} == {None}
    assert why_not_propose(APPEALS, BulkKind.LIFT, Because.REVIEWED) is None


def test_every_reason_fits_one_act() -> None:
    assert sorted(code for codes in BECAUSE.values() for code in codes) == sorted(Because)


def test_a_step_counts_what_it_has_gone_through() -> None:
    step = Step(started_at=NOON, total=5).moved(Member(AccountId("c")), 3, 1).moved(Member(AccountId("e")), 2)
    assert (step.done, step.refused, step.after.account, step.finished_at) == (5, 1, "e", None)
    done = replace(SIGNED, step=step.finished(NOON + HOUR))
    assert (replace(SIGNED, step=step).is_done, done.is_done, DECLINED.is_done) == (False, True, True)
