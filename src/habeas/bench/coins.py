"""Coins: how fast transfers are taken in and traced, in memory and in a store, and whether attacks stay within the budget."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.domain.transfer import Asset, Transfer

ASSET = Asset("COIN", "bench", "evm", 8)
START_AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

TRANSFERS_AN_ADDRESS = 5
SKEW = 4
"""The address is the N * u^SKEW-th for an even u: a thousandth of all has 18 % of the transfers at each end."""

TRIES = 10
"""So often somebody who has something is looked for to send; else somebody sends what the ledger does not know him to have."""

SERVICES = 1_000
"""One of so many addresses is a service: the busiest ones."""

SOURCES = 1_000
"""One of so many others is a source, wherever it is."""

ASKED = 2_000
_BATCH = 10_000


def address(number: int) -> str:
    """Addresses look like real ones, since their length is part of the work."""
    return f"0x{number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276B & (1 << 160) - 1:040x}"


def transfers(size: int, seed: int = 7) -> Iterator[Transfer]:
    """Power-law transfers in order: who is busy sends and receives, and sends what he has where he has something."""
    draw = random.Random(seed)
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    balance: dict[int, int] = {}
    for number in range(size):
        sender = 0
        for _ in range(TRIES):
            sender = int(count * draw.random() ** SKEW)
            if sender in balance:
                break
        receiver = int(count * draw.random() ** SKEW)
        amount = int(1_000_000 * draw.paretovariate(1.2))
        has = balance.get(sender, 0)
        if has:
            amount = min(amount, has)
        balance[sender] = has - amount
        if balance[sender] <= 0:
            del balance[sender]
        balance[receiver] = balance.get(receiver, 0) + amount
        height, index = divmod(number, 200)
        yield Transfer(
            asset=ASSET.name,
            height=height,
            index=index,
            tx=f"0x{number * 0x9E3779B97F4A7C15 << 190 | number:064x}",
            at=START_AT + timedelta(seconds=12 * height),
            sender=address(sender),
            receiver=address(receiver),
            amount=amount,
        )


def tags(size: int) -> Callable[[str, str], tuple[Tag, ...]]:
    """The busiest are services; some of the others are sources."""
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    roles = {address(number): TagRole.SERVICE for number in range(count // SERVICES)}
    roles |= {address(number): TagRole.PERPETRATOR for number in sources(size)}
    table = {
        name: (
            Tag(
                chain="evm",
                address=name,
                role=role,
                category="any",
                label="any",
                confidence=90,
                origin=TagOrigin.PUBLISHED,
                source="bench",
            ),
        )
        for name, role in roles.items()
    }
    return lambda _, name: table.get(name, ())


def sources(size: int) -> list[int]:
    """Which addresses are sources."""
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    return sorted(random.Random(11).sample(range(count // SERVICES, count), max(1, count // SOURCES)))
