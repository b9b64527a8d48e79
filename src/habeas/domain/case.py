"""A case: work for people about one account. Part of the way out; here it is opened and shown."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from habeas.domain.ids import AccountId, CaseId, EventId, RestrictionId


class Priority(StrEnum):
    """How soon somebody must look. `page` calls a person now."""

    PAGE = "page"
    HIGH = "high"
    NORMAL = "normal"


class Case(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A matter for people: which queue, why, about which restrictions, first look due by when."""

    id: CaseId
    account: AccountId
    queue: str
    reason: str
    priority: Priority
    why: str
    cause: EventId
    opened_at: datetime
    due_at: datetime
    restrictions: tuple[RestrictionId, ...] = ()
    status: str = "open"
