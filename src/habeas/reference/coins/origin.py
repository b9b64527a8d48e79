"""The port that deposits are enriched through: the ledger of a store and the tags as they are now, asked within a time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from time import perf_counter

from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.event_data import CryptoDeposit
from habeas.domain.exposure import Exposure, Untraceable, Untraced
from habeas.domain.transfer import Deposit, TransferSource
from habeas.reference.coins.budget import Budget
from habeas.reference.coins.standing import TagsOf
from habeas.reference.coins.trace import trace

TIME_MAX_S = 0.05
"""For each of the two methods (detection 5). What is not followed by then is `truncated`."""


class LedgerCoins:
    """`service.ports.Coins` over a ledger and a book of tags."""

    def __init__(
        self, reading: Callable[[], AbstractContextManager[TransferSource]], tags: Callable[[], TagsOf]
    ) -> None:
        """`reading` opens one consistent view of the ledger; `tags` gives what is said of addresses at this moment."""
        self._reading = reading
        self._tags = tags

    def exposure(self, deposit: CryptoDeposit, known_at: datetime) -> Exposure:
        """The origin of a deposit, with the tags that were known at an instant. A deposit that the ledger has otherwise, or
        cannot tell from others, is not traced: all of it is unknown.
        """
        asked = Deposit(
            asset=deposit.asset,
            at=known_at,
            chain=deposit.chain,
            amount=deposit.amount,
            tx=deposit.tx,
            sender=deposit.sender or "",
        )
        until = perf_counter() + 2 * TIME_MAX_S
        with self._reading() as ledger:
            try:
                found = trace(ledger, self._tags(), asked, known_at, Budget(is_over=lambda: perf_counter() > until))
            except BadInputError:
                unknown = Untraced(why=Untraceable.UNKNOWN, amount=deposit.amount, at="")
                return Exposure(asset=deposit.asset, amount=deposit.amount, untraced=(unknown,))
        sets = dict.fromkeys(tag.source for source in found.sources for tag in source.tags)
        return replace(found, versions=(*found.versions, *sets))
