"""A name in any script as comparable words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.reference.names.normalise import WORD_LENGTH_MAX, WORDS_MAX, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PUTIN, Vladimir Vladimirovich", ("vladimir", "vladimirovich", "putin")),
        ("Владимир Путин", ("vladimir", "putin")),
        ("José  Muñoz", ("jose", "munoz")),
        ("AL-SHA'AR, Muhammad", ("muhammad", "al", "shaar")),
        ("Ｊｏｈｎ Ｓｍｉｔｈ", ("john", "smith")),
        ("王伟", ("wang", "wei")),
        ("Dr. John Smith Jr.", ("john", "smith")),
        ("Ελένη Παπαδοπούλου", ("eleni", "papadopoulou")),
    ],
)
def test_a_person_is_the_words_of_the_name_in_latin_letters(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name, person=True) == words


def test_a_word_of_a_script_without_vowels_is_marked() -> None:
    assert words_of("محمد الأسد", person=True) == ("~mhmd", "al", "~asd")


def test_a_title_alone_stays_a_name() -> None:
    assert words_of("Dr", person=True) == ("dr",)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FERTOING LTD", ("fertoing", "ltd")),
        ("OOO FERTOING", ("ltd", "fertoing")),
        ("Limited Liability Company Fertoing", ("ltd", "fertoing")),
        ("Oasis, S.A. de C.V.", ("oasis", "plc")),
        ("Fertoing Limitde", ("fertoing", "ltd")),
    ],
)
def test_the_legal_form_of_an_organisation_is_one_of_three(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name, person=False) == words


def test_a_person_has_no_legal_form() -> None:
    assert words_of("STOCK, Leo", person=True) == ("leo", "stock")


@pytest.mark.parametrize("name", ["", "...", "- ' -", "\u200b", "~", "~~~ ~"])
def test_nothing_but_punctuation_has_no_words(name: str) -> None:
    assert words_of(name, person=True) == ()


def test_a_very_long_name_is_cut() -> None:
    words = words_of("abcdefghij" * 1_000 + " x" * 1_000, person=True)
    assert len(words) == WORDS_MAX
    assert len(words[0]) == WORD_LENGTH_MAX


@given(st.text(max_size=60))
def test_doing_it_again_changes_nothing(name: str) -> None:
    words = words_of(name, person=True)
    assert words_of(" ".join(words), person=True) == words


@given(st.text(max_size=60), st.booleans())
def test_words_are_small_latin_letters_and_digits(name: str, person: bool) -> None:
    for word in words_of(name, person=person):
        bare = word.removeprefix("~")
        assert bare.isascii()
        assert bare.isalnum()
        assert bare == bare.lower()
