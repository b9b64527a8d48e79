"""The kinds of reference sets: what each is called, and which family it belongs to.

| kind | what it holds |
|---|---|
| `sanctions.<list>` | a sanctions list, such as `sanctions.OFAC-SDN` |
| `wallets.<asset>` | a plain list of wallets |
| `places.country`, `places.city` | where IP addresses are; `.ipv6` behind it for a file of IPv6 alone |
| `places.second` | a second opinion on the country |
| `networks.<name>` | networks of one tag: vpn, hosting, tor, relay, cloud |
| `tags.<set>` | what is said of addresses of chains: whose they are, and how surely |
| `overrides` | ranges that the sources misread, corrected by staff |
"""

import re
from enum import StrEnum

from habeas.domain.errors import BadInputError

OVERRIDES = "overrides"
OFAC = "sanctions.OFAC-SDN"
"""The list of which the built-in one is a sample."""

_NAME_MAX = 64
_KIND = re.compile(
    r"(?:(?:sanctions|wallets|networks|tags)\.[A-Za-z0-9][A-Za-z0-9._-]{0,63}|places\.(?:country|second|city)(?:\.ipv6)?|overrides)"
)


class Family(StrEnum):
    """What sort of thing is looked up in a set."""

    SANCTIONS = "sanctions"
    WALLETS = "wallets"
    PLACES = "places"
    NETWORKS = "networks"
    OVERRIDES = "overrides"
    TAGS = "tags"


LISTS = frozenset({Family.SANCTIONS, Family.WALLETS})


def family_of(kind: str) -> Family:
    """The family of a kind. Raises BadInputError if there is no such kind."""
    if not _KIND.fullmatch(kind):
        raise BadInputError(
            f"`{kind[:80]}` is no kind of reference set; kinds are sanctions.NAME, wallets.NAME, networks.NAME, "
            "tags.NAME, places.country, places.second, places.city (with .ipv6 for IPv6 alone) and overrides"
        )
    return Family(kind.partition(".")[0])


def kind_of(family: Family, name: str) -> str:
    """The kind of a family with a name as a file or a list has it: what does not fit into a kind becomes a hyphen."""
    fit = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:_NAME_MAX]
    return f"{family}.{fit or 'list'}"
