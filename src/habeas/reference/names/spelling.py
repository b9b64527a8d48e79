"""Spellings that stand for one another when a name is carried from script to script."""

import re
from functools import lru_cache

VOWELLESS = "~"
"""Stands before a word that comes from a script which writes no vowels."""

DIGRAPHS: tuple[tuple[str, str], ...] = (
    ("tch", "ch"),
    ("sch", "sh"),
    ("kh", "h"),
    ("gh", "g"),
    ("dh", "d"),
    ("th", "t"),
    ("zh", "j"),
    ("dj", "j"),
    ("dzh", "j"),
)
"""Consonants of other scripts that Latin letters write in two, or with one of two."""
_FOLDS = (
    *DIGRAPHS,
    ("ph", "f"),
    ("ck", "k"),
    ("ks", "x"),
    ("q", "k"),
    ("w", "v"),
    ("ou", "u"),
    ("oo", "u"),
    ("ee", "i"),
    ("ii", "i"),
    ("y", "i"),
    ("ei", "ai"),
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
)

DOUBLES = re.compile(r"(.)\1+")


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """The word in the plainest of its spellings."""
    for old, new in _FOLDS:
        word = word.replace(old, new)
    return DOUBLES.sub(r"\1", word)
