"""The other way round: all customers indexed, so that a change of a list asks only those who could be meant.

The same words and keys as in the index of listed names, inverted: a listed name finds the customers' words that are like its
own, these find customers, and whoever shares enough of the weight could be meant. They are then screened like anybody: what
counts in the end is always the same score, and this only leaves out customers who cannot reach it.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from habeas.domain.listing import EntityKind
from habeas.domain.screening import NAME_LENGTH_MAX, Query
from habeas.reference.names.index import FLOOR, NameIndex
from habeas.reference.names.likeness import hashed, sound
from habeas.reference.names.normalise import cuts, is_legal_form, words_of
from habeas.reference.names.scorer import words_in
from habeas.reference.names.tables import Keys, Lists, keys_of, packed_key
from habeas.reference.names.vocabulary import Vocabulary, VocabularyBuilder

_SOUNDS = "="
SLACK_FOR_INITIALS = 0.6
"""What is picked by other words when an initial stands for one."""
SLACK = 0.8
"""Weights are estimated a little low when customers are picked, so that nobody is left out whom the score would keep."""


Customer = tuple[str, Query]
"""Somebody whom the exchange knows, under the exchange's own id, and what is compared of them."""


class CustomerIndex:
    """Immutable once built. Customers who came since are screened when they come, and are in the next one."""

    def __init__(
        self,
        ids: Sequence[str],
        vocabulary: Vocabulary,
        customers_with: Lists,
        words: Lists,
        joined: Keys,
        organisations: Sequence[int],
    ) -> None:
        self.ids = ids
        """By row. Who may be a person or an organisation has a row for each."""
        self.vocabulary = vocabulary
        self.customers_with = customers_with
        """By word."""
        self.words = words
        """By customer."""
        self.joined = joined
        """Customers by the words that two neighbours of theirs make, and by their sounds."""
        self.organisations = organisations
        """By customer: 1 for an organisation, 0 for a person."""

    def joining_to(self, word: str) -> set[int]:
        """Customers two neighbouring words of whose make this one, or sound like it."""
        found = set(self.joined.rows(hashed(word)))
        if key := sound(word):
            found.update(self.joined.rows(hashed(f"{_SOUNDS}{key}")))
        return found

    def could_be(self, listed: NameIndex, entries: Iterable[tuple[str, str]]) -> set[str]:
        """The ids of customers who could be some of the entries (list, entry) of an index."""
        weigher = _Weigher(self, listed)
        return {self.ids[row] for name in listed.names_of(entries) for row in weigher.customers_like(name)}


class _Weigher:
    """Picks the customers that share enough with a listed name. Words weigh what they weigh in the lists."""

    def __init__(self, customers: CustomerIndex, listed: NameIndex) -> None:
        self.customers = customers
        self.listed = listed
        self._weights: dict[int, float] = {}

    def customers_like(self, name: int) -> Iterator[int]:
        figures, total = self.listed.figures, self.listed.totals[name]
        least = FLOOR * figures.listed_unmatched * total / (1 - FLOOR + FLOOR * figures.listed_unmatched)
        for customer, shared in self._shared(self.listed.units[name], least * SLACK).items():
            if shared < least * SLACK_FOR_INITIALS:
                continue
            words = self.customers.words[customer]
            if self.customers.organisations[customer]:
                # Slips and cuts in legal forms are only recognised with the words of the lists.
                yield customer
                continue
            asked = sum(map(self._weight, words))
            left = figures.asked_unmatched * max(0.0, asked * SLACK - shared)
            left += figures.listed_unmatched * max(0.0, total * SLACK - shared)
            if shared >= FLOOR * (shared + left) or any(
                len(self.customers.vocabulary.texts[word]) == 1 for word in words
            ):
                yield customer

    def _shared(self, units: Sequence[int], least: float) -> dict[int, float]:
        """Customers with the weight that they share. Those who share only words too common to reach `least` are left out."""
        words = words_in(len(units))
        weights, texts = self.listed.vocabulary.weights, self.listed.vocabulary.texts
        common, weight_of_common = set(), 0.0
        for weight, unit in sorted((weights[units[unit]], unit) for unit in range(words)):
            weight_of_common += weight
            if weight_of_common >= least * SLACK_FOR_INITIALS:
                break
            common.add(unit)
        sums: dict[int, float] = {}
        ends, items = self.customers.customers_with.ends, self.customers.customers_with.items
        for late in (False, True):
            for unit, row in enumerate(units):
                if (unit in common) is not late:
                    continue
                text, joined, at = texts[row], unit >= words, unit - words
                weight = weights[units[at]] + weights[units[at + 1]] if joined else weights[row]
                for word, (similar, _) in self.customers.vocabulary.alike(text, joined=joined).items():
                    gain = similar * weight
                    for customer in items[ends[word] : ends[word + 1]]:
                        if not late or customer in sums:
                            sums[customer] = sums.get(customer, 0.0) + gain
                if not joined:
                    for customer in self.customers.joining_to(text):
                        sums[customer] = sums.get(customer, 0.0) + weight
        return sums

    def _weight(self, word: int) -> float:
        weight = self._weights.get(word)
        if weight is None:
            text = self.customers.vocabulary.texts[word]
            listed = self.listed.vocabulary
            weight = self._weights[word] = listed.weight(text, listed.alike(text))
        return weight


def build_customer_index(customers: Iterable[Customer]) -> CustomerIndex:
    """The index of a stream of customers. Those whose name has no letter and no digit are left out: nothing is like it."""
    builder = VocabularyBuilder()
    ids: list[str] = []
    ends, words = array("I", [0]), array("I")
    joined: list[int] = []
    organisations = bytearray()
    for id_, person, texts in _rows(customers):
        row = len(ids)
        ids.append(id_)
        organisations.append(not person)
        for text in texts:
            number = builder.number(text)
            builder.counts[number] += 1
            words.append(number)
            # A word written together with a legal form is found without it.
            joined += [packed_key(hashed(part), row) for cut in (() if person else cuts(text)) for part in cut]
        ends.append(len(words))
        for one, other in pairwise(texts):
            if is_legal_form(one) or is_legal_form(other):
                continue
            both = one + other
            joined.append(packed_key(hashed(both), row))
            if key := sound(both):
                joined.append(packed_key(hashed(f"{_SOUNDS}{key}"), row))
    return CustomerIndex(
        ids,
        builder.build(len(ids), known_matters=False),
        _inverted(ends, words, len(builder.counts)),
        Lists(ends, words),
        keys_of(joined),
        bytes(organisations),
    )


def _rows(customers: Iterable[Customer]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Each customer's words, as a person's or an organisation's; both where nobody says which."""
    for id_, who in customers:
        for person in (True, False):
            if who.kind is not None and (who.kind is EntityKind.PERSON) is not person:
                continue
            texts = words_of(who.name[:NAME_LENGTH_MAX], person=person)
            if texts:
                yield id_, person, texts


def _inverted(ends: Sequence[int], words: Sequence[int], count: int) -> Lists:
    """For each word the customers that have it, each as often as it has it."""
    starts = array("I", bytes(4 * (count + 1)))
    for word in words:
        starts[word + 1] += 1
    for word in range(count):
        starts[word + 1] += starts[word]
    items, at = array("I", bytes(4 * len(words))), array("I", starts)
    for row in range(len(ends) - 1):
        for word in words[ends[row] : ends[row + 1]]:
            items[at[word]] = row
            at[word] += 1
    return Lists(starts, items)
