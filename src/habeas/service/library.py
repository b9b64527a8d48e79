"""The library: places and lists made from the store's current reference sets, and made anew when these change.

Whoever looks something up notices a change, at most a second after it was committed, in whatever process; the look-up that
notices it waits until the new set is ready, the others go on with the old one. So whatever is looked up more than a second
after a list was loaded is looked up in it.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date
from threading import Lock
from typing import Generic, TypeVar

from habeas.domain.errors import HabeasError
from habeas.domain.facts import ListHit
from habeas.domain.place import Place
from habeas.service.ports import Lists, Places, Reader, ReferenceSet, Store

CHECK_EVERY_S = 1.0
"""How often the store is asked whether anything changed."""

Content = Callable[[], bytes]
Build = Callable[[Sequence[tuple[ReferenceSet, Content]]], "T"]
"""Makes something to look up in from the current sets of some kinds; a content that is not needed is not read."""

T = TypeVar("T")
_Mark = tuple[str, str, date | None]


class UnavailableError(HabeasError):
    """What is asked cannot be looked up, because what it is looked up in cannot be used."""


class Library:
    """`Places` and `Lists` that follow a store. Safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        places: Build[Places],
        lists: Build[Lists],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`places` and `lists` make the two from what is current. `clock` tells seconds that only grow."""
        self._store = store
        self._clock = clock
        self._places = _Shelf(places, ("places.", "networks.", "overrides"))
        self._lists = _Shelf(lists, ("sanctions.", "wallets."))
        self._checking = Lock()
        self._refresh()
        self._checked_at = clock()

    def place(self, ip: str) -> Place | None:
        """Where an IP address is (`Places`). Raises UnavailableError."""
        self._check()
        return self._places.content.place(ip)

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        """Entries with this wallet (`Lists`). Raises UnavailableError."""
        self._check()
        return self._lists.content.wallets(chain, address, asset)

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        """Entries with this identity document (`Lists`). Raises UnavailableError."""
        self._check()
        return self._lists.content.documents(country, kind, number)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why something that is current is not in use; empty when all is well."""
        return tuple(shelf.fault for shelf in (self._places, self._lists) if shelf.fault)

    def _check(self) -> None:
        if self._clock() - self._checked_at < CHECK_EVERY_S or not self._checking.acquire(blocking=False):
            return
        try:
            self._refresh()
            self._checked_at = self._clock()
        finally:
            self._checking.release()

    def _refresh(self) -> None:
        with self._store.reading() as reader:
            current = reader.reference_sets(current=True)
            self._places.follow(current, reader)
            self._lists.follow(current, reader)


class _Shelf(Generic[T]):
    """What was made from the current sets of some kinds, and which these were."""

    def __init__(self, build: Build[T], kinds: tuple[str, ...]) -> None:
        self._build = build
        self._kinds = kinds
        self._made_from: tuple[_Mark, ...] | None = None
        self._content: T | None = None
        self.fault = ""

    @property
    def content(self) -> T:
        """What there is to look up in. Raises UnavailableError."""
        if self._content is None:
            raise UnavailableError(self.fault)
        return self._content

    def follow(self, current: Sequence[ReferenceSet], reader: Reader) -> None:
        """Make it anew if its sets changed. If that fails, what there was stays in use, and `fault` says why."""
        mine = [each for each in current if each.kind.startswith(self._kinds)]
        marks = tuple((each.kind, each.sha256, each.as_of) for each in mine)
        if marks == self._made_from:
            return
        try:
            self._content = self._build([(each, _content(each, reader)) for each in mine])
            self.fault = ""
        except HabeasError as exc:
            self.fault = str(exc)
        # A set that failed is not tried again every second: it will not get better.
        self._made_from = marks


def _content(of: ReferenceSet, reader: Reader) -> Content:
    def read() -> bytes:
        content = reader.reference_content(of.kind, of.version)
        if content is None:
            raise UnavailableError(f"the content of `{of.kind}` in version `{of.version}` is not there; load it again")
        return content

    return read
