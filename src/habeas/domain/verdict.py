"""May this account do this now? The reference composition: every other way to answer must agree with this one.

The answer is the join of what stands: the account's own restrictions, its main account's, those of the request's IP, its
life, and the two safety rules (an account nobody knows, a record nobody can read). See model 5.1 and 5.3.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.account import Life
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, OUTFLOW, Capability, Level, join
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import HELD_BY_LAW_KINDS, LEVELS
from habeas.domain.limit import Limit, limits_of
from habeas.domain.permit import Permit
from habeas.domain.restriction import HeldAmount, Restriction, Scope

DESTINATION_CAPABILITIES = OUTFLOW
"""What a hold on new destinations holds."""

AMOUNT_CAPABILITIES = OUTFLOW | {Capability.TRANSFER_OWN, Capability.PLACE_ORDER}
"""What a held amount holds: whatever moves or sells the asset. An order must say which asset it sells."""

_LIFE_ALLOWS = {
    Life.DEACTIVATED: FLOOR
    | {
        Capability.LOGIN,
        Capability.VIEW,
        Capability.WITHDRAW_CRYPTO,
        Capability.WITHDRAW_FIAT,
        Capability.CANCEL_ORDER,
        Capability.CLOSE_POSITION,
    },
    Life.RETAINED: FLOOR,
    Life.PURGED: FLOOR,
}
_ASSISTED_WITHDRAWAL = {Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT}


def life_level(life: Life, capability: Capability) -> Level:
    """How far the life of an account limits a capability (model X12). A retained account withdraws with assistance."""
    if life is Life.ACTIVE or capability in _LIFE_ALLOWS[life]:
        return Level.ALLOW
    if life is Life.RETAINED and capability in _ASSISTED_WITHDRAWAL:
        return Level.HOLD
    return Level.DENY


class Request(Struct, frozen=True, omit_defaults=True):
    """A question about one account. What a restriction in force needs and the question leaves out counts as unknown."""

    capability: Capability
    at: datetime
    ip: str | None = None
    channel: str | None = None
    stage: str = "request"
    asset: str | None = None
    amount: Decimal | None = None
    balance: Decimal | None = None
    destination: str | None = None
    destination_known_since: datetime | None = None


class Standing(Struct, frozen=True, omit_defaults=True):
    """Everything that stands on an account when somebody asks.

    `restrictions` holds its own and its main accounts' restrictions and those of the request's IP; whoever knows no
    restrictions, but what they say, gives `limits` instead. `lives` holds its own life and its main accounts'.
    `unknown_outflow` is what an account nobody knows may do with outflow.
    """

    account: AccountId
    restrictions: tuple[Restriction, ...] = ()
    lives: tuple[Life, ...] = ()
    is_known: bool = True
    is_unreadable: bool = False
    unknown_outflow: Level = Level.HOLD
    fresh_as_of: datetime | None = None
    permits: tuple[Permit, ...] = ()
    """Assisted withdrawals that two people let through."""
    limits: tuple[Limit, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing stands at all, as on nearly every account: then everything is allowed, at any time."""
        return (
            not self.restrictions
            and not self.limits
            and self.is_known
            and not self.is_unreadable
            and all(life is Life.ACTIVE for life in self.lives)
        )


class Verdict(Struct, frozen=True):
    """The answer. It holds until `until` (None: no instant is known at which it changes).

    `determining` names the restrictions that set the level; `statement` is where the words for the user are.
    """

    account: AccountId
    capability: Capability
    level: Level
    until: datetime | None
    determining: tuple[RestrictionId, ...]
    statement: str | None
    fresh_as_of: datetime | None


def evaluate(standing: Standing, request: Request) -> Verdict:
    """The verdict on one request, from what stands."""
    if standing.restrictions:  # What they say is worked out once, and not at each instant at which it could change.
        standing = replace(standing, limits=tuple(limits(standing)), restrictions=())
    level, determining = level_at(standing, request, request.at)
    return Verdict(
        account=standing.account,
        capability=request.capability,
        level=level,
        until=None if standing.is_free else _next_change(standing, request, level),
        determining=determining,
        statement=None if level is Level.ALLOW else statement_path(standing.account),
        fresh_as_of=standing.fresh_as_of,
    )


def statement_path(account: AccountId) -> str:
    """Where the words for the user of an account are."""
    return f"/v1/accounts/{account}/statement"


def level_at(standing: Standing, request: Request, at: datetime) -> tuple[Level, tuple[RestrictionId, ...]]:
    """The level at an instant, and the restrictions that determine it."""
    if standing.is_free:
        return Level.ALLOW, ()
    return _joined(standing, _in_force(standing, at), request, at)


def _joined(
    standing: Standing, in_force: list[Limit], request: Request, at: datetime
) -> tuple[Level, tuple[RestrictionId, ...]]:
    """The level where what is in force at the instant is known."""
    held = _held(request.asset, in_force)
    if permit_for(standing, request, at) is not None:
        # What two people let through is not stopped by what they knew of; what law holds and held amounts are.
        in_force = [limit for limit in in_force if not _is_waived(limit)]
        standing = replace(standing, lives=tuple(life for life in standing.lives if life is not Life.RETAINED))
    said = [(_level(limit, request, held, at), limit.id) for limit in in_force]
    level = join([*(each for each, _ in said), _base_level(standing, request.capability)])
    if level is Level.ALLOW:
        return level, ()
    return level, tuple(dict.fromkeys(id_ for each, id_ in said if each is level))


def limits(standing: Standing) -> Iterator[Limit]:
    """Everything that limits at some time, whatever it is known by."""
    yield from standing.limits
    for restriction in standing.restrictions:
        yield from limits_of(restriction)


def permit_for(standing: Standing, request: Request, at: datetime) -> Permit | None:
    """The permit by which a request is the withdrawal that two people let through, if there is one."""
    asked = (request.capability, request.asset, request.amount, request.destination, at, request.stage)
    return next((permit for permit in standing.permits if permit.covers(*asked)), None)


def _in_force(standing: Standing, at: datetime) -> list[Limit]:
    return [limit for limit in limits(standing) if limit.is_in_force(at)]


def _is_waived(limit: Limit) -> bool:
    return limit.kind not in HELD_BY_LAW_KINDS and limit.scope not in (Scope.AMOUNT, Scope.REQUEST_IP)


def effective_levels(standing: Standing, at: datetime) -> dict[Capability, Level]:
    """The level of every capability at an instant, for a request that says nothing more: what a person can count on."""
    if standing.is_free:
        return dict.fromkeys(ACCOUNT_CAPABILITIES, Level.ALLOW)
    in_force = _in_force(standing, at)
    return {c: _joined(standing, in_force, Request(c, at), at)[0] for c in ACCOUNT_CAPABILITIES}


def _base_level(standing: Standing, capability: Capability) -> Level:
    levels = [life_level(life, capability) for life in standing.lives]
    if standing.is_unreadable and capability not in FLOOR:
        levels.append(Level.DENY)
    if not standing.is_known and capability in OUTFLOW:
        levels.append(standing.unknown_outflow)
    return join(levels)


def _level(limit: Limit, request: Request, held: Decimal, at: datetime) -> Level:
    """What one limit says about one request: the table for whole-account scopes, its own rule for the others."""
    match limit.scope:
        case Scope.ACCOUNT | Scope.HOLDER | Scope.REQUEST_IP:
            return LEVELS[limit.kind][request.capability]
        case Scope.NEW_DESTINATIONS:
            return _new_destination_level(limit, request, at)
        case Scope.AMOUNT:
            return _amount_level(limit, request, held)


def _held(asset: str | None, in_force: list[Limit]) -> Decimal:
    """How much of an asset is held in all."""
    holds = (limit.held for limit in in_force if limit.held is not None and _is_asset(asset, limit.held))
    return sum((hold.amount for hold in holds), start=Decimal(0))


def _is_asset(asset: str | None, held: HeldAmount) -> bool:
    # However the caller spells it: a held coin must not be sold by writing it in small letters.
    return asset is not None and asset.upper() == held.asset.upper()


def _amount_level(limit: Limit, request: Request, held: Decimal) -> Level:
    """What a held amount says: the asset may leave, or be sold, as far as what remains covers all that is held of it.

    Other assets are untouched. What cannot be told because the question leaves it out is held.
    """
    if request.capability not in AMOUNT_CAPABILITIES:
        return Level.ALLOW
    if request.asset is None or limit.held is None:
        return Level.HOLD
    if not _is_asset(request.asset, limit.held):
        return Level.ALLOW
    if request.amount is None or request.balance is None:
        return Level.HOLD
    return Level.ALLOW if request.amount <= request.balance - held else Level.HOLD


def _new_destination_level(limit: Limit, request: Request, at: datetime) -> Level:
    if request.capability not in DESTINATION_CAPABILITIES:
        return Level.ALLOW
    matures_at = _destination_matures_at(limit, request)
    return Level.ALLOW if matures_at is not None and matures_at <= at else Level.HOLD


def _destination_matures_at(limit: Limit, request: Request) -> datetime | None:
    """When the request's destination has been known for the whole cool-off; None if that cannot be told."""
    if request.destination is None or request.destination_known_since is None or limit.cool_off_for is None:
        return None
    return request.destination_known_since + limit.cool_off_for


def _next_change(standing: Standing, request: Request, level: Level) -> datetime | None:
    """The first instant after the request at which, by what is recorded, the level differs."""
    for instant in change_instants(standing, request):
        if level_at(standing, request, instant)[0] is not level:
            return instant
    return None


def change_instants(standing: Standing, request: Request) -> list[datetime]:
    """Every later instant at which the answer to this request could change, in order."""
    instants: set[datetime] = set()
    for limit in limits(standing):
        instants.add(limit.from_at)
        if limit.until_at is not None:
            instants.add(limit.until_at)
        if limit.scope is Scope.NEW_DESTINATIONS:
            matures_at = _destination_matures_at(limit, request)
            if matures_at is not None:
                instants.add(matures_at)
    return sorted(instant for instant in instants if instant > request.at)
