"""What the tags of an address mean to coins that leave it, at the instant at which they leave (detection 5)."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from habeas.domain.tag import Tag, TagRole, counting
from habeas.domain.transfer import CoinBook

TagsOf = Callable[[str, str], tuple[Tag, ...]]
"""All tags of an address: chain (name space), address as that chain's addresses are kept."""


class Standing(Enum):
    """What an address is to its coins."""

    PASS = "pass"
    """Nothing is known that matters, or it is a victim, or nobody's: the coins are followed through it."""
    SOURCE = "source"
    SERVICE = "service"


_BY_ROLE = {TagRole.PERPETRATOR: Standing.SOURCE, TagRole.SERVICE: Standing.SERVICE}


def standing(tags: tuple[Tag, ...], moved_at: datetime, known_at: datetime) -> Standing:
    """What the tags of an address make of it: the one that it counts by says so."""
    tag = counting(tags, moved_at, known_at)
    return Standing.PASS if tag is None else _BY_ROLE.get(tag.role, Standing.PASS)


class Who(NamedTuple):
    """The address of a node with all its tags."""

    address: str
    tags: tuple[Tag, ...]


class Judge:
    """Asks for the tags of each address once, and which of them hold when coins leave it."""

    def __init__(self, tags_of: TagsOf, known_at: datetime) -> None:
        self._tags_of = tags_of
        self._known_at = known_at
        self._book: CoinBook | None = None
        self._nodes: dict[int, Who] = {}
        self._nodes_of: dict[str, dict[int, Who]] = {}
        self._accusing: dict[tuple[str, str], dict[Tag, None]] = {}

    def who(self, book: CoinBook, node: int) -> Who:
        """Whose a node is."""
        if book is not self._book:
            self._book, self._nodes = book, self._nodes_of.setdefault(book.name, {})
        found = self._nodes.get(node)
        if found is None:
            address = book.owner(node)
            found = self._nodes[node] = Who(address, self.tags(book.asset.chain, address))
        return found

    def tags(self, chain: str, address: str) -> tuple[Tag, ...]:
        """All tags of an address."""
        return self._tags_of(chain, address) if address else ()

    def books(self, first: str) -> list[str]:
        """The books that coins came through, one of them first."""
        return [first, *(name for name in self._nodes_of if name != first)]

    def of_flow(self, book: CoinBook, who: Who, flow: int) -> Standing:
        """What an address is to the coins of a flow that leaves it."""
        if not who.tags:
            return Standing.PASS
        return self.of_tags(book.asset.chain, who, book.moved_at(flow))

    def of_tags(self, chain: str, who: Who, moved_at: datetime) -> Standing:
        """What an address is to coins that left it at an instant. The tags that make it a source are remembered."""
        found = standing(who.tags, moved_at, self._known_at)
        if found is Standing.SOURCE:
            holding = (tag for tag in who.tags if tag.holds(moved_at, self._known_at))
            accusing = dict.fromkeys(tag for tag in holding if tag.role is TagRole.PERPETRATOR)
            self._accusing.setdefault((chain, who.address), {}).update(accusing)
        return found

    def accusing(self, chain: str, address: str) -> tuple[Tag, ...]:
        """The tags that made an address a source, the surest first."""
        return tuple(sorted(self._accusing[chain, address], key=lambda tag: (-tag.confidence, tag.source, tag.label)))
