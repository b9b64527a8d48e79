"""The library: places, lists and tags made from the store's current reference sets, and made anew when these change.

Whoever looks something up more than a second after a change was committed, by whatever process, notices it and waits until the
new one is made, some tenths of a second; others that look up meanwhile still get the old one. So an event that comes after
an idle night is looked up in the list that was loaded in the morning.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from threading import Lock
from typing import Any, Generic, TypeVar

from habeas.domain.errors import HabeasError
from habeas.domain.facts import ListHit, NameHit
from habeas.domain.place import Place
from habeas.domain.screening import Query
from habeas.service.ports import Lists, Places, Reader, ReferenceSet, Store, Tags

CHECK_EVERY_S = 1.0
"""How often the store is asked whether anything changed."""

RETRY_EVERY_S = 60.0
"""How often a set that could not be used is tried again: perhaps the disk was full."""

Content = Callable[[], bytes]
T = TypeVar("T")
Build = Callable[[Sequence[tuple[ReferenceSet, Content]]], T]
"""Makes something to look up in from the current sets of some kinds; a content that is not needed is not read."""

_Mark = tuple[str, str, str, date | None]


class UnavailableError(HabeasError):
    """What is asked cannot be looked up, because what it is looked up in cannot be used."""


class Library:
    """`Places` and `Lists` that follow a store. Safe to use from several threads. Nothing is made before it is asked for."""

    def __init__(
        self,
        store: Store,
        places: Build[Places],
        lists: Build[Lists],
        clock: Callable[[], float] = time.monotonic,
        *,
        tags: Build[Tags] | None = None,
    ) -> None:
        """`places`, `lists` and `tags` make the three from what is current. `clock` tells seconds that only grow."""
        self._store = store
        self._clock = clock
        self._places = _Shelf(places, ("places.", "networks.", "overrides"))
        self._lists = _Shelf(lists, ("sanctions.", "wallets."))
        self._tags = _Shelf(tags or _no_tags, ("tags.", "sanctions.", "wallets."))
        self._shelves: tuple[_Shelf[Any], ...] = (self._places, self._lists, *((self._tags,) if tags else ()))
        self._refreshing = Lock()
        self._checked_at = clock()

    def place(self, ip: str) -> Place | None:
        """Where an IP address is (`Places`). Raises UnavailableError."""
        return self._newest(self._places).place(ip)

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        """Entries with this wallet (`Lists`). Raises UnavailableError."""
        return self._newest(self._lists).wallets(chain, address, asset)

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        """Entries with this identity document (`Lists`). Raises UnavailableError."""
        return self._newest(self._lists).documents(country, kind, number)

    def names(self, who: Query) -> tuple[NameHit, ...]:
        """Entries with a name like this one (`Lists`). Raises UnavailableError."""
        return self._newest(self._lists).names(who)

    def version_without(self, name: str, entry: str) -> str | None:
        """The version of a list that does not have this entry (`Lists`). Raises UnavailableError."""
        return self._newest(self._lists).version_without(name, entry)

    def tags(self) -> Tags:
        """What is said of addresses of chains now, to be asked as often as one tracing needs. Raises UnavailableError."""
        return self._newest(self._tags)

    def refresh(self) -> tuple[str, ...]:
        """Look now whether anything changed, and make what is missing. Returns why something that is current is not in use;
        nothing when all is well.
        """
        with self._refreshing:
            self._follow(*self._shelves)
        return tuple(shelf.fault for shelf in self._shelves if shelf.fault)

    def _newest(self, shelf: "_Shelf[T]") -> T:
        if not shelf.is_made:
            with self._refreshing:
                if not shelf.is_made:
                    self._follow(shelf)
        elif self._clock() - self._checked_at >= CHECK_EVERY_S and self._refreshing.acquire(blocking=False):
            try:
                # While the store does not answer, what was made stays in use; the next second asks again.
                with suppress(HabeasError):
                    self._follow(*(each for each in self._shelves if each.is_made))
            finally:
                self._checked_at = self._clock()
                self._refreshing.release()
        return shelf.content

    def _follow(self, *shelves: "_Shelf[Any]") -> None:
        with self._store.reading() as reader:
            current = reader.reference_sets(current=True)
            for shelf in shelves:
                shelf.follow(current, reader, self._clock())


def _no_tags(_: Sequence[tuple[ReferenceSet, Content]]) -> Tags:
    raise UnavailableError("this library was made without tags of addresses")


class _Shelf(Generic[T]):
    """What was made from the current sets of some kinds, and which these were."""

    def __init__(self, build: Build[T], kinds: tuple[str, ...]) -> None:
        self._build = build
        self._kinds = kinds
        self._made_from: tuple[_Mark, ...] | None = None
        self._content: T | None = None
        self._tried_at = 0.0
        self.fault = ""

    @property
    def is_made(self) -> bool:
        """Whether it was tried once."""
        return self._made_from is not None

    @property
    def content(self) -> T:
        """What there is to look up in. Raises UnavailableError."""
        if self._content is None:
            raise UnavailableError(self.fault)
        return self._content

    def follow(self, current: Sequence[ReferenceSet], reader: Reader, now: float) -> None:
        """Make it anew if its sets changed. If that fails, what there was stays in use, and `fault` says why."""
        mine = [each for each in current if each.kind.startswith(self._kinds)]
        marks = tuple((each.kind, each.version, each.sha256, each.as_of) for each in mine)
        is_due_again = bool(self.fault) and now - self._tried_at >= RETRY_EVERY_S
        if marks == self._made_from and not is_due_again:
            return
        self._tried_at = now
        try:
            self._content = self._build(with_contents(mine, reader))
            self.fault = ""
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with a set, the old one is better than none
            self.fault = str(exc) or type(exc).__name__
        self._made_from = marks


def with_contents(sets: Sequence[ReferenceSet], reader: Reader) -> list[tuple[ReferenceSet, Content]]:
    """Sets as builders want them: each with what reads its content, as long as the reader may be used."""

    def content_of(each: ReferenceSet) -> Content:
        def read() -> bytes:
            content = reader.reference_content(each.kind, each.version)
            if content is None:
                raise UnavailableError(f"the content of `{each.kind}` in version `{each.version}` is not there")
            return content

        return read

    return [(each, content_of(each)) for each in sets]
