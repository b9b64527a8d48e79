"""What one event leads to: the answer to what it asks for, late events, messages, deactivation."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.domain.account import Life, decode_state, new_account
from habeas.domain.capability import Capability, Level
from habeas.domain.decision import ActionName, Outcome, Topic
from habeas.domain.event import EVENT_TYPES
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import Status
from tests.builders import NOON, a_restriction
from tests.stories import Story, a_place, a_settled_state, actions_of, signals_of, span, the_policy

DATA: dict[str, dict[str, Any]] = {
    "kyc.decided": {"result": "accepted"},
    "document.received": {"kind": "poa"},
    "document.decided": {"kind": "poa"},
    "document.expired": {"kind": "poa"},
    "session.seen": {"session": "s", "device": "d"},
    "credential.changed": {"what": "email"},
    "credential.leaked": {"origin": "corpus"},
    "phone.sim_changed": {"unavailable": True},
    "address.added": {"chain": "c", "address": "a"},
    "withdrawal.requested": {"asset": "BTC", "amount": "1", "usd": "1", "address": "a"},
    "withdrawal.fiat_requested": {"amount": "1", "usd": "1", "bank_account": "b"},
    "withdrawal.broadcasting": {"request": "w-1"},
    "withdrawal.recalled": {"request": "w-1"},
    "deposit.crypto": {"asset": "BTC", "amount": "1", "usd": "1", "tx": "t"},
    "deposit.fiat": {"amount": "1", "currency": "EUR", "usd": "1"},
    "p2p.opened": {"counterparty": "acct-2", "usd": "1"},
    "p2p.paid": {"counterparty": "acct-2", "usd": "1"},
    "transfer.requested": {"counterparty": "acct-2", "usd": "1"},
    "order.placed": {"market": "m", "side": "buy", "usd": "1"},
    "order.cancelled": {"market": "m", "side": "buy", "usd": "1"},
    "report.filed": {"against": "acct-2", "category": "scam"},
    "conduct.found": {"finding": "abuse", "severity": "low"},
    "signal.received": {"typology": "vendor.x", "score": 0.5},
    "challenge.passed": {"method": "totp"},
    "challenge.failed": {"method": "totp"},
    "education.completed": {"restriction": "rs_1"},
    "declaration.made": {},
    "appeal.filed": {"restriction": "rs_1", "text": "it was me"},
    "network.reported": {"ip": "203.0.113.7"},
    "action.done": {"action": "revoke_sessions", "request": "ac_1"},
}


def asked(outcome: Outcome) -> tuple[str, str]:
    """The capability asked for and the answer."""
    assert outcome.verdict is not None
    return str(outcome.verdict.capability), str(outcome.verdict.level)


# --- what is asked


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_every_type_of_event_is_decided_and_answers_what_it_asks(type_: str) -> None:
    outcome = Story().event(type_, **DATA.get(type_, {}))
    expected = EVENT_TYPES[type_].asks
    assert (outcome.verdict.capability if outcome.verdict else None) == expected
    assert not outcome.quarantined


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_every_type_of_event_may_be_the_first_of_an_account(type_: str) -> None:
    story = Story(new_account(AccountId("acct-1")))
    story.event(type_, **DATA.get(type_, {}))
    assert story.state.watched_since == NOON


@pytest.mark.parametrize(("what", "capability"), [("password", "change_security"), ("api_key", "api_keys")])
def test_a_change_of_an_api_key_asks_for_api_keys(what: str, capability: str) -> None:
    assert asked(Story().credential_changed(what))[0] == capability


@pytest.mark.row("A103")
def test_the_first_withdrawal_of_an_account_nobody_told_us_about_is_held() -> None:
    story = Story(new_account(AccountId("acct-1")))
    assert asked(story.withdrawal()) == ("withdraw_crypto", "HOLD")


def test_what_an_event_brings_about_counts_for_what_it_asks() -> None:
    story = Story()
    story.sim_changed()
    story.credential_changed("password", device="phone")
    outcome = story.login("GB", device="burner")
    assert asked(outcome) == ("login", "STEP_UP")


def test_a_withdrawal_is_judged_by_since_when_its_destination_is_known_to_us() -> None:
    story = Story()
    story.event("address.added", chain="bitcoin", address="bc1q")
    story.sim_changed("48h")
    assert asked(story.withdrawal(address="bc1q")) == ("withdraw_crypto", "STEP_UP")
    assert asked(story.withdrawal(address="bc1q-other")) == ("withdraw_crypto", "HOLD")


def test_a_withdrawal_is_judged_by_since_when_its_destination_is_known_to_the_caller() -> None:
    story = Story()
    story.sim_changed()
    known_since = NOON - span("30d")
    assert asked(story.withdrawal(address="bc1q", known_since=known_since)) == ("withdraw_crypto", "STEP_UP")


def test_a_destination_never_becomes_younger() -> None:
    story = Story()
    story.withdrawal(address="bc1q", known_since=NOON - span("30d"))
    story.withdrawal(address="bc1q", known_since=NOON)
    assert story.state.destination_known_since("bc1q") == NOON - span("30d")


def test_a_broadcast_is_judged_again() -> None:
    story = Story()
    assert asked(story.withdrawal())[1] == "ALLOW"
    story.placed_by_staff("SCAM_OFFENDER", evidence="E2")
    outcome = story.event("withdrawal.broadcasting", "1m", request="w-1", asset="BTC", amount="1", address="bc1q")
    assert asked(outcome) == ("withdraw_crypto", "DENY")


# --- late events


def test_a_late_event_is_decided_at_the_latest_time_already_decided() -> None:
    story = Story()
    story.login("GB", "10h")
    story.event("credential.changed", dated=NOON, what="password")
    assert story.state.decided_at == NOON + span("10h")


def test_a_late_event_starts_nothing_in_the_past() -> None:
    story = Story()
    story.login("GB", "10h")
    story.event("phone.sim_changed", dated=NOON + span("1h"), at=NOON + span("1h"))
    assert {r.starts_at for r in story.state.restrictions} == {NOON + span("10h")}


def test_a_late_event_changes_no_answer_about_the_past() -> None:
    story = Story()
    story.login("GB", "10h")
    before = [story.level("withdraw_crypto", at=NOON + span(f"{hours}h")) for hours in range(10)]
    story.event("phone.sim_changed", dated=NOON + span("1h"), at=NOON + span("1h"))
    assert [story.level("withdraw_crypto", at=NOON + span(f"{hours}h")) for hours in range(10)] == before


# --- what goes out


def test_every_restriction_that_begins_is_told_to_the_user_and_the_gateways() -> None:
    story = Story()
    story.travel("CN", "US", "IN")
    told = [m.topic for m in story.decisions[-1].messages]
    assert told.count(Topic.RESTRICTION) == len(story.state.restrictions) == 2


def test_every_message_of_a_story_has_an_id_of_its_own() -> None:
    story = Story()
    story.sim_changed()
    story.credential_changed("password", device="burner")
    story.login("FR", device="burner")
    story.wait("72h")
    ids = [message.id for decision in story.decisions for message in decision.messages]
    assert len(ids) == len(set(ids)) > 5


def test_an_action_is_asked_for_once_per_event_under_an_id_to_acknowledge() -> None:
    story = Story()
    outcome = story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3")
    assert actions_of(outcome) == [
        ActionName.RECALL_WITHDRAWALS,
        ActionName.CANCEL_RISK_ORDERS,
        ActionName.REVOKE_SESSIONS,
    ]
    assert len({action.request for action in outcome.actions}) == 3


def test_an_event_that_means_nothing_sends_nothing() -> None:
    story = Story()
    story.login("GB")
    decision = story.decisions[-1]
    assert (decision.restrictions, decision.cases, decision.timers, decision.messages) == ((), (), (), ())


def test_the_same_matter_does_not_open_a_second_case() -> None:
    story = Story()
    story.login("GB", session="s-1")
    story.event("session.seen", "1m", session="s-1", device="x")
    story.event("session.seen", "25h", session="s-1", device="y")
    assert len([case for decision in story.decisions for case in decision.cases]) == 1


@pytest.mark.row("A002")
def test_an_account_carries_several_restrictions_each_with_its_own_reason() -> None:
    story = Story()
    story.event("account.profile_changed", residence="CN")
    story.sim_changed()
    assert {reason for reason, _, _ in story.standing} == {"KYC_REGION", "ACCOUNT_TAKEOVER"}
    said = story.verdict("place_order")
    assert [story.restrictions[id_].reason for id_ in said.determining] == ["KYC_REGION"]


@pytest.mark.row("A026")
def test_what_automation_places_on_suspicion_always_ends_by_itself() -> None:
    story = Story(a_settled_state(home="CN"))
    story.travel("CN", "US", "IN")
    story.sim_changed()
    story.credential_changed("password", device="burner")
    story.login("FR", device="burner")
    assert story.standing != []
    assert all(r.ends_at is not None for r in story.state.restrictions)
    story.wait("7d")
    assert story.standing == []


# --- closing the account


def test_a_user_closes_the_account_and_only_the_way_out_stays_open() -> None:
    story = Story()
    assert asked(story.event("account.deactivated")) == ("deactivate", "ALLOW")
    assert story.state.life is Life.DEACTIVATED
    assert story.levels("login", "withdraw_crypto", "export_data") == [Level.ALLOW] * 3
    assert story.levels("place_order", "deposit_fiat", "p2p") == [Level.DENY] * 3


@pytest.mark.parametrize(
    ("kind", "level"),
    [(Kind.STEP_UP, "STEP_UP"), (Kind.TEMP_RISK, "HOLD"), (Kind.OUTFLOW_HOLD, "DENY"), (Kind.FROZEN, "DENY")],
)
def test_a_restriction_keeps_the_account_from_being_closed(kind: Kind, level: str) -> None:
    story = Story(replace(a_settled_state(), restrictions=(a_restriction(kind=kind),)))
    assert asked(story.event("account.deactivated")) == ("deactivate", level)
    assert story.state.life is Life.ACTIVE


def test_a_region_lock_does_not_keep_anybody_from_leaving() -> None:
    story = Story(replace(a_settled_state(), restrictions=(a_restriction(kind=Kind.REGION_LOCK),)))
    story.event("account.deactivated")
    assert story.state.life is Life.DEACTIVATED


# --- records that cannot be read


@pytest.mark.row("A103")
def test_an_account_whose_record_cannot_be_read_is_denied_and_its_bytes_stay() -> None:
    state = decode_state(AccountId("acct-1"), b"garbage")
    story = Story(state)
    assert asked(story.withdrawal()) == ("withdraw_crypto", "DENY")
    assert story.state.unreadable == (b"garbage",)


def test_an_appeal_is_heard_although_the_record_cannot_be_read() -> None:
    story = Story(decode_state(AccountId("acct-1"), b"garbage"))
    assert asked(story.event("appeal.filed", restriction="rs_1", text="it was me")) == ("file_appeal", "ALLOW")


# --- versions and reasons


@pytest.mark.row("A032")
def test_an_outcome_names_detector_and_version_behind_every_signal() -> None:
    story = Story()
    outcome = story.login("FR", device="burner")
    assert {s.detector for s in outcome.signals} <= {"travel/1", "takeover/2"}
    assert all(signal.lists == ("cities-2026",) for signal in outcome.signals)


@pytest.mark.row("A027")
def test_a_playbook_may_add_a_reason_of_its_own() -> None:
    policy = the_policy()
    own = replace(policy, reasons=policy.reasons | {"HOUSE_RULE": policy.reasons["TOS_ABUSE"]})
    story = Story(policy=own)
    story.placed_by_staff("HOUSE_RULE")
    assert story.standing == [("HOUSE_RULE", "REGION_LOCK", "account")]
    assert "HOUSE_RULE" not in set(Reason)


def test_a_decision_can_be_told_again_from_its_bytes() -> None:
    story = Story()
    outcome = story.sim_changed()
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome) == outcome


def test_a_response_to_an_unusual_login_does_not_outlive_what_it_prolongs() -> None:
    story = Story()
    story.login("GB")
    story.login("US", device="burner")
    story.wait("24h")
    assert [str(r.status) for r in story.restrictions.values()] == [Status.EXPIRED]


def test_signals_are_answered_in_the_order_of_the_detectors() -> None:
    story = Story(a_settled_state(home="CN"))
    story.travel("CN", "US")
    assert signals_of(story.login("IN", device="burner")) == ["leap_chain", "takeover_sequence"]


def test_a_capability_that_an_event_asks_for_is_one_of_the_closed_set() -> None:
    assert {kind.asks for kind in EVENT_TYPES.values() if kind.asks} <= set(Capability)


def test_a_place_on_which_sources_disagree_is_not_remembered() -> None:
    story = Story()
    story.login(place=a_place("US", disagrees_with="CA"))
    assert [anchor.area for anchor in story.state.anchors] == ["GB"]
