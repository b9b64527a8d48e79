"""Whatever versions of a set come and go: what was answered at any instant is answered so as of it for ever."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.tag import Tag, TagOrigin
from habeas.reference.tags.history import standing, succeeded
from tests.properties.canary import catches
from tests.unit.reference.tags.packs import a_tag

Succeeded = Callable[[Iterable[Tag], Iterable[Tag], datetime], Sequence[Tag]]
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STATEMENTS = [
    a_tag(address=address, confidence=confidence, origin=origin)
    for address in ("a", "b")
    for confidence in (20, 50)
    for origin in (TagOrigin.PUBLISHED, TagOrigin.SANCTION)
]
versions = st.lists(st.lists(st.sampled_from(STATEMENTS), unique=True), min_size=1, max_size=6)


def answers(tags: Iterable[Tag], moved_at: datetime, known_at: datetime) -> set[tuple[str, int, TagOrigin, str]]:
    return {(tag.address, tag.confidence, tag.origin, tag.source) for tag in tags if tag.holds(moved_at, known_at)}


def check(succeed: Succeeded, published: list[list[Tag]]) -> None:
    """A version is loaded each day. Asked on any day of any day before, the last history says what that day's said."""
    histories: list[Sequence[Tag]] = []
    for day, version in enumerate(published):
        said = [replace(tag, source=f"p@{day}") for tag in version]
        histories.append(succeed(histories[-1] if histories else (), said, START + day * DAY))
    for asked, history in enumerate(histories):
        for known_at in (START + asked * DAY, START + (asked + 1) * DAY - timedelta(seconds=1)):
            for moved in range(-1, asked + 1):
                moved_at = START + moved * DAY
                assert answers(histories[-1], moved_at, known_at) == answers(history, moved_at, known_at)


@given(versions)
def test_what_was_answered_is_answered_so_as_of_then_for_ever(published: list[list[Tag]]) -> None:
    check(succeeded, published)


@given(versions)
def test_the_version_that_was_loaded_last_is_what_stands(published: list[list[Tag]]) -> None:
    history: Sequence[Tag] = ()
    for day, version in enumerate(published):
        at = START + day * DAY
        history = succeeded(history, version, at)
        assert {replace(tag, known_from=None) for tag in standing(history, at)} == set(version)
        assert len(list(standing(history, at))) == len(version)
        assert succeeded(history, version, at + timedelta(hours=1)) == history


def forgets(before: Iterable[Tag], after: Iterable[Tag], at: datetime) -> Sequence[Tag]:
    """What is no longer said vanishes."""
    return tuple(tag for tag in succeeded(before, after, at) if tag in set(standing([tag], at)))


def knows_anew(before: Iterable[Tag], after: Iterable[Tag], at: datetime) -> Sequence[Tag]:
    """Every load begins everything again."""
    return tuple(replace(tag, known_from=at) for tag in after)


def knew_always(before: Iterable[Tag], after: Iterable[Tag], at: datetime) -> Sequence[Tag]:
    """What is new was known before."""
    known = {tag.address for tag in before}
    return tuple(tag if tag.address in known else replace(tag, known_from=None) for tag in succeeded(before, after, at))


def test_histories_that_forget_are_caught() -> None:
    for broken in (forgets, knows_anew, knew_always):
        assert catches(lambda published, broken=broken: check(broken, published), versions)
