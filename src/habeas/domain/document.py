"""A document request: which documents, why, by when. It is recorded and shown here; sending and checking follow."""

from datetime import datetime

from msgspec import Struct

from habeas.domain.ids import AccountId, DocumentRequestId, EventId, RestrictionId


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
    status: str = "issued"
