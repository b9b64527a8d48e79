import re
from datetime import datetime

import pytest
from hypothesis import Phase, given, settings
from msgspec.structs import replace

from habeas.disclosure import view as view_module
from habeas.disclosure.statement import make_statement
from habeas.domain.capability import Capability
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import Condition, Restriction, Scope, phases
from habeas.domain.verdict import Request, Standing, evaluate
from tests.builders import HOUR, NOON
from tests.unit.disclosure.helpers import (
    ANALYST,
    DAY,
    POLICY,
    a_hold_on_new_destinations,
    a_limit,
    a_standing,
    entry_of,
    told,
    whole_text,
)
from tests.unit.disclosure.worlds import moments

REASSURANCE = re.compile(r"no need to worry|not frozen|you can withdraw them", re.IGNORECASE)

HOLDS_MONEY = {"FROZEN", "LEGAL_FREEZE", "SANCTIONS_BLOCK", "PERM_BAN", "DEPOSIT_HOLD", "OUTFLOW_HOLD"}


def kinds_in_force(restriction: Restriction, at: datetime) -> set[str]:
    return {p.kind.value for p in phases(restriction) if p.from_at <= at and (p.until_at is None or at < p.until_at)}


def may_reassure(standing: Standing, at: datetime) -> bool:
    """Said once more, as plainly as it goes, so that the code does not test itself."""
    if any(kinds_in_force(r, at) & HOLDS_MONEY for r in standing.restrictions):
        return False
    return all(
        evaluate(standing, Request(c, at)).level.value in ("ALLOW", "STEP_UP")
        for c in (Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT)
    )


def reassures_exactly_if_true(standing: Standing, at: datetime) -> None:
    statement = make_statement(standing, POLICY, at)
    assert bool(REASSURANCE.search(statement.money_note)) == may_reassure(standing, at)
    if not may_reassure(standing, at):
        assert not REASSURANCE.search(whole_text(statement))


@pytest.mark.row("B058")
@given(moments())
def test_a_user_is_reassured_about_assets_exactly_if_that_is_true(moment: tuple[Standing, datetime]) -> None:
    reassures_exactly_if_true(*moment)


def test_that_property_catches_a_judgement_that_looks_only_at_the_first_restriction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = view_module.are_assets_free

    def only_the_first(standing: Standing, at: datetime) -> bool:
        return right(replace(standing, restrictions=standing.restrictions[:1]), at)

    monkeypatch.setattr(view_module, "are_assets_free", only_the_first)

    @settings(max_examples=500, database=None, derandomize=True, phases=[Phase.generate])
    @given(moments())
    def searched(moment: tuple[Standing, datetime]) -> None:
        reassures_exactly_if_true(*moment)

    with pytest.raises(AssertionError):
        searched()


@pytest.mark.row("B055")
@given(moments())
def test_assets_are_always_said_to_belong_to_the_user(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    note = make_statement(standing, POLICY, at).money_note
    assert "still belong to you" in note or "Your assets belong to you" in note


# --- one case each


@pytest.mark.row("B048", "B054", "B056", "B077")
def test_a_region_lock_says_that_assets_are_not_frozen_and_can_be_withdrawn() -> None:
    statement = told(a_limit(Reason.KYC_REGION))
    assert statement.money_note == (
        "Your assets are not frozen. They still belong to you, and you can withdraw them. "
        "There is no need to worry about them."
    )
    assert "Your assets are not frozen." in statement.restrictions[0].what_happened


@pytest.mark.row("B054", "B058")
def test_a_region_lock_beside_a_freeze_does_not_say_that_assets_are_not_frozen() -> None:
    region_lock = a_limit(Reason.KYC_REGION)
    freeze = a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST)
    assert "not frozen" not in whole_text(told(region_lock, freeze))
    assert "You can log in" not in entry_of(region_lock, freeze).what_happened


def test_an_extra_check_on_withdrawals_is_part_of_the_reassurance() -> None:
    assert "withdraw them after an extra check" in told(a_limit(Reason.ACCOUNT_TAKEOVER)).money_note


def test_a_stop_of_outflow_says_until_when() -> None:
    statement = told(a_limit(Reason.SCAM_VICTIM))
    assert statement.money_note == (
        "Your assets still belong to you. A limit does not change who owns them. You cannot take them out for now. "
        "By what is decided today, that lasts until 3 March 2026, 12:00 UTC."
    )


def test_without_a_recorded_end_no_day_is_named() -> None:
    order = a_limit(Reason.LEGAL_ORDER, placed_by=ANALYST)
    assert told(a_limit(Reason.SCAM_VICTIM), order).money_note.endswith("No day is set for the end of that yet.")


def test_a_hold_on_new_destinations_says_that_known_ones_work() -> None:
    note = told(a_hold_on_new_destinations()).money_note
    assert "You can take them out to a wallet or bank account that you have used for at least 24 hours." in note


def test_a_hold_on_new_destinations_beside_a_risk_control_asks_for_an_extra_check() -> None:
    note = told(a_hold_on_new_destinations(), a_limit(Reason.RISK_CONTROL)).money_note
    assert "After an extra check you can take them out" in note


def test_a_held_deposit_leaves_the_rest() -> None:
    deposit = a_limit(Reason.TAINTED_FUNDS, scope=Scope.ACCOUNT)
    assert "One deposit is held for now. You can withdraw what is not held." in told(deposit).money_note


def test_a_held_amount_says_that_what_leaves_waits() -> None:
    assert "One amount is held for now." in told(a_limit(Reason.TAINTED_FUNDS)).money_note


def test_a_network_limit_says_that_it_is_about_the_network() -> None:
    assert "You cannot take them out from this network." in told(a_limit(Reason.IP_REGION)).money_note


def test_a_ban_says_that_payouts_wait_for_a_person() -> None:
    ban = a_limit(
        Reason.MALICIOUS_USER,
        kind=Kind.PERM_BAN,
        placed_by=ANALYST,
        ends_at=None,
        condition=Condition("-", NOON + DAY, "x"),
    )
    assert "What you want to take out waits until we have looked at it." in told(ban).money_note


def test_an_account_without_limits_can_withdraw() -> None:
    assert told().money_note == "Your assets belong to you, and you can withdraw them."


def test_the_end_of_the_longest_hold_is_the_one_that_is_named() -> None:
    short, long = (
        a_limit(Reason.SCAM_VICTIM),
        a_limit(Reason.ACCOUNT_TAKEOVER, kind=Kind.OUTFLOW_HOLD, ends_at=NOON + 2 * DAY),
    )
    assert "until 4 March 2026, 12:00 UTC" in told(short, long, at=NOON + HOUR).money_note


def test_the_judgement_at_the_instant_of_the_end_is_that_of_afterwards() -> None:
    standing = a_standing(a_limit(Reason.SCAM_VICTIM))
    reassures_exactly_if_true(standing, NOON + DAY)
    assert REASSURANCE.search(make_statement(standing, POLICY, NOON + DAY).money_note)
