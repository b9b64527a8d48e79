"""The words of many names: how much each says, and which of them are like a word that is asked for."""

from array import array
from collections.abc import Mapping, Sequence
from math import log1p
from typing import Any, Self

from habeas.domain.screening import Likeness
from habeas.reference.names.likeness import SIMILARITY_MIN, consonants, deletions, hashed, similarity, sound
from habeas.reference.names.normalise import lightness
from habeas.reference.names.spelling import VOWELLESS
from habeas.reference.names.tables import Keys, Texts, keys_of, packed_key, texts_of

REMEMBERED_MAX = 50_000
NEARLY = 0.08
"""Words that are like one that is asked for within this are all what it may have been meant to be."""

Alike = dict[int, tuple[float, Likeness]]
"""Words of the vocabulary by number, with how alike they are to the one asked for, the likest first."""


TABLES = (
    ("word_ends", "I"),
    ("words", "B"),
    ("weights", "d"),
    ("slips", "Q"),
    ("sounds", "Q"),
    ("vowelless", "Q"),
)
"""A vocabulary in a file (`table_file`), by name and type."""


class Vocabulary:
    """All words of an index by number. Words that only come about by joining neighbours weigh nothing by themselves."""

    __slots__ = (
        "_remembered",
        "_remembered_joined",
        "known_matters",
        "slips",
        "sounds",
        "texts",
        "vowelless",
        "weights",
    )

    def __init__(
        self,
        texts: Texts,
        weights: Sequence[float],
        slips: Keys,
        sounds: Keys,
        vowelless: Keys,
        *,
        known_matters: bool = True,
    ) -> None:
        self.texts = texts
        self.weights = weights
        self.slips = slips
        self.sounds = sounds
        self.vowelless = vowelless
        self.known_matters = known_matters
        """Whether a word that is known is less like others: so it is for names that are asked for, in lists."""
        self._remembered: dict[str, Alike] = {}
        self._remembered_joined: dict[str, Alike] = {}

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any]) -> Self:
        """A vocabulary from what `tables` gave."""
        return cls(
            Texts(tables["word_ends"], tables["words"]),
            tables["weights"],
            Keys(tables["slips"]),
            Keys(tables["sounds"]),
            Keys(tables["vowelless"]),
        )

    def tables(self) -> dict[str, Any]:
        """What is written to a file, as `TABLES` names it."""
        return {
            "word_ends": self.texts.ends,
            "words": self.texts.blob,
            "weights": self.weights,
            "slips": self.slips.packed,
            "sounds": self.sounds.packed,
            "vowelless": self.vowelless.packed,
        }

    def alike(self, word: str, *, joined: bool = False) -> Alike:
        """The words like this one. For a word joined from two, slips are not looked for."""
        remembered = self._remembered_joined if joined else self._remembered
        found = remembered.get(word)
        if found is None:
            if len(remembered) >= REMEMBERED_MAX:
                remembered.clear()
            found = remembered[word] = self._find(word, joined)
        return found

    def _find(self, word: str, joined: bool) -> Alike:
        rows = {row for row in self.slips.rows(hashed(word)) if self.texts[row] == word}
        known = self.known_matters and any(self.weights[row] for row in rows)
        if not joined:
            for shorter in deletions(word):
                rows.update(self.slips.rows(hashed(shorter)))
        if (key := sound(word)) and not word.startswith(VOWELLESS):
            rows.update(self.sounds.rows(hashed(key)))
        if key := consonants(word):
            rows.update(self.vowelless.rows(hashed(VOWELLESS + key)))
            if word.startswith(VOWELLESS):
                rows.update(self.vowelless.rows(hashed(key)))
        found: Alike = {}
        for row in rows:
            if joined and not self.weights[row]:
                continue  # two words on either side are better laid beside each other one by one
            alike, how = similarity(word, self.texts[row], known=known)
            if alike >= SIMILARITY_MIN:
                found[row] = (alike, how)
        return dict(sorted(found.items(), key=lambda item: (-item[1][0], item[0])))

    def knows(self, word: str) -> bool:
        return any(self.weights[row] and self.texts[row] == word for row in self.slips.rows(hashed(word)))

    def weight(self, word: str, alike: Alike) -> float:
        """How much a word says that is asked for: what the commonest of those says that it is most like; all, when none is."""
        best = max((similar for row, (similar, _) in alike.items() if self.weights[row]), default=0.0)
        if best < 0.8:
            return lightness(word)
        near = best if best == 1.0 else best - NEARLY
        return min(own for row, (similar, _) in alike.items() if similar >= near and (own := self.weights[row]))


RARITY_POWER = 1.13


class VocabularyBuilder:
    """Numbers words as they come, and counts in how many entries each is."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.counts: list[int] = []

    def number(self, word: str) -> int:
        found = self.numbers.get(word)
        if found is None:
            found = self.numbers[word] = len(self.counts)
            self.counts.append(0)
        return found

    def build(self, entries: int, *, known_matters: bool = True) -> Vocabulary:
        slips: list[int] = []
        sounds: list[int] = []
        vowelless: list[int] = []
        weights = array("d")
        for word, row in self.numbers.items():
            count = self.counts[row]
            slips += [packed_key(hashed(shorter), row) for shorter in (deletions(word) if count else (word,))]
            if key := sound(word):
                sounds.append(packed_key(hashed(key), row))
            if count and (key := consonants(word)):
                key = VOWELLESS + key if word.startswith(VOWELLESS) else key
                vowelless.append(packed_key(hashed(key), row))
            weights.append(rarity(count, entries) * lightness(word) if count else 0.0)
        return Vocabulary(
            texts_of(word.encode() for word in self.numbers),
            weights,
            keys_of(slips),
            keys_of(sounds),
            keys_of(vowelless),
            known_matters=known_matters,
        )


def rarity(count: int, entries: int) -> float:
    """From 0 to 1: the logarithm of how seldom a word is, against the seldomest possible."""
    return float((log1p(entries / count) / log1p(entries)) ** RARITY_POWER)
