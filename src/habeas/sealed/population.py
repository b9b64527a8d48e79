"""Whether the class of reviews is large and mixed enough to hide what law keeps secret (model 5.5).

Reviews are never placed to fill it: where it is too small or too much of it is secret, the desk and counsel are told.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from habeas.sealed import gag
from habeas.sealed.order import Order
from habeas.sealed.review import Review

WINDOW = timedelta(days=30)
ORDINARY_MIN = 20
SHARE_MAX = 0.2


class Population(Struct, frozen=True, kw_only=True):
    """The class in the window up to an instant: who was limited in it for any time. `share` is None for an empty class."""

    ordinary: int
    secret: int

    @property
    def share(self) -> float | None:
        members = self.ordinary + self.secret
        return self.secret / members if members else None

    @property
    def alarm(self) -> str | None:
        """What is wrong with it; None where nothing is, or where there is nothing to hide."""
        if not self.secret or self.share is None:
            return None
        if self.ordinary < ORDINARY_MIN:
            return f"the class has {self.ordinary} ordinary reviews, at least {ORDINARY_MIN} are needed"
        if self.share > SHARE_MAX:
            return f"{self.share:.0%} of the class is secret, at most {SHARE_MAX:.0%} may be"
        return None


def population(orders: Iterable[Order], reviews: Iterable[Review], now: datetime) -> Population:
    """Count the accounts in the class. One order or review counts once an account."""
    since = now - WINDOW
    secret = {
        (o.id, t.account)
        for o in orders
        if o.disclosure in gag.COVERED
        for t in o.targets
        if t.held_at is not None and (t.released_at is None or t.released_at >= since)
    }
    ordinary = {r.id for r in reviews if r.restriction is not None and (r.is_open or (r.ends_at or now) >= since)}
    return Population(ordinary=len(ordinary), secret=len(secret))
