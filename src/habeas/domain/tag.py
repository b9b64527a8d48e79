"""What somebody says about an address of a chain: whose it is, since when, how surely, and since when we know (detection 5)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class TagRole(StrEnum):
    """What an address is to the coins that pass it. Only a perpetrator is a source of taint."""

    PERPETRATOR = "perpetrator"
    """Coins that come from here are of a crime, a scam or a listed person."""
    VICTIM = "victim"
    """Was robbed: says nothing against its coins."""
    SERVICE = "service"
    """Mixes the coins of many (exchange, mixer, pool, bridge): tracing stops here."""
    INFRASTRUCTURE = "infrastructure"
    """The null address, token contracts, burn addresses: nobody's, and never a source."""


class TagOrigin(StrEnum):
    """Whose word a tag is."""

    SANCTION = "sanction"
    """A sanctions list."""
    LAW_ENFORCEMENT = "law_enforcement"
    OWN_INCIDENT = "own_incident"
    """An incident of our own, recorded by our staff."""
    PUBLISHED = "published"
    """A published collection with named sources."""
    CROWD = "crowd"
    """A list that anybody may add to. Alone it never restricts."""


class Tag(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One statement about one address. Bitemporal: `valid_from` is when it became true, `known_from` when we learned it."""

    chain: str
    """The name space of addresses, as `reference.sanctions.wallets` names it: `evm`, `bitcoin`, ..."""
    address: str
    """Spelled as that chain's addresses are kept."""
    role: TagRole
    category: str
    """The publisher's word, such as `service_hack` or `mixing_service`."""
    label: str
    confidence: int
    """0 to 100."""
    origin: TagOrigin
    source: str
    """The pack, list or incident, with its version: what a decision cites."""
    entry: str = ""
    """The list's own id of the entry, where it has one."""
    url: str = ""
    valid_from: datetime | None = None
    """None: always."""
    valid_to: datetime | None = None
    """Exclusive; None: still."""
    known_from: datetime | None = None
    """None: since before anything that is asked about."""
    known_to: datetime | None = None
    """Exclusive: when its source took it back; None: it stands."""

    def holds(self, moved_at: datetime, known_at: datetime) -> bool:
        """Whether it was true when coins moved, and known when it was asked."""
        return (
            (self.valid_from is None or self.valid_from <= moved_at)
            and (self.valid_to is None or moved_at < self.valid_to)
            and (self.known_from is None or self.known_from <= known_at)
            and (self.known_to is None or known_at < self.known_to)
        )


def counting(tags: Iterable[Tag], moved_at: datetime, known_at: datetime) -> Tag | None:
    """The tag that an address counts by, of those that hold; among equals the first, which in a tag book is the surest.

    A sanctions list, law enforcement and our own staff say who is a perpetrator. What was merely published says so of nobody
    whom another calls a service, a victim or infrastructure: real packs blacklist token contracts. The crowd comes last.
    """
    return min((tag for tag in tags if tag.holds(moved_at, known_at)), key=_rank, default=None)


_PERPETRATOR_RANK = {TagOrigin.PUBLISHED: 2, TagOrigin.CROWD: 3}


def _rank(tag: Tag) -> int:
    if tag.role is TagRole.PERPETRATOR:
        return _PERPETRATOR_RANK.get(tag.origin, 0)
    return 4 if tag.origin is TagOrigin.CROWD else 1
