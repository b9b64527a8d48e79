"""Rules and features in a playbook: what is refused when it is loaded, and what their tests say."""

import re
from pathlib import Path

import pytest

from habeas.domain.errors import PlaybookError
from habeas.domain.ids import EntityId
from habeas.playbook.load import read_playbook
from habeas.playbook.policy import Policy
from habeas.playbook.rules import FEATURES_MAX, RULES_MAX, run_examples
from tests.stories import the_playbook, the_policy

SHIPPED = the_playbook().text.decode()
DOCS = Path(__file__).parents[3] / "docs"

A_FEATURE = """
[feature.paid]
on = ["p2p.opened", "transfer.requested"]
what = "sum"
of = "event.usd"
within_for = "24h"
"""
A_RULE = """
[[rule]]
name = "much_paid"
description = "much was paid within a day"
on = ["p2p.opened", "transfer.requested"]
when = "features.paid > 100.0 && account.residence != 'DE'"
evidence = ["features.paid", "account.residence"]
then = { place = [{ reason = "RISK_CONTROL", kind = "STEP_UP" }], case = { queue = "risk" } }

[[rule.tests]]
fires = true
event = { counterparty = "acct-2", usd = "1" }
features = { paid = 150.5 }

[[rule.tests]]
fires = false
type = "transfer.requested"
event = { counterparty = "acct-2", usd = "1" }
features = { paid = 150 }
account = { residence = "DE" }
"""


def policy_of(more: str, entity: str = "main") -> Policy:
    return read_playbook((SHIPPED + more).encode(), "house.toml").policy(EntityId(entity))


def with_rule(*changes: tuple[str, str]) -> str:
    text = A_FEATURE + A_RULE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def fault(more: str) -> str:
    with pytest.raises(PlaybookError) as caught:
        read_playbook((SHIPPED + more).encode(), "house.toml")
    said = str(caught.value)
    assert said.startswith("house.toml")
    assert "\n" not in said
    assert not re.search(r"Traceback|Struct\b|msgspec|NoneType|<class|INVALID_ARGUMENT", said)
    return said


def test_a_rule_is_compiled_and_its_tests_pass() -> None:
    results = [result for result in run_examples(policy_of(with_rule()).rules) if result.rule == "much_paid"]
    assert [(result.said, result.has_passed) for result in results] == [("fires", True), ("does not fire", True)]


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        # the expression
        ("features.paid > 100.0 &&", "features.paid > 100.0 && &&", "rule.much_paid.when"),
        ("features.paid > 100.0", "features.paid > 'a lot'", "no matching overload"),
        ("features.paid > 100.0", "features.paid > 100", "`5.0`"),
        ("features.paid > 100.0", "features.payed > 100.0", "declare it as `[feature.payed]`"),
        ("account.residence !=", "account.home !=", "there is no `account.home`"),
        ("account.residence !=", "event.address !=", "for `p2p.opened`"),
        ("features.paid > 100.0 && account.residence != 'DE'", "features.paid", "it must be bool"),
        ("account.residence != 'DE'\"", "account.residence != 'DE'\"\nwhenever = 1", "unknown field `whenever`"),
        # the rest of a rule
        ('name = "much_paid"', 'name = "fiat_passed_through"', "another rule `fiat_passed_through`"),
        ('name = "much_paid"', 'name = "Much Paid"', "small letters"),
        ('name = "much_paid"\n', "", "needs a name"),
        ('transfer.requested"]\nwhen', 'transfer.asked"]\nwhen', "there is no type of event `transfer.asked`"),
        ('transfer.requested"]\nwhen', 'habeas.timer.due"]\nwhen', "there is no type of event `habeas.timer.due`"),
        ('on = ["p2p.opened", "transfer.requested"]\nwhen', "on = []\nwhen", "at least one type of event"),
        ("much was paid within a day", " ", "rule.much_paid.description"),
        ('"features.paid", "acc', '"features.payed", "acc', "rule.much_paid.evidence"),
        (
            'then = { place = [{ reason = "RISK_CONTROL", kind = "STEP_UP" }], case = { queue = "risk" } }',
            "then = {}",
            "leads to nothing",
        ),
        # its tests
        ("fires = true", "fires = false", "needs a test in which it fires"),
        ("fires = false", "fires = true", "needs a test in which it fires"),
        (
            'usd = "1" }\nfeatures = { paid = 150 }',
            'usd = "-1" }\nfeatures = { paid = 150 }',
            "rule.much_paid.tests[1].event",
        ),
        ("features = { paid = 150 }", "features = { payed = 150 }", "there is no `features.payed`"),
        ("features = { paid = 150 }", 'features = { paid = "150" }', "is no double"),
        ('account = { residence = "DE" }', "account = { residence = 7 }", "is no string"),
        ('type = "transfer.requested"', 'type = "order.placed"', "does not listen to `order.placed`"),
        ('type = "transfer.requested"', "at = 2026-03-02T12:00:00", "time zone"),
        # the feature
        ('what = "sum"', 'what = "total"', "feature.paid.what"),
        ('what = "sum"', 'what = "count"', "a count counts events and has no `of`"),
        ('of = "event.usd"\n', "", "a sum needs `of`"),
        ('of = "event.usd"', 'of = "event.counterparty"', "it must be double or int"),
        ('of = "event.usd"', 'of = "usd"', "feature.paid.of"),
        ('within_for = "24h"', 'within_for = "31d"', "feature.paid.within_for"),
        ('within_for = "24h"', 'within_for = "1s"', "feature.paid.within_for"),
        ('within_for = "24h"', 'within_for = "24h"\nwhere = "event.usd"', "it must be bool"),
        ("[feature.paid]", "[feature.Paid]", "feature.Paid"),
        ('on = ["p2p.opened", "transfer.requested"]\nwhat', 'on = ["p2p.open"]\nwhat', "no type of event `p2p.open`"),
        ('what = "sum"\nof = "event.usd"', 'what = "distinct"\nof = "event.usd"', "it must be string"),
    ],
)
def test_what_cannot_be_is_found_when_the_playbook_is_loaded(old: str, new: str, about: str) -> None:
    assert about in fault(with_rule((old, new)))


def test_a_rule_without_tests_is_refused_with_what_to_write() -> None:
    said = fault(A_FEATURE + A_RULE.partition("[[rule.tests]]")[0])
    assert "rule.much_paid.tests" in said
    assert "`fires = true`" in said


@pytest.mark.parametrize(
    ("placement", "about"),
    [
        ('reason = "TERMS_REVIEW", evidence = "E2", first_for = "1h"', "FROZEN is placed by a person"),
        ('reason = "MALICIOUS_USER", kind = "FROZEN", evidence = "E2"', "FROZEN is placed by a person"),
        ('reason = "MALICIOUS_USER", kind = "PERM_BAN"', "does not permit PERM_BAN"),
        ('reason = "LEGAL_ORDER"', "LEGAL_FREEZE"),
        ('reason = "KYC_REGION"', "a rule claims evidence E1 or E2, not E3"),
        ('reason = "ACCOUNT_TAKEOVER", kind = "OUTFLOW_HOLD"', "does not permit OUTFLOW_HOLD"),
        ('reason = "ACCOUNT_TAKEOVER", kind = "OUTFLOW_HOLD", evidence = "E3"', "E1 or E2"),
        ('reason = "RISK_CONTROL", first_for = "73h"', "longer than the ladder allows"),
        ('reason = "NO_SUCH"', "the reason `NO_SUCH` has no"),
    ],
)
def test_a_rule_places_no_more_than_a_score_may(placement: str, about: str) -> None:
    said = fault(with_rule(('reason = "RISK_CONTROL", kind = "STEP_UP"', placement)))
    assert "rule.much_paid.then" in said
    assert about in said


def test_a_response_for_a_rule_stands_in_the_rule() -> None:
    assert "no detector signals `rule.much_paid`" in fault(with_rule() + '\n[[response]]\nsignal = "rule.much_paid"\n')


def test_rules_and_features_are_bounded() -> None:
    features = "".join(A_FEATURE.replace("paid", f"paid_{n}") for n in range(FEATURES_MAX))
    assert f"{FEATURES_MAX} is the most" in fault(features)
    rules = "".join(A_RULE.replace("much_paid", f"rule_{n}") for n in range(RULES_MAX))
    assert f"{RULES_MAX} is the most" in fault(A_FEATURE + rules)


@pytest.mark.parametrize("line", ["rule = 1", "rule = [1]", "feature = 1", "[rule]\nname = 'x'", "[feature]\nx = 1"])
def test_a_section_of_the_wrong_shape_is_refused(line: str) -> None:
    text = SHIPPED[: SHIPPED.index("# --- Analysts' rules")]
    head, tail = text.split("\n[", 1)
    section = "rule" if "rule" in line else "feature"
    with pytest.raises(PlaybookError, match=section):
        read_playbook(f"{head}\n{line}\n[{tail}".encode(), "house.toml")


def test_different_values_in_a_test_never_exceed_what_is_counted() -> None:
    text = with_rule(
        ('what = "sum"\nof = "event.usd"', 'what = "distinct"\nof = "event.counterparty"'),
        ("features.paid > 100.0", "features.paid > 10"),
        ("paid = 150.5", "paid = 17"),
    )
    assert "counted up to 16" in fault(text)


# --- tests beside rules


def test_a_failing_test_stops_nobody_from_loading_and_is_told() -> None:
    policy = policy_of(with_rule(("paid = 150.5", "paid = 50.0")))
    (failed,) = (result for result in run_examples(policy.rules) if not result.has_passed)
    assert (failed.rule, failed.expected, failed.said) == ("much_paid", True, "does not fire")


def test_a_test_that_cannot_be_decided_says_what_it_lacks() -> None:
    changes = ("account.residence != 'DE'", "account.age < duration('24h')"), ('account = { residence = "DE" }', "")
    results = run_examples(policy_of(with_rule(*changes)).rules)
    said = [(result.said, result.has_passed) for result in results if result.rule == "much_paid"]
    assert said == [("does not fire: `account.age` has no value", passed) for passed in (False, True)]


def test_a_test_in_which_the_rule_fails_has_failed_whatever_it_expects() -> None:
    results = run_examples(
        policy_of(with_rule(("account.residence != 'DE'", "1 / int(features.paid - features.paid) > 0"))).rules
    )
    said = [(result.said, result.has_passed) for result in results if result.rule == "much_paid"]
    assert said == [("fails: divide by zero", False)] * 2


def test_durations_and_times_may_be_given() -> None:
    text = with_rule(
        ("account.residence != 'DE'", "account.age < duration('24h') && event.known_since < event.time"),
        (
            'usd = "1" }\nfeatures = { paid = 150.5 }',
            'usd = "1", known_since = 2026-03-01T00:00:00Z }\naccount = { age = "3h" }\nfeatures = { paid = 150.5 }',
        ),
    )
    assert [r.has_passed for r in run_examples(policy_of(text).rules) if r.rule == "much_paid"] == [True, True]


@pytest.mark.parametrize("entity", sorted(the_playbook().policies))
def test_every_test_in_the_shipped_playbook_passes(entity: str) -> None:
    results = run_examples(the_playbook().policies[EntityId(entity)].rules)
    assert [result for result in results if not result.has_passed] == []
    assert {result.rule for result in results} == {rule.name for rule in the_policy().rules.rules}


def test_the_shipped_rules_only_ask_for_a_proof_or_open_a_case() -> None:
    policy = the_policy()
    for rule in policy.rules.rules:
        response = policy.response(rule.typology, 1.0)
        assert response is not None
        assert {str(placement.kind) for placement in response.place} <= {"STEP_UP"}, rule.name
        assert (response.rearm, response.actions, response.refuse_ip_for) == ((), (), None), rule.name


# --- one entity

AN_ENTITY = """
[entity.uk]
name = "the UK company"
contact = "help@example.org"
complaints = "the Financial Ombudsman Service"
"""


def test_an_entity_may_switch_a_rule_off() -> None:
    more = with_rule() + AN_ENTITY + "[entity.uk.rule.much_paid]\nenabled = false\n"
    assert "much_paid" not in {rule.name for rule in policy_of(more, "uk").rules.rules}
    assert policy_of(more, "uk").response("rule.much_paid", 1.0) is None
    assert "much_paid" in {rule.name for rule in policy_of(more).rules.rules}


def test_an_entity_lays_its_own_values_over_a_rule() -> None:
    more = with_rule() + AN_ENTITY + '[entity.uk.rule.much_paid]\nwhen = "features.paid > 200.0"\n'
    failed = [r.rule for r in run_examples(policy_of(more, "uk").rules) if not r.has_passed]
    assert failed == ["much_paid"]  # The common tests hold for the entity's rule too, and say that it differs.
    assert all(r.has_passed for r in run_examples(policy_of(more).rules))


def test_a_fault_in_an_entitys_rule_names_the_entity_and_the_rule() -> None:
    said = fault(with_rule() + AN_ENTITY + '[entity.uk.rule.much_paid]\nwhen = "event.usdd > 2.0"\n')
    assert "entity `uk`" in said
    assert "rule.much_paid.when" in said


def test_a_rule_that_is_switched_off_must_still_be_right() -> None:
    assert "event.usdd" in fault(
        with_rule(("features.paid >", "event.usdd >")).replace("description", "enabled = false\ndescription", 1)
    )


# --- the page about rules


def examples_of_the_page() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / "rules.md").read_text(encoding="utf-8"), re.DOTALL)


def test_every_example_on_the_page_about_rules_loads_and_its_tests_pass() -> None:
    examples = examples_of_the_page()
    assert len(examples) == 3
    for example in examples:
        book = read_playbook((SHIPPED + example).encode(), "docs/rules.md")
        for policy in book.policies.values():
            assert all(result.has_passed for result in run_examples(policy.rules))


def test_the_examples_of_the_page_do_what_the_page_says() -> None:
    _, overlay, vendor = examples_of_the_page()
    uk = policy_of(overlay, "uk")
    assert "small_withdrawals_fanned_out" not in {rule.name for rule in uk.rules.rules}
    de = policy_of(vendor, "de")
    assert "takeover" not in de.detectors
    assert de.response("vendor.account_takeover", 0.9) is not None
