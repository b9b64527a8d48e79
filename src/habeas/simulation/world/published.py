"""Three published rules about impossible travel. Each locks outflow for a day, or until a reviewer frees the account.

- `naive`: two logins in a row that would need more than 900 km/h
- `elastic`: at least 500 km apart, at least 800 km/h, within 90 minutes (Elastic's published form, detection section 2)
- `panther`: more than 900 km/h, where a VPN or relay is neither compared nor compared with (Panther's published rule)
"""

from msgspec import Struct

from habeas.domain.capability import Level
from habeas.domain.place import Place
from habeas.simulation.world.deeds import Cluster, Deed
from habeas.simulation.world.geography import Geography, apart_km
from habeas.simulation.world.guards import NOTHING, Answer, Due, Limit, Matter, Reach

LOCK_H = 24.0
REASON = "ACCOUNT_TAKEOVER"
_SHORTEST_H = 1 / 3600
_HIDDEN = frozenset({"vpn", "tor", "hosting", "relay"})


class TravelRule(Struct, frozen=True):
    """When two logins in a row are impossible travel."""

    name: str
    speed_km_per_h: float
    distance_km: float = 0.0
    within_h: float = float("inf")
    ignores_hidden: bool = False


PUBLISHED: tuple[TravelRule, ...] = (
    TravelRule("naive 900 km/h", 900.0),
    TravelRule("Elastic 500 km, 800 km/h, 90 min", 800.0, distance_km=500.0, within_h=1.5),
    TravelRule("Panther 900 km/h, no VPN baseline", 900.0, ignores_hidden=True),
)


class PublishedGuard:
    """Locks the outflow of an account when a rule says so."""

    def __init__(self, rule: TravelRule, geography: Geography) -> None:
        self.name = rule.name
        self._rule = rule
        self._geography = geography
        self._last: dict[str, tuple[float, Place]] = {}
        self._locks: dict[str, Limit] = {}
        self._count = 0

    def enter(self, cluster: Cluster) -> None:  # noqa: ARG002 - the port's
        """Nobody is known."""
        self._last.clear()
        self._locks.clear()

    def hear(self, deed: Deed) -> Answer:
        """A login may lock; while locked, nothing leaves."""
        lock = self._locks.get(deed.account)
        is_locked = lock is not None and deed.at < lock.ends
        if deed.type == "login.succeeded" and self._is_impossible(deed) and not is_locked:
            return self._lock(deed)
        return Answer(Level.HOLD if is_locked and deed.usd else Level.ALLOW)

    def fire(self, due: Due) -> Answer:  # noqa: ARG002 - the port's
        """A lock ends by time."""
        return NOTHING

    def lift(self, limit: Limit, at: float, *, void: bool) -> Answer:  # noqa: ARG002 - the port's
        """A reviewer frees the account."""
        if limit.ends <= at:
            return NOTHING
        freed = Limit(
            id=limit.id,
            account=limit.account,
            reason=limit.reason,
            signal=limit.signal,
            kind=limit.kind,
            reach=limit.reach,
            begins=limit.begins,
            ends=at,
            is_over=True,
        )
        self._locks[limit.account] = freed
        return Answer(limits=(freed,))

    def find(self, matter: Matter, at: float, *, is_true: bool, reviewer: int) -> Answer:  # noqa: ARG002 - the port's
        """Lifting is all that a reviewer can do."""
        return NOTHING

    def _lock(self, deed: Deed) -> Answer:
        self._count += 1
        lock = Limit(
            id=f"lock-{deed.account}-{self._count}",
            account=deed.account,
            reason=REASON,
            signal=self.name,
            kind="lock",
            reach=frozenset({Reach.OUTFLOW}),
            begins=deed.at,
            ends=deed.at + LOCK_H,
        )
        self._locks[deed.account] = lock
        return Answer(Level.ALLOW, (lock,), (Matter(f"case-{lock.id}", deed.account, "high"),))

    def _is_impossible(self, deed: Deed) -> bool:
        place = self._geography.place(deed.data["ip"])
        if place is None:
            return False
        before = self._last.get(deed.account)
        if self._rule.ignores_hidden and not _HIDDEN.isdisjoint(place.tags):
            return False
        self._last[deed.account] = deed.at, place
        return before is not None and self._is_too_fast(before, deed.at, place)

    def _is_too_fast(self, before: tuple[float, Place], at: float, place: Place) -> bool:
        then, there = before
        km = apart_km((there.latitude, there.longitude), (place.latitude, place.longitude))
        hours = max(at - then, _SHORTEST_H)
        rule = self._rule
        return km > rule.distance_km and hours <= rule.within_h and km / hours > rule.speed_km_per_h
