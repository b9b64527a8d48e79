"""Addresses that are nobody's, whatever a pack says of them: the null address, burn addresses, contracts of tokens.

Coins are sent to these by mistake, and publishers read blacklists from the ledger: seven addresses in real packs are
blacklisted and the contract of a well-known token, or the null address. They are facts, in `allowed.csv`.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from habeas.reference.sanctions.wallets import wallet_keys
from habeas.reference.tags.csv_rows import rows

_TYPED = re.compile(r"0x0{24}[0-9a-f]{16}")
"""An address that begins with twelve zero bytes: to make a key for it takes 2**96 tries, so it was typed, not made."""


class Allowed(NamedTuple):
    """An address that is nobody's: the word for it, and what it is in a phrase."""

    category: str
    what: str


def what_it_is(chain: str, address: str) -> str | None:
    """What an address is that is nobody's; None for every other. Both spelled as tags have them."""
    written_down = allowed().get((chain, address))
    if written_down is not None:
        return written_down.what
    return "an address without a key" if _is_typed(chain, address) else None


def _is_typed(chain: str, address: str) -> bool:
    return chain == "evm" and _TYPED.fullmatch(address) is not None


@cache
def allowed() -> dict[tuple[str, str], Allowed]:
    """What is written down, by chain and address."""
    data = files("habeas.reference.tags").joinpath("allowed.csv").read_bytes()
    return {
        key: Allowed(row["category"], row["is"])
        for _, row in rows(data, "allowed.csv")
        for key in wallet_keys(row["address"], row["chain"])
    }
