"""A name in any script as a few comparable words: Latin small letters, without titles, with its light words marked.

What is light (an article, a legal form) tells names apart badly and is written or left out at will, so it counts little. It
is kept, because some names consist of nothing else.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import OSA

from habeas.reference.names.light_words import LEGAL_PHRASES, LEGAL_WORDS, PARTICLES, TITLES
from habeas.reference.names.spelling import VOWELLESS, folded

WORDS_MAX = 24
WORD_LENGTH_MAX = 32

_PHRASE = re.compile(r"\b(?:" + "|".join(sorted(LEGAL_PHRASES, key=len, reverse=True)) + r")\b")

_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc\u02bb\u02bf\u02be\u2032\u00b4\"]")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?(?![a-z])")
_NOT_WORD = re.compile(r"[^a-z0-9~]+|~(?![a-z0-9])|(?<=[a-z0-9])~")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u0640\u064b-\u065f]")
_SYLLABIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0002ffff]")
_ABJAD = re.compile("[\u0590-\u05ff\u0600-\u06ff]")
_ABJAD_LETTERS = str.maketrans(
    {
        "\u0627": "a",
        "\u0623": "a",
        "\u0625": "a",
        "\u0622": "a",
        "\u0639": "a",
        "\u0629": "",
        "\u0649": "a",
        "\u0626": "y",
        "\u0624": "w",
        "\u0621": "",
        "\u05e2": "a",
        "\u05d0": "a",
    }
)
_GREEK_OU = re.compile("[\u03bf\u039f\u03cc][\u03c5\u03a5\u03cd\u038e]")
_ARABIC_ARTICLE = re.compile("^\u0627\u0644(?=..)")

PARTICLE_WEIGHT = 0.25
LEGAL_WEIGHT = 0.12
_LENGTH_WEIGHTS = {1: 0.35, 2: 0.7}


def words_of(name: str, *, person: bool) -> tuple[str, ...]:
    """The words of a name; `()` if it has no letter and no digit. Doing it again changes nothing.

    Of a person the titles go; of others the legal forms become one of three, and slips in them are forgiven.
    A word that was written without its vowels begins with `~`.
    """
    if "," in name:
        family, _, given = name.partition(",")
        # A comma before a legal form, or a second one, does not turn a name around.
        if person and "," not in given:
            name = f"{given} {family}"
    if not name.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).replace("-", " ")
        name = " ".join(map(_latin, text.split()))
    text = _APOSTROPHES.sub("", name.lower())
    if "." in text:
        text = _DOTTED.sub(_undotted, text) if not person else text
    text = " ".join(_NOT_WORD.sub(" ", text).split())
    if person:
        words = [word[:WORD_LENGTH_MAX] for word in text.split()]
        words = [word for word in words if word not in TITLES] or words
    else:
        words = [
            form for word in _PHRASE.sub(lambda found: LEGAL_PHRASES[found[0]], text).split() for form in _formed(word)
        ]
    return tuple(words[:WORDS_MAX])


@lru_cache(maxsize=65_536)
def _formed(word: str) -> tuple[str, ...]:
    """A word, or the legal form that it is, perhaps with a slip or written together with the word before it."""
    if form := LEGAL_WORDS.get(word):
        return (form,)
    if len(word) >= 5:
        plain = folded(word)
        for legal in _LONG_LEGAL_WORDS:
            slips = 1 + (len(legal) > 8)
            if abs(len(word) - len(legal)) > slips + 1:
                continue
            if (
                OSA.distance(word, legal, score_cutoff=slips) <= slips
                or OSA.distance(plain, folded(legal), score_cutoff=1) <= 1
            ):
                return (LEGAL_WORDS[legal],)
    return (word[:WORD_LENGTH_MAX],)


def is_legal_form(word: str) -> bool:
    return word in _LEGAL_FORMS


def legal_form(word: str) -> str:
    """The legal form that a word is; "" if none."""
    return LEGAL_WORDS.get(word, "")


@lru_cache(maxsize=65_536)
def near_legal_form(word: str) -> str:
    """The legal form that a word is but for slips; "" if none. For words that are known as nothing else."""
    if word in LEGAL_WORDS:
        return LEGAL_WORDS[word]
    if len(word) >= 3:
        for legal, form in LEGAL_WORDS.items():
            slips = 2 if len(legal) >= 7 else 1
            if len(legal) >= 3 and OSA.distance(word, legal, score_cutoff=slips) <= slips:
                return form
    return ""


def cuts(word: str) -> Iterator[tuple[str, str]]:
    """The ways to cut a word in two of which at least one is a legal form, the longest form first."""
    for size in range(min(len(word) - 2, _LEGAL_LENGTH_MAX), 2, -1):
        if word[-size:] in LEGAL_WORDS:
            yield word[:-size], word[-size:]
        if word[:size] in LEGAL_WORDS:
            yield word[:size], word[size:]


def _undotted(found: re.Match[str]) -> str:
    """`s.a.` is a legal form and becomes `sa`."""
    joined = found[0].replace(".", "")
    return joined if joined in LEGAL_WORDS else found[0].replace(".", " ")


@lru_cache(maxsize=65_536)
def _latin(word: str) -> str:
    if word.isascii():
        return word
    if _SYLLABIC.search(word):
        # Each character is a syllable of its own; which of them make a word, the joined neighbours find out.
        return " ".join(anyascii(character) for character in word)
    if _ABJAD.search(word):
        if article := _ARABIC_ARTICLE.match(word):
            return f"al {VOWELLESS}{anyascii(word[article.end() :].translate(_ABJAD_LETTERS))}"
        return VOWELLESS + anyascii(word.translate(_ABJAD_LETTERS))
    return anyascii(_GREEK_OU.sub("ou", word))


def lightness(word: str) -> float:
    """From 0 to 1: how much a word counts beside one of ordinary length that is neither particle nor legal form."""
    if word in _LEGAL_FORMS:
        return LEGAL_WEIGHT
    if word in PARTICLES:
        return PARTICLE_WEIGHT
    return _LENGTH_WEIGHTS.get(len(word), 1.0)


_LEGAL_FORMS = frozenset(LEGAL_WORDS.values())
_LEGAL_LENGTH_MAX = max(map(len, LEGAL_WORDS))
_LONG_LEGAL_WORDS = tuple(sorted((word for word in LEGAL_WORDS if len(word) >= 5), key=lambda word: (-len(word), word)))
