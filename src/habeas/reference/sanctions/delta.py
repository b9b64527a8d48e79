"""What changed between two versions of a list: entries added, removed, changed, and of a changed one what, in words."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from habeas.domain.listing import (
    Identifier,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListedWallet,
    ListVersion,
    ParsedList,
)
from habeas.reference.sanctions.damage import ListRefusedError

SHRUNK_TO = 0.9
"""A list that loses more than a tenth of its entries at once was more likely cut off than emptied."""


class ListShrunkError(ListRefusedError):
    """A new version is so much smaller than the old one that it is taken for a part of a list."""


class ChangedEntity(Struct, frozen=True):
    """An entry before and after, with one phrase for each thing that changed."""

    before: ListedEntity
    after: ListedEntity
    changes: tuple[str, ...]


class ListDelta(Struct, frozen=True):
    """The difference of two versions. Entries in the order of the list that has them."""

    before: ListVersion | None
    after: ListVersion
    added: tuple[ListedEntity, ...]
    removed: tuple[ListedEntity, ...]
    changed: tuple[ChangedEntity, ...]


def _name(name: ListedName) -> str:
    return f"{name.quality} name `{name.text}`"


def _identifier(identifier: Identifier) -> str:
    country = f" ({identifier.country})" if identifier.country else ""
    return f"{identifier.label or identifier.kind} `{identifier.number}`{country}"


def _wallet(wallet: ListedWallet) -> str:
    return f"wallet `{wallet.asset} {wallet.address}`"


def _address(address: ListedAddress) -> str:
    return f"address `{', '.join(part for part in (address.text, address.country) if part)}`"


def _called(what: str) -> Callable[[object], str]:
    return lambda value: f"{what} `{value}`"


_MANY: tuple[tuple[str, Callable[[ListedEntity], tuple[object, ...]], Callable[..., str]], ...] = (
    ("names", lambda entity: entity.names, _name),
    ("births", lambda entity: entity.births, _called("birth date")),
    ("birth_places", lambda entity: entity.birth_places, _called("birth place")),
    ("nationalities", lambda entity: entity.nationalities, _called("nationality")),
    ("identifiers", lambda entity: entity.identifiers, _identifier),
    ("wallets", lambda entity: entity.wallets, _wallet),
    ("addresses", lambda entity: entity.addresses, _address),
    ("programmes", lambda entity: entity.programmes, _called("programme")),
    ("titles", lambda entity: entity.titles, _called("title")),
)
_ONE: tuple[tuple[str, Callable[[ListedEntity], str]], ...] = (
    ("kind", lambda entity: entity.kind),
    ("gender", lambda entity: entity.gender),
    ("remarks", lambda entity: entity.remarks),
)


def delta(before: ParsedList | None, after: ParsedList) -> ListDelta:
    """What changed from one version to the other; without a `before` everything is added.

    The order of names and numbers inside an entry says nothing, except which name is the primary one.
    """
    old = {entity.entry: entity for entity in before.entities} if before is not None else {}
    new = {entity.entry: entity for entity in after.entities}
    changed = []
    for entry, now in new.items():
        was = old.get(entry)
        if was is not None and was != now and (changes := tuple(_changes(was, now))):
            changed.append(ChangedEntity(was, now, changes))
    return ListDelta(
        before=before.version if before is not None else None,
        after=after.version,
        added=tuple(entity for entry, entity in new.items() if entry not in old),
        removed=tuple(entity for entry, entity in old.items() if entry not in new),
        changed=tuple(changed),
    )


def _changes(was: ListedEntity, now: ListedEntity) -> Iterator[str]:
    for _, values, phrase in _MANY:
        old, new = values(was), values(now)
        if old == new:
            continue
        had, has = set(old), set(new)
        yield from (f"{phrase(value)} added" for value in new if value not in had)
        yield from (f"{phrase(value)} removed" for value in old if value not in has)
    for what, value in _ONE:
        if value(was) != value(now):
            yield f"{what} changed from `{value(was)}` to `{value(now)}`"


def refuse_shrunk(before: ListVersion | None, after: ListVersion) -> None:
    """Raise ListShrunkError if a new version has lost so many entries that it is rather a part of a list.

    A csv or a wallet list that was cut exactly between two lines shows in nothing else.
    """
    if before is not None and after.entries < before.entries * SHRUNK_TO:
        raise ListShrunkError(
            f"`{after.list}` had {before.entries} entries and would have {after.entries}; if that is right, "
            "say so when loading it, else fetch it again"
        )
