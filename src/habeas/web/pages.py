"""Lists in pieces: those behind a key, in the list's order, at most so many; never how many there are in all."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from msgspec import Meta, Struct

from habeas.domain.errors import BadInputError

T = TypeVar("T")

LIMIT, LIMIT_MAX = 100, 500

Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX, description="At most so many.")]
After = Annotated[
    Annotated[str, Meta(max_length=256)] | None,
    Meta(description="Those behind the one with this id, as the `next` of the page before has it."),
]


class Page(Struct, Generic[T], frozen=True):
    """A piece of a list."""

    items: Annotated[tuple[T, ...], Meta(description="In the order of the list.")]
    next: Annotated[str | None, Meta(description="Where the next piece is; none where this is the last one.")] = None


class Pieces(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which piece of a list is asked for."""

    after: After = None
    limit: Limit = LIMIT


def page(path: str, found: Sequence[T], key: Callable[[T], str], limit: int, **same: str | None) -> Page[T]:
    """A page of what was found, of which there is one more than asked for if there are more. `same`: the rest of the query."""
    if len(found) <= limit:
        return Page(tuple(found))
    items = tuple(found[:limit])
    query = {name: value for name, value in same.items() if value is not None}
    return Page(items, f"{path}?{urlencode(query | {'after': key(items[-1]), 'limit': limit})}")


def page_of(path: str, whole: Sequence[T], key: Callable[[T], str], asked: Pieces, **same: str | None) -> Page[T]:
    """A page of a list that is at hand. Raises BadInputError where nothing in it has the id that it is to begin behind."""
    keys = [key(each) for each in whole]
    if asked.after is not None and asked.after not in keys:
        raise BadInputError(f"nothing in this list has the id `{asked.after}`; leave `after` out to begin at its start")
    begin = 0 if asked.after is None else keys.index(asked.after) + 1
    return page(path, whole[begin : begin + asked.limit + 1], key, asked.limit, **same)
