"""What a publisher's words mean: how sure a tag is, and what its address is to the coins that pass it.

The words of confidence and their figures are those of GraphSense's taxonomy (`confidence.csv` of its TagPack tool). Categories
are those that occur in its public packs, and others of the taxonomy that these use. No category that is not written down here
ever makes somebody a perpetrator.
"""

from collections.abc import Iterable

from habeas.domain.tag import TagRole

CONFIDENCE: dict[str, int] = {
    "override": 100,
    "ownership": 100,
    "ledger_immanent": 100,
    "manual_transaction": 90,
    "service_api": 70,
    "forensic_investigation": 70,
    "authority_data": 60,
    "trusted_provider": 50,
    "service_data": 50,
    "forensic": 50,
    "untrusted_transaction": 40,
    "web_crawl": 20,
    "heuristic": 10,
    "unknown": 5,
}

UNKNOWN = TagRole.SERVICE
"""The role of a category that is not known: tracing stops, so what comes from there is unresolved and restricts nobody."""

_CATEGORIES: dict[TagRole, tuple[str, ...]] = {
    TagRole.PERPETRATOR: (
        "black_list", "dark_market", "extortion", "hack", "phishing", "ponzi_scheme", "pyramid_scheme", "ransomware",
        "sanction", "scam", "service_hack", "sextortion", "terrorism", "theft",
    ),
    TagRole.VICTIM: ("victim",),
    TagRole.SERVICE: (
        "atm", "bridge", "coinjoin", "defi", "defi_bridge", "defi_derivative", "defi_dex", "defi_lending", "donation",
        "exchange", "faucet", "gambling", "hosted_wallet", "hosting", "market", "miner", "mining_service", "mixing_service",
        "payment_processor", "pool", "service", "shop", "wallet_service",
    ),
    TagRole.INFRASTRUCTURE: ("burn_address", "null_address", "token_contract"),
}  # fmt: skip

ROLES: dict[str, TagRole] = {category: role for role, categories in _CATEGORIES.items() for category in categories}

_DONE_TO_A_SERVICE = frozenset({"hack", "service_hack", "theft"})
_OFAC = "treasury.gov/ofac"


def judged(abuse: str, category: str, concepts: Iterable[str], url: str) -> tuple[str, TagRole | None]:
    """The word that says most about an address, and its role; None if no word is known.

    An abuse says more than a category, since it is what somebody did. A service that was hacked is still a service: its
    coins are its customers'. A copy of OFAC's list that calls its entries `user` means that they are listed.
    """
    if category == "user" and not abuse and _OFAC in url:
        abuse = "sanction"
    if abuse in _DONE_TO_A_SERVICE and ROLES.get(category) is TagRole.SERVICE:
        abuse = ""
    words = tuple(word for word in (abuse, category, *concepts) if word)
    known = next((word for word in words if word in ROLES), None)
    return (known, ROLES[known]) if known else (words[0] if words else "", None)


def sureness(word: str, url: str) -> int | None:
    """The figure of a word of confidence, None if it is not known. Where no word is given, what comes from OFAC is the data of
    an authority.
    """
    return CONFIDENCE.get(word or ("authority_data" if _OFAC in url else "unknown"))
