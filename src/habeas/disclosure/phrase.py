"""A sentence with gaps, and its form for when a gap cannot be filled: a missing fact leaves no hole."""

from collections.abc import Mapping
from functools import cache
from string import Formatter

from msgspec import Struct


class Variants(Struct, frozen=True, forbid_unknown_fields=True):
    """`text` has gaps such as `{country}`; `plain` has none and reads well without them. Without a `plain` form nothing
    is said unless every gap is filled.
    """

    text: str
    plain: str | None = None


Phrase = str | Variants


@cache  # The sentences are those of the catalogues.
def gaps(sentence: str) -> frozenset[str]:
    """The names of the gaps in a sentence."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def forms(phrase: Phrase) -> tuple[str, str | None]:
    """The form with gaps, and the plain one if there is one."""
    return (phrase.text, phrase.plain) if isinstance(phrase, Variants) else (phrase, None)


def say(phrase: Phrase, words: Mapping[str, str]) -> str | None:
    """The sentence, with its gaps filled; its plain form where a word is missing; None if there is no plain form."""
    text, plain = forms(phrase)
    return text.format_map(words) if gaps(text) <= words.keys() else plain


def say_surely(phrase: Phrase, words: Mapping[str, str]) -> str:
    """As `say`, for a phrase that the catalogue has checked to be sayable with these words."""
    said = say(phrase, words)
    assert said is not None, f"no words for `{forms(phrase)[0]}`"
    return said


def paragraph(*sentences: str | None) -> str:
    """The sentences there are, one after the other."""
    return " ".join(sentence for sentence in sentences if sentence)
