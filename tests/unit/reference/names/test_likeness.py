"""How alike two words are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.screening import Likeness
from habeas.reference.names.likeness import SIMILARITY_MIN, deletions, similarity, sound

WORDS = st.text(alphabet="abdeghiklmnorstuvyz", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("hussein", "husayn", Likeness.SOUND),
        ("artem", "artyom", Likeness.SOUND),
        ("yuri", "iuri", Likeness.SOUND),
        ("~mhmd", "mohammad", Likeness.CONSONANTS),
        ("~ywsf", "yousef", Likeness.CONSONANTS),
        ("korolenko", "korolneko", Likeness.SPELLING),
    ],
)
def test_spellings_of_one_name_are_alike(one: str, other: str, how: Likeness) -> None:
    alike, found = similarity(one, other, known=False)
    assert alike >= SIMILARITY_MIN
    assert found is how


@pytest.mark.parametrize(("one", "other"), [("ivan", "oleg"), ("smith", "garcia"), ("li", "lo"), ("~mhmd", "ahmad")])
def test_other_names_are_not(one: str, other: str) -> None:
    assert similarity(one, other, known=False)[0] < SIMILARITY_MIN


def test_a_word_that_is_known_by_itself_is_less_like_another() -> None:
    assert similarity("hasan", "hasad", known=True)[0] < similarity("hasan", "hasad", known=False)[0]


@given(WORDS, WORDS, st.booleans())
def test_likeness_lies_between_nothing_and_the_same(one: str, other: str, known: bool) -> None:
    alike, _ = similarity(one, other, known=known)
    assert 0 <= alike <= 1
    assert (alike == 1) == (one == other)


@given(WORDS, WORDS)
def test_likeness_is_mutual(one: str, other: str) -> None:
    assert similarity(one, other, known=False)[0] == pytest.approx(similarity(other, one, known=False)[0])


@given(WORDS.filter(lambda word: len(word) >= 4), st.data())
def test_a_word_and_one_slip_of_it_share_a_neighbour(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    slipped = word[:at] + data.draw(st.sampled_from(["", "q", word[at] + "q"])) + word[at + 1 :]
    assert deletions(word) & deletions(slipped)


def test_a_number_has_no_sound() -> None:
    assert sound("2012") == sound("vabo2012") == ""
