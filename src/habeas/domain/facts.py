"""What was looked up about an event before it is judged: raw facts, stored with it, so that it replays years later."""

from datetime import datetime

from msgspec import Struct

from habeas.domain.account import Life
from habeas.domain.event import Event
from habeas.domain.ids import AccountId
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction


class MainAccount(Struct, frozen=True, omit_defaults=True):
    """What stands on the main account of a sub-account."""

    account: AccountId
    life: Life = Life.ACTIVE
    restrictions: tuple[Restriction, ...] = ()
    unreadable: bool = False


class Facts(Struct, frozen=True, omit_defaults=True):
    """Everything enrichment found. What could not be looked up is named in `unavailable`, never guessed."""

    place: Place | None = None
    unavailable: tuple[str, ...] = ()
    mains: tuple[MainAccount, ...] = ()
    siblings: tuple[AccountId, ...] = ()
    """The holder's other accounts."""
    holder_restrictions: tuple[Restriction, ...] = ()
    """Holder-wide restrictions that stand on the holder's other accounts."""
    is_own_counterparty: bool = False
    """Whether the counterparty of a transfer is another account of the same holder."""


class EnrichedEvent(Struct, frozen=True):
    """An event with its facts. `seed` makes the ids of everything it causes; `received_at` is when it arrived."""

    event: Event
    facts: Facts
    seed: bytes
    received_at: datetime

    @property
    def mark(self) -> str:
        """A short name of this event among those that an account's state remembers."""
        return self.seed[:6].hex()
