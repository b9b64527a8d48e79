"""What a world is played against: anything that hears deeds and answers how far they may go. And the two extremes."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from habeas.domain.capability import Level
from habeas.simulation.world.deeds import FOREVER, Cluster, Deed


class Reach(StrEnum):
    """What a limit reaches at HOLD or DENY; `step_up` is a limit that only asks for a proof."""

    OUTFLOW = "outflow"
    DESTINATIONS = "destinations"
    """Outflow to new destinations only."""
    LOGIN = "login"
    TRADE = "trade"
    AMOUNT = "amount"
    """One amount of one asset; the rest of the account is free."""
    STEP_UP = "step_up"


LOCKING = frozenset({Reach.OUTFLOW, Reach.DESTINATIONS, Reach.LOGIN, Reach.TRADE})
"""What counts as being locked. A hold on new destinations counts in full, although known ones are free."""

HOLDING = frozenset({Reach.OUTFLOW, Reach.DESTINATIONS})
"""What counts as a withdrawal hold."""


class Limit(Struct, frozen=True, kw_only=True):
    """One restriction as it is counted: hours of the world, `ends` as known now, `signal` that it was placed for."""

    id: str
    account: str
    reason: str
    signal: str
    kind: str
    reach: frozenset[Reach]
    begins: float
    ends: float = FOREVER
    is_over: bool = False
    is_automated: bool = True
    is_looked_at: bool = True
    """Whether it has an end, or a date at which somebody looks again."""
    held_usd: float = 0.0


class Matter(Struct, frozen=True):
    """A case for reviewers. `is_match`: a hit on a sanctions list, which two people decide."""

    id: str
    account: str
    priority: str
    is_match: bool = False


class Due(Struct, frozen=True):
    """When to look at a limit again."""

    at: float
    account: str
    limit: str
    generation: int


class Ask(Struct, frozen=True):
    """Documents that the owner is asked for."""

    account: str
    reason: str
    id: str


class Answer(Struct, frozen=True):
    """What a guard says and does about one deed: the level of what was asked for, and everything that changed."""

    level: Level | None = None
    limits: tuple[Limit, ...] = ()
    matters: tuple[Matter, ...] = ()
    dues: tuple[Due, ...] = ()
    asks: tuple[Ask, ...] = ()


NOTHING = Answer()


class Guard(Protocol):
    """One set of rules under test. It sees what an exchange sees, and no label."""

    name: str

    def enter(self, cluster: Cluster) -> None:
        """A new cluster begins: forget everything, and learn which accounts there are."""

    def hear(self, deed: Deed) -> Answer:
        """Something is done or asked for."""

    def fire(self, due: Due) -> Answer:
        """The time to look at a limit again has come."""

    def lift(self, limit: Limit, at: float, *, void: bool) -> Answer:
        """A reviewer ends a limit; `void` from the start."""

    def find(self, matter: Matter, at: float, *, is_true: bool, reviewer: int) -> Answer:
        """A reviewer says what a case is about; for a match whether it is true."""


class Open:
    """Nothing is ever held: what is at stake is lost."""

    name = "nothing"

    def enter(self, cluster: Cluster) -> None:
        """Nothing to learn."""

    def hear(self, deed: Deed) -> Answer:  # noqa: ARG002 - the port's
        """Everything is allowed."""
        return Answer(Level.ALLOW)

    def fire(self, due: Due) -> Answer:  # noqa: ARG002 - the port's
        """Nothing is due."""
        return NOTHING

    def lift(self, limit: Limit, at: float, *, void: bool) -> Answer:  # noqa: ARG002 - the port's
        """Nothing stands."""
        return NOTHING

    def find(self, matter: Matter, at: float, *, is_true: bool, reviewer: int) -> Answer:  # noqa: ARG002 - the port's
        """Nothing is open."""
        return NOTHING


class Closed(Open):
    """The outflow of everybody is held, always: nothing is lost, and nobody can do anything."""

    name = "lock everything"

    def enter(self, cluster: Cluster) -> None:  # noqa: ARG002 - the port's
        """Every account is held from its first deed on."""
        self._known: set[str] = set()

    def hear(self, deed: Deed) -> Answer:
        """Outflow is held."""
        begun: tuple[Limit, ...] = ()
        if deed.account not in self._known:
            self._known.add(deed.account)
            begun = (
                Limit(
                    id=f"closed-{deed.account}",
                    account=deed.account,
                    reason="EVERYTHING",
                    signal="everything",
                    kind="hold",
                    reach=frozenset({Reach.OUTFLOW}),
                    begins=deed.at,
                ),
            )
        return Answer(Level.HOLD if deed.usd else Level.ALLOW, begun)
