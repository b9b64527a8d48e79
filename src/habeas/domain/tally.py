"""What an account remembers for a velocity feature: a count, a sum or different values in a sliding window, in few bytes.

A window is divided into buckets. The bucket of now and the ones before it are kept as far as all of them lie inside the
window, so that what is counted is never older than the window, and may miss up to a twelfth of it at its old end. Different
values are kept one by one, the newest VALUES_MAX of them; more than that count as that many.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

BUCKETS = 12
VALUES_MAX = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Measure(StrEnum):
    """What of the events in a window is measured."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"


class Tally(Struct, frozen=True, array_like=True):
    """The entries of one feature, oldest first: (bucket, count or sum in it), or (bucket last seen in, digest of the value).

    `feature` is a digest of the feature's definition: a feature that is defined anew begins anew.
    """

    feature: str
    entries: tuple[tuple[int, int | float], ...] = ()


def tallied(tally: Tally, measure: Measure, within_for: timedelta, at: datetime, value: float | str) -> Tally:
    """The tally with one more event in it. `value` is 1 for a count, an amount for a sum, a text to tell apart."""
    bucket = _bucket(at, within_for)
    kept = _inside(tally, bucket)
    if measure is Measure.DISTINCT:
        name = _digest(str(value))
        others = tuple(entry for entry in kept if entry[1] != name)
        return replace(tally, entries=(*others, (bucket, name))[-VALUES_MAX:])
    amount = value if isinstance(value, int | float) else 0
    if kept and kept[-1][0] == bucket:
        return replace(tally, entries=(*kept[:-1], (bucket, kept[-1][1] + amount)))
    return replace(tally, entries=(*kept, (bucket, amount)))


def measured(tally: Tally, measure: Measure, within_for: timedelta, at: datetime) -> int | float:
    """What the tally amounts to at an instant: an integer for a count or different values, a decimal number for a sum."""
    kept = _inside(tally, _bucket(at, within_for))
    match measure:
        case Measure.COUNT:
            return int(sum(entry[1] for entry in kept))
        case Measure.SUM:
            return float(sum(entry[1] for entry in kept))
        case Measure.DISTINCT:
            return len(kept)


def _bucket(at: datetime, within_for: timedelta) -> int:
    return (at - _EPOCH) * BUCKETS // within_for


def _inside(tally: Tally, bucket: int) -> tuple[tuple[int, int | float], ...]:
    return tuple(entry for entry in tally.entries if entry[0] > bucket - BUCKETS)


def _digest(value: str) -> int:
    return int.from_bytes(blake2b(value.encode(), digest_size=4).digest())
