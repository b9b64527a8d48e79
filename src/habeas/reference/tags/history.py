"""A newer version of a set takes the place of an older one, and nothing that was known is forgotten.

- What both versions say stays as it was first said: since when it is known, and under which version.
- What only the newer one says is known from when it was loaded, unless it tells itself since when.
- What the newer one no longer says was taken back: it is known until then. Who is taken off a sanctions list was on it: that
  ends as a fact (`valid_to`), and coins that moved before still came from a listed party.

So a question as of last year is answered today as it was answered last year, from the current set alone.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from habeas.domain.tag import Tag, TagOrigin


def succeeded(before: Iterable[Tag], after: Iterable[Tag], at: datetime) -> tuple[Tag, ...]:
    """The tags of a set into which a version was loaded at an instant: `before` is what the set had, with its history,
    `after` what the version says.

    The same version loaded again changes nothing.
    """
    said = {_statement(tag): tag for tag in after}
    kept: list[Tag] = []
    for tag in before:
        statement = _statement(tag)
        if tag.known_to is None and statement in said:
            kept.append(tag)
            del said[statement]
        else:
            kept.append(_ended(tag, at))
    return (*kept, *(replace(tag, known_from=tag.known_from or at) for tag in said.values()))


def standing(tags: Iterable[Tag], at: datetime) -> Iterable[Tag]:
    """What the version that was loaded last says, as far as it had not ended by itself."""
    return (tag for tag in tags if tag.known_to is None and (tag.valid_to is None or at < tag.valid_to))


def added_addresses(before: Iterable[Tag], after: Iterable[Tag], at: datetime) -> tuple[tuple[str, str], ...]:
    """Chain and address of everything of which `after` says something at an instant that `before` does not."""
    had = set(map(_statement, standing(before, at)))
    return tuple(dict.fromkeys((tag.chain, tag.address) for tag in standing(after, at) if _statement(tag) not in had))


def _statement(tag: Tag) -> Tag:
    """What a tag says, whenever and wherever it was said."""
    return replace(tag, source="", known_from=None, known_to=None)


def _ended(tag: Tag, at: datetime) -> Tag:
    if tag.origin is TagOrigin.SANCTION:
        return tag if tag.valid_to is not None and tag.valid_to <= at else replace(tag, valid_to=at)
    return tag if tag.known_to is not None else replace(tag, known_to=at)
