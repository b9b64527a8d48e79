"""Where the coins of a deposit came from: parts with evidence, and what could not be traced. Both always add up to the whole.

Raw facts: what they mean for an account is the playbook's and the detector's business (detection 5).
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.tag import Tag


class CoinsAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which coins somebody wants to know where they came from."""

    asset: Annotated[str, Meta(min_length=1, max_length=128, description="For example `ETH`, or `USDT:tron`.")]
    what: Annotated[str, Meta(min_length=1, max_length=256, description="A transaction, or an address.")]
    network: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="Where several networks have the asset: which one."),
    ] = None
    receiver: Annotated[
        Annotated[str, Meta(max_length=256)] | None, Meta(description="Which of a transaction's transfers.")
    ] = None
    amount: Annotated[Decimal | None, Meta(description="How much of it, as a decimal string.")] = None
    at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="By what was known at an instant; without it, now.")
    ] = None


class Untraceable(StrEnum):
    """Why a part of a deposit is not followed further. Never "clean"."""

    UNKNOWN = "unknown"
    """The ledger does not know how the coins came to where they were: the part that nobody has recorded."""
    SERVICE = "service"
    """They came out of a service, where everybody's coins are one pool."""
    OPENING = "opening"
    """They were there when the records begin."""
    ISSUED = "issued"
    """They were made here: mined, minted. This is where coins begin, and no gap."""
    TRUNCATED = "truncated"
    """The budget of one trace was used up."""


class Hop(Struct, frozen=True, array_like=True):
    """One transfer of a path, as evidence: in which transaction, from whom to whom, and how much of the deposit it carried."""

    tx: str
    sender: str
    receiver: str
    amount: Decimal


class Source(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An address tagged as a perpetrator's from which coins of the deposit came."""

    address: str
    tags: tuple[Tag, ...]
    """The statements that hold, the surest first. Never empty."""
    hops: int
    """Transfers between it and the deposit address, on the shortest way: 1 is direct."""
    fifo: Decimal
    """How much of the deposit is its coins, first in, first out; in the deposit's asset."""
    share: float
    """Which part of the deposit it is by the exact haircut, 0 to 1."""
    path: tuple[Hop, ...] = ()
    """The way of its largest part, from it to the deposit."""


class Untraced(Struct, frozen=True, kw_only=True):
    """A part of the deposit that is not followed further."""

    why: Untraceable
    amount: Decimal
    """By first in, first out; in the deposit's asset."""
    at: str
    """The address or service where it stops; empty where nothing is known."""


class Exposure(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is known of the origin of one amount. The `fifo` of all sources and the `amount` of all untraced are `amount`."""

    asset: str
    amount: Decimal
    sources: tuple[Source, ...] = ()
    """The largest first. One with `fifo` 0 was met by the haircut alone."""
    untraced: tuple[Untraced, ...] = ()
    versions: tuple[str, ...] = ()
    """The ledger and the collections of tags that it rests on."""
