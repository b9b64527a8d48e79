"""How alike two words are, and the keys under which words that are alike find each other."""

import re
from functools import lru_cache
from zlib import crc32

from jellyfish import metaphone
from rapidfuzz.distance import OSA, JaroWinkler

from habeas.domain.screening import Likeness

SIMILARITY_MIN = 0.55
"""Words less alike than this say nothing about each other."""

_ONE_EDIT = {3: 0.62, 4: 0.78, 5: 0.86, 6: 0.89, 7: 0.91}
_ONE_EDIT_LONG = 0.93
_TWO_EDITS = {5: 0.0, 6: 0.66, 7: 0.72, 8: 0.77, 9: 0.80}
_TWO_EDITS_LONG = 0.84
_SOUND = 0.9
_CONSONANTS = 0.85
_OTHER_BEGINNING = 0.05
_KNOWN_WORD = 0.75
"""A word that lists know as a word of its own is less likely a slip for another one."""

_VOWELS = re.compile("[aeiou]")
_AFTER_FIRST = re.compile("(?<=.)[aeiouyw]")
_DOUBLES = re.compile(r"(.)\1+")
_CONSONANT_SPELLINGS = str.maketrans({"q": "k", "c": "k", "g": "j", "p": "b", "v": "f", "z": "s"})


def deletions(word: str) -> set[str]:
    """The word and what is left of it without one letter, without two if it is long: its neighbourhood of slips."""
    length = len(word)
    found = {word}
    if length >= 3:
        once = {word[:at] + word[at + 1 :] for at in range(length)}
        found |= once
        if 6 <= length <= 16:
            for shorter in once:
                found.update([shorter[:at] + shorter[at + 1 :] for at in range(length - 1)])
    return found


def sound(word: str) -> str:
    """The phonetic key; "" for a word that is too short to be told by its sound."""
    key = metaphone(word) if len(word) >= 3 else ""
    return key if len(key) >= 2 else ""


@lru_cache(maxsize=65_536)
def consonants(word: str) -> str:
    """What is left of a word that is written without vowels; "" if that is too little to tell it."""
    if len(word) < 3:
        return ""
    first = "a" if word[0] in "aeiou" else word[0]
    left = _DOUBLES.sub(r"\1", _AFTER_FIRST.sub("", first + word[1:]).translate(_CONSONANT_SPELLINGS))
    return left if len(left) >= 3 else ""


def is_vowelless(word: str) -> bool:
    return len(_VOWELS.findall(word, 1)) * 4 < len(word) - 1


def hashed(key: str) -> int:
    return crc32(key.encode())


def similarity(asked: str, listed: str, *, known: bool) -> tuple[float, Likeness]:
    """How alike two words are, from 0 to 1. `known`: the word that was asked for is a word of the list itself."""
    if asked == listed:
        return 1.0, Likeness.SAME
    edits = OSA.distance(asked, listed, score_cutoff=2)
    length = max(len(asked), len(listed))
    best, how = 0.0, Likeness.SPELLING
    if edits == 1:
        best = _ONE_EDIT.get(length, _ONE_EDIT_LONG) if length >= 3 else 0.0
    elif edits == 2:
        best = _TWO_EDITS.get(length, _TWO_EDITS_LONG) if length >= 6 else 0.0
    sounds = sound(asked)
    if best and asked[0] != listed[0]:
        best -= _OTHER_BEGINNING
    if sounds and sounds == sound(listed):
        alike = _SOUND * (0.4 + 0.6 * JaroWinkler.similarity(asked, listed))
        if alike >= best:
            best, how = alike, Likeness.SOUND
    elif known:
        best *= _KNOWN_WORD
    if best < _CONSONANTS and (is_vowelless(asked) or is_vowelless(listed)):
        bare = consonants(asked)
        if bare and bare == consonants(listed):
            best, how = _CONSONANTS, Likeness.CONSONANTS
    return best, how
