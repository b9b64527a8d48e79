"""Which book callers mean by an asset and a network, and how addresses and transactions are spelled in it."""

import re
from collections.abc import Sequence

from habeas.domain.errors import BadInputError
from habeas.domain.transfer import Asset
from habeas.reference.sanctions.wallets import chain_named, normalise_address

NETWORKS: dict[str, tuple[str, ...]] = {
    "ethereum": ("eth", "ethereummainnet", "erc20", "mainnet", "eip1551"),
    "bsc": ("bnb", "bnbchain", "bnbsmartchain", "bep20", "binancesmartchain", "eip15556"),
    "polygon": ("matic", "pol", "eip155137"),
    "arbitrum": ("arb", "arbitrumone", "eip15542161"),
    "optimism": ("op", "eip15510"),
    "base": ("eip1558453",),
    "avalanche": ("avax", "avaxc", "avalanchecchain", "eip15543114"),
}
"""Networks that share their addresses have to be told apart by name, in small letters and digits."""

_NETWORK_NAMED = {name: network for network, names in NETWORKS.items() for name in (network, *names)}
_TX = re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}")


def asset_meant(assets: Sequence[Asset], symbol: str, network: str | None = None) -> Asset | None:
    """The asset that a caller means; None if there is none. Raises BadInputError if it could be several."""
    named = [asset for asset in assets if asset.name == symbol]
    meant = named or [
        asset
        for asset in assets
        if asset.symbol.lower() == symbol.lower() and (not network or _is_network(asset, network))
    ]
    if len(meant) > 1:
        raise BadInputError(f"`{symbol}` may be {' or '.join(asset.name for asset in meant)}; say on which network")
    return meant[0] if meant else None


def _is_network(asset: Asset, called: str) -> bool:
    if asset.chain == "evm":
        return _plain(asset.network) == _plain(called)
    return asset.network == called.lower() or asset.chain == chain_named(called)


def _plain(network: str) -> str:
    small = re.sub(r"[^a-z0-9]", "", network.lower())
    return _NETWORK_NAMED.get(small, small)


def spelled(asset: Asset, address: str) -> str:
    """An address as the book spells it."""
    return normalise_address(asset.chain, address) if address else ""


def spelled_tx(tx: str) -> str:
    """The id of a transaction as the book spells it: in small letters where it is hexadecimal."""
    text = tx.strip()
    return text.lower() if _TX.fullmatch(text) else text
