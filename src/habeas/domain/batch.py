"""Many accounts at once: what campaigns, bulk acts and imports have in common. Each is a batch with an id of its own.

A batch goes through its accounts in id order and keeps how far it got, so that whatever stops it, it goes on from there.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.actor import Actor
from habeas.domain.ids import AccountId


class Signature(Struct, frozen=True, array_like=True):
    """Who stood behind something, when, and why."""

    by: Actor
    at: datetime
    note: str


class Member(Struct, frozen=True, array_like=True, order=True):
    """An account that a batch is about; for a bulk act, with the restriction that it is about."""

    account: AccountId
    about: str = ""


class Step(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How far one step of a batch got: `done` of `total` accounts, the last of them `after`; of these `refused` were left as
    they were.
    """

    started_at: datetime
    total: int
    done: int = 0
    refused: int = 0
    after: Member = Member(AccountId(""))
    finished_at: datetime | None = None

    def moved(self, after: Member, done: int, refused: int = 0) -> "Step":
        """The step after a few accounts more."""
        return replace(self, after=after, done=self.done + done, refused=self.refused + refused)

    def finished(self, at: datetime) -> "Step":
        """The step when nobody is left."""
        return replace(self, finished_at=at)
