"""What the desk does with each type of order and report: data with a version, in `policy.toml`."""

import tomllib
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from habeas.playbook.load import with_durations
from habeas.sealed.letter import LegalType, Level, OrderType, Priority


class Touch(StrEnum):
    """What an order may reach. Only `capabilities` limits anybody (model 1.8)."""

    COPY = "copy"
    DATA = "data"
    CAPABILITIES = "capabilities"
    ASSETS = "assets"
    SECRECY = "secrecy"
    EXEMPTION = "exemption"
    RELEASE = "release"


class AtEnd(StrEnum):
    """What happens when the time of an order is over."""

    PAGE = "page"
    """It stays, and a person decides."""
    RELEASE = "release"


class TypeRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[type.NAME]`."""

    verified: tuple[Level, ...]
    touches: tuple[Touch, ...]
    instruments: tuple[LegalType, ...]
    lasts_max_for: timedelta | None = None
    needs_end: bool = False
    at_end: AtEnd = AtEnd.PAGE
    process_within_for: timedelta | None = None
    """Legal process must follow within so long."""


class ReportType(StrEnum):
    """A report that we owe an authority."""

    SUSPICIOUS_ACTIVITY = "suspicious_activity"
    POLICE = "police"
    SANCTIONS_BLOCK = "sanctions_block"
    SANCTIONS_REJECT = "sanctions_reject"


class Deadline(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """By when, from the day on which it is owed."""

    within_for: timedelta | None = None
    business_days: Annotated[int, Meta(ge=1)] | None = None

    def from_day(self, at: datetime) -> datetime:
        """The last instant at which it is in time. Holidays are not known here: the date is never too late for them."""
        if self.within_for is not None:
            return at + self.within_for
        due, left = at, self.business_days or 1
        while left:
            due += timedelta(days=1)
            left -= due.weekday() < _SATURDAY
        return due


class OrderPolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of it."""

    version: str
    targets_max: int
    wallet_accounts_max: int
    chase_before_for: tuple[timedelta, ...]
    decide_within_for: timedelta
    gag_chase_for: timedelta
    disclosure_review_for: timedelta
    keep_open_for: timedelta
    answer_for: dict[Priority, timedelta]
    first_use_one_higher: bool
    type: dict[OrderType, TypeRule]
    report: dict[ReportType, Deadline]

    def needed(self, types: tuple[OrderType, ...], *, is_first_use: bool) -> frozenset[Level]:
        """What must have been verified before an order with these tasks is accepted."""
        levels = frozenset(level for each in types for level in self.type[each].verified)
        missing = [level for level in Level if level > Level.V0 and level not in levels]
        return levels | frozenset(missing[:1]) if is_first_use and self.first_use_one_higher else levels


_SATURDAY = 5


def shipped_policy() -> OrderPolicy:
    """The policy that comes with Habeas."""
    tree = tomllib.loads(files("habeas.sealed").joinpath("policy.toml").read_text("utf-8"))
    return msgspec.convert(with_durations(tree), OrderPolicy, builtin_types=(timedelta,), strict=True)
