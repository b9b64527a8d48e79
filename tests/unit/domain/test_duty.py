"""Times that are due are counted in the hours in which people are there."""

from datetime import UTC, datetime, timedelta

import pytest

from habeas.domain.duty import Duty, due_after

OFFICE = Duty(days=("mon", "tue", "wed", "thu", "fri"), from_hour=8, to_hour=18)
FRIDAY_NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "hours", "due"),
    [
        (FRIDAY_NOON, 4, datetime(2026, 3, 6, 16, tzinfo=UTC)),
        (FRIDAY_NOON, 6, datetime(2026, 3, 6, 18, tzinfo=UTC)),
        (FRIDAY_NOON, 8, datetime(2026, 3, 9, 10, tzinfo=UTC)),
        (FRIDAY_NOON, 24, datetime(2026, 3, 10, 16, tzinfo=UTC)),
        (datetime(2026, 3, 7, 3, tzinfo=UTC), 1, datetime(2026, 3, 9, 9, tzinfo=UTC)),
        (datetime(2026, 3, 9, 5, tzinfo=UTC), 1, datetime(2026, 3, 9, 9, tzinfo=UTC)),
        (datetime(2026, 3, 9, 20, tzinfo=UTC), 1, datetime(2026, 3, 10, 9, tzinfo=UTC)),
    ],
)
def test_only_hours_on_duty_count(at: datetime, hours: int, due: datetime) -> None:
    assert due_after(OFFICE, at, timedelta(hours=hours)) == due


def test_an_office_elsewhere_keeps_its_own_hours() -> None:
    tokyo = Duty(days=OFFICE.days, from_hour=9, to_hour=17, utc_offset_hours=9)
    assert due_after(tokyo, FRIDAY_NOON, timedelta(hours=1)) == datetime(2026, 3, 9, 1, tzinfo=UTC)


def test_without_a_calendar_somebody_is_always_there() -> None:
    assert due_after(None, FRIDAY_NOON, timedelta(hours=100)) == FRIDAY_NOON + timedelta(hours=100)


@pytest.mark.parametrize(
    ("duty", "words"),
    [
        (Duty(days=("monday",), from_hour=8, to_hour=18), "is no day"),
        (Duty(days=(), from_hour=8, to_hour=18), "nobody is ever on duty"),
        (Duty(days=("mon",), from_hour=18, to_hour=8), "must be before"),
    ],
)
def test_a_calendar_that_nobody_can_keep_is_refused(duty: Duty, words: str) -> None:
    assert words in "; ".join(duty.faults())
