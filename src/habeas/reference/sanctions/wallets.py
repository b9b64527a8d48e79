"""One spelling for one wallet, and the exact index of listed ones: (chain, normalised address) -> who is listed.

A chain here is a name space of addresses. All chains that follow Ethereum's addresses are one (`evm`): the same address is
held by the same key on each of them, so a wallet that is listed for ETH is found when it is used on BSC. Which chain is meant
follows from what the caller calls it, from the asset, and from the form of the address; where these leave several, all are
looked up, since overlooking a listed wallet is the worse mistake.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from habeas.domain.listing import ListedEntity, ListVersion, ParsedList, WalletHit
from habeas.reference.sanctions.base58 import cash_address_as_base58, decoded, encoded

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"


def _as_it_is(address: str) -> str:
    return address


def _lower(address: str) -> str:
    return address.lower()


def _lower_bech32(address: str) -> str:
    """Bech32 may be written in capitals; base58, which the same chains also use, tells cases apart."""
    return address.lower() if re.match(r"(?:bc|ltc|zs|zc|u|tex)1", address, re.IGNORECASE) else address


def _litecoin(address: str) -> str:
    """Addresses of scripts were once written with Bitcoin's version byte (`3...`); now with Litecoin's own (`M...`)."""
    address = _lower_bech32(address)
    payload = decoded(address) if address.startswith("3") else None
    return encoded(b"\x32" + payload[1:]) if payload else address


def _tron(address: str) -> str:
    """TRON's programs show the bytes in hexadecimal (`41...`), its users the same in base58 (`T...`)."""
    return encoded(bytes.fromhex(address)) if re.fullmatch(r"41[0-9a-fA-F]{40}", address) else address


def _monero(address: str) -> str:
    return address.lower() if re.fullmatch("[0-9a-fA-F]{64}", address) else address


def _bitcoin_cash(address: str) -> str:
    return cash_address_as_base58(address.lower()) or address


class Chain(Struct, frozen=True):
    """A name space of addresses: the forms they take (one of them fits whole) and how to spell one."""

    name: str
    form: re.Pattern[str]
    spelled: Callable[[str], str] = _as_it_is


CHAINS: dict[str, Chain] = {
    chain.name: chain
    for chain in (
        Chain("evm", re.compile(r"0[xX][0-9a-fA-F]{40}"), _lower),
        Chain("bitcoin", re.compile(rf"[13]{_BASE58}{{25,34}}|(?i:bc1[02-9ac-hj-np-z]{{11,87}})"), _lower_bech32),
        Chain("bitcoin-cash", re.compile(rf"[13]{_BASE58}{{25,34}}|(?i:[qp][02-9ac-hj-np-z]{{41}})"), _bitcoin_cash),
        Chain("bitcoin-sv", re.compile(rf"[13]{_BASE58}{{25,34}}")),
        Chain("bitcoin-gold", re.compile(rf"[GA]{_BASE58}{{25,34}}|(?i:btg1[02-9ac-hj-np-z]{{11,87}})")),
        Chain("litecoin", re.compile(rf"[LM3]{_BASE58}{{25,34}}|(?i:ltc1[02-9ac-hj-np-z]{{11,87}})"), _litecoin),
        Chain("dash", re.compile(rf"[X7]{_BASE58}{{25,34}}")),
        Chain("dogecoin", re.compile(rf"[DA9]{_BASE58}{{25,34}}")),
        Chain("verge", re.compile(rf"[DE]{_BASE58}{{25,34}}")),
        Chain(
            "zcash",
            re.compile(rf"t[13]{_BASE58}{{33}}|zc{_BASE58}{{93}}|(?i:(?:zs|u|tex)1[02-9ac-hj-np-z]{{20,}})"),
            _lower_bech32,
        ),
        # A list names one wallet by 64 hexadecimal digits, the bytes of a key.
        Chain("monero", re.compile(rf"[48]{_BASE58}{{94}}|4{_BASE58}{{105}}|[0-9a-fA-F]{{64}}"), _monero),
        Chain("ripple", re.compile(rf"r{_BASE58}{{24,34}}|X{_BASE58}{{46}}")),
        Chain("tron", re.compile(rf"T{_BASE58}{{33}}|41[0-9a-fA-F]{{40}}"), _tron),
        Chain("solana", re.compile(rf"{_BASE58}{{43,44}}")),
        Chain("stellar", re.compile(r"[GM][A-Z2-7]{55,68}")),
        Chain("ton", re.compile(r"[EUk0][Qf][A-Za-z0-9_/+-]{46}|-?[01]:[0-9a-fA-F]{64}")),
        Chain("cardano", re.compile(r"(?i:addr1[02-9ac-hj-np-z]{50,110})"), _lower),
        Chain("cosmos", re.compile(r"(?i:cosmos1[02-9ac-hj-np-z]{38})"), _lower),
    )
}

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "evm": (
        "eth", "ethereum", "ethereummainnet", "erc20", "mainnet", "bsc", "bnb", "bnbchain", "bnbsmartchain", "bep20",
        "binancesmartchain", "arb", "arbitrum", "arbitrumone", "etc", "ethereumclassic", "polygon", "matic", "pol", "base",
        "optimism", "op", "avalanche", "avax", "avaxc", "avalanchecchain", "fantom", "ftm", "gnosis", "xdai", "linea",
        "scroll", "zksync", "zksyncera", "celo", "cronos", "blast", "mantle", "sonic",
    ),
    "bitcoin": ("btc", "xbt", "bitcoinmainnet", "segwit", "omni"),
    "bitcoin-cash": ("bch", "bitcoincash"),
    "bitcoin-sv": ("bsv", "bitcoinsv"),
    "bitcoin-gold": ("btg", "bitcoingold"),
    "litecoin": ("ltc",),
    "dash": (),
    "dogecoin": ("doge",),
    "verge": ("xvg",),
    "zcash": ("zec",),
    "monero": ("xmr",),
    "ripple": ("xrp", "xrpl", "xrpledger"),
    "tron": ("trx", "trc20", "tronmainnet"),
    "solana": ("sol", "spl"),
    "stellar": ("xlm",),
    "ton": ("toncoin", "theopennetwork"),
    "cardano": ("ada",),
    "cosmos": ("atom",),
}  # fmt: skip
"""What callers call a chain, in small letters and digits alone, so that `BSC`, `BEP-20` and `eip155:56` are one."""

ASSET_CHAINS: dict[str, tuple[str, ...]] = {
    "usdt": ("evm", "tron", "bitcoin", "solana", "ton"),
    "usdc": ("evm", "solana", "stellar", "tron"),
    "arb": ("evm",),
    "bnb": ("evm",),
    "dai": ("evm",),
    "busd": ("evm",),
    "weth": ("evm",),
    "wbtc": ("evm",),
    "tusd": ("evm", "tron"),
}
"""The chains that carry an asset which is not a chain's own coin."""

_CHAIN_BY_NAME = {name: chain for chain, names in OTHER_NAMES.items() for name in (chain.replace("-", ""), *names)}
_URI = re.compile(
    r"^(?:bitcoin|bitcoincash|bchtest|litecoin|dash|dogecoin|zcash|monero|ethereum|ripple|xrpl|tron|solana|stellar):",
    re.IGNORECASE,
)
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF])


def chain_named(name: str | None) -> str | None:
    """The chain that a caller means: `ETH`, `ethereum`, `ERC-20`, `eip155:1`; None for a name that is not known."""
    if not name:
        return None
    if name.lower().startswith("eip155:"):
        return "evm"
    return _CHAIN_BY_NAME.get(re.sub(r"[^a-z0-9]", "", name.lower()))


def chains_of(address: str, chain: str | None = None, asset: str | None = None) -> tuple[str, ...]:
    """Every chain that an address may be of, given what the caller calls chain and asset; `()` if no form fits.

    A chain that the caller names wins when the form of the address fits it. Otherwise the form decides: a caller who writes
    `ethereum` beside a TRON address means TRON.
    """
    bare = _bare(address)
    fitting = tuple(name for name, known in CHAINS.items() if known.form.fullmatch(bare))
    named = chain_named(chain)
    if named in fitting:
        return (named,)
    carrying = _chains_of_asset(asset)
    return tuple(name for name in fitting if name in carrying) or fitting


def _chains_of_asset(asset: str | None) -> tuple[str, ...]:
    own = chain_named(asset)
    return ASSET_CHAINS.get((asset or "").lower(), (own,) if own else ())


def normalise_address(chain: str, address: str) -> str:
    """One spelling for one address: without the prefix and query of a payment link, and in small letters where case says
    nothing. Doing it again changes nothing.
    """
    known = CHAINS.get(chain)
    bare = _bare(address)
    return known.spelled(bare) if known is not None and known.form.fullmatch(bare) else bare


def _bare(address: str) -> str:
    text = "".join(address.translate(_INVISIBLE).split())
    while found := _URI.match(text):
        text = text[found.end() :]
    return re.split(r"[?@]", text, maxsplit=1)[0]


class WalletIndex:
    """All wallets of several lists, found by chain and address in constant time. Immutable once built; safe for threads."""

    def __init__(self, lists: Iterable[ParsedList]) -> None:
        self._hits: dict[tuple[str, str], list[WalletHit]] = {}
        for parsed in lists:
            for entity in parsed.entities:
                for key, hit in _hits_of(parsed.version, entity):
                    found = self._hits.setdefault(key, [])
                    if hit not in found:
                        found.append(hit)

    def __len__(self) -> int:
        """How many different wallets are listed."""
        return len(self._hits)

    def find(self, address: str, chain: str | None = None, asset: str | None = None) -> tuple[WalletHit, ...]:
        """Who is listed with this address; `()` if nobody. `chain` and `asset` are what the caller calls them, if anything."""
        hits: dict[WalletHit, None] = {}
        for name in wallet_keys(address, chain, asset):
            hits.update(dict.fromkeys(self._hits.get(name, ())))
        return tuple(hits)


def _hits_of(version: ListVersion, entity: ListedEntity) -> Iterator[tuple[tuple[str, str], WalletHit]]:
    for wallet in entity.wallets:
        hit = WalletHit(entity.list, version.version, entity.entry, entity.name, wallet.asset, wallet.address)
        for key in wallet_keys(wallet.address, None, wallet.asset):
            yield key, hit


def wallet_keys(address: str, chain: str | None = None, asset: str | None = None) -> Iterator[tuple[str, str]]:
    """Under which (chain, normalised address) a wallet is kept and looked up, one for each chain that it may be of.

    An address of no known form is of the chain "": it is found when it is written exactly as the list writes it.
    """
    for name in chains_of(address, chain, asset) or ("",):
        yield name, normalise_address(name, address)
