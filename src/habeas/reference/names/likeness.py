"""How alike two words are, and the keys under which words that are alike find each other."""

import re
from functools import lru_cache
from zlib import crc32

from jellyfish import metaphone
from rapidfuzz.distance import OSA, JaroWinkler

from habeas.domain.screening import Likeness
from habeas.reference.names.spelling import DIGRAPHS, DOUBLES, VOWELLESS, folded

SIMILARITY_MIN = 0.55
"""Words less alike than this say nothing about each other."""

_ONE_EDIT = {2: 0.0, 3: 0.62, 4: 0.78, 5: 0.86, 6: 0.89, 7: 0.91}
_ONE_EDIT_LONG = 0.93
_TWO_EDITS = {4: 0.0, 5: 0.55, 6: 0.66, 7: 0.72, 8: 0.77, 9: 0.80}
_TWO_EDITS_LONG = 0.84
_SOUND = 0.85
_SOUND_SPELLING = 0.63
_KNOWN_SOUND = 0.78
_FOLDED = 0.87
_CONSONANTS = 0.9
_FEW_CONSONANTS = 0.85
_OTHER_BEGINNING = 0.04
_KNOWN_WORD = 0.75
"""A word that lists know as a word of its own is less likely a slip for another one."""

_GLIDE = re.compile("(?<=.)i(?=[aeou])")
"""Metaphone takes `tio` and `sia` for English ones."""
_AFTER_FIRST = re.compile("(?<=.)[aeiouyw]")
_CONSONANT_SPELLINGS = str.maketrans({"q": "k", "c": "k", "g": "j", "p": "b", "v": "f", "z": "s"})


def deletions(word: str) -> set[str]:
    """The word and what is left of it without one letter, without two if it is long: its neighbourhood of slips."""
    length = len(word)
    found = {word}
    if length >= 3:
        once = {word[:at] + word[at + 1 :] for at in range(length)}
        found |= once
        if 5 <= length <= 16:
            for shorter in once:
                found.update([shorter[:at] + shorter[at + 1 :] for at in range(length - 1)])
    return found


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """The phonetic key; "" for a word that is too short to be told by its sound."""
    key = metaphone(_GLIDE.sub("", folded(word))) if len(word) >= 3 and word.isalpha() else ""
    key = "A" + key[1:] if key[:1] in "AEIOU" else key  # which vowel begins a word is heard differently
    return key if len(key) >= 2 else ""


@lru_cache(maxsize=65_536)
def consonants(word: str) -> str:
    """What is left of a word without vowels, in spellings that Arabic and Hebrew do not tell apart; "" if too little."""
    word = word.lstrip(VOWELLESS)
    if len(word) < 2:
        return ""
    first = "a" if word[0] in "aeiou" else word[0]
    for old, new in DIGRAPHS:
        word = word.replace(old, new)
    left = DOUBLES.sub(r"\1", _AFTER_FIRST.sub("", first + word[1:]).translate(_CONSONANT_SPELLINGS))
    left = left[:-1] if len(left) > 2 and left.endswith("h") else left
    return left if len(left) >= 2 else ""


def hashed(key: str) -> int:
    return crc32(key.encode())


def similarity(asked: str, listed: str, *, known: bool) -> tuple[float, Likeness]:
    """How alike two words are, from 0 to 1. `known`: the word that was asked for is a word of the list itself."""
    if asked == listed:
        return 1.0, Likeness.SAME
    if asked.startswith(VOWELLESS) != listed.startswith(VOWELLESS):
        bare = consonants(asked)
        if bare and bare == consonants(listed):
            return (_CONSONANTS if len(bare) > 2 else _FEW_CONSONANTS), Likeness.CONSONANTS
        return 0.0, Likeness.CONSONANTS
    edits = OSA.distance(asked, listed, score_cutoff=2)
    length = max(len(asked), len(listed))
    best, how = 0.0, Likeness.SPELLING
    if edits == 1:
        best = _ONE_EDIT.get(length, _ONE_EDIT_LONG)
    elif edits == 2:
        best = _TWO_EDITS.get(length, _TWO_EDITS_LONG) if length >= 4 else 0.0
    if best and asked[0] != listed[0]:
        best -= _OTHER_BEGINNING
    if folded(asked) == folded(listed):
        return max(best, _FOLDED), Likeness.SOUND
    sounds = sound(asked)
    if sounds and sounds == sound(listed):
        alike = _SOUND * (1 - _SOUND_SPELLING + _SOUND_SPELLING * JaroWinkler.similarity(asked, listed))
        if known:
            alike *= _KNOWN_SOUND
        if alike >= best:
            best, how = alike, Likeness.SOUND
    elif known:
        best *= _KNOWN_WORD
    return best, how
