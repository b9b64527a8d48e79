"""The other way round: all customers indexed, so that a change of a list asks only those who could be meant.

The same words and keys as in the index of listed names, inverted: a listed name finds the customers' words that are like its
own, these find customers, and whoever shares enough of the weight is screened as if alone. What counts in the end is thus
always the same score; this only leaves out customers who cannot reach it.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import cast

import msgspec
from msgspec import Struct

from habeas.domain.listing import Birth, EntityKind
from habeas.domain.screening import BANDS, NAME_LENGTH_MAX, Bands, Hit, Query
from habeas.reference.names import table_file
from habeas.reference.names.index import FLOOR, NameIndex
from habeas.reference.names.likeness import hashed, sound
from habeas.reference.names.normalise import cuts, is_legal_form, words_of
from habeas.reference.names.scorer import words_in
from habeas.reference.names.tables import Keys, Lists, Texts, keys_of, packed_key
from habeas.reference.names.vocabulary import TABLES as VOCABULARY_TABLES
from habeas.reference.names.vocabulary import Vocabulary, VocabularyBuilder

LAYOUT = table_file.Layout(
    mark=b"HABEASCU",
    version=1,
    what="an index of customers",
    tables=(
        *VOCABULARY_TABLES,
        ("customers_with_ends", "I"),
        ("customers_with", "I"),
        ("customer_ends", "I"),
        ("customer_words", "I"),
        ("joined", "Q"),
        ("organisations", "B"),
        ("record_ends", "I"),
        ("records", "B"),
    ),
)

_SOUNDS = "="
SLACK_FOR_INITIALS = 0.6
"""What is picked by other words when an initial stands for one."""
SLACK = 0.8
"""Weights are estimated a little low when customers are picked, so that nobody is left out whom the score would keep."""


class Customer(Struct, frozen=True, array_like=True):
    """Somebody whom the exchange knows: what is compared of them, under the exchange's own id."""

    id: str
    name: str
    birth: Birth | None = None
    countries: tuple[str, ...] = ()
    kind: EntityKind = EntityKind.PERSON

    def query(self) -> Query:
        return Query(name=self.name, birth=self.birth, countries=self.countries, kind=self.kind)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Customer).decode


class CustomerIndex:
    """Immutable once built. Customers who came since are screened when they come, and are in the next one."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        customers_with: Lists,
        words: Lists,
        joined: Keys,
        organisations: Sequence[int],
        records: Texts,
    ) -> None:
        self.vocabulary = vocabulary
        self.customers_with = customers_with
        """By word."""
        self.words = words
        """By customer."""
        self.joined = joined
        """Customers by the words that two neighbours of theirs make, and by their sounds."""
        self.organisations = organisations
        """By customer: 1 for an organisation, 0 for a person."""
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    def customer(self, row: int) -> Customer:
        return _decode(self.records.raw(row))

    def joining_to(self, word: str) -> set[int]:
        """Customers two neighbouring words of whose make this one, or sound like it."""
        found = set(self.joined.rows(hashed(word)))
        if key := sound(word):
            found.update(self.joined.rows(hashed(f"{_SOUNDS}{key}")))
        return found

    def could_be(self, listed: NameIndex, entries: Iterable[tuple[str, str]]) -> dict[int, list[int]]:
        """Customers, by row, who could be some of the entries (list, entry) of an index, with the names they are like."""
        weigher = _Weigher(self, listed)
        found: dict[int, list[int]] = {}
        for name in listed.names_of(entries):
            for row in weigher.customers_like(name):
                found.setdefault(row, []).append(name)
        return found

    def rescreen(
        self,
        listed: NameIndex,
        entries: Iterable[tuple[str, str]],
        bands: Bands = BANDS,
    ) -> Iterator[tuple[Customer, tuple[Hit, ...]]]:
        """The hits of all customers on some entries, which were added or changed; customers in the order of the index."""
        for row, names in sorted(self.could_be(listed, entries).items()):
            customer = self.customer(row)
            hits = listed.screen(customer.query(), bands, names=names)
            if hits:
                yield customer, hits


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
    records, blob = array("I", [0]), bytearray()
    ends, words = array("I", [0]), array("I")
    joined: list[int] = []
    organisations = bytearray()
    row = 0
    for customer in customers:
        texts = words_of(customer.name[:NAME_LENGTH_MAX], person=customer.kind is EntityKind.PERSON)
        if not texts:
            continue
        person = customer.kind is EntityKind.PERSON
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
        blob += _encode(customer)
        records.append(len(blob))
        row += 1
    return CustomerIndex(
        builder.build(row, known_matters=False),
        _inverted(ends, words, len(builder.counts)),
        Lists(ends, words),
        keys_of(joined),
        bytes(organisations),
        Texts(records, bytes(blob)),
    )


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


def encode(index: CustomerIndex) -> bytes:
    """The bytes of an index."""
    tables = {
        **index.vocabulary.tables(),
        "customers_with_ends": index.customers_with.ends,
        "customers_with": index.customers_with.items,
        "customer_ends": index.words.ends,
        "customer_words": index.words.items,
        "joined": index.joined.packed,
        "organisations": index.organisations,
        "record_ends": index.records.ends,
        "records": index.records.blob,
    }
    return table_file.encode(LAYOUT, len(index), tables)


def decode(data: bytes) -> CustomerIndex:
    """The index from its bytes. Raises TableFileError unless they are exactly what was written here."""
    _, tables = table_file.decode(LAYOUT, data, int)

    def numbers(name: str) -> Sequence[int]:
        return cast("Sequence[int]", tables[name])

    return CustomerIndex(
        Vocabulary.from_tables(tables, known_matters=False),
        Lists(numbers("customers_with_ends"), numbers("customers_with")),
        Lists(numbers("customer_ends"), numbers("customer_words")),
        Keys(numbers("joined")),
        numbers("organisations"),
        Texts(numbers("record_ends"), tables["records"]),
    )
