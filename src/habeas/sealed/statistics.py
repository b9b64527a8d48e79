"""Numbers about orders, in bands of five: small counts would tell of single people."""

from collections.abc import Iterable
from datetime import date, datetime
from statistics import median

from msgspec import Struct

from habeas.sealed.order import Order, State
from habeas.service.casework import SMALL
from habeas.service.regulator import Cell, band, cells


class Statistics(Struct, frozen=True, kw_only=True):
    """What may be published about the orders that were received in a period, the last day not included."""

    from_day: date
    to_day: date
    orders: str
    targets: str
    cleared: str
    """Targets released because they turned out not to be involved (row A023)."""
    cleared_after_hours: int | None
    """The median time for which they were limited; None where fewer than five were."""
    tables: dict[str, tuple[Cell, ...]]


def statistics(orders: Iterable[Order], from_day: date, to_day: date) -> Statistics:
    """Count the orders of a period."""
    found = [o for o in orders if from_day <= o.received_at.date() < to_day]
    targets = [t for o in found for t in o.targets]
    cleared = [t for t in targets if t.is_cleared]
    lengths = [_hours(t.held_at, t.released_at) for t in cleared]
    return Statistics(
        from_day=from_day,
        to_day=to_day,
        orders=band(len(found)),
        targets=band(len(targets)),
        cleared=band(len(cleared)),
        cleared_after_hours=round(median(lengths)) if len(lengths) >= SMALL else None,
        tables={
            "type": tuple(cells([t for o in found for t in o.letter.types])),
            "agency": tuple(cells([o.letter.authorisation.agency for o in found])),
            "outcome": tuple(cells([_outcome(o) for o in found])),
            "gag": tuple(cells([o.letter.authorisation.gag.force for o in found])),
        },
    )


def _outcome(order: Order) -> str:
    return f"{order.state} ({order.code})" if order.state in (State.REJECTED, State.RETURNED) else order.state


def _hours(start: datetime | None, end: datetime | None) -> float:
    return (end - start).total_seconds() / 3600 if start is not None and end is not None else 0.0
