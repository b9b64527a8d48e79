"""What an exchange has already: restrictions of an older system, brought in without a bang.

Nothing is judged, nobody is notified, and each restriction keeps the date from which it stands. What has no end is looked at
again within the review window, a share of it every day.
"""

from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec import Struct

from habeas.domain.batch import Signature, Step
from habeas.domain.ids import AccountId, BatchId

LEGACY = "legacy"
"""The queue in which what was brought in is looked at, and the mark of its evidence."""

REVIEW_WITHIN_FOR = timedelta(days=90)
"""Reviews of what was brought in are spread over so long."""


class Import(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="import"):
    """An import as it is recorded: which file, by whom, and how far it got; and whether it was taken back."""

    id: BatchId
    source: str
    """The name of the file."""
    sha256: str
    started: Signature
    step: Step | None = None
    undone: Signature | None = None
    undo_step: Step | None = None


def review_at(account: AccountId, at: datetime) -> datetime:
    """When a restriction of an account is first looked at: on a day that follows from the account's id, so that the work is
    spread evenly and a second run says the same.
    """
    share = int.from_bytes(blake2b(account.encode(), digest_size=4).digest(), "big") / 2**32
    return at + REVIEW_WITHIN_FOR * share
