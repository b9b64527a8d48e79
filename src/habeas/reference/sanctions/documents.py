"""The exact index of listed identity documents, by keyed hash: numbers are compared without being kept in the index.

Only documents that name a person and a country of issue are here. A number without a country belongs to too many people
for an exact hit; it stays with its entry, where name screening uses it.
"""

from collections.abc import Iterable

from habeas.domain.listing import DocumentHit, IdentifierKind, ParsedList, document_key

PERSONAL = frozenset(
    {IdentifierKind.PASSPORT, IdentifierKind.NATIONAL_ID, IdentifierKind.DRIVING_LICENCE, IdentifierKind.TAX_ID}
)


class DocumentIndex:
    """All personal documents of several lists. Immutable once built; safe for threads."""

    def __init__(self, lists: Iterable[ParsedList], key: bytes) -> None:
        self._key = key
        self._hits: dict[bytes, list[DocumentHit]] = {}
        for parsed in lists:
            for entity in parsed.entities:
                for identifier in entity.identifiers:
                    if identifier.kind not in PERSONAL or not identifier.country:
                        continue
                    found = document_key(key, identifier.country, identifier.kind, identifier.number)
                    hit = DocumentHit(
                        entity.list,
                        parsed.version.version,
                        entity.entry,
                        entity.name,
                        identifier.label or identifier.kind,
                    )
                    if found and hit not in self._hits.setdefault(found, []):
                        self._hits[found].append(hit)

    def __len__(self) -> int:
        """How many different documents are listed."""
        return len(self._hits)

    def find(self, country: str, kind: str, number: str) -> tuple[DocumentHit, ...]:
        """Who is listed with this document; `()` if nobody."""
        return tuple(self._hits.get(document_key(self._key, country, kind, number), ()))
