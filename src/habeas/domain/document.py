"""A document request: which documents, why, by when. It is recorded and shown here; sending and checking follow."""

from datetime import datetime

from msgspec import Struct

from habeas.domain.ids import AccountId, DocumentRequestId, EventId, RestrictionId

ISSUED = "issued"
"""Nothing has come yet."""
BEING_CHECKED = frozenset({"submitted", "checking"})
"""It has come, and the check is not over (model 5.4)."""


class DocumentRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a user is asked for. `documents` are all needed; `optional` ones help. Kinds such as `proof_of_address`."""

    id: DocumentRequestId
    account: AccountId
    reason: str
    documents: tuple[str, ...]
    optional: tuple[str, ...] = ()
    why: str
    cause: EventId
    issued_at: datetime
    due_at: datetime
    restriction: RestrictionId | None = None
    status: str = ISSUED
