"""Random stories of one account, with time between events, late events, staff, proofs of control, and timers in between.

| test | what must hold |
|---|---|
| deterministic | the same values give the same bytes, and what was handed in stays as it was |
| bounded | no history grows past its bound, and the state stays within 8 KB |
| round trip | a state read from its bytes is the same state |
| no automated freeze | automation never freezes, bans or places a legal freeze, and never shuts anybody out |
| cap | a risk control never outlasts 72 hours from its start |
| past | what was answered about the past stays the answer |
| ends by time | the answers are the same whether timers fire or not |
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.decision.decide import decide
from habeas.domain.account import (
    ANCHORS_MAX,
    DESTINATIONS_MAX,
    DEVICES_MAX,
    SESSIONS_MAX,
    STEPS_MAX,
    AccountState,
    decode_state,
    encode_state,
    new_account,
)
from habeas.domain.capability import ACCOUNT_CAPABILITIES, Capability, Level
from habeas.domain.decision import Decision
from habeas.domain.errors import EventRejectedError
from habeas.domain.event import make_event
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.restriction import require_statement
from habeas.domain.tally import BUCKETS, VALUES_MAX
from habeas.playbook.rules import FEATURES_MAX
from tests.properties.canary import catches
from tests.stories import Story, a_place, a_settled_state, the_policy

STATE_BYTES_MAX = 8 * 1024
CAP = timedelta(hours=72)

Told = tuple[str, int, dict[str, Any], str | None, tuple[str, ...]]
"""Type, minutes since the one before, data, country, tags of the network."""

DEVICES = ("phone", "laptop", "burner", "tablet")
COUNTRIES = ("GB", "FR", "US", "CN", "IN", "RU")


@st.composite
def told(draw: st.DrawFn) -> Told:
    device = draw(st.sampled_from(DEVICES))
    steps: list[tuple[str, dict[str, Any]]] = [
        ("login.succeeded", {"device": device, "mfa": "totp", "session": f"s-{device}"}),
        ("login.succeeded", {"device": device}),
        ("login.failed", {"device": device}),
        ("session.seen", {"session": "s-phone", "device": device}),
        ("credential.changed", {"what": "password", "device": device}),
        ("credential.changed", {"what": "mfa", "device": device}),
        ("credential.changed", {"what": "email"}),
        ("credential.changed", {"what": "allowlist"}),
        ("credential.changed", {"what": "api_key", "withdraw_right": True}),
        ("credential.leaked", {"origin": "corpus"}),
        ("phone.sim_changed", {"at": "now"}),
        ("phone.sim_changed", {"unavailable": True}),
        ("address.added", {"chain": "c", "address": f"bc1q-{draw(st.integers(0, 40))}"}),
        (
            "withdrawal.requested",
            {"asset": "BTC", "amount": "1", "usd": "90", "balance_usd": "100", "address": "bc1q-1"},
        ),
        ("withdrawal.fiat_requested", {"amount": "1", "usd": "1", "bank_account": "DE89"}),
        ("p2p.opened", {"counterparty": "acct-2", "usd": "1"}),
        ("transfer.requested", {"counterparty": "acct-3", "usd": "1"}),
        ("account.profile_changed", {"residence": draw(st.sampled_from(["GB", "CN"]))}),
        ("account.profile_changed", {"nationalities": ["GB", "US"]}),
        ("kyc.decided", {"result": "accepted", "tier": 2}),
        ("challenge.passed", {"method": draw(st.sampled_from(["totp", "passkey", "liveness"]))}),
        ("order.placed", {"market": "m", "side": "buy", "usd": "1"}),
    ]
    type_, data = draw(st.sampled_from(steps))
    minutes = draw(st.sampled_from([0, 1, 5, 10, 60, 360, 720, 1_440, 2_880, -120]))
    country = draw(st.sampled_from([None, *COUNTRIES])) if type_.startswith(("login", "session")) else None
    return type_, minutes, data, country, draw(st.sampled_from([(), (), (), ("vpn",)]))


stories = st.lists(told(), min_size=1, max_size=40)


def tell(story: Story, events: list[Told], *, timers: bool = True) -> Iterator[Decision]:
    """Tell a story, event by event. A negative gap is an event that arrives late."""
    for type_, minutes, data, country, tags in events:
        if timers:
            story.wait(f"{max(minutes, 0)}m")
        else:
            story.now += timedelta(minutes=max(minutes, 0))
        dated = story.now + timedelta(minutes=min(minutes, 0))
        said: dict[str, Any] = {name: dated.isoformat() if value == "now" else value for name, value in data.items()}
        place = a_place(country, tags=tags) if country else None
        story.event(type_, dated=dated, place=place, **said)
        yield story.decisions[-1]


def everything(story: Story) -> list[Level]:
    return [story.level(capability) for capability in ACCOUNT_CAPABILITIES]


# --- the checks


def check_bounds(state: AccountState) -> None:
    assert len(state.anchors) <= ANCHORS_MAX
    assert len(state.devices) <= DEVICES_MAX
    assert len(state.steps) <= STEPS_MAX
    assert len(state.sessions) <= SESSIONS_MAX
    assert len(state.destinations) <= DESTINATIONS_MAX
    assert len(state.tallies) <= FEATURES_MAX
    assert all(len(tally.entries) <= max(BUCKETS, VALUES_MAX) for tally in state.tallies)
    assert len(encode_state(state)) <= STATE_BYTES_MAX


def check_not_frozen(decision: Decision) -> None:
    for restriction in decision.restrictions:
        assert restriction.kind not in (Kind.FROZEN, Kind.PERM_BAN, Kind.LEGAL_FREEZE)


def check_cap(decision: Decision) -> None:
    for restriction in decision.restrictions:
        if restriction.kind is Kind.TEMP_RISK:
            assert restriction.ends_at is not None
            assert restriction.ends_at - restriction.starts_at <= CAP


# --- properties


@given(stories)
def test_the_same_story_gives_the_same_bytes(events: list[Told]) -> None:
    once, again = Story(), Story()
    for story in (once, again):
        for _ in tell(story, events):
            pass
    assert [msgspec.msgpack.encode(d) for d in once.decisions] == [msgspec.msgpack.encode(d) for d in again.decisions]


@given(stories)
def test_deciding_never_changes_what_it_was_given(events: list[Told]) -> None:
    story = Story()
    for _ in tell(story, events):
        pass
    state, policy = story.state, the_policy()
    event = make_event("ev-last", "urn:exchange", "credential.leaked", state.account, story.now, b'{"origin":"x"}')
    enriched = EnrichedEvent(event, Facts(place=a_place("US")), bytes(16), story.now)
    before = (encode_state(state), repr(enriched), repr(policy))
    decide(state, enriched, policy)
    assert (encode_state(state), repr(enriched), repr(policy)) == before


@given(stories)
def test_a_state_read_from_its_bytes_is_the_same_state(events: list[Told]) -> None:
    story = Story()
    for decision in tell(story, events):
        assert decode_state(decision.state.account, encode_state(decision.state)) == decision.state


@given(stories)
def test_deciding_on_a_state_that_was_stored_gives_the_same_decision(events: list[Told]) -> None:
    kept, stored = Story(), Story()
    for one, other in zip(tell(kept, events), _stored(stored, events), strict=True):
        assert msgspec.msgpack.encode(one) == msgspec.msgpack.encode(other)


def _stored(story: Story, events: list[Told]) -> Iterator[Decision]:
    for decision in tell(story, events):
        story.state = decode_state(story.state.account, encode_state(story.state))
        yield decision


@given(stories)
def test_every_restriction_that_leaves_a_decision_carries_its_statement(events: list[Told]) -> None:
    for decision in tell(Story(), events):
        for restriction in decision.restrictions:
            require_statement(restriction)


@pytest.mark.row("A026")
@given(stories)
def test_automation_never_freezes_or_bans(events: list[Told]) -> None:
    for decision in tell(Story(), events):
        check_not_frozen(decision)


@given(stories)
def test_whatever_happens_the_owner_can_log_in_with_a_proof_and_reach_support(events: list[Told]) -> None:
    story = Story()
    for _ in tell(story, events):
        assert story.level("login") <= Level.STEP_UP
        assert story.level("contact_support") is Level.ALLOW


@pytest.mark.row("B027", "B075")
@given(stories)
def test_a_risk_control_never_outlasts_72_hours_from_its_start(events: list[Told]) -> None:
    for decision in tell(Story(a_settled_state(home="CN")), events):
        check_cap(decision)


@pytest.mark.row("B027", "B075")
@given(st.lists(st.tuples(st.sampled_from(COUNTRIES), st.integers(1, 300)), min_size=3, max_size=60))
def test_whatever_leaps_come_a_risk_control_ends_within_72_hours(logins: list[tuple[str, int]]) -> None:
    story = Story(a_settled_state(home="CN"))
    events: list[Told] = [("login.succeeded", minutes, {"device": "phone"}, country, ()) for country, minutes in logins]
    for decision in tell(story, events):
        check_cap(decision)


@given(stories)
def test_what_was_answered_stays_the_answer_when_asked_about_later(events: list[Told]) -> None:
    story = Story()
    answered = []
    for one in events:
        answered += [(story.now, everything(story)) for _ in tell(story, [(one[0], abs(one[1]), *one[2:])])]
        story.now += timedelta(seconds=1)
    for at, levels in answered:
        assert [story.level(capability, at=at) for capability in ACCOUNT_CAPABILITIES] == levels


@given(stories)
def test_answers_are_the_same_whether_timers_fire_or_not(events: list[Told]) -> None:
    fired, silent = Story(), Story()
    for _ in zip(tell(fired, events), tell(silent, events, timers=False), strict=True):
        assert everything(fired) == everything(silent)


@given(stories)
def test_an_account_that_begins_with_any_event_is_decided(events: list[Told]) -> None:
    for decision in tell(Story(new_account(AccountId("acct-1"))), events):
        assert decision.outcome.refusal is None


@settings(max_examples=15)
@given(st.lists(told(), min_size=15, max_size=30))
def test_after_three_hundred_events_every_history_is_within_its_bound(events: list[Told]) -> None:
    story = Story()
    while len(story.decisions) < 300:
        for decision in tell(story, events):
            check_bounds(decision.state)


# --- what callers may send at its largest


def a_flood(type_: str, data: Callable[[int], dict[str, Any]], *, times: int = 300) -> AccountState:
    story = Story()
    for number in range(times):
        story.event(type_, "7m", **data(number))
    return story.state


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("login.succeeded", lambda n: {"device": f"{n}" * 50, "session": f"{n}" * 50}),
        ("session.seen", lambda n: {"session": f"{n}" * 50, "device": "d"}),
        ("address.added", lambda n: {"chain": "c", "address": f"{n}" * 50}),
        ("transfer.requested", lambda n: {"counterparty": f"a{n}" * 20, "usd": "1"}),
        ("credential.leaked", lambda n: {"origin": "x" * 1024}),
        ("account.profile_changed", lambda n: {"parent": f"main-{n}" * 10}),
        ("account.profile_changed", lambda n: {"holder": "h" * 256, "entity": "e" * 256}),
    ],
    ids=["devices", "sessions", "addresses", "counterparties", "leaks", "parents", "names"],
)
def test_a_flood_of_one_kind_of_event_stays_within_the_bound(type_: str, data: Callable[[int], dict[str, Any]]) -> None:
    check_bounds(a_flood(type_, data))


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("account.profile_changed", {"nationalities": ["GB"] * 20_000}),
        ("kyc.decided", {"result": "accepted", "tier": "x" * 100_000}),
    ],
    ids=["nationalities", "tier"],
)
def test_one_large_event_is_refused_or_stays_within_the_bound(type_: str, data: dict[str, Any]) -> None:
    try:
        state = a_flood(type_, lambda _: data, times=1)
    except EventRejectedError:
        return
    check_bounds(state)


def test_the_longest_notes_of_staff_stay_within_the_bound() -> None:
    story = Story()
    for reason in ("TOS_ABUSE", "SCAM_VICTIM", "SCAM_OFFENDER", "MALICIOUS_USER"):
        story.placed_by_staff(reason, note="x" * 1_000)
    check_bounds(story.state)


# --- bytes


@given(stories, st.integers(0, 10_000), st.integers(0, 255))
def test_a_flipped_byte_is_read_or_denies_and_never_fails(events: list[Told], position: int, byte: int) -> None:
    story = Story()
    for _ in tell(story, events):
        pass
    stored = bytearray(encode_state(story.state))
    stored[position % len(stored)] = byte
    decode_state(story.state.account, bytes(stored))


@given(st.binary(max_size=200))
def test_random_bytes_for_a_state_deny(stored: bytes) -> None:
    assert decode_state(AccountId("acct-1"), stored).unreadable == (stored,)


# --- planted bugs


def test_the_check_of_the_cap_catches_a_planted_bug() -> None:
    def longer(decision: Decision) -> Decision:
        return replace(
            decision,
            restrictions=tuple(replace(r, ends_at=r.ends_at + CAP) if r.ends_at else r for r in decision.restrictions),
        )

    def check(events: list[Told]) -> None:
        story = Story(a_settled_state(home="CN"))
        for decision in tell(story, events):
            check_cap(longer(decision))

    assert catches(check, stories)


def test_the_check_of_freezes_catches_a_planted_bug() -> None:
    def harsher(decision: Decision) -> Decision:
        return replace(
            decision,
            restrictions=tuple(
                replace(r, kind=Kind.FROZEN) if r.kind is Kind.OUTFLOW_HOLD else r for r in decision.restrictions
            ),
        )

    def check(events: list[Told]) -> None:
        for decision in tell(Story(), events):
            check_not_frozen(harsher(decision))

    assert catches(check, stories)


def test_the_check_of_bounds_catches_a_planted_bug() -> None:
    def check(events: list[Told]) -> None:
        for decision in tell(Story(), events):
            check_bounds(replace(decision.state, steps=decision.state.steps * 25))

    assert catches(check, stories)


def test_the_check_that_timers_change_nothing_catches_a_planted_bug() -> None:
    def check(events: list[Told]) -> None:
        fired, silent = Story(), Story()
        for _ in zip(tell(fired, events), tell(silent, events, timers=False), strict=True):
            late = [
                fired.level(c, at=fired.now - timedelta(hours=1)) for c in (Capability.WITHDRAW_CRYPTO, Capability.P2P)
            ]
            assert late == [silent.level(c) for c in (Capability.WITHDRAW_CRYPTO, Capability.P2P)]

    assert catches(check, stories)
