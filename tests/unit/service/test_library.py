"""The library: what is looked up follows the store, in every thread and process, and never stops an event."""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from habeas.domain.errors import HabeasError
from habeas.domain.facts import ListHit, NameHit
from habeas.domain.place import Place
from habeas.domain.screening import Query
from habeas.domain.tag import Tag, TagRole
from habeas.service.library import CHECK_EVERY_S, RETRY_EVERY_S, Content, Library, UnavailableError
from habeas.service.ports import ReferenceSet, Store
from habeas.store.memory import MemoryStore
from habeas.store.sqlite import SqliteStore
from tests.builders import a_reference_set

NOWHERE = Place("DE", 51.0, 9.0, 300.0, "203.0.113.0/24")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Named:
    """Places and lists that only say which sets they were made from."""

    def __init__(self, sets: Sequence[tuple[ReferenceSet, Content]]) -> None:
        self.name = ", ".join(f"{each.kind} {content().decode()}" for each, content in sets) or "built in"

    def place(self, ip: str) -> Place | None:
        return Place(self.name, 0.0, 0.0, 1.0, ip)

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:
        return (ListHit(self.name, "1", "1", address),)

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:
        return (ListHit(self.name, "1", "1", kind),)

    def names(self, who: Query) -> tuple[NameHit, ...]:
        return ()

    def version_without(self, name: str, entry: str) -> str | None:
        return None


class NamedTags:
    """Tags that only say which sets they were made from."""

    def __init__(self, sets: Sequence[tuple[ReferenceSet, Content]]) -> None:
        self.name = ", ".join(each.kind for each, _ in sets)

    def of(self, chain: str, address: str) -> tuple[Tag, ...]:
        return ()

    def find(self, address: str, chain: str | None = None, asset: str | None = None) -> tuple[Tag, ...]:
        return ()

    def addresses(self, name: str | None = None, role: TagRole | None = None) -> tuple[tuple[str, str], ...]:
        return ((self.name, ""),)


def load(store: Store, kind: str, content: bytes, version: str = "1") -> None:
    with store.transaction() as work:
        work.load_reference(a_reference_set(kind, version, sha256=content.hex()), content)


def place_of(library: Library) -> str:
    place = library.place("203.0.113.7")
    assert place is not None
    return place.area


def test_a_fresh_store_has_what_comes_with_habeas() -> None:
    library = Library(MemoryStore(), Named, Named)
    assert place_of(library) == "built in"
    assert library.wallets("BTC", "x")[0].list == "built in"
    assert library.documents("RU", "passport", "1")[0].list == "built in"


def test_what_was_loaded_is_looked_up_a_second_later_and_not_at_every_question() -> None:
    store, clock = MemoryStore(), Clock()
    library = Library(store, Named, Named, clock)
    place_of(library)
    load(store, "places.country", b"new")
    clock.now = CHECK_EVERY_S - 0.01
    assert place_of(library) == "built in"
    clock.now = CHECK_EVERY_S
    assert place_of(library) == "places.country new"


def test_only_what_changed_is_made_anew() -> None:
    store, clock, made = MemoryStore(), Clock(), list[str]()

    def lists(sets: Sequence[tuple[ReferenceSet, Content]]) -> Named:
        made.append("lists")
        return Named(sets)

    library = Library(store, Named, lists, clock)
    library.wallets("BTC", "x")
    for number in range(3):
        load(store, "networks.tor", bytes([number]), str(number))
        clock.now += CHECK_EVERY_S
        library.wallets("BTC", "x")
    assert made == ["lists"]
    load(store, "wallets.XBT", b"w")
    clock.now += CHECK_EVERY_S
    assert library.wallets("BTC", "x")[0].list == "wallets.XBT w"
    assert made == ["lists", "lists"]


def test_tags_follow_sets_of_tags_and_lists_and_nothing_else() -> None:
    store, clock = MemoryStore(), Clock()
    library = Library(store, Named, Named, clock, tags=NamedTags)
    made_first = library.tags()
    for number, kind in enumerate(("networks.tor", "places.country", "tags.hacks", "sanctions.UN-SC", "wallets.XBT")):
        load(store, kind, bytes([number]))
        clock.now += CHECK_EVERY_S
        if number == 1:
            assert library.tags() is made_first
    assert library.tags().addresses() == (("sanctions.UN-SC, tags.hacks, wallets.XBT", ""),)


def test_a_library_without_tags_says_so_when_it_is_asked_and_is_well_otherwise() -> None:
    library = Library(MemoryStore(), Named, Named)
    with pytest.raises(UnavailableError, match="without tags"):
        library.tags()
    assert library.refresh() == ()


def test_a_set_that_cannot_be_used_leaves_the_old_one_in_use_and_is_named() -> None:
    store, clock, tried = MemoryStore(), Clock(), list[int]()

    def places(sets: Sequence[tuple[ReferenceSet, Content]]) -> Named:
        tried.append(len(sets))
        if any(content() == b"broken" for _, content in sets):
            raise HabeasError("`places.country` is damaged")
        return Named(sets)

    library = Library(store, places, Named, clock)
    place_of(library)
    load(store, "places.country", b"broken")
    for _ in range(3):
        clock.now += CHECK_EVERY_S
        assert place_of(library) == "built in"
    assert library.refresh() == ("`places.country` is damaged",)
    assert len(tried) == 2
    load(store, "places.country", b"whole", "2")
    assert library.refresh() == ()
    assert place_of(library) == "places.country whole"


def test_a_set_that_could_not_be_used_is_tried_again_a_minute_later() -> None:
    store, clock, is_full = MemoryStore(), Clock(), True

    def places(sets: Sequence[tuple[ReferenceSet, Content]]) -> Named:
        if is_full:
            raise HabeasError("the disk is full")
        return Named(sets)

    library = Library(store, places, Named, clock)
    with pytest.raises(UnavailableError, match="the disk is full"):
        library.place("203.0.113.7")
    is_full = False
    clock.now += RETRY_EVERY_S
    assert place_of(library) == "built in"


def test_without_anything_usable_a_look_up_says_so_and_the_other_works() -> None:
    store = MemoryStore()

    def broken(sets: Sequence[tuple[ReferenceSet, Content]]) -> Named:
        raise RuntimeError("a bug")

    library = Library(store, broken, Named)
    with pytest.raises(UnavailableError, match="a bug"):
        library.place("203.0.113.7")
    assert library.wallets("BTC", "x")[0].list == "built in"


def test_a_store_that_does_not_answer_leaves_what_was_made_in_use() -> None:
    store, clock = MemoryStore(), Clock()
    library = Library(store, Named, Named, clock)
    place_of(library)

    def fail() -> None:
        raise HabeasError("busy")

    store.reading = fail  # type: ignore[method-assign, assignment]
    clock.now += CHECK_EVERY_S
    assert place_of(library) == "built in"


def test_another_process_loads_and_this_one_takes_over(tmp_path: Path) -> None:
    ours, theirs, clock = SqliteStore(tmp_path / "habeas.db"), SqliteStore(tmp_path / "habeas.db"), Clock()
    library = Library(ours, Named, Named, clock)
    assert place_of(library) == "built in"
    load(theirs, "places.country", b"theirs")
    clock.now += CHECK_EVERY_S
    assert place_of(library) == "places.country theirs"
    ours.close()
    theirs.close()


def test_while_one_makes_the_new_one_others_look_up_in_the_old_one_without_waiting() -> None:
    store, clock = MemoryStore(), Clock()
    is_making, may_finish = threading.Event(), threading.Event()

    def places(sets: Sequence[tuple[ReferenceSet, Content]]) -> Named:
        if sets:
            is_making.set()
            may_finish.wait(10)
        return Named(sets)

    library = Library(store, places, Named, clock)
    place_of(library)
    load(store, "places.country", b"new")
    clock.now += CHECK_EVERY_S
    noticing = threading.Thread(target=place_of, args=(library,))
    noticing.start()
    assert is_making.wait(10)
    assert place_of(library) == "built in"
    may_finish.set()
    noticing.join()
    assert place_of(library) == "places.country new"


def test_a_set_that_was_removed_is_no_longer_looked_up_in() -> None:
    store, clock = MemoryStore(), Clock()
    load(store, "sanctions.OFAC-SDN", b"list")
    library = Library(store, Named, Named, clock)
    assert library.wallets("BTC", "x")[0].list == "sanctions.OFAC-SDN list"
    with store.transaction() as work:
        work.remove_reference("sanctions.OFAC-SDN")
    clock.now += CHECK_EVERY_S
    assert library.wallets("BTC", "x")[0].list == "built in"


def test_a_new_date_of_the_same_content_is_noticed() -> None:
    store, clock, days = MemoryStore(), Clock(), list[date | None]()

    def places(sets: Sequence[tuple[ReferenceSet, Content]]) -> Named:
        days.extend(each.as_of for each, _ in sets)
        return Named(sets)

    load(store, "networks.tor", b"x")
    library = Library(store, places, Named, clock)
    place_of(library)
    with store.transaction() as work:
        later = a_reference_set(
            "networks.tor", "2", sha256=b"x".hex(), as_of=date(2026, 1, 1), loaded_at=datetime.now(UTC)
        )
        work.load_reference(later, b"x")
    clock.now += CHECK_EVERY_S
    place_of(library)
    assert days == [date(2024, 5, 3), date(2026, 1, 1)]
