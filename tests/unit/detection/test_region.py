"""Residence, nationality and documents: is somebody from an area that is not served? (rows B004, B013-B016)"""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.detection.region import Params
from habeas.domain.account import new_account
from habeas.domain.capability import Level
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.region import RegionBasis, RegionLevel, RegionPolicy, RegionRule
from habeas.playbook.policy import Policy
from tests.builders import NOON
from tests.stories import Story, a_settled_state, signals_of, the_policy

REGION_LOCK = [("KYC_REGION", "REGION_LOCK", "account")]


def opened(**profile: Any) -> Story:
    """An account opened with this profile."""
    story = Story(new_account(AccountId("acct-1")))
    story.event("account.opened", **profile)
    return story


def a_policy(*rules: RegionRule) -> Policy:
    policy = the_policy()
    regions = RegionPolicy(rules=rules)
    params = policy.detectors["region"]
    assert isinstance(params, Params)
    return replace(policy, regions=regions, detectors=policy.detectors | {"region": replace(params, regions=regions)})


def a_rule(area: str, **changes: Any) -> RegionRule:
    values: dict[str, Any] = {
        "id": f"rule-{area}",
        "area": area,
        "regime": "business",
        "basis": tuple(RegionBasis),
        "level": RegionLevel.NO_SERVICE,
        "valid_from": date(2020, 1, 1),
        "recorded_at": date(2020, 1, 1),
        "source": "test",
    }
    return RegionRule(**(values | changes))


@pytest.mark.row("B013", "B014")
def test_residence_in_mainland_china_leads_to_a_region_lock() -> None:
    story = opened(residence="CN", nationalities=["GB"])
    assert story.standing == REGION_LOCK


@pytest.mark.row("B013")
def test_residence_in_a_served_country_leads_to_nothing() -> None:
    assert opened(residence="GB", nationalities=["CN"]).standing == []


@pytest.mark.row("B004")
def test_nationality_alone_leads_to_a_region_lock_too() -> None:
    story = opened(residence="GB", nationalities=["GB", "US"])
    assert story.standing == REGION_LOCK


@pytest.mark.row("B004")
def test_the_country_of_the_identity_document_alone_leads_to_a_region_lock_too() -> None:
    story = opened(residence="GB", document={"kind": "passport", "number": "1", "country": "IR"})
    assert story.standing == REGION_LOCK


@pytest.mark.row("B004")
def test_each_attribute_that_points_there_is_named() -> None:
    story = Story(new_account(AccountId("acct-1")))
    outcome = story.event("account.opened", residence="US", nationalities=["US"])
    assert [signal.facts["attribute"] for signal in outcome.signals] == ["residence", "nationality"]


@pytest.mark.row("B014")
def test_the_lock_says_which_country_it_rests_on() -> None:
    assert opened(residence="CN").the(Kind.REGION_LOCK).facts == {"country": "CN", "attribute": "residence"}


@pytest.mark.row("B015")
def test_the_lock_has_no_end_but_a_yearly_look() -> None:
    lock = opened(residence="CN").the(Kind.REGION_LOCK)
    assert lock.ends_at is None
    assert lock.condition is not None
    assert (lock.condition.recheck_at - lock.starts_at).days == 365


@pytest.mark.row("B015")
def test_the_lock_still_stands_ten_years_later() -> None:
    story = opened(residence="CN").wait("3650d")
    assert story.standing == REGION_LOCK


@pytest.mark.row("B016")
def test_a_login_from_anywhere_else_leaves_the_lock_as_it_is() -> None:
    story = opened(residence="CN")
    lock = story.the(Kind.REGION_LOCK)
    for country in ("GB", "JP", "FR"):
        story.login(country, "24h")
    assert story.the(Kind.REGION_LOCK) == lock
    assert story.level("place_order", ip="203.0.113.7") is Level.DENY


@pytest.mark.row("B004", "B016")
def test_an_ip_of_the_country_is_no_residence() -> None:
    story = opened(residence="GB")
    story.login("CN", "24h")
    assert story.standing == []


@pytest.mark.row("B047", "B048", "B049", "B050", "B051", "B052", "B053")
def test_a_mainland_resident_views_withdraws_cancels_and_asks_but_does_not_trade_pay_in_or_upgrade() -> None:
    story = opened(residence="CN")
    allowed = story.levels("view", "withdraw_crypto", "withdraw_fiat", "cancel_order", "contact_support")
    assert allowed == [Level.ALLOW] * 5
    assert story.levels("place_order", "deposit_fiat", "upgrade_kyc") == [Level.DENY] * 3


def test_the_opening_of_such_an_account_is_denied() -> None:
    story = Story(new_account(AccountId("acct-1")))
    outcome = story.event("account.opened", residence="CN")
    assert outcome.verdict is not None
    assert (outcome.verdict.capability, outcome.verdict.level) == ("open_account", Level.DENY)


def test_a_change_of_residence_is_judged_like_the_first_declaration() -> None:
    story = opened(residence="GB")
    story.event("account.profile_changed", "24h", residence="CN")
    assert story.standing == REGION_LOCK


def test_the_same_declaration_again_places_nothing_twice() -> None:
    story = opened(residence="CN")
    outcome = story.event("kyc.decided", "1h", result="accepted", tier=1)
    assert signals_of(outcome) == ["kyc_region"]
    assert (outcome.placed, outcome.extended) == ((), ())


def test_a_profile_change_that_says_nothing_of_residence_keeps_it() -> None:
    story = opened(residence="CN")
    story.event("account.profile_changed", "1h", email="new@example.org")
    assert story.state.residence == "CN"


@pytest.mark.row("A032")
def test_the_signal_cites_the_rule_and_when_it_was_recorded() -> None:
    story = Story(new_account(AccountId("acct-1")))
    (signal,) = story.event("account.opened", residence="CN").signals
    assert (signal.detector, signal.lists) == ("region/3", ("business-cn@2026-11-22",))


def test_a_sub_national_area_has_the_rule_of_its_country_if_it_has_none_of_its_own() -> None:
    policy = a_policy(a_rule("UA"))
    story = Story(a_settled_state(), policy=policy)
    assert signals_of(story.event("account.profile_changed", residence="UA-43")) == ["kyc_region"]


def test_a_sub_national_rule_beats_the_national_one() -> None:
    policy = a_policy(a_rule("UA"), a_rule("UA-43", id="crimea", level=RegionLevel.COMPREHENSIVE))
    story = Story(a_settled_state(), policy=policy)
    (signal,) = story.event("account.profile_changed", residence="UA-43").signals
    assert signal.evidence["rule"] == "crimea"


def test_a_rule_on_a_territory_says_nothing_about_the_rest_of_the_country() -> None:
    story = Story(a_settled_state(), policy=a_policy(a_rule("UA-43")))
    assert signals_of(story.event("account.profile_changed", residence="UA-30")) == []


def test_a_rule_applies_by_the_time_of_the_event() -> None:
    story = Story(a_settled_state(), policy=a_policy(a_rule("CN", valid_from=NOON.date(), valid_to=date(2026, 4, 1))))
    assert signals_of(story.event("account.profile_changed", residence="CN")) == ["kyc_region"]
    assert signals_of(story.event("kyc.decided", "60d", result="accepted")) == []


def test_the_shipped_rules_hold_the_articles_own_examples() -> None:
    rules = {rule.area: rule for rule in the_policy().regions.rules}
    assert rules["CN"].basis == (RegionBasis.RESIDENCE,)
    assert rules["US"].level is RegionLevel.NO_SERVICE_TRAVEL_VERIFY
    assert {area for area, rule in rules.items() if rule.level is RegionLevel.COMPREHENSIVE} >= {"CU", "IR", "KP"}
