"""The wallets of sanctions lists as tags: a listed party's, as surely as its list says."""

from collections.abc import Iterator

from habeas.domain.listing import ParsedList
from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.reference.sanctions.wallets import wallet_keys

CATEGORY = "sanction"


def wallet_tags(parsed: ParsedList) -> tuple[Tag, ...]:
    """A tag for each wallet of a list, on each chain that it may be of. `entry` is the list's own id of who is listed."""
    return tuple(dict.fromkeys(_tags(parsed)))


def _tags(parsed: ParsedList) -> Iterator[Tag]:
    source = f"{parsed.version.list}@{parsed.version.version}"
    for entity in parsed.entities:
        for wallet in entity.wallets:
            for chain, address in wallet_keys(wallet.address, asset=wallet.asset):
                yield Tag(
                    chain=chain,
                    address=address,
                    role=TagRole.PERPETRATOR,
                    category=CATEGORY,
                    label=entity.name,
                    confidence=100,
                    origin=TagOrigin.SANCTION,
                    source=source,
                    entry=entity.entry,
                )
