"""May this account do this? From the replica, as the reference would say it (`domain.verdict`), or not at all.

What only the record knows is left to the reference: an account of which the replica cannot tell whether anybody knows it, a
destination that the account may remember, a permit, the past, and limits of a request where nobody here can look them up.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from ipaddress import ip_address
from typing import Any

from msgspec.structs import replace

from habeas.domain.capability import FLOOR, OUTFLOW, Capability, Level
from habeas.domain.errors import BadInputError, HabeasError
from habeas.domain.ids import AccountId
from habeas.domain.limit import Limit
from habeas.domain.permit import ASSISTED
from habeas.domain.verdict import Request, Verdict, evaluate, statement_path
from habeas.gate.entry import FREE, LEVEL_BITS, SHIFTS, Entry, read
from habeas.gate.replica import Replica

RequestLimits = Callable[[AccountId, Request], tuple[Limit, ...]]
"""What limits one request because of its IP address, or of the wallet that it sends to. Exact, or it raises."""

PAST_FOR = timedelta(seconds=5)
"""A question about an instant that lies further back than this is about the past, of which the replica knows nothing."""

KNOWN_MAX = 200_000
"""How many accounts are remembered of which the reference has said that they are known."""

HARMLESS = FLOOR | {Capability.VIEW, Capability.CANCEL_ORDER}
"""What is allowed while nothing is known yet: it harms nobody."""

_NAMES: dict[str, tuple[Capability, int, bool]] = {c: (c, SHIFTS[c], c in OUTFLOW) for c in Capability}
_CONTEXT: dict[str, type] = {
    "ip": str,
    "channel": str,
    "stage": str,
    "asset": str,
    "amount": Decimal,
    "balance": Decimal,
    "destination": str,
    "destination_known_since": datetime,
}


utc_now = partial(datetime.now, UTC)
"""The current instant; without a frame of our own, which would be a tenth of a check."""

_ALLOW = Level.ALLOW


class Answers:
    """Answers from a replica. `None` says that the reference must be asked, and `learn` what it said."""

    def __init__(
        self, replica: Replica, request_limits: RequestLimits | None = None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.replica = replica
        self._request_limits = request_limits
        self._clock = clock
        self._known: set[AccountId] = set()

    def answer(
        self, account: AccountId, capability: str, at: datetime | None, context: dict[str, Any]
    ) -> Verdict | None:
        """The verdict, or None where only the reference can tell. Raises BadInputError."""
        try:
            asked, shift, is_outflow = _NAMES[capability]
        except KeyError:
            raise _unknown(capability) from None
        replica, now = self.replica, self._clock()
        if at is None:
            at = now
        elif at.tzinfo is None:
            raise _without_zone("at", at)
        if context or now >= replica.stale_at or at < now:
            return self._at_length(account, asked, at, now, context)
        entry = replica.compiled.get(account)
        if entry is None:
            entry = replica.entry(account) if account in replica.packed else FREE
        if entry is FREE:
            if is_outflow and account not in self._known and replica.unknown_outflow is not _ALLOW:
                return None
            return Verdict(account, asked, _ALLOW, None, (), None, replica.fresh_as_of)
        if entry.turning >> shift & LEVEL_BITS:
            return self._at_length(account, asked, at, now, context)
        reading = entry.readings.get(asked)
        if reading is None or not reading[0] <= at < reading[1]:
            reading = read(entry, account, asked, at)
        _, _, level, change, determining, statement = reading
        return Verdict(account, asked, level, change, determining, statement, replica.fresh_as_of)

    def request(self, capability: str, at: datetime | None, context: dict[str, Any]) -> Request:
        """The whole question, as the reference takes it. Raises BadInputError."""
        try:
            asked, _, _ = _NAMES[capability]
        except KeyError:
            raise _unknown(capability) from None
        return _request(asked, at or self._clock(), context)

    def learn(self, account: AccountId, request: Request, verdict: Verdict) -> None:
        """Remember what the reference said: whose outflow it allows it knows, and nobody becomes unknown again."""
        if request.capability in OUTFLOW and verdict.level is Level.ALLOW:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known.add(account)

    def in_doubt(self, account: AccountId, request: Request) -> Verdict:
        """The answer where the reference cannot be asked: what is known, and outflow is held."""
        if self.replica.fresh_as_of is None or request.at < self._clock() - PAST_FOR:
            return self._held(account, request, HARMLESS)
        standing = self.replica.entry(account).standing
        known = replace(standing, account=account, fresh_as_of=self.replica.fresh_as_of)
        return _at_least_held(evaluate(known, request))

    def _at_length(
        self, account: AccountId, asked: Capability, at: datetime, now: datetime, context: dict[str, Any]
    ) -> Verdict | None:
        request = _request(asked, at, context)
        replica = self.replica
        if replica.fresh_as_of is None:
            return self._held(account, request, HARMLESS)
        if at < now - PAST_FOR:
            return None
        entry = replica.entry(account)
        is_stale = now >= replica.stale_at
        found: tuple[Limit, ...] = ()
        if not is_stale and self._needs_record(account, entry, request):
            return None
        if is_limited_apart(request):
            limited = self._limited_apart(account, request)
            if limited is None and not is_stale:
                return None
            found = limited or ()
        if not is_stale and not found and not entry.turning >> SHIFTS[asked] & LEVEL_BITS:
            reading = read(entry, account, asked, at)
            return Verdict(account, asked, *reading[2:], replica.fresh_as_of)
        limits = (*entry.standing.limits, *found)
        standing = replace(entry.standing, account=account, limits=limits, fresh_as_of=replica.fresh_as_of)
        verdict = evaluate(standing, request)
        return _at_least_held(verdict) if is_stale else verdict

    def _limited_apart(self, account: AccountId, request: Request) -> tuple[Limit, ...] | None:
        """The limits of one request; None where nobody here can tell."""
        try:
            return None if self._request_limits is None else self._request_limits(account, request)
        except HabeasError:
            return None

    def _needs_record(self, account: AccountId, entry: Entry, request: Request) -> bool:
        """Whether the answer depends on something of the account that is not in the replica."""
        if request.capability not in OUTFLOW:
            return False
        is_unknown = not entry.is_held and account not in self._known
        if is_unknown and self.replica.unknown_outflow is not Level.ALLOW:
            return True
        if _may_be_permitted(entry, request):
            return True
        if entry.cool_off_for is None or request.destination is None:
            return False
        # The account may have known the destination for longer than the caller, which matters unless it is long enough.
        since = request.destination_known_since
        return since is None or since + entry.cool_off_for > request.at

    def _held(self, account: AccountId, request: Request, but: frozenset[Capability]) -> Verdict:
        level = Level.ALLOW if request.capability in but else Level.HOLD
        path = None if level is Level.ALLOW else statement_path(account)
        return Verdict(account, request.capability, level, None, (), path, self.replica.fresh_as_of)


def _may_be_permitted(entry: Entry, request: Request) -> bool:
    """Whether a permit of the account may be for this request."""
    if entry.permits_until is None or request.at > entry.permits_until or request.capability not in ASSISTED:
        return False
    return request.destination is not None and request.amount is not None and request.asset is not None


def is_limited_apart(request: Request) -> bool:
    """Whether what the request says of itself may limit it: its IP address, or the wallet that it sends to."""
    return request.ip is not None or (
        request.capability is Capability.WITHDRAW_CRYPTO and request.destination is not None
    )


def _at_least_held(verdict: Verdict) -> Verdict:
    """What is known may be out of date: what moves value out is held, and nothing is said of when that changes."""
    if verdict.capability not in OUTFLOW or verdict.level >= Level.HOLD:
        return replace(verdict, until=None)
    path = statement_path(verdict.account)
    return replace(verdict, level=Level.HOLD, until=None, determining=(), statement=path)


def _request(capability: Capability, at: datetime, context: dict[str, Any]) -> Request:
    for name, value in context.items():
        expected = _CONTEXT.get(name)
        if expected is None:
            raise BadInputError(f"`{name}` is nothing that a question says; known are {', '.join(_CONTEXT)}")
        if value is not None and not isinstance(value, expected):
            raise BadInputError(f"`{name}` of a question must be a {expected.__name__}, not `{value!r}`")
    request = Request(capability, at, **context)
    if request.ip is not None and not _is_ip(request.ip):
        raise BadInputError(f"`ip` of a question must be an IP address, not `{request.ip}`")
    since = request.destination_known_since
    if since is not None and since.tzinfo is None:
        raise _without_zone("destination_known_since", since)
    return request


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _without_zone(name: str, at: datetime) -> BadInputError:
    return BadInputError(f"`{name}` of a question must name its time zone, and `{at.isoformat()}` does not")


def _unknown(capability: str) -> BadInputError:
    return BadInputError(f"`{capability}` is no capability; known are {', '.join(Capability)}")
