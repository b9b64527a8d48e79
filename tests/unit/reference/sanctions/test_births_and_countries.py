from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.listing import Birth, script_of
from habeas.reference.sanctions.births import birth_in, birth_within
from habeas.reference.sanctions.country_names import country_code, country_codes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("15 Jan 1955", "1955-01-15"),
        ("Mar 1957", "1957-03-01 to 1957-03-31"),
        ("1946", "1946"),
        ("circa 1951", "about 1951"),
        ("circa 09 Mar 1951", "about 1951-03-09"),
        ("1951 to 1953", "1951 to 1953"),
        ("circa 1959-1960", "about 1959 to 1960"),
        ("Feb 1958 to Mar 1959", "1958-02-01 to 1959-03-31"),
        ("01 Feb 1958 to 03 Mar 1959", "1958-02-01 to 1959-03-03"),
        ("1962-03", "1962-03-01 to 1962-03-31"),
        ("1962-03-04", "1962-03-04"),
        ("1962-03-04T00:00:00Z", "1962-03-04"),
        ("dd/mm/1945", "1945"),
        ("dd/02/1945", "1945-02-01 to 1945-02-28"),
        ("00/00/1945", "1945"),
        ("15/01/1946", "1946-01-15"),
    ],
)
def test_a_birth_is_read_as_far_as_it_is_known(text: str, said: str) -> None:
    assert str(birth_in(text)) == said


@pytest.mark.parametrize(
    "text", ["", "in spring", "31 Feb 1950", "15 Foo 1955", "13/13/1950", "1953 to 1951", "0000", "195"]
)
def test_a_birth_that_cannot_be_read_is_left_out(text: str) -> None:
    assert birth_in(text) is None


@given(st.dates(), st.dates())
def test_a_birth_never_ends_before_it_begins(first: date, last: date) -> None:
    found = birth_within((first.year, first.month, first.day), (last.year, last.month, last.day))
    assert found == (Birth(first, last) if first <= last else None)


@given(st.text())
def test_no_text_makes_reading_a_birth_fail(text: str) -> None:
    birth_in(text)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Russia", "RU"),
        ("RUSSIAN FEDERATION", "RU"),
        ("ru", "RU"),
        ("Korea, North", "KP"),
        ("Democratic People's Republic of Korea", "KP"),
        ("Korea, South", "KR"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Congo, Republic of the", "CG"),
        ("Iran (Islamic Republic of)", "IR"),
        ("Burma", "MM"),
        ("Palestinian", "PS"),
        ("Virgin Islands, British", "VG"),
        ("Man, Isle of", "IM"),
        ("Bahamas, The", "BS"),
        ("Cote d Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("North Macedonia, The Republic of", "MK"),
        ("Sao Tome and Principe", "ST"),
        ("Region: Crimea", "UA-43"),
    ],
)
def test_a_country_is_known_by_the_names_that_lists_give_it(name: str, code: str) -> None:
    assert country_code(name) == code


def test_a_country_that_is_not_known_keeps_its_name_and_one_that_says_nothing_is_left_out() -> None:
    assert country_codes(["Region: Kafia Kingi", "00", "UNKNOWN", "Russia", "Russian Federation", ""]) == (
        "Region: Kafia Kingi",
        "RU",
    )


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Doe", "Latn"),
        ("Élan", "Latn"),
        ("Джон", "Cyrl"),
        ("محمد", "Arab"),
        ("习近平", "Hani"),
        ("김정은", "Hang"),
        ("123", "Zyyy"),
    ],
)
def test_a_name_has_the_script_of_its_first_letter(text: str, script: str) -> None:
    assert script_of(text) == script
