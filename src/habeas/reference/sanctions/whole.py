"""The last check of every format: a list has entries, each under an id of its own, each named or known by a wallet."""

from collections.abc import Sequence

from habeas.domain.listing import ListedEntity, ListVersion, ParsedList
from habeas.reference.sanctions.damage import ListDamagedError


def whole_list(version: ListVersion, entities: Sequence[ListedEntity], *, what: str) -> ParsedList:
    """A parsed list, if it is one. Raises ListDamagedError if it is empty, an id comes twice or an entry names nobody."""
    if not entities:
        raise ListDamagedError(f"{what} has no entries; no list is ever empty, so fetch it again")
    seen: set[str] = set()
    for entity in entities:
        if entity.entry in seen:
            raise ListDamagedError(f"{what} has the entry `{entity.entry}` twice; fetch it again")
        seen.add(entity.entry)
        if not entity.names and not entity.wallets:
            raise ListDamagedError(f"{what} has an entry `{entity.entry}` without a name; fetch it again")
    return ParsedList(version, tuple(entities))
