"""The tags that come with Habeas: public facts in `known.toml`, and the addresses in `allowed.csv` that are nobody's."""

from functools import cache
from importlib.resources import files

from msgspec.structs import replace

from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.reference.tags.allowed import allowed
from habeas.reference.tags.making import TagSet
from habeas.reference.tags.own import parse_toml


@cache
def builtin_tags() -> TagSet:
    """The set, with both."""
    data = files("habeas.reference.tags").joinpath("known.toml").read_bytes()
    known = parse_toml(data, "known.toml", origins=frozenset(TagOrigin))
    nobodys = tuple(
        Tag(
            chain=chain,
            address=address,
            role=TagRole.INFRASTRUCTURE,
            category=each.category,
            label=each.what,
            confidence=100,
            origin=TagOrigin.PUBLISHED,
            source=f"{known.name}@{known.version}",
        )
        for (chain, address), each in allowed().items()
    )
    return replace(known, tags=(*nobodys, *known.tags))
