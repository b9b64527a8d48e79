"""Duty calendars: when people are there to answer for a queue, so that a time that was promised is one that can be kept."""

from datetime import datetime, time, timedelta, timezone
from enum import IntEnum

from msgspec import Struct


class Day(IntEnum):
    """Days of the week, as Python counts them."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


class Duty(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When people are on duty for a queue: days and hours in a fixed offset from UTC."""

    days: tuple[str, ...]
    """`mon` to `sun`."""
    from_hour: int
    to_hour: int
    """Exclusive; 24 is midnight."""
    utc_offset_hours: int = 0

    def faults(self) -> tuple[str, ...]:
        """What is wrong with it, in words."""
        found = [
            f"`{day}` is no day; write mon, tue, wed, thu, fri, sat or sun"
            for day in self.days
            if day.upper() not in Day.__members__
        ]
        if not self.days:
            found.append("nobody is ever on duty: name `days`")
        if not 0 <= self.from_hour < self.to_hour <= 24:
            found.append("`from_hour` must be before `to_hour`, both from 0 to 24")
        return tuple(found)


def due_after(duty: Duty | None, at: datetime, length: timedelta) -> datetime:
    """The instant at which so much duty time has gone by since another. Without a calendar somebody is always there."""
    if duty is None:
        return at + length
    zone = timezone(timedelta(hours=duty.utc_offset_hours))
    days = {Day[day.upper()] for day in duty.days}
    now, left = at.astimezone(zone), length
    while True:
        midnight = datetime.combine(now.date(), time(), zone)
        begins, ends = midnight + timedelta(hours=duty.from_hour), midnight + timedelta(hours=duty.to_hour)
        if now.weekday() in days and now < ends:
            now = max(now, begins)
            if left <= ends - now:
                return (now + left).astimezone(at.tzinfo)
            left -= ends - now
        now = midnight + timedelta(days=1)
