"""Whether the name on a payment is the account holder's own, as far as two spellings can tell."""

import unicodedata
from enum import StrEnum

NAME_KEPT_MAX = 120
WORDS_MIN = 2
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "sr", "sra", "mme", "mlle"})


class SameName(StrEnum):
    """What two spellings say."""

    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"
    """Another script, initials, or too little to tell: nobody is suspected for that."""


def folded(name: str) -> str:
    """A name as it is kept and compared: lower case, without accents, titles and punctuation; words in order."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in plain.replace("'", "")).split()
    return " ".join(word for word in words if word not in _TITLES)[:NAME_KEPT_MAX]


def same_name(one: str, other: str) -> SameName:
    """Compare two folded names. Order does not matter, and one of them may leave out middle names.

    They are of two people only if both are in Latin letters, have two words at least, and share none: a husband's payment
    shares the surname, and a company named after its owner shares a name, so both are unclear.
    """
    ones, others = set(one.split()), set(other.split())
    if not ones or not others:
        return SameName.UNCLEAR
    shorter, longer = sorted((ones, others), key=len)
    if shorter <= longer and len(shorter) >= WORDS_MIN:
        return SameName.SAME
    if "".join(one.split()) == "".join(other.split()):
        return SameName.SAME
    is_plain = all(word.isascii() for word in ones | others)
    if not is_plain or len(shorter) < WORDS_MIN or _shares(ones, others):
        return SameName.UNCLEAR
    return SameName.OTHER


def _shares(ones: set[str], others: set[str]) -> bool:
    """Whether a word of one is a word of the other, or its initial."""
    return any(a == b or (min(len(a), len(b)) == 1 and a[0] == b[0]) for a in ones for b in others)
