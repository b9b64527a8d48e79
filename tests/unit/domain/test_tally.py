"""What a velocity feature remembers: against an exact model that keeps every event."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.tally import BUCKETS, VALUES_MAX, Measure, Tally, measured, tallied
from tests.builders import NOON
from tests.properties.canary import catches
from tests.stories import span

DAY = span("24h")
Counts = Callable[[Tally, Measure, timedelta, int], float]

events = st.lists(st.tuples(st.integers(0, 6 * 3600), st.integers(0, 20)), max_size=40)
"""Seconds since the event before, and an amount."""


def check_against_all_events(told: list[tuple[int, int]], measure: Measure, tally_of: object = tallied) -> None:
    """What is measured lies between what is in eleven twelfths of the window and what is in all of it."""
    assert callable(tally_of)
    tally, now = Tally("f"), NOON
    history = []
    for seconds, amount in told:
        now += timedelta(seconds=seconds)
        value = {Measure.COUNT: 1, Measure.SUM: amount, Measure.DISTINCT: str(amount)}[measure]
        tally = tally_of(tally, measure, DAY, now, value)
        history.append((now, amount))
        assert len(tally.entries) <= max(BUCKETS, VALUES_MAX)
        least, most = (
            _exact([a for at, a in history if now - at <= within], measure) for within in (DAY - DAY / BUCKETS, DAY)
        )
        assert least <= measured(tally, measure, DAY, now) <= most


def _exact(amounts: list[int], measure: Measure) -> float:
    match measure:
        case Measure.COUNT:
            return len(amounts)
        case Measure.SUM:
            return sum(amounts)
        case Measure.DISTINCT:
            return min(VALUES_MAX, len(set(amounts)))


@given(events, st.sampled_from(Measure))
def test_never_older_than_the_window_and_never_misses_more_than_a_twelfth(
    told: list[tuple[int, int]], measure: Measure
) -> None:
    check_against_all_events(told, measure)


def _forgets_nothing(tally: Tally, measure: Measure, within_for: timedelta, at: object, value: float | str) -> Tally:
    """A tally in which what is too old is counted on."""
    return tallied(replace(tally, entries=tuple((10**9, e[1]) for e in tally.entries)), measure, DAY, NOON, value)


def _forgets_early(tally: Tally, measure: Measure, within_for: timedelta, at: object, value: float | str) -> Tally:
    """A tally that keeps the last entry only."""
    assert isinstance(at, type(NOON))
    return tallied(replace(tally, entries=tally.entries[-1:]), measure, within_for, at, value)


def test_the_check_finds_tallies_that_forget_wrongly() -> None:
    for broken in (_forgets_nothing, _forgets_early):

        def check(told: list[tuple[int, int]], measure: Measure, broken: object = broken) -> None:
            check_against_all_events(told, measure, broken)

        assert catches(check, events, st.sampled_from(Measure))


def test_more_different_values_than_are_kept_count_as_that_many() -> None:
    tally = Tally("f")
    for number in range(VALUES_MAX + 5):
        tally = tallied(tally, Measure.DISTINCT, DAY, NOON, f"address-{number}")
    assert measured(tally, Measure.DISTINCT, DAY, NOON) == VALUES_MAX


def test_the_same_value_again_counts_once_and_from_its_last_time() -> None:
    tally = tallied(Tally("f"), Measure.DISTINCT, DAY, NOON, "a")
    tally = tallied(tally, Measure.DISTINCT, DAY, NOON + span("20h"), "a")
    assert measured(tally, Measure.DISTINCT, DAY, NOON + span("20h")) == 1
    assert measured(tally, Measure.DISTINCT, DAY, NOON + span("40h")) == 1
    assert measured(tally, Measure.DISTINCT, DAY, NOON + span("45h")) == 0


def test_a_tally_that_nothing_was_added_to_measures_nothing() -> None:
    assert [measured(Tally("f"), measure, DAY, NOON) for measure in Measure] == [0, 0.0, 0]
