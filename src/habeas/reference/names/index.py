"""The candidate index over all listed names, in memory: a name in, the entries that it is like out.

A query's words find the listed words that are like them (`vocabulary`), these find the names that contain them, the best of
these by summed weight are laid beside the query (`scorer`), and what else is known moves the score (`compare`).
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct

from habeas.domain.listing import EntityKind, ListedEntity, ListVersion, NameQuality, ParsedList
from habeas.domain.screening import BANDS, NAME_LENGTH_MAX, Bands, Explanation, Hit, Query, band_of, digest
from habeas.reference.names.compare import Facts, adjusted, identifier_key
from habeas.reference.names.likeness import hashed
from habeas.reference.names.normalise import cuts, is_legal_form, legal_form, near_legal_form, words_of
from habeas.reference.names.scorer import (
    FIGURES,
    Alignment,
    Asked,
    Figures,
    Part,
    align,
    asked_for,
    explained,
    words_in,
)
from habeas.reference.names.tables import Keys, Lists, Texts, keys_of, lists_of, packed_key, texts_of
from habeas.reference.names.vocabulary import Vocabulary, VocabularyBuilder

CANDIDATES_MAX = 30
NAMES_OF_ENTRY_MAX = 3
CANDIDATES_WITH_INITIALS_MAX = 150
"""An initial finds nothing by itself, so that more names must be looked at."""
FLOOR = 0.6
"""Names that cannot reach this score are not looked at: the lowest band begins above it."""

_COMPARED_WITH: dict[EntityKind, frozenset[EntityKind]] = {
    EntityKind.PERSON: frozenset({EntityKind.PERSON}),
    EntityKind.ORGANISATION: frozenset({EntityKind.ORGANISATION, EntityKind.VESSEL, EntityKind.AIRCRAFT}),
    EntityKind.VESSEL: frozenset({EntityKind.VESSEL, EntityKind.ORGANISATION}),
    EntityKind.AIRCRAFT: frozenset({EntityKind.AIRCRAFT, EntityKind.ORGANISATION}),
    EntityKind.UNNAMED: frozenset(EntityKind),
}


class IndexedEntity(Struct, frozen=True, array_like=True):
    """What of an entry is needed to make hits."""

    version: int
    """Which of the lists."""
    entry: str
    kind: EntityKind
    names: tuple[tuple[str, NameQuality], ...]
    facts: Facts


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(IndexedEntity).decode


class NameIndex:
    """Immutable once built. Of several threads each should have its own: what it remembers of words is not guarded."""

    def __init__(
        self,
        versions: tuple[ListVersion, ...],
        vocabulary: Vocabulary,
        names_with: Lists,
        units: Lists,
        totals: Sequence[float],
        entity_of: Sequence[int],
        first_name: Sequence[int],
        entities: Texts,
        identifiers: Keys,
        figures: Figures = FIGURES,
    ) -> None:
        self.versions = versions
        self.vocabulary = vocabulary
        self.names_with = names_with
        """By word: the names that contain it, or two neighbours that make it."""
        self.units = units
        """By name: its words, then its joined neighbours."""
        self.totals = totals
        """By name: the weight of all its words."""
        self.entity_of = entity_of
        """By name."""
        self.first_name = first_name
        """By entity."""
        self.entities = entities
        self.identifiers = identifiers
        self.figures = figures

    def __len__(self) -> int:
        """How many names."""
        return len(self.units)

    def entity(self, row: int) -> IndexedEntity:
        return _decode(self.entities.raw(row))

    def candidates(self, asked: Asked, most: int = CANDIDATES_MAX, floor: float = FLOOR) -> list[int]:
        """The names that have most in common with one: by summed weight, against what is left over on both sides."""
        sums = self._shared(asked, self._skipped(asked, floor))
        figures, totals, total = self.figures, self.totals, asked.total
        least = floor * figures.asked_unmatched * total / (1 - floor + floor * figures.asked_unmatched)
        ranked = [
            (
                shared
                / (
                    shared
                    + figures.asked_unmatched * (total - shared if total > shared else 0.0)
                    + figures.listed_unmatched * (totals[name] - shared if totals[name] > shared else 0.0)
                ),
                -abs(totals[name] - total),
                -name,
            )
            for name, shared in sums.items()
            if shared >= least
        ]
        ranked.sort(reverse=True)
        return self._of_different_entries(ranked, CANDIDATES_WITH_INITIALS_MAX if asked.initials else most)

    def _of_different_entries(self, ranked: list[tuple[float, float, int]], most: int) -> list[int]:
        """The best names of so many entries. An entry with many aliases must not crowd out the others."""
        taken: dict[int, int] = {}
        names = []
        for _, _, name in ranked:
            entity = self.entity_of[-name]
            times = taken.get(entity, 0)
            if times == 0 and len(taken) >= most:
                break
            if times < NAMES_OF_ENTRY_MAX:
                taken[entity] = times + 1
                names.append(-name)
        return names

    def _shared(self, asked: Asked, skipped: int) -> dict[int, float]:
        """Names with the weight they share: of a word its best counterpart, of two joined what is more than alone."""
        words = len(asked.words)
        singles: list[dict[int, float]] = [{} for _ in range(words)]
        sums: dict[int, float] = {}
        joined: list[tuple[int, dict[int, float]]] = []
        for part in asked.parts:
            if part.first != part.last:
                joined.append((part.first, self._names_like(part)))
            elif not part.mask & skipped:
                names = singles[part.first] = self._names_like(part)
                for name, gain in names.items():
                    sums[name] = sums.get(name, 0.0) + gain
        for _, names in joined:
            for name in names:
                sums.setdefault(name, 0.0)
        ends, items = self.names_with.ends, self.names_with.items
        for part in asked.parts[:words]:
            if part.mask & skipped:
                names = singles[part.first]
                for row, (similar, _) in part.alike.items():
                    for name in items[ends[row] : ends[row + 1]]:
                        if name in sums and name not in names:
                            names[name] = similar * part.weight
                            sums[name] += similar * part.weight
        for at, names in joined:
            one, other = singles[at], singles[at + 1]
            for name, gain in names.items():
                alone = one.get(name, 0.0) + other.get(name, 0.0)
                if gain > alone:
                    sums[name] += gain - alone
        return sums

    def _names_like(self, part: Part) -> dict[int, float]:
        """The names with a word like this one, with what that is worth. The likest words come first, so they count."""
        ends, items = self.names_with.ends, self.names_with.items
        weights = self.vocabulary.weights
        joined = part.first != part.last
        found: dict[int, float] = {}
        for row, (similar, _) in part.alike.items():
            gain = similar * ((part.weight + weights[row]) / 2 if joined else part.weight)
            for name in items[ends[row] : ends[row + 1]]:
                found.setdefault(name, gain)
        return found

    def _skipped(self, asked: Asked, floor: float) -> int:
        """The words that are so common that a name which shares only them cannot reach the floor, as a mask."""
        left = self.figures.asked_unmatched
        shared, mask = 0.0, 0
        for weight, at in sorted((weight, at) for at, weight in enumerate(asked.weights)):
            shared += weight
            if shared >= floor * (shared + left * (asked.total - shared)):
                break
            mask |= 1 << at
        return mask

    def names_of(self, entries: Iterable[tuple[str, str]]) -> list[int]:
        """The names of some entries, each given by its list and its id there."""
        wanted = frozenset(entries)
        found: list[int] = []
        for row in range(len(self.entities)):
            entity = self.entity(row)
            if (self.versions[entity.version].list, entity.entry) in wanted:
                found += range(self.first_name[row], self.first_name[row] + len(entity.names))
        return found

    def screen(
        self,
        query: Query,
        bands: Bands = BANDS,
        *,
        names: Sequence[int] | None = None,
    ) -> tuple[Hit, ...]:
        """The entries that somebody may be, best first, one hit each. With `names`, of the entries with these names only.

        What a difference lowered below every band is still there, as a hit in the band `none` that says by how much.
        """
        best: dict[int, tuple[float, int, Alignment, Asked]] = {}
        for words in readings(query, self.vocabulary):
            asked = asked_for(words, self.vocabulary, self.figures)
            looked_at = [(name, FLOOR) for name in (self.candidates(asked) if names is None else names)]
            for identifier in query.identifiers if names is None else ():
                rows = self.identifiers.rows(hashed(identifier_key(identifier)))
                looked_at += [(self.first_name[entity], 0.0) for entity in rows]
            for name, floor in looked_at:
                alignment = align(asked, self.units[name], self.vocabulary, self.figures)
                if alignment.score < floor:
                    continue
                entity = self.entity_of[name]
                if entity not in best or alignment.score > best[entity][0]:
                    best[entity] = (alignment.score, name, alignment, asked)
        hits = []
        for row, (_, name, alignment, asked) in best.items():
            hit = self._hit(query, asked, row, name, alignment, bands)
            if hit is not None:
                hits.append(hit)
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.list, hit.entry)))

    def _hit(self, query: Query, asked: Asked, row: int, name: int, alignment: Alignment, bands: Bands) -> Hit | None:
        entity = self.entity(row)
        if query.kind is not None and entity.kind not in _COMPARED_WITH[query.kind]:
            return None
        score, adjustments = adjusted(alignment.score, query, entity.facts)
        if max(score, alignment.score) < bands.review_at:
            return None
        text, quality = entity.names[name - self.first_name[row]]
        pairs, asked_left, listed_left = explained(asked, alignment, self.units[name], self.vocabulary)
        version = self.versions[entity.version]
        explanation = Explanation(
            listed_name=text,
            quality=quality,
            version=version.version,
            pairs=pairs,
            asked_unmatched=asked_left,
            listed_unmatched=listed_left,
            name_score=round(alignment.score, 4),
            adjustments=adjustments,
        )
        return Hit(
            list=version.list,
            entry=entity.entry,
            name=entity.names[0][0],
            kind=entity.kind,
            score=round(score, 4),
            band=band_of(score, explanation, bands),
            entry_digest=digest((entity.names, entity.facts)),
            explanation=explanation,
        )


def build_index(lists: Iterable[ParsedList], figures: Figures = FIGURES) -> NameIndex:
    """The index of some lists. Entries without a name are left out: wallets are found by their address."""
    builder = VocabularyBuilder()
    versions: list[ListVersion] = []
    units: list[list[int]] = []
    names_with: list[list[int]] = []
    entity_of, first_name = array("I"), array("I")
    records: list[bytes] = []
    identifiers: list[int] = []
    for parsed in lists:
        versions.append(parsed.version)
        for entity in parsed.entities:
            named = [(name, words) for name in entity.names if (words := _words(name.text, entity.kind))]
            if not named:
                continue
            row = len(records)
            first_name.append(len(units))
            seen: set[int] = set()
            for _, words in named:
                rows = [builder.number(word) for word in words]
                seen.update(rows)
                rows += [builder.number(one + other) for one, other in pairwise(words)]
                while len(names_with) < len(builder.counts):
                    names_with.append([])
                for unit in dict.fromkeys(rows):
                    names_with[unit].append(len(units))
                units.append(rows)
                entity_of.append(row)
            for word in seen:
                builder.counts[word] += 1
            record = _record(len(versions) - 1, entity, tuple((name.text, name.quality) for name, _ in named))
            identifiers += [packed_key(hashed(identifier_key(each)), row) for each in record.facts.identifiers]
            records.append(_encode(record))
    vocabulary = builder.build(len(records))
    weights = vocabulary.weights
    return NameIndex(
        tuple(versions),
        vocabulary,
        lists_of(names_with),
        lists_of(units),
        array("d", (_total(rows[: words_in(len(rows))], weights, figures) for rows in units)),
        entity_of,
        first_name,
        texts_of(records),
        keys_of(identifiers),
        figures,
    )


def _total(words: Sequence[int], weights: Sequence[float], figures: Figures) -> float:
    return sum(weights[word] * (figures.repeated if word in words[:at] else 1.0) for at, word in enumerate(words))


def readings(query: Query, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
    """The name as words: as a person's, as an organisation's, and as one with slips in its legal form; those that may be meant
    and differ, as it is written first, since a listed name must always be found as it is listed.
    """
    name = query.name[:NAME_LENGTH_MAX]
    found: dict[tuple[str, ...], None] = {}
    if query.kind in (None, EntityKind.PERSON):
        found[words_of(name, person=True)] = None
    if query.kind is not EntityKind.PERSON:
        words = words_of(name, person=False)
        found |= {words: None, repaired(words, vocabulary): None}
    return tuple(found)


def repaired(words: tuple[str, ...], vocabulary: Vocabulary) -> tuple[str, ...]:
    """An organisation's name, legal forms with slips and cuts in them recognised, where the words are known as nothing else."""
    made: list[str] = []
    before = ""
    for at, word in enumerate(words):
        if len(words) > 2 and len(before) > 1 and (form := legal_form(before + word)):
            made[-1] = form
            before = ""
            continue
        neighbours = (before + word, word + "".join(words[at + 1 : at + 2]))
        before = word
        if vocabulary.knows(word) or any(len(each) > len(word) and vocabulary.knows(each) for each in neighbours):
            made.append(word)
        elif len(words) > 1 and (form := near_legal_form(word)):
            made.append(form)
        elif cut := next(
            (cut for cut in cuts(word) if all(legal_form(part) or vocabulary.knows(part) for part in cut)), None
        ):
            made += [legal_form(part) or part for part in cut]
        else:
            made.append(word)
    # A name of nothing but legal forms says nothing: then the words are better left as they are.
    return tuple(made) if any(not is_legal_form(word) for word in made) else words


def _words(name: str, kind: EntityKind) -> tuple[str, ...]:
    return words_of(name[:NAME_LENGTH_MAX], person=kind is EntityKind.PERSON)


def _record(version: int, entity: ListedEntity, names: tuple[tuple[str, NameQuality], ...]) -> IndexedEntity:
    facts = Facts(entity.births, entity.nationalities, entity.identifiers)
    return IndexedEntity(version, entity.entry, entity.kind, names, facts)
