"""Handing over what was seized: a destination checked on another channel, two people, a test transfer, a record.

Nothing is handed to anybody but the authority or, on the same instrument, the victim; never to the house (rows A082, A083).
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.actor import Actor
from habeas.domain.decision import Refusal


class Recipient(StrEnum):
    """Who gets what was seized."""

    AUTHORITY = "authority"
    VICTIM = "victim"
    """Somebody from whom it was taken (row A087)."""


class Custody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One hand-over, step by step. Each step needs the one before it."""

    destination: str
    recipient: Recipient
    proposed_by: Actor
    proposed_at: datetime
    confirmed_at: datetime | None = None
    confirmed_on: str = ""
    """The channel on which the registry's contact read the destination back."""
    signed_by: tuple[Actor, ...] = ()
    test_tx: str = ""
    test_received_at: datetime | None = None
    """When the recipient said that the test had arrived."""
    tx: str = ""
    amount: str = ""
    handed_over_at: datetime | None = None


SIGNATURES = 2


def confirm(custody: Custody, channel: str, arrived_on: str, at: datetime) -> Custody | Refusal:
    """The destination was read back on a channel that is not the one it came on."""
    if channel == arrived_on:
        return Refusal("same_channel", f"the destination came by {arrived_on}; confirm it on another channel")
    return replace(custody, confirmed_at=at, confirmed_on=channel)


def sign(custody: Custody, by: Actor) -> Custody | Refusal:
    """One more person stands behind it."""
    if custody.confirmed_at is None:
        return Refusal("unverified_destination", f"the destination `{custody.destination}` is not confirmed")
    if by.name in (actor.name for actor in custody.signed_by):
        return Refusal("four_eyes", f"`{by.name}` has signed already; a second person must")
    return replace(custody, signed_by=(*custody.signed_by, by))


def tested(custody: Custody, tx: str) -> Custody | Refusal:
    """A small amount was sent first."""
    if len(custody.signed_by) < SIGNATURES:
        return Refusal("four_eyes", f"{len(custody.signed_by)} of {SIGNATURES} people have signed")
    return replace(custody, test_tx=tx)


def test_received(custody: Custody, at: datetime) -> Custody | Refusal:
    """The recipient has the test."""
    if not custody.test_tx:
        return Refusal("no_test", "no test transfer was made")
    return replace(custody, test_received_at=at)


def handed_over(custody: Custody, tx: str, amount: str, at: datetime) -> Custody | Refusal:
    """The whole was sent."""
    if custody.test_received_at is None:
        return Refusal("no_test", "the recipient has not said that the test transfer arrived")
    if custody.handed_over_at is not None:
        return Refusal("handed_over", f"it was handed over at {custody.handed_over_at.isoformat()} already")
    return replace(custody, tx=tx, amount=amount, handed_over_at=at)
