"""Rules of analysts in a decision: what fires, what it leads to, and what it may never do."""

import pytest
from msgspec.structs import replace

from habeas.domain.account import AccountState, decode_state, encode_state, new_account
from habeas.domain.capability import Level
from habeas.domain.decision import Outcome
from habeas.domain.facts import Facts
from habeas.domain.ids import AccountId, EntityId
from habeas.domain.kind import Kind
from habeas.domain.tally import VALUES_MAX
from habeas.playbook.load import read_playbook
from habeas.playbook.policy import Policy
from tests.stories import Story, a_settled_state, signals_of, span, the_playbook

SHIPPED = the_playbook().text.decode()


def policy_with(rule: str, features: str = "", *, entity: str = "main", more: str = "") -> Policy:
    """The shipped policy with a rule of this `on`, `when` and `then`, whose tests are of no concern here."""
    text = f"""
{features}
[[rule]]
name = "house"
description = "a rule of the house"
{rule}
tests = [{{ fires = true, event = EVENT }}, {{ fires = false, event = EVENT }}]
{more}
"""
    event = '{ asset = "BTC", amount = "1", usd = "1", address = "a", counterparty = "c" }'
    return read_playbook((SHIPPED + text.replace("EVENT", event)).encode(), "house.toml").policy(EntityId(entity))


STEP_UP = 'then = { place = [{ reason = "RISK_CONTROL", kind = "STEP_UP" }] }'
ON_WITHDRAWAL = f'on = ["withdrawal.requested"]\n{STEP_UP}\n'


def rule_signals(outcome: Outcome) -> list[str]:
    return [signal for signal in signals_of(outcome) if signal.startswith("rule.")]


def test_a_rule_that_fires_signals_with_its_evidence_and_leads_to_what_it_says() -> None:
    rule = ON_WITHDRAWAL + 'when = "event.usd > 100.0"\nevidence = ["event.usd", "account.age", "account.restrictions"]'
    story = Story(policy=policy_with(rule))
    outcome = story.withdrawal(usd="150.50")
    (signal,) = (s for s in outcome.signals if s.typology == "rule.house")
    assert signal.evidence == {
        "rule": "a rule of the house",
        "event.usd": "150.5",
        "account.age": "30 days, 0:10:00",
        "account.restrictions": "none",
    }
    assert signal.detector == "rules/1"
    assert story.standing == [("RISK_CONTROL", "STEP_UP", "account")]
    assert story.the(Kind.STEP_UP).placed_by.name == "rules/1"
    assert story.level("withdraw_crypto") is Level.STEP_UP


def test_a_rule_that_does_not_fire_leads_to_nothing() -> None:
    story = Story(policy=policy_with(ON_WITHDRAWAL + 'when = "event.usd > 100.0"'))
    assert rule_signals(story.withdrawal(usd="100")) == []
    assert story.standing == []


def test_a_rule_judges_only_the_events_that_it_listens_to() -> None:
    story = Story(policy=policy_with(ON_WITHDRAWAL + 'when = "true"'))
    assert rule_signals(story.login("GB")) == []
    assert rule_signals(story.withdrawal()) == ["rule.house"]


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ("account.residence == ''", True),
        ("account.is_new_device", True),
        ("account.destination_known_for == duration('0s')", True),
        ("account.since_sim_change < duration('1h')", True),
        ("account.since_contact_change < duration('1h')", False),
        ("account.age > duration('240h')", True),
        ("facts.country == 'FR' && 'vpn' in facts.tags && facts.is_anonymised", True),
        ("event.type == 'withdrawal.requested' && event.time.getFullYear() == 2026", True),
        ("event.balance_usd > 0.0", False),
        ("event.balance_usd > 0.0 || event.usd > 0.0", True),
        ("facts.wallet_hits + facts.name_hits + facts.document_hits == 0", True),
        ("'OUTFLOW_HOLD' in account.restrictions", True),
        ("account.life == 'active' && account.is_known && !account.is_subaccount", True),
    ],
)
def test_what_a_rule_sees(when: str, fires: bool) -> None:
    from tests.stories import a_place

    story = Story(policy=policy_with(ON_WITHDRAWAL + f'when = "{when}"'))
    story.sim_changed("10m")
    story.placed_by_staff("ACCOUNT_TAKEOVER", kind="OUTFLOW_HOLD", evidence="E3")
    outcome = story.withdrawal(looked_up=Facts(place=a_place("FR", tags=("vpn",))), device="burner")
    assert (rule_signals(outcome) == ["rule.house"]) is fires


# --- safety


def test_a_rule_can_be_exempted_from_and_is_cut_by_the_ladder() -> None:
    policy = policy_with(ON_WITHDRAWAL + 'when = "true"')
    story = Story(policy=policy)
    story.exempted(Kind.STEP_UP)
    story.withdrawal()
    assert story.standing == []
    assert [case.queue for case in story.decisions[-1].cases] == ["review"]

    story = Story(policy=policy)
    for _ in range(40):
        story.withdrawal("2h")
    assert story.the(Kind.STEP_UP).ends_at == story.the(Kind.STEP_UP).starts_at + span("24h")


def test_automation_that_is_used_up_is_so_for_rules_too() -> None:
    rule = 'on = ["withdrawal.requested"]\nwhen = "true"\nthen = { place = [{ reason = "RISK_CONTROL" }] }'
    story = Story(policy=policy_with(rule))
    for _ in range(2):
        story.withdrawal()
        story.wait("30h")
    story.withdrawal()
    assert story.standing == []
    assert [case.queue for case in story.decisions[-1].cases] == ["risk"]


@pytest.mark.parametrize("kind", [Kind.FROZEN, Kind.PERM_BAN, Kind.LEGAL_FREEZE])
def test_even_a_rule_that_slipped_past_the_check_never_places_what_only_people_place(kind: Kind) -> None:
    policy = policy_with(ON_WITHDRAWAL + 'when = "true"')
    (response,) = policy.responses["rule.house"]
    (placement,) = response.place
    forged = replace(response, place=(replace(placement, kind=kind, evidence="E2", first_for=span("1h")),))
    story = Story(policy=replace(policy, responses=policy.responses | {"rule.house": (forged,)}))
    story.withdrawal()
    assert story.standing == []
    assert [case.queue for case in story.decisions[-1].cases] == ["review"]


# --- a rule that fails

FAILING = ON_WITHDRAWAL + 'when = "10 / (facts.wallet_hits + size(event.ip)) > 1"'


def test_a_rule_that_fails_neither_limits_nor_releases_and_a_case_says_so_once() -> None:
    story = Story(policy=policy_with(FAILING))
    story.placed_by_staff("ACCOUNT_TAKEOVER", kind="OUTFLOW_HOLD", evidence="E3")
    before = story.standing
    outcome = story.withdrawal()
    assert rule_signals(outcome) == []
    assert not outcome.quarantined
    assert story.standing == before
    (case,) = story.decisions[-1].cases
    assert (case.queue, case.reason, case.priority) == ("operations", "rule_fault", "normal")
    assert case.why == "rule `house`: divide by zero"
    story.withdrawal()
    assert story.decisions[-1].cases == ()


def test_the_other_rules_go_on_when_one_fails() -> None:
    more = f"""
[[rule]]
name = "other"
description = "another rule"
{ON_WITHDRAWAL}
when = "true"
tests = [{{ fires = true, event = EVENT }}, {{ fires = false, event = EVENT }}]
"""
    story = Story(policy=policy_with(FAILING, more=more))
    assert rule_signals(story.withdrawal()) == ["rule.other"]


def test_a_feature_that_fails_counts_nothing_and_a_case_says_so() -> None:
    feature = '[feature.odd]\non = ["withdrawal.requested"]\nwhat = "sum"\nof = "1 / size(event.ip)"\nwithin_for = "1h"'
    story = Story(policy=policy_with(ON_WITHDRAWAL + 'when = "features.odd > 0.0"', feature))
    assert rule_signals(story.withdrawal()) == []
    assert [case.why for case in story.decisions[-1].cases] == ["feature `odd`: divide by zero"]


# --- features

FEATURES = """
[feature.times]
on = ["withdrawal.requested"]
what = "count"
within_for = "1h"
where = "event.usd < 1000.0"

[feature.total]
on = ["withdrawal.requested"]
what = "sum"
of = "event.usd"
within_for = "1h"

[feature.places]
on = ["withdrawal.requested"]
what = "distinct"
of = "event.address"
within_for = "1h"
"""


def fires_when(when: str, *withdrawals: tuple[str, str, str]) -> list[bool]:
    """Whether a rule fires at each withdrawal: after, USD, address."""
    story = Story(policy=policy_with(ON_WITHDRAWAL + f'when = "{when}"', FEATURES))
    return [
        bool(rule_signals(story.withdrawal(after, usd=usd, address=address))) for after, usd, address in withdrawals
    ]


def test_a_count_has_the_event_itself_and_forgets_what_is_older_than_its_time() -> None:
    said = fires_when("features.times >= 3", ("1m", "5", "a"), ("1m", "5", "a"), ("1m", "5", "a"), ("61m", "5", "a"))
    assert said == [False, False, True, False]


def test_a_count_has_only_the_events_that_are_meant() -> None:
    assert fires_when("features.times == 1", ("1m", "5", "a"), ("1m", "5000", "a")) == [True, True]


def test_a_sum_adds_up() -> None:
    said = fires_when("features.total > 99.5", ("1m", "50", "a"), ("1m", "49.50", "a"), ("1m", "0.01", "a"))
    assert said == [False, False, True]


def test_different_values_count_once_each() -> None:
    said = fires_when("features.places == 2", ("1m", "5", "a"), ("1m", "5", "a"), ("1m", "5", "b"), ("1m", "5", "c"))
    assert said == [False, False, True, False]


def test_what_was_held_or_denied_counts_too() -> None:
    story = Story(policy=policy_with(ON_WITHDRAWAL + 'when = "features.times >= 2"', FEATURES))
    story.placed_by_staff("ACCOUNT_TAKEOVER", kind="OUTFLOW_HOLD", evidence="E3")
    story.withdrawal()
    assert rule_signals(story.withdrawal()) == ["rule.house"]


def test_a_feature_that_is_defined_anew_begins_anew_and_the_old_one_is_forgotten() -> None:
    rule = ON_WITHDRAWAL + 'when = "features.times >= 2"'
    story = Story(policy=policy_with(rule, FEATURES))
    story.withdrawal()
    kept = len(story.state.tallies)
    story.policy = policy_with(rule, FEATURES.replace('within_for = "1h"', 'within_for = "2h"'))
    assert rule_signals(story.withdrawal()) == []
    assert len(story.state.tallies) == kept


EIGHT = "".join(
    f'[feature.f{n}]\non = ["withdrawal.requested"]\nwhat = "{what}"\n{of}within_for = "{n + 1}h"\n'
    for n, (what, of) in enumerate([("distinct", 'of = "event.address"\n'), ("sum", 'of = "event.usd"\n')] * 3)
)
"""With the two of the shipped playbook, as many features as there may be."""


def a_busy_state() -> AccountState:
    story = Story(policy=policy_with(ON_WITHDRAWAL + 'when = "features.f0 > 100"', EIGHT))
    for number in range(60):
        story.withdrawal("7m", usd=f"{number}.07", address=f"bc1q-{number}")
    return story.state


def test_the_features_of_a_busy_account_take_little_room() -> None:
    state = a_busy_state()
    assert len(state.tallies) == 7  # Nothing was deposited in fiat.
    assert max(len(tally.entries) for tally in state.tallies) == VALUES_MAX
    room = len(encode_state(state)) - len(encode_state(replace(state, tallies=())))
    assert room <= 1536


def test_a_state_with_tallies_survives_its_storage_and_one_of_before_them_is_read() -> None:
    state = a_busy_state()
    assert decode_state(state.account, encode_state(state)) == state
    before = encode_state(replace(state, tallies=()))
    assert b"tallies" not in before
    assert decode_state(state.account, before).tallies == ()


# --- the shipped rules


def test_five_small_withdrawals_to_new_addresses_within_an_hour_ask_for_a_proof() -> None:
    story = Story()
    outcomes = [story.withdrawal("5m", usd="900", address=f"TQ-{n}") for n in range(5)]
    assert [rule_signals(outcome) for outcome in outcomes[3:]] == [[], ["rule.small_withdrawals_fanned_out"]]
    assert story.standing == [("ACCOUNT_TAKEOVER", "STEP_UP", "account")]
    assert story.level("login") < Level.DENY


@pytest.mark.parametrize(
    ("after", "addresses", "known"),
    [("5m", 2, "0s"), ("20m", 10, "0s"), ("5m", 10, "30d")],
    ids=["to two friends", "over an afternoon", "to known addresses"],
)
def test_ordinary_withdrawals_do_not(after: str, addresses: int, known: str) -> None:
    story = Story()
    outcomes = [
        story.withdrawal(after, usd="900", address=f"TQ-{n % addresses}", known_since=story.now - span(known))
        for n in range(10)
    ]
    assert [rule_signals(outcome) for outcome in outcomes] == [[]] * 10
    assert story.standing == []


def test_a_large_payment_to_a_new_counterparty_after_a_credential_change_asks_for_a_proof() -> None:
    story = Story()
    story.credential_changed("password")
    outcome = story.event("p2p.opened", "1h", counterparty="acct-9", usd="2500")
    assert rule_signals(outcome) == ["rule.first_large_p2p_after_credential_change"]
    assert story.level("p2p") is Level.STEP_UP


def test_the_same_payment_without_a_change_or_two_days_later_does_not() -> None:
    story = Story()
    assert rule_signals(story.event("p2p.opened", "1h", counterparty="acct-9", usd="2500")) == []
    story = Story()
    story.credential_changed("password")
    assert rule_signals(story.event("p2p.opened", "48h", counterparty="acct-9", usd="2500")) == []


def test_a_days_fiat_that_leaves_a_young_account_at_once_is_looked_at_and_not_held() -> None:
    story = Story(replace(a_settled_state(), watched_since=None))
    story.event("deposit.fiat", amount="3000", currency="EUR", usd="3200", payer_name="A. Person")
    story.event("deposit.fiat", "1h", amount="3000", currency="EUR", usd="3200", payer_name="A. Person")
    outcome = story.withdrawal("2h", usd="6300", address="TQ-new")
    assert rule_signals(outcome) == ["rule.fiat_passed_through"]
    assert [(case.queue, case.reason) for case in story.decisions[-1].cases] == [("scams", "SCAM_VICTIM")]
    assert story.standing == []
    assert story.level("withdraw_crypto", destination="TQ-new") is Level.ALLOW


# --- a vendor in the place of a detector

VENDOR = """
[entity.de]
name = "the German company"
contact = "help@example.org"
complaints = "the ombudsman"

[entity.de.detector.takeover]
enabled = false

[[response]]
signal = "vendor.account_takeover"
at_least = 0.8
place = [{ reason = "ACCOUNT_TAKEOVER", kind = "OUTFLOW_HOLD", evidence = "E2" }]
"""


def test_a_vendors_signal_takes_the_place_of_a_detector_by_configuration_alone() -> None:
    policy = read_playbook((SHIPPED + VENDOR).encode(), "house.toml").policy(EntityId("de"))
    story = Story(policy=policy)
    story.sim_changed()
    story.credential_changed("password", device="burner")
    assert story.standing == []  # The detector that would have spoken is off.
    story.event("signal.received", typology="account_takeover", score=0.9, vendor="acme")
    assert story.standing == [("ACCOUNT_TAKEOVER", "OUTFLOW_HOLD", "account")]
    ours = Story()
    ours.sim_changed()
    ours.credential_changed("password", device="burner")
    assert ours.standing != []


def test_a_rule_may_judge_what_a_vendor_says_with_what_is_remembered() -> None:
    rule = f"""on = ["signal.received"]\n{STEP_UP}
when = "event.typology == 'mule' && event.score > 0.5 && account.age < duration('24h')"
"""
    event = '{ typology = "mule", score = 0.9 }'
    tests = f"tests = [{{ fires = true, event = {event} }}, {{ fires = false, event = {event} }}]"
    made = f'\n[[rule]]\nname = "house"\ndescription = "x"\n{rule}\n{tests}\n'
    policy = read_playbook((SHIPPED + made).encode(), "house.toml").policy(EntityId("main"))
    young, old = Story(new_account(AccountId("acct-1")), policy=policy), Story(policy=policy)
    assert rule_signals(young.event("signal.received", typology="mule", score=0.9)) == ["rule.house"]
    assert rule_signals(old.event("signal.received", typology="mule", score=0.9)) == []
