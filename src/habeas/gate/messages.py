"""What the change feed says, in JSON: what stands on accounts, and up to where and when that is everything.

A reader that begins is sent `snapshot`, every account that is not free, and `fresh`; from then on each account that changed,
as it is now, and `fresh` again. What is said of an account replaces everything that was said of it before.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from habeas.domain.capability import Level
from habeas.domain.limit import AccountLimits


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """All over again: what was said before no longer counts once the next `fresh` has come."""


class Changed(Struct, frozen=True, tag="account"):
    """What stands on an account, with everything up to the journal entry at `position`."""

    position: int
    account: AccountLimits


class Fresh(Struct, frozen=True, tag="fresh"):
    """Everything that was durable at `at` has been said. Whoever lost the connection goes on from `cursor`.

    `stale_for` and `unknown_outflow` are the playbook's, for a gate to go by.
    """

    cursor: str
    at: datetime
    stale_for: timedelta
    unknown_outflow: Level


Message = Snapshot | Changed | Fresh

encode = msgspec.json.Encoder(decimal_format="string").encode
decode = msgspec.json.Decoder(Message).decode
"""Raises msgspec.ValidationError or msgspec.DecodeError for what is no message."""
