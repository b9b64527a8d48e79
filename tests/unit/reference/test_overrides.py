from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.place import Place
from habeas.reference.countries import countries
from habeas.reference.overrides import Override, Overrides, corrected, parse_overrides
from habeas.reference.prefix import parse_address
from tests.properties.canary import catches

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def an_override(id_: str = "o-1", **changes: Any) -> Override:
    whole = Override(id=id_, prefix="203.0.113.0/24", area="DE", until=NOON + HOUR, note="ISP's letter", by="jane")
    return replace(whole, **changes)


def found(overrides: Overrides, ip: str, at: datetime = NOON) -> str:
    override = overrides.find(parse_address(ip), at)
    return override.id if override is not None else ""


# --- which one holds


def test_an_override_holds_inside_its_prefix_only() -> None:
    overrides = Overrides([an_override(), an_override("o-6", prefix="2001:db8::/32")])
    assert found(overrides, "203.0.113.0") == found(overrides, "203.0.113.255") == "o-1"
    assert found(overrides, "203.0.114.0") == ""
    assert found(overrides, "2001:db8:ffff::1") == "o-6"
    assert found(overrides, "::ffff:203.0.113.9") == "o-1"


def test_the_most_specific_prefix_in_force_decides() -> None:
    wide, narrow = an_override("wide", prefix="203.0.0.0/16", until=NOON + 2 * HOUR), an_override("narrow")
    overrides = Overrides([narrow, wide])
    assert found(overrides, "203.0.113.5") == "narrow"
    assert found(overrides, "203.0.112.5") == "wide"
    assert found(overrides, "203.0.113.5", NOON + HOUR) == "wide"


def test_among_equal_prefixes_the_later_in_the_list_decides() -> None:
    assert found(Overrides([an_override("first"), an_override("second")]), "203.0.113.5") == "second"


def test_an_override_ends_at_its_instant() -> None:
    overrides = Overrides([an_override()])
    assert found(overrides, "203.0.113.5", NOON + HOUR - timedelta(microseconds=1)) == "o-1"
    assert found(overrides, "203.0.113.5", NOON + HOUR) == ""
    assert [o.id for o in overrides.in_force(NOON)] == ["o-1"]
    assert not list(overrides.in_force(NOON + HOUR))


prefixes = st.builds(
    lambda last, length: str(ip_network(f"203.0.{last}.0/{length}", strict=False)),
    st.integers(110, 115),
    st.integers(14, 28),
)
many = st.lists(st.tuples(prefixes, st.integers(1, 3)), max_size=8)
asked = st.tuples(st.integers(109, 116), st.integers(0, 255)).map(lambda pair: f"203.0.{pair[0]}.{pair[1]}")


def check_find(table: type[Overrides], drawn: list[tuple[str, int]], ip: str, at: datetime) -> None:
    overrides = [an_override(f"o{n}", prefix=p, until=NOON + ends * HOUR) for n, (p, ends) in enumerate(drawn)]
    holding = [
        (ip_network(o.prefix).prefixlen, n, o.id)
        for n, o in enumerate(overrides)
        if ip_address(ip) in ip_network(o.prefix) and at < o.until
    ]
    assert found(table(overrides), ip, at) == (max(holding)[2] if holding else "")


class _FirstOfEqualPrefixes(Overrides):
    """A planted bug."""

    def __init__(self, overrides: list[Override]) -> None:
        super().__init__(overrides[::-1])


class _MostSpecificEvenIfEnded(Overrides):
    """A planted bug."""

    def find(self, address: Any, at: datetime) -> Override | None:
        override = super().find(address, NOON)
        return override if override is not None and at < override.until else None


instants = st.integers(0, 4).map(lambda hours: NOON + hours * HOUR)


@given(many, asked, instants)
def test_a_look_up_is_what_trying_every_override_gives(drawn: list[tuple[str, int]], ip: str, at: datetime) -> None:
    check_find(Overrides, drawn, ip, at)


@pytest.mark.parametrize("broken", [_FirstOfEqualPrefixes, _MostSpecificEvenIfEnded])
def test_the_check_of_look_ups_catches_a_planted_bug(broken: type[Overrides]) -> None:
    assert catches(lambda drawn, ip, at: check_find(broken, drawn, ip, at), many, asked, instants)


# --- what it makes of a place

RUSSIA = Place("RU", 45.0, 34.0, 100.0, "203.0.113.0/24", ("db of 2026-08-01",), disagrees_with="UA", region="Crimea")


@pytest.mark.row("B029")
def test_an_override_replaces_a_misread_country_with_the_right_one_as_a_disc() -> None:
    place = corrected(an_override(), RUSSIA, RUSSIA.prefix)
    germany = countries()["DE"]
    assert (place.area, place.latitude, place.radius_km) == ("DE", germany.latitude, germany.radius_km)
    assert (place.region, place.region_code, place.disagrees_with) == ("", "", "")
    assert place.sources == ("override/o-1", "db of 2026-08-01")


def test_an_override_that_agrees_keeps_the_coordinates_and_settles_the_disagreement() -> None:
    place = corrected(an_override(area="RU"), RUSSIA, RUSSIA.prefix)
    assert place == replace(RUSSIA, disagrees_with="", sources=("override/o-1", "db of 2026-08-01"))


def test_an_override_may_name_a_part_of_a_country() -> None:
    place = corrected(an_override(area="UA-43"), replace(RUSSIA, area="UA", region_code="UA-30"), RUSSIA.prefix)
    assert (place.area, place.region, place.region_code) == ("UA", "", "UA-43")
    assert place.radius_km == countries()["UA"].radius_km


def test_an_override_knows_an_address_that_no_source_knows() -> None:
    place = corrected(an_override(), None, "203.0.113.0/24")
    assert (place.area, place.prefix, place.sources) == ("DE", "203.0.113.0/24", ("override/o-1",))


# --- what is refused


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"prefix": "203.0.113.1/24"}, r"override `o-1`: `203\.0\.113\.1/24` is an address inside a network"),
        ({"prefix": "0.0.0.0/0"}, "too wide"),
        ({"prefix": "everything"}, "is no network"),
        ({"area": "XX"}, "`XX` is no country"),
        ({"area": "Germany"}, "`Germany` is no country"),
        ({"area": "UA-"}, "`UA-` is no country"),
        ({"until": datetime(2026, 3, 2, 12)}, "`until` needs a time zone"),  # noqa: DTZ001 - that is the point
        ({"note": " "}, "`note` is empty; say why"),
        ({"by": ""}, "`by` is empty; say who"),
        ({"id": ""}, "the id must be"),
        ({"id": "a/b"}, "the id must be"),
    ],
)
def test_an_override_that_cannot_be_used_is_refused_by_name(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(BadInputError, match=what):
        Overrides([an_override(**changes)])


def test_two_overrides_with_one_id_are_refused() -> None:
    with pytest.raises(BadInputError, match="`o-1` is there twice"):
        Overrides([an_override(), an_override(prefix="10.0.0.0/8")])


def test_overrides_are_read_from_tables() -> None:
    raw = {
        "id": "o-1",
        "prefix": "203.0.113.0/24",
        "area": "DE",
        "until": "2026-03-02T13:00:00Z",
        "note": "x",
        "by": "y",
    }
    assert parse_overrides([raw]) == (an_override(note="x", by="y"),)
    with pytest.raises(BadInputError, match=r"the overrides cannot be read: .*`untill`"):
        parse_overrides([raw | {"untill": "x"}])
    with pytest.raises(BadInputError, match="the overrides cannot be read"):
        parse_overrides({"id": "x"})
    with pytest.raises(BadInputError, match="is no country"):
        parse_overrides([raw | {"area": "XX"}])
