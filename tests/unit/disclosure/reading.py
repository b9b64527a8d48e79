"""How hard a text is to read: the Flesch-Kincaid grade, with syllables counted by groups of vowels."""

import re

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_SENTENCE_END = re.compile(r"[.!?:;](?:\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")


def grade(text: str) -> float:
    """The school grade at which a text can be read."""
    words = _WORD.findall(text)
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    word = word.lower()
    groups = len(_VOWELS.findall(word))
    if word.endswith(("e", "es", "ed")) and not word.endswith(("le", "les", "ted", "ded")) and groups > 1:
        groups -= 1
    return max(1, groups)
