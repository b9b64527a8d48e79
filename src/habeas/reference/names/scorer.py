"""Laying a name beside a listed one: which parts belong together, what is left over, and the score that follows.

    score = matched / (matched + lost + left over)

where each part counts by its weight: `matched` by how alike the pairs are, `lost` by how much they are not, and what is left
over on one side less than what is left over on both, since a name is more often shortened than changed.
"""

from collections.abc import Sequence

from msgspec import Struct

from habeas.domain.screening import AlignedPair, Likeness, UnmatchedPart
from habeas.reference.names.normalise import is_legal_form
from habeas.reference.names.vocabulary import Alike, Vocabulary


class Figures(Struct, frozen=True):
    """What the score weighs, all against a weight of 1 for a matched part."""

    lost: float = 1.92
    """Of a pair, as far as the two are not alike."""
    asked_unmatched: float = 0.795
    listed_unmatched: float = 0.595
    both_unmatched: float = 0.83
    """On top, for what could have been a pair and is none."""
    initial: float = 0.37
    """How far an initial stands for the word."""
    initial_lost: float = 0.45
    repeated: float = 0.1
    """What is left of the weight of a word that comes again."""
    joined: float = 0.98
    disorder: float = 0.02


FIGURES = Figures()


class Part(Struct):
    """A word that is asked for, or two neighbours joined, with the words of the vocabulary that are like it."""

    text: str
    first: int
    last: int
    weight: float
    alike: Alike
    mask: int


class Asked(Struct):
    """A name that is asked for, made ready to be laid beside many."""

    words: tuple[str, ...]
    weights: list[float]
    parts: list[Part]
    total: float
    initials: bool


def asked_for(words: tuple[str, ...], vocabulary: Vocabulary, figures: Figures = FIGURES) -> Asked:
    parts: list[Part] = []
    weights: list[float] = []
    for at, word in enumerate(words):
        alike = vocabulary.alike(word)
        weight = vocabulary.weight(word, alike)
        if word in words[:at]:
            weight *= figures.repeated
        weights.append(weight)
        parts.append(Part(word, at, at, weight, alike, 1 << at))
    for at in range(len(words) - 1):
        joined = words[at] + words[at + 1]
        if is_legal_form(words[at]) or is_legal_form(words[at + 1]):
            continue
        if alike := vocabulary.alike(joined, joined=True):
            parts.append(Part(joined, at, at + 1, weights[at] + weights[at + 1], alike, 3 << at))
    return Asked(words, weights, parts, sum(weights), any(len(word) == 1 for word in words))


def words_in(length: int) -> int:
    """How many words a name has that has so many units: its words, then its joined neighbours."""
    return (length + 1) // 2


class Alignment(Struct):
    """What was laid beside what: (part asked for, unit of the listed name, how alike, how, weight)."""

    score: float
    pairs: list[tuple[Part, int, float, Likeness, float]]
    asked_mask: int
    listed_mask: int


def align(asked: Asked, units: Sequence[int], vocabulary: Vocabulary, figures: Figures = FIGURES) -> Alignment:
    """The best-first alignment of a name with a listed one, and its score.

    Best first is the best of all unless two words are alike to the same two others, and then it hardly matters.
    """
    weights = vocabulary.weights
    words = (len(units) + 1) // 2
    possible = []
    for part in asked.parts:
        alike = part.alike
        single = part.first == part.last
        for unit, row in enumerate(units):
            found = alike.get(row)
            if found is None:
                continue
            if unit < words:
                mask, weight = 1 << unit, weights[row]
            else:
                if not single:
                    continue
                at = unit - words
                mask, weight = 3 << at, weights[units[at]] + weights[units[at + 1]]
            weight = min(weight, part.weight)
            possible.append((found[0] * weight, part.mask, mask, found, weight, part, unit))
    possible.sort(key=_gain, reverse=True)
    asked_mask = listed_mask = 0
    matched = lost = 0.0
    pairs = []
    for gain, part_mask, mask, found, weight, part, unit in possible:
        if part_mask & asked_mask or mask & listed_mask:
            continue
        asked_mask |= part_mask
        listed_mask |= mask
        matched += gain
        lost += weight - gain
        pairs.append((part, unit, found[0], found[1], weight))
    listed_left = 0.0
    every = (1 << words) - 1
    if listed_mask != every:
        seen = {units[unit] for _, unit, _, _, _ in pairs if unit < words}
        for unit in range(words):
            if not listed_mask >> unit & 1:
                row = units[unit]
                listed_left += weights[row] * (figures.repeated if row in seen else 1.0)
    asked_left = 0.0
    if asked_mask != (1 << len(asked.words)) - 1:
        for at, weight in enumerate(asked.weights):
            if not asked_mask >> at & 1:
                asked_left += weight
    if asked_left and listed_left:
        # Initials only stand for what is still there.
        for at, unit in _initials(asked, asked_mask, units, listed_mask, vocabulary):
            row = units[unit]
            weight = max(asked.weights[at], weights[row])
            asked_mask |= 1 << at
            listed_mask |= 1 << unit
            asked_left -= asked.weights[at]
            listed_left -= weights[row]
            matched += figures.initial * weight
            lost += figures.initial_lost * (1 - figures.initial) * weight / figures.lost
            pairs.append((asked.parts[at], unit, figures.initial, Likeness.INITIAL, weight))
        asked_left, listed_left = max(0.0, asked_left), max(0.0, listed_left)
    penalty = (
        figures.lost * lost
        + figures.asked_unmatched * asked_left
        + figures.listed_unmatched * listed_left
        + figures.both_unmatched * min(asked_left, listed_left)
    )
    score = matched / (matched + penalty) if matched else 0.0
    return Alignment(score, pairs, asked_mask, listed_mask)


def _gain(possible: tuple[float, int, int, tuple[float, Likeness], float, Part, int]) -> tuple[bool, float, int, int]:
    """What goes first: the same words, so that a name is always like itself; then what is worth most."""
    return (possible[3][0] == 1.0, possible[0], -possible[1], -possible[2])


def _initials(
    asked: Asked, asked_mask: int, units: Sequence[int], listed_mask: int, vocabulary: Vocabulary
) -> list[tuple[int, int]]:
    """Words that are left over on both sides, one of which is the other's first letter."""
    words = (len(units) + 1) // 2
    left = [
        (unit, text) for unit in range(words) if not listed_mask >> unit & 1 and (text := vocabulary.texts[units[unit]])
    ]
    if not asked.initials and all(len(text) > 1 for _, text in left):
        return []
    found = []
    for at, word in enumerate(asked.words):
        if asked_mask >> at & 1:
            continue
        for position, (unit, text) in enumerate(left):
            if word[0] == text[0] and (len(word) == 1 or len(text) == 1):
                found.append((at, unit))
                del left[position]
                break
    return found


def explained(
    asked: Asked, alignment: Alignment, units: Sequence[int], vocabulary: Vocabulary
) -> tuple[tuple[AlignedPair, ...], tuple[UnmatchedPart, ...], tuple[UnmatchedPart, ...]]:
    """The pairs and what is left over on either side, in words."""
    words = words_in(len(units))

    def text(unit: int) -> str:
        if unit < words:
            return vocabulary.texts[units[unit]]
        at = unit - words
        return f"{vocabulary.texts[units[at]]} {vocabulary.texts[units[at + 1]]}"

    pairs = tuple(
        AlignedPair(
            " ".join(asked.words[part.first : part.last + 1]), text(unit), how, round(alike, 3), round(weight, 3)
        )
        for part, unit, alike, how, weight in sorted(alignment.pairs, key=lambda pair: pair[0].first)
    )
    asked_left = tuple(
        UnmatchedPart(word, round(weight, 3))
        for at, (word, weight) in enumerate(zip(asked.words, asked.weights, strict=True))
        if not alignment.asked_mask >> at & 1
    )
    listed_left = tuple(
        UnmatchedPart(vocabulary.texts[units[unit]], round(vocabulary.weights[units[unit]], 3))
        for unit in range(words)
        if not alignment.listed_mask >> unit & 1
    )
    return pairs, asked_left, listed_left
