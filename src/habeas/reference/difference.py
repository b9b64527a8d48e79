"""What differs between two versions of a list, of networks, of overrides or of tags, in words."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypeVar

from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.listing import ListedEntity, ParsedList
from habeas.domain.tag import Tag
from habeas.reference import contents
from habeas.reference.kinds import LISTS, Family, family_of
from habeas.reference.overrides import Override
from habeas.reference.sanctions.delta import delta

_ANY_DAY = date(2000, 1, 1)

V = TypeVar("V")


class Changed(Struct, frozen=True):
    """One entry that both versions have, with one phrase for each thing that changed."""

    entry: str
    changes: tuple[str, ...]


class Difference(Struct, frozen=True, kw_only=True):
    """What was added, removed and changed. Entries are named by their id and, where they have one, their name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


class Version(Struct, frozen=True):
    """One side of a comparison: what it is, and its content."""

    kind: str
    content: bytes


def difference(before: Version | None, after: Version) -> Difference:
    """From one version to another; without a `before`, everything is added.

    Raises BadInputError when the two cannot be compared.
    """
    family = family_of(after.kind)
    if before is not None and family is not family_of(before.kind) and {family, family_of(before.kind)} != LISTS:
        raise BadInputError(f"`{before.kind}` and `{after.kind}` are of different sorts; compare like with like")
    match family:
        case Family.SANCTIONS | Family.WALLETS:
            return _of_lists(_parsed(before) if before else None, _parsed(after))
        case Family.NETWORKS:
            return _of_texts(_networks(before) if before else [], _networks(after))
        case Family.OVERRIDES:
            return _of_overrides(
                contents.overrides(before.content) if before else (), contents.overrides(after.content)
            )
        case Family.TAGS:
            return _of_tags(
                contents.tags(before.content, before.kind) if before else (), contents.tags(after.content, after.kind)
            )
        case Family.PLACES:
            raise BadInputError(
                "databases of places are not compared: they differ in hundreds of thousands of networks from week to week; "
                "their versions are in `habeas reference status`"
            )


def changed_entries(before: Version, after: Version) -> frozenset[tuple[str, str]]:
    """The entries of a list, each as its list and its id there, that are new in a version or differ from the one before.

    Raises BadInputError unless both are of one list.
    """
    if before.kind != after.kind or family_of(after.kind) not in LISTS:
        raise BadInputError(f"`{before.kind}` is no earlier version of the list `{after.kind}`")
    found = delta(_parsed(before), _parsed(after))
    entities = (*found.added, *(each.after for each in found.changed))
    return frozenset((entity.list, entity.entry) for entity in entities)


def _parsed(version: Version) -> ParsedList:
    return contents.parsed_list(version.content, version.kind)


def _of_lists(before: ParsedList | None, after: ParsedList) -> Difference:
    found = delta(before, after)
    return Difference(
        added=tuple(map(_named, found.added)),
        removed=tuple(map(_named, found.removed)),
        changed=tuple(Changed(_named(each.after), each.changes) for each in found.changed),
    )


def _named(entity: ListedEntity) -> str:
    return entity.entry if entity.name == entity.entry else f"{entity.entry} {entity.name}"


def _networks(version: Version) -> list[str]:
    return [
        contents.network_text(prefix) for prefix in contents.networks(version.content, version.kind, _ANY_DAY).prefixes
    ]


def _of_texts(before: Sequence[str], after: Sequence[str]) -> Difference:
    had, has = set(before), set(after)
    return Difference(
        added=tuple(dict.fromkeys(text for text in after if text not in had)),
        removed=tuple(dict.fromkeys(text for text in before if text not in has)),
    )


_FIELDS: tuple[tuple[str, Callable[[Override], str]], ...] = (
    ("prefix", lambda override: override.prefix),
    ("area", lambda override: override.area),
    ("until", lambda override: override.until.isoformat()),
    ("note", lambda override: override.note),
    ("by", lambda override: override.by),
)


def _of_overrides(before: Sequence[Override], after: Sequence[Override]) -> Difference:
    old, new = {each.id: each for each in before}, {each.id: each for each in after}
    return Difference(
        added=tuple(_described(each) for id_, each in new.items() if id_ not in old),
        removed=tuple(_described(each) for id_, each in old.items() if id_ not in new),
        changed=tuple(
            Changed(id_, tuple(_changes(old[id_], each)))
            for id_, each in new.items()
            if id_ in old and each != old[id_]
        ),
    )


def _of_tags(before: Iterable[Tag], after: Iterable[Tag]) -> Difference:
    """By address. What was taken back belongs to neither."""
    old, new = _said(before), _said(after)
    return Difference(
        added=tuple(f"{key}: {'; '.join(said)}" for key, said in new.items() if key not in old),
        removed=tuple(f"{key}: {'; '.join(said)}" for key, said in old.items() if key not in new),
        changed=tuple(
            Changed(
                key,
                (
                    *(f"is now {text}" for text in said if text not in old[key]),
                    *(f"is no longer {text}" for text in old[key] if text not in said),
                ),
            )
            for key, said in new.items()
            if key in old and set(said) != set(old[key])
        ),
    )


def _said(tags: Iterable[Tag]) -> dict[str, dict[str, None]]:
    """What is said of each address, in words."""
    said: dict[str, dict[str, None]] = {}
    for tag in tags:
        if tag.known_to is None:
            until = f" until {tag.valid_to:%Y-%m-%d}" if tag.valid_to else ""
            said.setdefault(f"{tag.chain or 'unknown chain'} {tag.address}", {})[
                f"{tag.role} {tag.category} `{tag.label}` ({tag.confidence}){until}"
            ] = None
    return said


def _described(override: Override) -> str:
    return f"{override.id} {override.prefix} is in {override.area}"


def _changes(was: Override, now: Override) -> list[str]:
    return [f"{name} changed from `{of(was)}` to `{of(now)}`" for name, of in _FIELDS if of(was) != of(now)]
