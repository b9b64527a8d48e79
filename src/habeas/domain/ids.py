"""Names of things. An id that Habeas makes derives from a keyed hash of its cause, so that a replay makes the same one."""

from base64 import b32encode
from hashlib import blake2b
from typing import NewType

AccountId = NewType("AccountId", str)
HolderId = NewType("HolderId", str)
EntityId = NewType("EntityId", str)
EventId = NewType("EventId", str)
RestrictionId = NewType("RestrictionId", str)
CaseId = NewType("CaseId", str)
DocumentRequestId = NewType("DocumentRequestId", str)
DocumentFileId = NewType("DocumentFileId", str)
BatchId = NewType("BatchId", str)

SEED_BYTES = 16
_ID_BYTES = 10


def event_seed(key: bytes, account: str, source: str, event: str) -> bytes:
    """The secret seed of everything that one event causes.

    `key` is the store's identity key. Without it nobody can compute the ids of another account's restrictions.
    """
    return _digest(key, SEED_BYTES, account, source, event)


def derived_id(seed: bytes, prefix: str, *cause: str) -> str:
    """A short opaque id, the same whenever the same cause is decided again, for example `rs_5k2jq3v7x4m6a2bc`."""
    return f"{prefix}_{b32encode(_digest(seed, _ID_BYTES, prefix, *cause)).decode().lower()}"


def fingerprint(text: str) -> str:
    """A short name for a device, session or destination, so that account state stays small whatever callers send."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _digest(key: bytes, size: int, *parts: str) -> bytes:
    # Each part is preceded by its length, so that ("ab", "c") and ("a", "bc") are different causes.
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return blake2b(message, key=key, digest_size=size).digest()
