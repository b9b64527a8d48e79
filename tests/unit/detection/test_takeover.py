"""The sequence of access, control and the way out, scored over 72 hours (detection 3, rows A029-A036)."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.account import StepName
from habeas.domain.capability import Level
from habeas.domain.decision import Outcome
from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope
from tests.builders import NOON
from tests.stories import Story, a_place, a_settled_state, actions_of, kinds_of, signals_of, span

STEP_UP = ("ACCOUNT_TAKEOVER", "STEP_UP", "account")
NEW_DESTINATIONS = ("ACCOUNT_TAKEOVER", "OUTFLOW_HOLD", "new_destinations")
OUTFLOW_HOLD = ("ACCOUNT_TAKEOVER", "OUTFLOW_HOLD", "account")

OUT = ("withdraw_crypto", "withdraw_fiat", "p2p", "transfer_out")


def points(outcome: Outcome) -> int:
    """The points of the sequence so far; 0 where the event was no step."""
    found = [s.evidence["points"] for s in outcome.signals if s.typology == "takeover_sequence"]
    return int(found[0]) if found else 0


def from_a_new_device(story: Story, *, country: str = "GB") -> Outcome:
    return story.login(country, device="burner")


# --- points


def test_a_sim_change_counts_40() -> None:
    assert points(Story().sim_changed()) == 40


@pytest.mark.parametrize(("what", "worth"), [("password", 25), ("mfa", 25), ("email", 25), ("phone", 25)])
def test_a_credential_change_from_the_owners_phone_counts_25(what: str, worth: int) -> None:
    assert points(Story().credential_changed(what, device="phone")) == worth


@pytest.mark.parametrize("what", ["password", "mfa"])
def test_a_reset_from_a_device_of_less_than_a_day_counts_15_more(what: str) -> None:
    story = Story()
    from_a_new_device(story)
    assert points(story.credential_changed(what, device="burner")) == 15 + 25 + 15


def test_a_reset_from_a_device_that_was_never_seen_counts_15_more() -> None:
    # "Forgot my password" comes before the first login of a thief's device.
    assert points(Story().credential_changed("password", device="burner")) == 25 + 15


def test_a_reset_from_a_new_device_counts_even_after_one_from_the_owners_phone() -> None:
    story = Story()
    story.credential_changed("password", device="phone")
    from_a_new_device(story)
    assert points(story.credential_changed("mfa", device="burner")) == 25 + 15 + 15


def test_a_login_from_a_new_device_counts_15() -> None:
    assert points(from_a_new_device(Story())) == 15


def test_a_login_from_a_new_country_counts_10() -> None:
    assert points(Story().login("FR")) == 10


def test_a_login_through_an_anonymiser_counts_10() -> None:
    assert points(Story().login(place=a_place("GB", tags=("vpn",)))) == 10


def test_a_login_at_home_on_the_phone_of_years_is_no_step() -> None:
    assert signals_of(Story().login("GB")) == []


def test_each_kind_of_step_counts_once() -> None:
    story = Story()
    story.credential_changed("password", device="phone")
    assert points(story.credential_changed("mfa", device="phone")) == 0
    assert points(story.credential_changed("email", device="phone")) == 25 + 25


def test_steps_of_the_way_out_alone_count_nothing() -> None:
    story = Story()
    story.credential_changed("allowlist", device="phone")
    story.event("address.added", "1m", chain="bitcoin", address="bc1q")
    story.credential_changed("api_key", device="phone", withdraw_right=True)
    assert points(story.withdrawal(usd="900", balance_usd="1000", device="phone")) == 0


def test_steps_of_the_way_out_before_access_count_nothing() -> None:
    story = Story()
    story.event("address.added", "1m", chain="bitcoin", address="bc1q")
    assert points(from_a_new_device(story)) == 15


@pytest.mark.parametrize(
    ("type_", "data", "worth"),
    [
        ("credential.changed", {"what": "allowlist"}, 20),
        ("credential.changed", {"what": "allowlist", "enabled": True}, 0),
        ("credential.changed", {"what": "api_key", "withdraw_right": True}, 20),
        ("credential.changed", {"what": "api_key"}, 0),
        ("address.added", {"chain": "bitcoin", "address": "bc1q"}, 15),
        (
            "withdrawal.requested",
            {"asset": "BTC", "amount": "1", "usd": "801", "balance_usd": "1000", "address": "bc1q"},
            20,
        ),
        (
            "withdrawal.requested",
            {"asset": "BTC", "amount": "1", "usd": "800", "balance_usd": "1000", "address": "bc1q"},
            0,
        ),
        ("withdrawal.fiat_requested", {"amount": "9", "usd": "9", "balance_usd": "10", "bank_account": "DE89"}, 20),
    ],
)
def test_steps_of_the_way_out_count_after_access(type_: str, data: dict[str, Any], worth: int) -> None:
    story = Story()
    from_a_new_device(story)
    said = points(story.event(type_, "10m", **data))
    assert said == (15 + worth if worth else 0)


def test_an_address_that_is_known_already_is_no_step() -> None:
    story = Story()
    story.event("address.added", "1m", chain="bitcoin", address="bc1q")
    from_a_new_device(story)
    assert points(story.event("address.added", "1m", chain="bitcoin", address="bc1q")) == 0


def test_an_event_of_the_same_second_that_is_no_step_judges_nothing_again() -> None:
    story = Story()
    from_a_new_device(story)
    assert "takeover_sequence" not in signals_of(story.withdrawal("0s", usd="1"))


def test_steps_older_than_72_hours_no_longer_count() -> None:
    story = Story()
    story.sim_changed("0s")
    story.wait("72h")
    assert points(story.credential_changed("password", "1m", device="phone")) == 25


def test_steps_within_72_hours_still_count() -> None:
    story = Story()
    story.sim_changed("0s")
    story.wait("71h")
    assert points(story.credential_changed("password", "1h", device="phone")) == 65


def test_a_flood_of_harmless_steps_does_not_push_out_the_sim_change() -> None:
    story = Story()
    story.sim_changed()
    for number in range(40):
        story.login(place=a_place("GB", tags=("vpn",)), after="1m", session=f"s{number}")
    assert points(story.credential_changed("password", device="phone")) >= 40 + 25


@pytest.mark.row("A036")
def test_a_sim_change_that_nobody_can_tell_of_lowers_nothing() -> None:
    story = Story()
    story.sim_changed()
    story.event("phone.sim_changed", "1m", unavailable=True)
    assert points(story.credential_changed("password", device="phone")) == 65


def test_a_sim_that_did_not_change_is_no_step() -> None:
    assert signals_of(Story().event("phone.sim_changed", none_within_days=10)) == []


def test_a_sim_change_weeks_ago_is_no_step() -> None:
    assert signals_of(Story().event("phone.sim_changed", at=NOON - span("20d"))) == []


# --- what they lead to


def test_below_40_points_nothing_is_limited() -> None:
    story = Story()
    from_a_new_device(story)
    assert points(story.login("FR")) == 25
    assert story.standing == []


@pytest.mark.row("A029", "A036")
def test_a_sim_change_asks_for_a_proof_and_holds_nothing_while_nothing_is_to_leave() -> None:
    story = Story()
    story.sim_changed()
    assert story.standing == [STEP_UP]
    assert story.the(Kind.STEP_UP).ends_at == story.now + span("24h")


def test_after_a_sim_change_a_known_destination_needs_a_proof_and_a_new_one_waits_24_hours() -> None:
    story = Story()
    story.sim_changed()
    known = story.withdrawal(address="bc1q-old", known_since=NOON - span("30d")).verdict
    new = story.withdrawal(address="bc1q-new").verdict
    assert known is not None
    assert new is not None
    assert (known.level, new.level) == (Level.STEP_UP, Level.HOLD)
    assert story.standing == [NEW_DESTINATIONS, STEP_UP]
    assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).ends_at == story.now + span("24h")


@pytest.mark.parametrize("type_", ["p2p.opened", "p2p.paid", "transfer.requested"])
def test_after_a_sim_change_what_goes_to_another_account_waits_too(type_: str) -> None:
    story = Story()
    story.sim_changed()
    verdict = story.event(type_, "1h", counterparty="buyer-7", usd="50").verdict
    assert verdict is not None
    assert verdict.level is Level.HOLD


def test_asking_again_does_not_prolong_the_wait() -> None:
    story = Story()
    story.sim_changed()
    story.withdrawal(address="bc1q-new")
    ends_at = story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).ends_at
    story.withdrawal("5h", address="bc1q-newer")
    assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).ends_at == ends_at
    assert story.wait("20h").standing == []
    story.withdrawal(address="bc1q-newer")
    assert story.standing == []


def test_a_further_step_prolongs_the_wait() -> None:
    story = Story()
    story.sim_changed()
    story.withdrawal(address="bc1q-new")
    story.credential_changed("password", "5h", device="phone")
    assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).ends_at == story.now + span("24h")


@pytest.mark.row("A030")
def test_a_sim_swap_with_a_stolen_password_holds_all_outflow() -> None:
    story = Story()
    story.sim_changed()
    story.credential_changed("password", device="burner")
    from_a_new_device(story)
    assert story.standing == [OUTFLOW_HOLD]


def swapped_and_reset() -> Story:
    """The SIM moved, the password was reset from a device never seen before, then somebody logged in with it."""
    story = Story()
    story.sim_changed()
    story.credential_changed("password", device="burner")
    from_a_new_device(story)
    return story


@pytest.mark.row("A031")
@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("withdrawal.requested", {"asset": "BTC", "amount": "1", "usd": "1", "address": "bc1q"}),
        ("withdrawal.fiat_requested", {"amount": "1", "usd": "1", "bank_account": "DE89"}),
        ("p2p.opened", {"counterparty": "acct-2", "usd": "1"}),
        ("transfer.requested", {"counterparty": "acct-2", "usd": "1"}),
    ],
)
def test_the_first_attempt_to_take_anything_out_is_denied(type_: str, data: dict[str, Any]) -> None:
    outcome = swapped_and_reset().event(type_, "1m", **data)
    assert outcome.verdict is not None
    assert outcome.verdict.level is Level.DENY


@pytest.mark.row("A031")
def test_outflow_is_denied_to_destinations_known_for_years_too() -> None:
    story = swapped_and_reset()
    known: dict[str, Any] = {"destination": "bc1q", "destination_known_since": NOON - span("30d")}
    assert [story.level(capability, **known) for capability in OUT] == [Level.DENY] * 4


@pytest.mark.row("A033")
def test_every_asset_is_covered_and_conversions_are_too() -> None:
    story = swapped_and_reset()
    for asset in ("BTC", "DOGE", "OBSCURECOIN"):
        assert story.level("withdraw_crypto", asset=asset) is Level.DENY
    convert = story.policy.product_actions["convert"]
    assert story.level(convert) is Level.DENY


@pytest.mark.row("A030")
def test_the_hold_names_the_steps_it_rests_on() -> None:
    story = swapped_and_reset()
    note = story.the(Kind.OUTFLOW_HOLD).note
    assert "sim_change 40" in note
    assert "credential_reset" in note


def test_the_hold_opens_a_case_for_a_person() -> None:
    story = swapped_and_reset()
    (case,) = story.cases.values()
    assert (case.queue, case.reason, case.restrictions) == (
        "takeover",
        "ACCOUNT_TAKEOVER",
        (story.the(Kind.OUTFLOW_HOLD).id,),
    )


def test_the_hold_recalls_withdrawals_and_cancels_risky_orders() -> None:
    story = Story()
    story.sim_changed()
    story.credential_changed("password", device="phone")
    assert actions_of(from_a_new_device(story))[:2] == ["recall_withdrawals", "cancel_risk_orders"]


def test_the_heavier_hold_supersedes_the_milder_ones() -> None:
    story = swapped_and_reset()
    ended = {(str(r.kind), str(r.status)) for r in story.restrictions.values() if r.status != "active"}
    assert ended == {("STEP_UP", "superseded")}


@pytest.mark.parametrize(
    ("steps", "length"),
    [
        (["sim", "device", "country", "address"], "24h"),
        (["device", "reset", "address"], "48h"),
        (["sim", "reset", "device"], "72h"),
    ],
)
def test_the_hold_lasts_longer_when_credentials_and_sim_changed(steps: list[str], length: str) -> None:
    story = Story()
    for step in steps:
        match step:
            case "sim":
                story.sim_changed()
            case "device":
                from_a_new_device(story)
            case "country":
                story.login("FR", device="burner")
            case "reset":
                story.credential_changed("password", device="burner")
            case "address":
                story.event("address.added", "10m", chain="bitcoin", address="bc1q")
            case _:
                pytest.fail(f"no such step: {step}")
    hold = story.the(Kind.OUTFLOW_HOLD)
    assert hold.ends_at == hold.starts_at + span(length)


def test_a_credential_change_that_joins_prolongs_the_hold_from_its_start() -> None:
    story = Story()
    story.sim_changed()
    from_a_new_device(story)
    story.login("FR", device="burner")
    story.event("address.added", "10m", chain="bitcoin", address="bc1q")
    started_at = story.the(Kind.OUTFLOW_HOLD).starts_at
    story.credential_changed("password", "1h", device="burner")
    hold = story.the(Kind.OUTFLOW_HOLD)
    assert (hold.starts_at, hold.ends_at) == (started_at, started_at + span("72h"))


def test_new_destinations_must_be_known_for_72_hours_once_a_credential_change_joins_the_sim_change() -> None:
    story = Story()
    story.sim_changed()
    story.withdrawal(address="bc1q-new")
    story.credential_changed("password", device="phone")
    assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).cool_off_for == span("72h")


# --- from 100 points on


def test_at_100_points_sessions_are_revoked_and_a_person_is_called() -> None:
    story = Story()
    story.sim_changed()
    from_a_new_device(story)
    story.login("FR", device="burner")
    outcome = story.credential_changed("mfa", device="burner")
    assert points(outcome) == 40 + 15 + 10 + 40
    assert "revoke_sessions" in actions_of(outcome)
    assert story.pages == 1


def test_a_person_is_called_at_100_points_even_if_a_case_was_opened_at_70() -> None:
    story = Story()
    story.sim_changed()
    story.credential_changed("password", device="phone")
    from_a_new_device(story)
    assert story.pages == 0
    story.event("address.added", "10m", chain="bitcoin", address="bc1q")
    assert points(story.credential_changed("allowlist", device="burner")) >= 100
    assert story.pages == 1


def a_lost_phone_abroad() -> Story:
    """New SIM, new phone, new password, from abroad: 105 points, and it is the owner."""
    story = Story()
    story.sim_changed()
    story.login("FR", device="new phone")
    assert points(story.credential_changed("password", device="new phone")) == 105
    return story


def test_a_lost_phone_abroad_does_not_bar_the_owner() -> None:
    story = a_lost_phone_abroad()
    assert story.level("login") is Level.STEP_UP
    assert story.levels("view", "contact_support", "submit_documents", "file_appeal") == [Level.ALLOW] * 4


def test_a_lost_phone_abroad_is_free_again_after_72_hours() -> None:
    story = a_lost_phone_abroad()
    story.wait("72h")
    assert story.standing == []


def test_a_step_that_was_counted_before_does_not_renew_a_hold_that_has_expired() -> None:
    # An expired restriction needs new or higher evidence, not a re-run of the same signal (model 5.2).
    story = Story()
    story.sim_changed()
    from_a_new_device(story)
    story.login(device="burner", place=a_place("GB", tags=("vpn",)))
    story.event("address.added", "10m", chain="bitcoin", address="bc1q")
    assert OUTFLOW_HOLD in story.standing
    story.wait("25h")
    story.login(device="burner", place=a_place("GB", tags=("vpn",)))
    assert OUTFLOW_HOLD not in story.standing


# --- signs that speak alone


@pytest.mark.row("A035")
def test_a_leaked_credential_asks_for_a_proof() -> None:
    story = Story()
    outcome = story.event("credential.leaked", origin="breach corpus of another exchange")
    assert "credential_leaked" in signals_of(outcome)
    assert story.standing == [STEP_UP]


@pytest.mark.row("A034")
def test_a_session_that_shows_up_on_another_device_is_a_stolen_token() -> None:
    story = Story()
    story.login("GB", session="s-1")
    outcome = story.event("session.seen", "5m", session="s-1", device="malware host")
    assert "session_reused" in signals_of(outcome)
    assert actions_of(outcome) == ["revoke_sessions"]
    assert story.standing == [STEP_UP]


@pytest.mark.row("A034")
def test_a_session_seen_on_its_own_device_is_none() -> None:
    story = Story()
    story.login("GB", session="s-1")
    assert signals_of(story.event("session.seen", "5m", session="s-1", device="phone")) == []


def test_a_session_stays_with_its_first_device() -> None:
    story = Story()
    story.login("GB", session="s-1")
    story.event("session.seen", "5m", session="s-1", device="malware host")
    assert signals_of(story.event("session.seen", "5m", session="s-1", device="phone")) == []


@pytest.mark.row("A034", "A035")
def test_a_leak_and_a_stolen_session_are_steps_of_the_sequence_too() -> None:
    story = Story()
    story.login("GB", session="s-1")
    story.event("credential.leaked", "1m", origin="corpus")
    assert points(story.event("session.seen", "5m", session="s-1", device="malware host")) == 15 + 25


# --- proofs of control


@pytest.mark.parametrize("method", ["totp", "passkey", "liveness", "document"])
def test_a_proof_of_control_lifts_the_request_for_one(method: str) -> None:
    story = Story()
    story.sim_changed()
    outcome = story.challenge(method)
    assert kinds_of(outcome.lifted) == [("STEP_UP", "account")]


def test_a_proof_of_control_does_not_release_held_outflow() -> None:
    story = swapped_and_reset()
    story.challenge("liveness")
    assert OUTFLOW_HOLD in story.standing


@pytest.mark.parametrize("method", ["totp", "passkey"])
def test_a_factor_that_was_just_changed_proves_nothing(method: str) -> None:
    story = Story()
    story.credential_changed("mfa", device="burner")
    from_a_new_device(story)
    assert STEP_UP in story.standing
    assert story.challenge(method, device="burner").lifted == ()
    assert story.state.proved_at is None


def test_a_factor_changed_three_days_ago_proves_again() -> None:
    story = Story()
    story.credential_changed("mfa", "0s", device="phone")
    story.wait("72h")
    story.sim_changed("1m")
    assert story.challenge("totp").lifted != ()


def test_a_face_proves_even_when_the_factor_was_just_changed() -> None:
    story = Story()
    story.credential_changed("mfa", device="burner")
    from_a_new_device(story)
    assert story.challenge("liveness").lifted != ()


def test_steps_before_a_strong_proof_no_longer_count() -> None:
    story = Story()
    story.sim_changed()
    story.challenge("liveness")
    assert points(story.credential_changed("password", device="phone")) == 25


def test_steps_before_a_mere_code_still_count() -> None:
    story = Story()
    story.sim_changed()
    story.challenge("totp")
    assert points(story.credential_changed("password", device="phone")) == 65


def test_a_failed_challenge_changes_nothing() -> None:
    story = Story()
    story.sim_changed()
    outcome = story.event("challenge.failed", "1m", method="liveness")
    assert outcome.lifted == ()
    assert story.state.proved_at is None


def test_a_proof_for_one_restriction_lifts_no_other() -> None:
    story = Story()
    story.sim_changed()
    assert story.challenge("liveness", restriction="rs_another").lifted == ()


def test_a_proof_does_not_lift_what_a_person_placed() -> None:
    story = Story()
    story.placed_by_staff("ACCOUNT_TAKEOVER", kind="STEP_UP", evidence="E3")
    assert story.challenge("liveness").lifted == ()


# --- what it says


@pytest.mark.row("A032")
def test_a_decision_cites_the_version_of_its_detector() -> None:
    story = Story()
    outcome = story.sim_changed()
    assert [signal.detector for signal in outcome.signals] == ["takeover/2"]
    assert {str(r.placed_by) for r in story.restrictions.values()} == {"takeover/2:detector"}


def test_the_weights_are_policy() -> None:
    policy = Story().policy
    params = policy.detectors["takeover"]
    other = replace(params, points={StepName.SIM_CHANGE: 5})
    story = Story(policy=replace(policy, detectors=policy.detectors | {"takeover": other}))
    assert points(story.sim_changed()) == 5
    assert story.standing == []


def test_what_a_new_account_does_on_its_first_day_is_no_takeover() -> None:
    story = Story(replace(a_settled_state(), watched_since=NOON - span("1h"), devices=(), anchors=()))
    story.login("GB")
    story.login("FR", device="laptop")
    assert story.standing == []
