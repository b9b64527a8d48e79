from datetime import date

import pytest
from hypothesis import given
from msgspec.structs import replace

from habeas.disclosure import diagnosis_rules as module
from habeas.disclosure.diagnosis_rules import (
    CAUSE_RULES,
    CAUSES,
    SIDE_RULES,
    Cause,
    Rule,
    Side,
    ask,
    see,
    weigh,
)
from habeas.disclosure.symptoms import Announcement, Status, Symptoms, Tried
from tests.builders import NOON
from tests.properties.canary import catches
from tests.unit.disclosure.diagnoses import (
    ONSET,
    denied,
    fired,
    networks,
    of_account,
    ok,
    refusals_in_served_countries,
    symptoms,
    tried,
    weights,
)
from tests.unit.disclosure.helpers import POLICY

KYC, EXIT, RISK = Cause.KYC_REGION, Cause.POLICY_EXIT, Cause.RISK_CONTROL
PLACE, USE, MISREAD = Cause.IP_REGION, Cause.IP_REPUTATION, Cause.NETWORK_MISIDENTIFIED

TWO_COUNTRIES = (denied("DE"), denied("FR"))
IN_EFFECT = Announcement("NL", date(2026, 2, 1))
LATER = Announcement("NL", date(2026, 3, 1))


def heaviest(of: Symptoms) -> Cause:
    return next(iter(weights(of)))


# --- the five rows of the article


@pytest.mark.row("B032")
def test_refused_on_all_networks_is_the_account_and_most_likely_its_details() -> None:
    everywhere = tried(*TWO_COUNTRIES)
    assert of_account(weights(everywhere)) == pytest.approx(1)
    assert heaviest(everywhere) is KYC
    assert weights(tried(*TWO_COUNTRIES, kyc_country_status=Status.UNSUPPORTED, announcement="none")) == {KYC: 1.0}


@pytest.mark.row("B032")
def test_refused_on_all_networks_is_most_likely_the_account_where_nobody_says_in_which_countries() -> None:
    everywhere = tried(denied(), denied(), denied())
    assert of_account(weights(everywhere)) == pytest.approx(0.8)
    assert heaviest(everywhere) is KYC


@pytest.mark.row("B033")
def test_refused_on_the_current_network_only_is_the_network_and_most_likely_its_place() -> None:
    only_here = tried(denied("DE"), ok("DE"))
    assert of_account(weights(only_here)) == 0
    assert heaviest(only_here) is PLACE


@pytest.mark.row("B034")
def test_suddenly_refused_is_a_change_of_policy_or_a_risk_control() -> None:
    sudden = weights(tried(denied(), since=ONSET))
    assert [sudden[EXIT], sudden[RISK]] == pytest.approx([0.4, 0.4])
    assert max(sudden.values()) < 0.9


@pytest.mark.row("B035")
def test_what_worked_before_and_does_not_now_is_a_change_of_policy_or_a_risk_control() -> None:
    for symptoms_ in (tried(denied(), prior_ok=True), tried(*TWO_COUNTRIES, prior_ok=True), Symptoms(prior_ok=True)):
        found = weights(symptoms_)
        assert set(list(found)[:2]) == {EXIT, RISK}
        assert max(found.values()) < 0.9


@pytest.mark.row("B036")
@pytest.mark.parametrize("hours", [24, 48, 72])
def test_back_by_itself_after_24_to_72_hours_was_a_temporary_risk_control(hours: float) -> None:
    assert weights(tried(denied(), recovered_after_h=hours))[RISK] == pytest.approx(0.9)
    assert weights(tried(*TWO_COUNTRIES, recovered_after_h=hours)) == {RISK: 1.0}


# --- every rule of model 5.6


@pytest.mark.row("B003", "B011")
@pytest.mark.parametrize(
    "refusal",
    [denied("DE", "Your  Region is NOT available."), denied("DE", before_login=True)],
    ids=["page", "visitor"],
)
def test_rule_1_a_refusal_of_every_visitor_is_the_network(refusal: Tried) -> None:
    assert of_account(weights(tried(refusal, prior_ok=True, leaps_24h=4))) == 0
    assert "refused_to_every_visitor" in fired(tried(refusal))


def test_rule_1_says_nothing_where_the_account_is_refused_on_another_network_too() -> None:
    assert of_account(weights(tried(denied("DE"), denied("FR", before_login=True), prior_ok=True))) > 0.5


def test_rule_2_two_networks_in_one_country_say_less_than_two_in_two() -> None:
    assert of_account(weights(tried(denied("DE"), denied("DE")))) == pytest.approx(0.8)
    assert of_account(weights(tried(denied("DE"), denied("FR")))) == pytest.approx(1)


def test_rule_2_a_refusal_where_nobody_is_served_says_nothing_of_the_account() -> None:
    assert heaviest(tried(denied("IR"), denied("CU"))) is PLACE
    assert of_account(weights(tried(denied("IR"), denied("CU")))) == pytest.approx(0.1)


@pytest.mark.row("B014", "B018")
@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"since": ONSET, "announcement": IN_EFFECT}, {EXIT: 1.0}),
        ({"since": ONSET, "announcement": Announcement("NL", ONSET)}, {EXIT: 1.0}),
        ({"since": ONSET, "announcement": LATER}, {KYC: 1.0}),
        ({"since": ONSET, "announcement": "none"}, {KYC: 1.0}),
        ({"announcement": IN_EFFECT}, {KYC: 0.5, EXIT: 0.5}),
        ({"since": ONSET}, {KYC: 0.5, EXIT: 0.5}),
        ({}, {KYC: 0.85, EXIT: 0.15}),
        ({"since": ONSET, "announcement": IN_EFFECT, "kyc_country": "CN"}, {KYC: 1.0}),
    ],
)
def test_rule_3_an_unserved_residence_is_an_exit_if_one_was_in_effect_else_the_details(
    more: dict[str, object], found: dict[Cause, float]
) -> None:
    assert weights(tried(*TWO_COUNTRIES, kyc_country_status=Status.UNSUPPORTED, **more)) == pytest.approx(found)


def test_rule_3_takes_the_residence_from_the_playbook_where_only_the_country_is_known() -> None:
    assert weights(tried(*TWO_COUNTRIES, kyc_country="CN", announcement="none")) == {KYC: 1.0}
    assert KYC not in weights(tried(*TWO_COUNTRIES, kyc_country="DE", announcement=None, prior_ok=True))


def test_rule_3_knows_the_exits_that_the_playbook_has() -> None:
    assert weights(tried(*TWO_COUNTRIES, kyc_country="CA", since=ONSET)) == {EXIT: 1.0}
    assert weights(tried(*TWO_COUNTRIES, kyc_country="CA")) == {KYC: 0.5, EXIT: 0.5}


@pytest.mark.row("B024", "B025")
def test_rule_4_leaps_are_a_risk_control() -> None:
    assert weights(tried(*TWO_COUNTRIES, leaps_24h=3))[RISK] == pytest.approx(0.85)
    assert weights(tried(denied(), leaps_24h=3, announcement="none"))[RISK] == pytest.approx(0.855)
    assert heaviest(tried(*TWO_COUNTRIES, leaps_24h=1)) is KYC


def test_rule_4_what_worked_before_without_an_announcement_is_a_risk_control() -> None:
    assert weights(tried(*TWO_COUNTRIES, prior_ok=True, announcement="none"))[RISK] == pytest.approx(0.85)


@pytest.mark.row("B028", "B030")
@pytest.mark.parametrize("doubt", ["geoip_disagree", "vpn_asn"])
def test_rule_5_a_network_whose_place_is_in_doubt_may_be_misidentified(doubt: str) -> None:
    assert weights(tried(denied("DE"), ok("DE"), **{doubt: True}))[MISREAD] == pytest.approx(0.8)
    assert heaviest(tried(denied("DE"), **{doubt: True})) is MISREAD


def test_rule_5_a_network_without_doubt_is_refused_for_its_place_or_its_use() -> None:
    assert weights(tried(denied(), ok())) == pytest.approx({PLACE: 0.6, USE: 0.3, MISREAD: 0.1})


@pytest.mark.row("B010")
def test_rule_5_a_network_in_a_place_without_service_is_refused_for_its_place() -> None:
    assert weights(tried(denied("IR"), ok("DE"))) == pytest.approx({PLACE: 0.95, MISREAD: 0.05})


@pytest.mark.row("B001", "B002")
@pytest.mark.parametrize("page", ["Your region is currently not supported", "Region Locked"])
def test_rule_5_a_page_about_a_region_excludes_a_network_with_a_bad_name(page: str) -> None:
    assert USE not in weights(tried(denied("DE", page), ok()))


def test_rule_6_one_network_that_suddenly_refuses_leaves_both_sides_open() -> None:
    assert 0 < of_account(weights(tried(denied(), prior_ok=True))) < 1


def test_rule_6_what_never_worked_is_not_sudden() -> None:
    assert "sudden" not in fired(tried(denied(), since=ONSET, prior_ok=False))


@pytest.mark.parametrize("hours", [0, 5, 23.9])
def test_rule_7_back_within_a_day_is_the_network_and_never_a_risk_control(hours: float) -> None:
    found = weights(tried(*TWO_COUNTRIES, recovered_after_h=hours, leaps_24h=4))
    assert found == pytest.approx({PLACE: 0.5, MISREAD: 0.5})


@pytest.mark.row("B074")
def test_rule_8_no_login_anywhere_without_a_word_of_region_is_a_frozen_account() -> None:
    no_login = {"login_denied_without_region_text": True}
    assert weights(tried(denied(), denied(), **no_login))[Cause.FROZEN] == pytest.approx(0.95)
    assert weights(tried(denied(), **no_login))[Cause.FROZEN] == pytest.approx(0.6)
    assert Cause.FROZEN not in weights(tried(denied(), ok(), **no_login))


# --- the tables


@pytest.mark.parametrize("rules", [SIDE_RULES, *CAUSE_RULES.values()])
def test_every_list_of_rules_shares_out_100_points_and_ends_with_one_that_always_holds(
    rules: tuple[Rule[Side] | Rule[Cause], ...],
) -> None:
    assert all(sum(rule.shares.values()) == 100 for rule in rules)
    assert all(points > 0 for rule in rules for points in rule.shares.values())
    assert rules[-1].holds(see(Symptoms(), POLICY, NOON))
    assert len({rule.name for rule in rules}) == len(rules)


def test_every_rule_of_the_model_is_in_the_tables() -> None:
    numbers = {rule.number for rule in SIDE_RULES} | {rule.number for rules in CAUSE_RULES.values() for rule in rules}
    assert numbers == set(range(1, 9))


def test_causes_stay_on_their_side() -> None:
    for side, rules in CAUSE_RULES.items():
        assert all(CAUSES[cause].side is side for rule in rules for cause in rule.shares)


def test_the_rule_of_the_side_and_the_rule_of_the_cause_are_both_named() -> None:
    assert fired(tried(*TWO_COUNTRIES)) == ("refused_in_two_countries", "account_only")


# --- properties, each with a planted bug


def adds_up(of: Symptoms, rules: tuple[Rule[Side], ...] = SIDE_RULES) -> None:
    found = weigh_by(rules, of)
    assert sum(found.values()) == pytest.approx(1)
    assert all(weight > 0 for weight in found.values())


def grows(of: Symptoms, one_more: Tried, rules: tuple[Rule[Side], ...] = SIDE_RULES) -> None:
    """One more refused network in another served country never lowers what the account weighs."""
    if one_more.country in {network.country for network in of.networks}:
        return
    before = of_account(weigh_by(rules, of))
    after = of_account(weigh_by(rules, replace(of, ips_tried=of.ips_tried | {"one more": one_more})))
    assert after >= before - 1e-9, (before, after)


def weigh_by(rules: tuple[Rule[Side], ...], of: Symptoms) -> dict[Cause, float]:
    seen = see(of, POLICY, NOON)
    return weigh(seen, module._first(rules, seen)).weights


@given(symptoms)
def test_weights_add_up_to_one(of: Symptoms) -> None:
    adds_up(of)


@given(symptoms, refusals_in_served_countries)
def test_one_more_refusal_in_another_served_country_never_speaks_for_the_network(of: Symptoms, one_more: Tried) -> None:
    grows(of, one_more)


def test_the_properties_catch_a_planted_bug() -> None:
    leaky = (Rule[Side]("leaky", 1, lambda s: s.refused > 1, {Side.ACCOUNT: 80}), *SIDE_RULES)
    upside_down = (Rule[Side]("wrong", 2, lambda s: s.refused > 1, {Side.ACCOUNT: 5, Side.NETWORK: 95}), *SIDE_RULES)

    assert catches(lambda of: adds_up(of, leaky), symptoms)
    assert catches(lambda of, more: grows(of, more, upside_down), symptoms, refusals_in_served_countries)
    assert not catches(grows, symptoms, refusals_in_served_countries)


@given(symptoms, networks)
def test_the_order_in_which_networks_were_tried_changes_nothing(of: Symptoms, other: Tried) -> None:
    there = of.ips_tried | {"z": other}
    back = dict(reversed(there.items()))
    assert weights(replace(of, ips_tried=there)) == weights(replace(of, ips_tried=back))


@given(symptoms)
def test_little_evidence_never_leaves_a_single_cause(of: Symptoms) -> None:
    little = Symptoms(ips_tried=dict([*of.ips_tried.items()][:1]), prior_ok=of.prior_ok, since=of.since)
    assert len(weights(little)) > 1


# --- questions


@pytest.mark.parametrize(
    ("of", "question"),
    [
        (tried(denied(), prior_ok=True), "home_network"),
        (tried(denied(), prior_ok=True), "announcement"),
        (tried(*TWO_COUNTRIES), "residence"),
        (tried(*TWO_COUNTRIES, announcement="none", kyc_country="DE"), "leaps"),
        (tried(*TWO_COUNTRIES, announcement=IN_EFFECT), "since"),
        (tried(denied(), denied(), announcement="none", kyc_country="CN"), "countries"),
        (tried(denied(), denied(), announcement="none", kyc_country="CN"), "home_page"),
        (tried(denied(), ok()), "page"),
        (tried(denied(), ok()), "network_place"),
        (tried(*TWO_COUNTRIES, announcement="none", leaps_24h=3), "wait"),
    ],
)
def test_what_would_tell_the_causes_apart_is_asked(of: Symptoms, question: str) -> None:
    assert question in ask(see(of, POLICY, NOON), frozenset(weights(of)))


def test_nothing_is_asked_where_one_cause_is_left() -> None:
    of = tried(*TWO_COUNTRIES, recovered_after_h=30)
    assert ask(see(of, POLICY, NOON), frozenset(weights(of))) == ()


@given(symptoms)
def test_no_question_is_asked_that_was_answered(of: Symptoms) -> None:
    asked = ask(see(of, POLICY, NOON), frozenset(weights(of)))
    answered = {
        "announcement": of.announcement is not None,
        "since": of.since is not None,
        "residence": of.kyc_country_status is not Status.UNKNOWN,
        "leaps": of.leaps_24h is not None,
        "wait": of.recovered_after_h is not None,
    }
    assert not any(answered.get(question, False) for question in asked)
    assert len(asked) <= 3


def test_every_question_is_about_two_disjoint_sets_of_causes() -> None:
    assert all(question.one and question.other for question in module.QUESTIONS)
    assert all(question.one.isdisjoint(question.other) for question in module.QUESTIONS)
