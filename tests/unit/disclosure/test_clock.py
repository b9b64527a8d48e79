from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.disclosure.clock import cap
from habeas.domain.evidence import Evidence, allowed_length
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import AtEnd, Condition, Ending, Scope, Status, extend, lift
from tests.builders import HOUR, NOON
from tests.unit.disclosure.helpers import ANALYST, DAY, POLICY, a_limit, entry_of, told


@pytest.mark.row("B075")
def test_a_temporary_risk_control_says_that_it_ends_by_itself_when_and_at_the_latest() -> None:
    entry = entry_of(a_limit(Reason.RISK_CONTROL))
    assert "This limit is short and ends by itself." in entry.what_happened
    assert "It ends by itself on 3 March 2026, 12:00 UTC." in entry.when
    assert "not beyond 5 March 2026, 12:00 UTC" in entry.when


def test_a_risk_control_at_its_cap_says_that_only_a_person_can_extend_it() -> None:
    entry = entry_of(a_limit(Reason.RISK_CONTROL, ends_at=NOON + 3 * DAY))
    assert "Only a person can extend it" in entry.when
    assert "beyond" not in entry.when


def test_what_a_person_placed_has_no_cap_of_automation() -> None:
    entry = entry_of(a_limit(Reason.RISK_CONTROL, placed_by=ANALYST, evidence=Evidence.E3))
    assert "beyond" not in entry.when


@given(st.sampled_from([(), ("credential_change",), ("credential_change", "sim_and_credential_change")]))
def test_the_cap_that_is_told_is_never_exceeded_by_whatever_else_is_found(circumstances: tuple[str, ...]) -> None:
    hold = a_limit(Reason.ACCOUNT_TAKEOVER, kind=Kind.OUTFLOW_HOLD, evidence=Evidence.E2)
    told_cap = cap(POLICY, hold.kind, hold.scope, hold.evidence, hold.starts_at)
    allowed = allowed_length(POLICY.ladder, hold.kind, hold.evidence, hold.scope, circumstances)
    longest = extend(hold, NOON + 90 * DAY, allowed.max_for).ends_at
    assert told_cap is not None
    assert longest is not None
    assert longest <= told_cap


def test_the_cap_says_nothing_of_what_was_found() -> None:
    hold = a_limit(Reason.ACCOUNT_TAKEOVER, kind=Kind.OUTFLOW_HOLD, evidence=Evidence.E2)
    found = replace(hold, circumstances=("credential_change", "sim_and_credential_change"))
    assert entry_of(hold).when == entry_of(found).when


def test_a_region_lock_says_what_ends_it_when_it_is_looked_at_and_how_soon_we_answer() -> None:
    assert entry_of(a_limit(Reason.KYC_REGION)).when == (
        "No day ends it. It ends when you have shown us that you live where we may serve you. "
        "We look at it again by 2 March 2027, 12:00 UTC at the latest. "
        "You get our answer within 7 days of a complete file. The time starts when we have all that we need from you."
    )


def test_an_overdue_recheck_is_not_told_as_a_date_to_come() -> None:
    late = a_limit(Reason.KYC_REGION, condition=Condition("-", NOON, "region"))
    assert "It is due to be looked at again now." in entry_of(late).when


def test_what_law_holds_does_not_end_by_itself() -> None:
    provisional = a_limit(
        Reason.LEGAL_ORDER, placed_by=ANALYST, condition=None, ends_at=NOON + DAY, at_end=AtEnd(Ending.HOLD_AND_PAGE)
    )
    assert "It does not end by itself. By 3 March 2026, 12:00 UTC a person decides" in entry_of(provisional).when
    after = entry_of(provisional, at=NOON + DAY).when
    assert "Its date has come" in after
    assert "3 March" not in after


def test_a_fall_back_is_told_with_both_dates() -> None:
    offender = a_limit(Reason.SCAM_OFFENDER)
    assert entry_of(offender).when.startswith(
        "On 3 March 2026, 12:00 UTC it becomes milder by itself. What is left of it ends on 6 March 2026, 12:00 UTC."
    )


def test_during_the_fall_back_the_milder_limit_is_told() -> None:
    entry = entry_of(a_limit(Reason.SCAM_OFFENDER), at=NOON + DAY)
    assert "It ends by itself on 6 March 2026, 12:00 UTC." in entry.when
    assert "Only what leaves to a new wallet, bank account or person waits." in entry.what_happened


def test_the_cover_class_tells_its_end_as_the_day_of_a_decision() -> None:
    entry = entry_of(a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST))
    assert entry.when.startswith("By 17 March 2026, 12:00 UTC we decide whether this limit ends or goes on.")
    assert "within 15 days of a complete file" in entry.when


@pytest.mark.row("B076")
def test_a_permanent_ban_has_no_end_but_by_an_appeal() -> None:
    ban = a_limit(Reason.SCAM_OFFENDER, kind=Kind.PERM_BAN, placed_by=ANALYST, at_end=AtEnd())
    ban = replace(ban, ends_at=None, condition=Condition("-", NOON + DAY, "bans"))
    entry = entry_of(ban)
    assert "This decision is permanent" in entry.what_happened
    assert "we annul it. Then it counts as never made." in entry.what_happened
    assert entry.when.startswith("It does not end. Only an appeal can annul it.")


def test_what_was_told_in_the_past_does_not_know_that_it_was_lifted_later() -> None:
    hold = a_limit(Reason.SCAM_VICTIM)
    lifted = lift(hold, ANALYST, NOON + 5 * HOUR, "a false alarm")
    assert lifted.status is Status.LIFTED
    assert entry_of(lifted, at=NOON + HOUR).when == entry_of(hold, at=NOON + HOUR).when


def test_what_was_declined_was_never_told() -> None:
    declined = a_limit(Reason.SCAM_VICTIM, status=Status.DECLINED, ended_at=NOON + 5 * HOUR)
    assert told(declined).restrictions[0].id == ""


def test_a_reason_without_a_promise_promises_nothing() -> None:
    assert "answer within" not in entry_of(a_limit(Reason.SCAM_CONTACT)).when


def test_a_limit_that_ends_within_a_minute_is_not_said_to_end_earlier() -> None:
    entry = entry_of(a_limit(Reason.SCAM_VICTIM, ends_at=NOON + timedelta(hours=2, seconds=1)))
    assert "on 2 March 2026, 14:01 UTC" in entry.when


def test_a_hold_on_new_destinations_has_its_own_cap() -> None:
    assert cap(POLICY, Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS, Evidence.E1, NOON) == NOON + 3 * DAY
