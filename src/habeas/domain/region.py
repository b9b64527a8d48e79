"""Region policy as data: which areas are served how, under which regime, from when until when (detection 1)."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct


class RegionBasis(StrEnum):
    """Which fact about a person or request a rule looks at."""

    IP = "ip"
    RESIDENCE = "residence"
    NATIONALITY = "nationality"
    DOCUMENT = "document"


class RegionLevel(StrEnum):
    """How strictly an area is treated, strictest first."""

    COMPREHENSIVE = "comprehensive"
    """Comprehensively sanctioned."""
    NO_SERVICE = "no_service"
    OFFBOARDING = "offboarding"
    NO_SERVICE_TRAVEL_VERIFY = "no_service_travel_verify"
    """Not served; a visitor may show that they only travel there (the US in the shipped playbook)."""


STRICTEST_FIRST = {level: rank for rank, level in enumerate(RegionLevel)}


class RegionRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule for one area. `valid_to` is exclusive; absent means still in force. `source` says who made the rule."""

    id: str
    area: str
    regime: str
    basis: tuple[RegionBasis, ...]
    level: RegionLevel
    valid_from: date
    valid_to: date | None = None
    recorded_at: date
    source: str

    def applies(self, area: str, basis: RegionBasis, at: datetime) -> bool:
        """Whether the rule speaks about this area on this basis at this instant."""
        if self.area != area or basis not in self.basis:
            return False
        day = at.date()
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def strictest(rules: tuple[RegionRule, ...], area: str, basis: RegionBasis, at: datetime) -> RegionRule | None:
    """The strictest rule that applies, or None where the area is served."""
    applying = [rule for rule in rules if rule.applies(area, basis, at)]
    return min(applying, key=lambda rule: STRICTEST_FIRST[rule.level], default=None)
