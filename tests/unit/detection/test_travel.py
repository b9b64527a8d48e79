"""Geographic leaps and the temporary risk control that lifts itself (detection 2, rows B024-B027)."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.account import Device
from habeas.domain.capability import Level
from habeas.domain.decision import Outcome
from habeas.domain.ids import fingerprint
from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope
from tests.builders import NOON
from tests.stories import Story, a_place, a_settled_state, kinds_of, signals_of, span

RISK_CONTROL = [("RISK_CONTROL", "OUTFLOW_HOLD", "new_destinations"), ("RISK_CONTROL", "TEMP_RISK", "account")]


def from_china() -> Story:
    """The article's user: at home in China, on the phone of years."""
    return Story(a_settled_state(home="CN"))


def risk_controlled() -> Story:
    """China, US, India ten minutes apart: the risk control has just begun, in India."""
    story = from_china()
    story.travel("CN", "US", "IN")
    return story


def travel_signals(outcome: Outcome) -> list[str]:
    return [s for s in signals_of(outcome) if not s.startswith("takeover")]


# --- several leaps


@pytest.mark.row("B024", "B025", "B026")
def test_china_us_india_starts_the_risk_control_in_india() -> None:
    story = from_china()
    assert story.login("CN").placed == ()
    assert story.login("US").placed == ()
    assert kinds_of(story.login("IN").placed) == [("OUTFLOW_HOLD", "new_destinations"), ("TEMP_RISK", "account")]
    assert story.standing == RISK_CONTROL


@pytest.mark.row("B025")
def test_the_four_countries_of_the_article_are_several_leaps() -> None:
    story = risk_controlled()
    assert "leap_chain" in signals_of(story.login("RU"))
    assert Kind.TEMP_RISK in {r.kind for r in story.state.in_force(story.now)}


@pytest.mark.row("B024")
def test_the_risk_control_lasts_24_hours_at_first() -> None:
    story = risk_controlled()
    assert story.the(Kind.TEMP_RISK).ends_at == story.now + span("24h")


def test_the_hold_on_new_destinations_beside_it_lasts_24_hours_at_first() -> None:
    # Model X5 and 5.7: TEMP_RISK and new_destinations, 24 h, re-armed, at most 72 h.
    story = risk_controlled()
    assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).ends_at == story.now + span("24h")


@pytest.mark.row("B025")
def test_the_next_leap_rearms_it_to_24_hours_from_then() -> None:
    story = risk_controlled()
    started_at = story.now
    story.login("RU", "30m")
    control = story.the(Kind.TEMP_RISK)
    assert (control.starts_at, control.ends_at) == (started_at, story.now + span("24h"))


@pytest.mark.row("B026")
def test_it_denies_orders_fiat_deposits_and_the_kyc_upgrade_and_asks_a_proof_for_withdrawals() -> None:
    story = risk_controlled()
    assert story.levels("place_order", "deposit_fiat", "upgrade_kyc") == [Level.DENY] * 3
    assert story.levels("login", "view", "cancel_order") == [Level.ALLOW] * 3
    story.wait("23h")
    known = NOON - span("30d")
    said = story.level("withdraw_crypto", destination="bc1q", destination_known_since=known)
    assert said is Level.STEP_UP


@pytest.mark.row("B027", "B075")
def test_it_lifts_itself_after_24_hours_without_anybody() -> None:
    story = risk_controlled()
    story.wait("24h")
    assert Kind.TEMP_RISK not in {r.kind for r in story.state.restrictions}
    assert story.level("place_order") is Level.ALLOW


@pytest.mark.row("B027", "B075")
def test_it_ends_by_time_even_if_no_timer_fires() -> None:
    story = risk_controlled()
    assert story.level("place_order", at=story.now + span("1439m")) is Level.DENY
    assert story.level("place_order", at=story.now + span("24h")) is Level.ALLOW


@pytest.mark.row("B027", "B075")
def test_it_never_lasts_longer_than_72_hours_from_its_start_whatever_leaps_come() -> None:
    story = risk_controlled()
    control = story.the(Kind.TEMP_RISK)
    for country in ["CN", "US", "IN", "RU", "BR", "AU"] * 12:
        if story.now + span("50m") >= control.starts_at + span("72h"):
            break
        story.login(country, "50m")
    lasting = story.restrictions[control.id]
    assert lasting.ends_at is not None
    assert lasting.ends_at <= control.starts_at + span("72h")


def test_two_leaps_between_two_countries_are_no_chain() -> None:
    story = Story()
    outcome = story.travel("GB", "US", "GB", after="1h")
    assert "leap_chain" not in signals_of(outcome)


def test_leaps_more_than_a_day_ago_do_not_count() -> None:
    story = from_china()
    story.travel("CN", "US")
    outcome = story.login("IN", "23h")
    assert "leap_chain" not in signals_of(outcome)


def test_a_family_holiday_by_plane_changes_nothing() -> None:
    story = Story()
    outcomes = [
        story.login("GB", "1h"),
        story.login("ES", "4h"),
        story.login("ES", "24h"),
        story.login("GB", "5h"),
        story.login("US", "9h"),
        story.login("GB", "10h"),
    ]
    assert [travel_signals(outcome) for outcome in outcomes] == [[]] * 6
    assert story.standing == []


def test_vpn_exits_all_over_the_world_are_no_leaps() -> None:
    story = from_china()
    for country in ("CN", "US", "IN", "RU"):
        outcome = story.login(place=a_place(country, tags=("vpn",)))
        assert "leap_chain" not in signals_of(outcome)
    assert Kind.TEMP_RISK not in {r.kind for r in story.state.restrictions}


def test_a_relay_that_keeps_the_region_counts_as_a_place() -> None:
    story = from_china()
    outcomes = [story.login(place=a_place(country, tags=("relay",))) for country in ("CN", "US", "IN")]
    assert "leap_chain" in signals_of(outcomes[-1])


def test_a_network_on_which_two_sources_disagree_is_no_place() -> None:
    story = from_china()
    outcomes = [story.login(place=a_place(country, disagrees_with="DE")) for country in ("CN", "US", "IN", "RU")]
    assert [signals_of(outcome) for outcome in outcomes] == [["network_misidentified"]] * 4
    assert story.standing == []


def test_a_login_from_a_network_on_which_sources_disagree_is_no_new_country() -> None:
    story = Story()
    assert signals_of(story.login(place=a_place("US", disagrees_with="DE"))) == ["network_misidentified"]


def test_a_login_whose_place_nobody_knows_changes_nothing() -> None:
    story = risk_controlled()
    control = story.the(Kind.TEMP_RISK)
    story.login(None)
    assert story.the(Kind.TEMP_RISK) == control


def test_staying_where_one_is_is_no_further_leap() -> None:
    # Only "each further leap, credential change or SIM swap re-arms" (detection 2); logging in again is none of them.
    story = risk_controlled()
    ends_at = story.the(Kind.TEMP_RISK).ends_at
    outcome = story.login("IN", "1h")
    assert travel_signals(outcome) == []
    assert story.the(Kind.TEMP_RISK).ends_at == ends_at


def test_logins_that_are_told_late_are_no_leaps_from_a_later_one_a_flight_away() -> None:
    # London at noon, Palma at four, Paris at six, New York at two in the night; Palma and Paris are told last.
    story = Story()
    story.login("GB", "0s")
    story.login("US", "14h")
    for country, after in (("ES", "4h"), ("FR", "6h")):
        story.event("login.succeeded", "1s", dated=NOON + span(after), place=a_place(country), device="phone")
    assert story.standing == []


# --- how often


@pytest.mark.row("B027")
def test_a_third_automated_risk_control_within_seven_days_goes_to_a_person_instead() -> None:
    story = from_china()
    placed: list[Any] = []
    for _ in range(3):
        story.travel("CN", "US", "IN", after="20m")
        placed.append(Kind.TEMP_RISK in {r.kind for r in story.state.in_force(story.now)})
        story.wait("30h")
    assert placed == [True, True, False]
    (case,) = (case for case in story.cases.values() if case.reason == "RISK_CONTROL")
    assert "used up by automation" in case.why


def test_after_seven_days_automation_may_place_it_again() -> None:
    story = from_china()
    for _ in range(2):
        story.travel("CN", "US", "IN", after="20m")
        story.wait("30h")
    story.wait("7d")
    story.travel("CN", "US", "IN", after="20m")
    assert Kind.TEMP_RISK in {r.kind for r in story.state.in_force(story.now)}


# --- one leap


def test_one_leap_on_a_known_device_limits_nothing() -> None:
    story = Story()
    story.travel("GB", "US")
    assert story.standing == []


def test_one_leap_on_a_known_device_without_a_strong_factor_is_noted() -> None:
    weak = replace(a_settled_state(), devices=(Device(fingerprint("phone"), NOON - span("30d"), NOON),))
    story = Story(weak)
    assert travel_signals(story.travel("GB", "US")) == ["single_leap"]
    assert story.standing == []


@pytest.mark.row("B024")
def test_one_leap_with_a_new_device_asks_for_a_proof() -> None:
    story = Story()
    story.login("GB")
    assert "unusual_login_new_device" in signals_of(story.login("US", device="burner"))
    assert ("RISK_CONTROL", "STEP_UP", "account") in story.standing
    assert story.level("withdraw_crypto") is Level.STEP_UP


def test_an_anonymiser_with_a_new_device_asks_for_a_proof() -> None:
    story = Story()
    story.login("GB")
    story.login(place=a_place("GB", tags=("tor",)), device="burner")
    assert ("RISK_CONTROL", "STEP_UP", "account") in story.standing


def test_an_anonymiser_on_the_phone_of_years_limits_nothing() -> None:
    story = Story()
    story.login("GB")
    story.login(place=a_place("GB", tags=("vpn",)))
    assert story.standing == []


def test_on_an_account_watched_since_today_no_device_counts_as_new() -> None:
    story = Story(replace(a_settled_state(), watched_since=NOON - span("1h")))
    story.login("GB")
    story.login("US", device="burner")
    assert story.standing == []


# --- a sensitive action after an unusual login


SENSITIVE: list[tuple[str, dict[str, Any]]] = [
    ("credential.changed", {"what": "password"}),
    ("address.added", {"chain": "bitcoin", "address": "bc1q"}),
    ("withdrawal.requested", {"asset": "BTC", "amount": "1", "usd": "1", "address": "bc1q"}),
    ("withdrawal.fiat_requested", {"amount": "1", "usd": "1", "bank_account": "DE89"}),
    ("transfer.requested", {"counterparty": "acct-2", "usd": "1"}),
    ("p2p.opened", {"counterparty": "acct-2", "usd": "1"}),
    ("p2p.paid", {"counterparty": "acct-2", "usd": "1"}),
]


@pytest.mark.parametrize(("type_", "data"), SENSITIVE)
def test_a_sensitive_action_after_a_leap_on_a_new_device_starts_the_risk_control(
    type_: str, data: dict[str, Any]
) -> None:
    story = Story()
    story.login("GB")
    story.login("US", device="burner")
    story.event(type_, "10m", device="burner", **data)
    assert ("RISK_CONTROL", "TEMP_RISK", "account") in story.standing
    assert ("RISK_CONTROL", "OUTFLOW_HOLD", "new_destinations") in story.standing


def test_the_withdrawal_that_follows_a_leap_on_a_new_device_is_held() -> None:
    story = Story()
    story.login("GB")
    story.login("US", device="burner")
    outcome = story.withdrawal(device="burner")
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.HOLD


def test_a_sensitive_action_after_an_anonymised_login_on_a_new_device_starts_it_too() -> None:
    story = Story()
    story.login("GB")
    story.login(place=a_place("GB", tags=("vpn",)), device="burner")
    story.event("p2p.opened", "10m", counterparty="acct-2", usd="1")
    assert ("RISK_CONTROL", "TEMP_RISK", "account") in story.standing


def test_a_sensitive_action_after_a_leap_on_the_phone_of_years_starts_nothing() -> None:
    story = Story()
    story.travel("GB", "US")
    assert travel_signals(story.withdrawal()) == []


def test_a_sensitive_action_more_than_a_day_later_starts_nothing() -> None:
    story = Story()
    story.login("GB")
    story.login("US", device="burner")
    assert travel_signals(story.withdrawal("25h")) == []


def test_a_device_that_was_new_when_it_leapt_counts_for_the_whole_day_that_follows() -> None:
    # Ten hours old at the leap, twenty-five at the withdrawal; the leap was fifteen hours ago.
    story = Story()
    story.login("GB", device="burner")
    story.login("GB", "599m", device="phone")
    assert "unusual_login_new_device" in signals_of(story.login("US", "1m", device="burner"))
    assert "sensitive_after_unusual_login" in signals_of(story.withdrawal("15h", device="burner"))


def test_a_user_who_tries_to_withdraw_does_not_prolong_the_risk_control() -> None:
    # Only a further leap, a credential change or a SIM swap re-arms it.
    story = Story()
    story.login("GB")
    story.login("US", device="burner")
    story.withdrawal(device="burner")
    ends_at = story.the(Kind.TEMP_RISK).ends_at
    story.withdrawal("6h", device="burner")
    assert story.the(Kind.TEMP_RISK).ends_at == ends_at


@pytest.mark.parametrize("what", ["password", "mfa", "email", "phone"])
def test_a_credential_change_during_the_risk_control_rearms_it(what: str) -> None:
    story = risk_controlled()
    story.credential_changed(what, "2h")
    assert story.the(Kind.TEMP_RISK).ends_at == story.now + span("24h")


def test_a_sim_swap_during_the_risk_control_rearms_it() -> None:
    story = risk_controlled()
    story.sim_changed("2h")
    assert story.the(Kind.TEMP_RISK).ends_at == story.now + span("24h")


def test_an_event_of_the_same_second_as_a_credential_change_does_not_rearm_again() -> None:
    story = risk_controlled()
    story.credential_changed("password", "2h")
    outcome = story.event("p2p.opened", "0s", counterparty="acct-2", usd="1")
    assert "risk_control_rearmed" not in signals_of(outcome)


def test_a_rearming_event_without_a_risk_control_places_none() -> None:
    story = Story()
    story.credential_changed("password")
    assert Kind.TEMP_RISK not in {r.kind for r in story.state.restrictions}


# --- proofs of control


def test_a_passkey_lifts_the_risk_control_early() -> None:
    story = risk_controlled()
    story.challenge("passkey")
    assert ("RISK_CONTROL", "TEMP_RISK", "account") not in story.standing


def test_a_code_does_not_lift_the_risk_control() -> None:
    story = risk_controlled()
    story.challenge("totp")
    assert ("RISK_CONTROL", "TEMP_RISK", "account") in story.standing


def test_after_a_proof_of_control_the_same_leaps_do_not_bring_the_risk_control_back() -> None:
    story = risk_controlled()
    story.challenge("liveness")
    story.login("IN", "10m")
    assert ("RISK_CONTROL", "TEMP_RISK", "account") not in story.standing


def test_after_a_proof_of_control_the_user_may_act_without_starting_the_risk_control() -> None:
    story = Story()
    story.login("GB")
    story.login("US", device="new phone")
    story.challenge("liveness", device="new phone")
    story.withdrawal(device="new phone")
    assert ("RISK_CONTROL", "TEMP_RISK", "account") not in story.standing


# --- what it says


@pytest.mark.row("A032")
def test_a_signal_names_the_detector_its_version_and_the_lists_it_used() -> None:
    story = from_china()
    outcome = story.travel("CN", "US", "IN")
    signal = outcome.signals[0]
    assert (signal.detector, signal.lists) == ("travel/1", ("cities-2026",))
    assert signal.evidence == {"leaps": "2", "areas": "CN, US, IN"}


@pytest.mark.row("A032")
def test_the_restriction_cites_the_detector_and_the_playbook() -> None:
    story = risk_controlled()
    control = story.the(Kind.TEMP_RISK)
    assert str(control.placed_by) == "travel/1:detector"
    assert control.playbook == story.policy.playbook


def test_with_the_detector_switched_off_nothing_happens() -> None:
    policy = Story().policy
    without = replace(policy, detectors={name: p for name, p in policy.detectors.items() if name != "travel"})
    story = Story(a_settled_state(home="CN"), policy=without)
    assert travel_signals(story.travel("CN", "US", "IN", "RU")) == []
