"""The class of reviews: which of its rows a review is placed through, and at which instants it ends (model 5.5)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from habeas.domain.kind import HELD_BY_LAW_KINDS, Kind
from habeas.domain.restriction import Scope
from habeas.playbook.policy import CoverPolicy

HOUR = timedelta(hours=1)
_FIRST_SLOT = datetime(1970, 1, 1, 12, tzinfo=UTC)


def slot_at_or_after(policy: CoverPolicy, at: datetime) -> datetime:
    """The first of the class's slots that is not before an instant."""
    return _FIRST_SLOT - policy.slot_every * ((_FIRST_SLOT - at) // policy.slot_every)


def end_after(policy: CoverPolicy, now: datetime, lasts_for: timedelta) -> datetime:
    """When a review ends that is to last for so long: a slot, or the full hour before where it is a short one."""
    if lasts_for > policy.short_for:
        return slot_at_or_after(policy, now + lasts_for)
    return _hour_before(now + lasts_for)


def is_class_end(policy: CoverPolicy, now: datetime, ends_at: datetime) -> bool:
    """Whether a review may end there, as far as the class can tell."""
    if ends_at - now > policy.short_for:
        return slot_at_or_after(policy, ends_at) == ends_at
    return _hour_before(ends_at) == ends_at


def pick(policy: CoverPolicy, key: bytes, what: str, kind: Kind, scope: Scope, jurisdiction: str) -> str | None:
    """The row that a review of something is placed through: by a keyed hash, not by anybody's taste. None where no row has
    the effect.
    """
    fitting = sorted(
        name
        for name, row in policy.row.items()
        if (row.kind, row.scope) == (kind, scope) and (not row.jurisdictions or jurisdiction in row.jurisdictions)
    )
    if not fitting:
        return None
    drawn = blake2b(what.encode(), key=key, digest_size=8).digest()
    return fitting[int.from_bytes(drawn, "big") % len(fitting)]


def cover_faults(policy: CoverPolicy) -> Iterator[str]:
    """What types cannot say of the registry."""
    if policy.slot_every < HOUR or policy.slot_every % HOUR:
        yield "`slot_every` must be whole hours, at least one"
    for name, row in policy.row.items():
        if row.kind in HELD_BY_LAW_KINDS or row.kind is Kind.PERM_BAN:
            yield f"the row `{name}` would tell by its kind, {row.kind}, that it is no ordinary review"
    for scope in (Scope.ACCOUNT, Scope.HOLDER):
        if not any(
            (row.kind, row.scope) == (Kind.FROZEN, scope) and not row.jurisdictions for row in policy.row.values()
        ):
            yield f"no row freezes with scope {scope} everywhere, so a review could not be placed"


def _hour_before(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
