"""From a flagged wallet to the accounts that touched it, by the ledger's transfers and the tags of our own addresses (A085)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

from habeas.domain.errors import BadInputError
from habeas.domain.ids import AccountId
from habeas.domain.transfer import CoinBook, TransferSource
from habeas.reference.coins.assets import asset_meant, spelled
from habeas.reference.sanctions.wallets import wallet_keys
from habeas.sealed.letter import Named
from habeas.service.ports import Tags

OURS = "tags.ours"
"""The set of tags that names our own addresses. One of the category `account` has the account's id as its label."""
ACCOUNT = "account"
NEIGHBOURS_MAX = 100_000

Address = tuple[str, str]
"""Chain and address."""


class Wallets:
    """What the ledger and the tags say of wallets."""

    def __init__(self, reading: Callable[[], AbstractContextManager[TransferSource]], tags: Callable[[], Tags]) -> None:
        self._reading = reading
        self._tags = tags

    def touched(self, named: Named) -> tuple[AccountId, ...]:
        """The accounts whose addresses sent to a wallet or got from it, in id order. Raises BadInputError for an asset that
        the ledger does not have, or a wallet that too many have touched to say.
        """
        owners = self._owners()
        with self._reading() as ledger:
            books = self._books(ledger, named)
            found = {
                owners.get((book.asset.chain, other)) for book in books for other in _neighbours(book, named.value)
            }
        return tuple(sorted(account for account in found if account is not None))

    def is_ours(self, address: str) -> bool:
        """Whether a destination is an address of the house's own, or of one of our accounts."""
        ours = set(self._tags().addresses(OURS))
        return any(key in ours for key in wallet_keys(address))

    def _owners(self) -> Mapping[Address, AccountId]:
        tags = self._tags()
        return {
            key: AccountId(tag.label)
            for key in tags.addresses(OURS)
            for tag in tags.of(*key)
            if tag.category == ACCOUNT
        }

    def _books(self, ledger: TransferSource, named: Named) -> list[CoinBook]:
        if named.asset is None:
            return [ledger.book(asset.name) for asset in ledger.assets()]
        meant = asset_meant(ledger.assets(), named.asset, None)
        if meant is None:
            raise BadInputError(f"the ledger has no `{named.asset}`, so nobody knows who touched `{named.value}`")
        return [ledger.book(meant.name)]


def _neighbours(book: CoinBook, wallet: str) -> Iterator[str]:
    """The addresses on the other side of a wallet's transfers. A transaction between them is passed through."""
    try:
        address = spelled(book.asset, wallet)
    except BadInputError:
        return  # An address of another chain is none here.
    waiting = [(node, is_sender) for node, _, _ in book.nodes(address) for is_sender in (True, False)]
    seen = set(waiting)
    while waiting:
        node, is_sender = waiting.pop()
        for other in _others(book, node, is_sender=is_sender):
            owner = book.owner(other)
            if owner:
                yield owner
            elif other >= 0 and (other, is_sender) not in seen:
                seen.add((other, is_sender))
                waiting.append((other, is_sender))
            if len(seen) > NEIGHBOURS_MAX:
                raise BadInputError(f"`{wallet}` has too many transfers to say which accounts touched it")


def _others(book: CoinBook, node: int, *, is_sender: bool) -> Iterator[int]:
    if is_sender:
        yield from (flow.receiver for flow in book.outflows(node, 0, 2**256, NEIGHBOURS_MAX))
    else:
        yield from (flow.sender for flow in book.inflows(node, 0, 2**256, NEIGHBOURS_MAX))
