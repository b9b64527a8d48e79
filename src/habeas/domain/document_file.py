"""A document that a user sent, as a file: what is known of it without opening it, and who may open it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from habeas.domain.actor import Role
from habeas.domain.casework import WORKING_ROLES
from habeas.domain.ids import AccountId, DocumentFileId, DocumentRequestId

OPENING_ROLES = WORKING_ROLES - {Role.FRONTLINE}
"""Who may look into a document and say whether it is good. The front line sees that it came; auditors see who opened it."""


class MediaType(StrEnum):
    """What a file may be."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"


class DocumentFile(Struct, frozen=True, kw_only=True):
    """One file. Its content is kept apart, sealed."""

    account: AccountId
    id: DocumentFileId
    kind: str
    """Which document it is meant to be, such as `passport`."""
    request: DocumentRequestId | None = None
    received_at: datetime
    media_type: MediaType
    size: int
    """In bytes."""
    sha256: str
