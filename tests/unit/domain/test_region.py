"""Which areas are served how, on which ground, from when until when."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from habeas.domain.region import RegionBasis, RegionLevel, RegionPolicy, RegionRule
from tests.builders import NOON


def a_rule(**changes: Any) -> RegionRule:
    """Mainland China by residence, from 4 September 2017."""
    values: dict[str, Any] = {
        "id": "cn",
        "area": "CN",
        "regime": "business",
        "basis": (RegionBasis.RESIDENCE,),
        "level": RegionLevel.NO_SERVICE,
        "valid_from": date(2017, 9, 4),
        "recorded_at": date(2017, 9, 4),
        "source": "announcement",
    }
    return RegionRule(**(values | changes))


@pytest.mark.row("A056")
@pytest.mark.parametrize(
    ("day", "applies"), [((2017, 9, 3), False), ((2017, 9, 4), True), ((2021, 1, 1), True), ((2026, 1, 1), True)]
)
def test_a_rule_applies_from_its_first_day_on(day: tuple[int, int, int], applies: bool) -> None:
    assert a_rule().applies("CN", RegionBasis.RESIDENCE, datetime(*day, 12, tzinfo=UTC)) is applies


@pytest.mark.row("A056")
def test_a_rule_no_longer_applies_on_the_day_that_it_ends() -> None:
    rule = a_rule(valid_to=date(2022, 1, 1))
    assert rule.applies("CN", RegionBasis.RESIDENCE, datetime(2021, 12, 31, 23, 59, tzinfo=UTC))
    assert not rule.applies("CN", RegionBasis.RESIDENCE, datetime(2022, 1, 1, tzinfo=UTC))


@pytest.mark.row("A056")
def test_a_decision_cites_the_rule_with_the_day_on_which_it_was_recorded() -> None:
    assert a_rule().version == "cn@2017-09-04"
    assert a_rule(recorded_at=date(2021, 9, 24)).version == "cn@2021-09-24"


@pytest.mark.parametrize("basis", [RegionBasis.IP, RegionBasis.NATIONALITY, RegionBasis.DOCUMENT])
def test_a_rule_on_residence_says_nothing_about_other_grounds(basis: RegionBasis) -> None:
    assert not a_rule().applies("CN", basis, NOON)


def test_a_rule_says_nothing_about_other_areas() -> None:
    assert not a_rule().applies("HK", RegionBasis.RESIDENCE, NOON)


def test_of_several_rules_the_strictest_counts() -> None:
    mild = a_rule(id="mild", level=RegionLevel.OFFBOARDING)
    strict = a_rule(id="strict", level=RegionLevel.COMPREHENSIVE)
    for rules in ((mild, strict), (strict, mild)):
        found = RegionPolicy(rules=rules).declared("CN", RegionBasis.RESIDENCE, NOON)
        assert found is not None
        assert found.id == "strict"


def test_where_no_rule_applies_the_area_is_served() -> None:
    assert RegionPolicy(rules=(a_rule(),)).declared("GB", RegionBasis.RESIDENCE, NOON) is None
