"""A limit: one stretch of a restriction's life, with all that a verdict needs of it and nothing that says why it stands."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from habeas.domain.account import AccountState, Life
from habeas.domain.capability import Level
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import HeldAmount, Restriction, Scope, phases

MAIN_LINE_MAX = 4
"""How many levels of main accounts are followed."""


class Limit(Struct, frozen=True, omit_defaults=True, gc=False):
    """What limits an account from an instant on, up to another (exclusive; None: open), because of one restriction.

    `held` is for scope `amount`, `cool_off_for` for scope `new_destinations`. `generation` is the restriction's.
    """

    id: RestrictionId
    kind: Kind
    scope: Scope
    from_at: datetime
    until_at: datetime | None = None
    held: HeldAmount | None = None
    cool_off_for: timedelta | None = None
    generation: int = 0

    def is_in_force(self, at: datetime) -> bool:
        """Whether an instant lies in this stretch."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


class AccountLimits(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything of one account that its verdicts rest on, as far as a gateway may know it: no reason, no evidence, no words.

    `unknown_outflow` is set while nothing has shown that there is such an account. `permits_until` is the last instant at
    which an assisted withdrawal that two people signed may be let through; which one that is, is not told here.
    """

    account: AccountId
    limits: tuple[Limit, ...] = ()
    life: Life = Life.ACTIVE
    parents: tuple[AccountId, ...] = ()
    """Its main account, then former ones."""
    is_unreadable: bool = False
    unknown_outflow: Level | None = None
    permits_until: datetime | None = None

    @property
    def is_free(self) -> bool:
        """Whether nothing stands on it and it follows nobody, so that a gate need not know it."""
        return not (self.limits or self.parents or self.is_unreadable) and self.life is Life.ACTIVE


def limits_of(restriction: Restriction) -> Iterator[Limit]:
    """The stretches of a restriction, what it falls back to included."""
    for phase in phases(restriction):
        yield Limit(
            restriction.id,
            phase.kind,
            phase.scope,
            phase.from_at,
            phase.until_at,
            restriction.held if phase.scope is Scope.AMOUNT else None,
            restriction.cool_off_for if phase.scope is Scope.NEW_DESTINATIONS else None,
            restriction.generation,
        )


def limits_on(state: AccountState, unknown_outflow: Level) -> AccountLimits:
    """What a gateway may know of an account. `unknown_outflow` is what the playbook says for one that nobody knows."""
    return AccountLimits(
        account=state.account,
        limits=tuple(limit for restriction in state.restrictions for limit in limits_of(restriction)),
        life=state.life,
        parents=state.parents,
        is_unreadable=bool(state.unreadable),
        unknown_outflow=None if state.is_known else unknown_outflow,
        permits_until=max((permit.until_at for permit in state.permits if permit.signed_by is not None), default=None),
    )


def is_limited(state: AccountState) -> bool:
    """Whether a gate must know this account, by its state: anything stands on it, or it follows a main account."""
    return bool(state.restrictions or state.parents or state.unreadable) or state.life is not Life.ACTIVE


def are_limited_alike(one: AccountState, other: AccountState) -> bool:
    """Whether two states of an account give the same verdicts, as far as that shows without working them out."""
    return (
        one.restrictions == other.restrictions
        and one.parents == other.parents
        and one.life is other.life
        and one.permits == other.permits
        and one.unreadable == other.unreadable
        and (one.is_known is other.is_known or not is_limited(other))
    )


def main_line(
    parents: Iterable[AccountId], parents_of: Callable[[AccountId], Iterable[AccountId]]
) -> tuple[AccountId, ...]:
    """Main accounts and their own main accounts: an account under a sub-account follows the top one too."""
    line: dict[AccountId, None] = dict.fromkeys(parents)
    rising = list(line)
    for _ in range(MAIN_LINE_MAX):
        rising = [parent for main in rising for parent in parents_of(main) if parent not in line]
        line |= dict.fromkeys(rising)
    return tuple(line)
