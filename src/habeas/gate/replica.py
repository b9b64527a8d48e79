"""The replica: every account that is not free, kept small, and compiled when somebody first asks about it.

Written by one follower, asked by any number of threads.
"""

from datetime import UTC, datetime
from threading import Condition
from typing import assert_never

import msgspec

from habeas.domain.account import Life
from habeas.domain.capability import Level
from habeas.domain.ids import AccountId
from habeas.domain.limit import AccountLimits, Limit, main_line
from habeas.gate.entry import FREE, Entry, compiled
from habeas.gate.messages import Changed, Fresh, Message, Snapshot

COMPILED_MAX = 100_000
"""How many compiled accounts are kept; beyond that all are compiled anew when they are asked about."""


class _PackedLimit(Limit, frozen=True, array_like=True, gc=False):
    """A limit without the names of its fields."""


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """`AccountLimits` without the names of its fields: what an account takes while nobody asks about it."""

    limits: tuple[_PackedLimit, ...] = ()
    life: Life = Life.ACTIVE
    parents: tuple[AccountId, ...] = ()
    is_unreadable: bool = False
    unknown_outflow: Level | None = None
    permits_until: datetime | None = None


_DEFAULTS = (None, 0, False, (), Life.ACTIVE)

_encode = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Replica:
    """What a gate knows: accounts, how fresh that is, and what the playbook says for what it does not know."""

    def __init__(self) -> None:
        self.compiled: dict[AccountId, Entry] = {}
        """Accounts that were asked about, until they change. Whoever finds one here need not call `entry`."""
        self.fresh_as_of: datetime | None = None
        """Everything that was durable then is known; None before the first snapshot is whole."""
        self.stale_at = _LONG_AGO
        """From when on that is too old."""
        self.cursor: str | None = None
        self.unknown_outflow = Level.HOLD
        self.packed: dict[AccountId, bytes] = {}
        """Every account that is not free."""
        self._coming: dict[AccountId, bytes] | None = None
        """A snapshot that is not whole yet; the one before answers until it is."""
        self._followers: dict[AccountId, set[AccountId]] = {}
        """Compiled accounts by those of their main accounts that they were compiled from."""
        self._turn = Condition()

    def __len__(self) -> int:
        return len(self.packed)

    def reconnect(self) -> None:
        """The feed begins on a new connection: a snapshot that was cut off is not gone on with."""
        with self._turn:
            self._coming = None

    def apply(self, message: Message, now: datetime) -> None:
        """Take in what the feed says. What was durable later than `now`, by its clock, counts as of `now`."""
        with self._turn:
            match message:
                case Snapshot():
                    self._coming = {}
                case Changed(account=account):
                    self._change(account)
                case Fresh():
                    self._refresh(message, now)
                case _:
                    assert_never(message)

    def entry(self, account: AccountId) -> Entry:
        """The account, compiled; FREE where nothing is held of it."""
        found = self.compiled.get(account)
        if found is not None:
            return found
        if account not in self.packed:
            return FREE
        with self._turn:
            return self._compile(account)

    def wait_until(self, fresh_as_of: datetime | None, timeout_s: float) -> bool:
        """Wait until everything is known that was durable at an instant; None: until the first snapshot is whole. Says
        whether that came to be in time.
        """
        with self._turn:
            return self._turn.wait_for(lambda: self._is_fresh(fresh_as_of), timeout_s)

    def _is_fresh(self, at: datetime | None) -> bool:
        return self.fresh_as_of is not None and (at is None or self.fresh_as_of >= at)

    def _change(self, account: AccountLimits) -> None:
        if self._coming is not None:
            _keep(self._coming, account)
            return
        _keep(self.packed, account)
        self._forget(account.account)

    def _refresh(self, fresh: Fresh, now: datetime) -> None:
        if self._coming is not None:
            self.packed, self._coming = self._coming, None
            self.compiled.clear()
            self._followers.clear()
        as_of = min(fresh.at, now)
        self.unknown_outflow = fresh.unknown_outflow
        self.cursor = fresh.cursor
        self.stale_at = as_of + fresh.stale_for
        self.fresh_as_of = as_of
        self._turn.notify_all()

    def _forget(self, account: AccountId) -> None:
        self.compiled.pop(account, None)
        for follower in self._followers.pop(account, ()):
            self.compiled.pop(follower, None)

    def _compile(self, account: AccountId) -> Entry:
        own = self._limits(account)
        if own.is_free:
            return FREE
        line = main_line(own.parents, lambda main: self._limits(main).parents)
        entry = compiled(own, [self._limits(main) for main in line])
        if len(self.compiled) >= COMPILED_MAX:
            self.compiled.clear()
            self._followers.clear()
        for main in line:
            self._followers.setdefault(main, set()).add(account)
        self.compiled[account] = entry
        return entry

    def _limits(self, account: AccountId) -> AccountLimits:
        stored = self.packed.get(account)
        if stored is None:
            return AccountLimits(account=account)
        packed = _decode(stored)
        return AccountLimits(
            account=account,
            limits=packed.limits,
            life=packed.life,
            parents=packed.parents,
            is_unreadable=packed.is_unreadable,
            unknown_outflow=packed.unknown_outflow,
            permits_until=packed.permits_until,
        )


def _keep(held: dict[AccountId, bytes], account: AccountLimits) -> None:
    if account.is_free:
        held.pop(account.account, None)
        return
    rest = (account.life, account.parents, account.is_unreadable, account.unknown_outflow, account.permits_until)
    held[account.account] = _encode(_trimmed((tuple(_fields(limit) for limit in account.limits), *rest)))


def _fields(limit: Limit) -> tuple[object, ...]:
    return _trimmed(msgspec.structs.astuple(limit))


def _trimmed(fields: tuple[object, ...]) -> tuple[object, ...]:
    """Without the defaults at the end."""
    while fields and fields[-1] in _DEFAULTS:
        fields = fields[:-1]
    return fields
