"""All tags together, by address, the surest first."""

from collections.abc import Iterable

from msgspec.structs import replace

from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.reference.sanctions.wallets import wallet_keys
from habeas.reference.tags.allowed import what_it_is
from habeas.reference.tags.making import TagSet

_ORIGINS = tuple(TagOrigin)
_OTHERS_WORD = frozenset({TagOrigin.PUBLISHED, TagOrigin.CROWD})


class TagBook:
    """What is said of addresses by several sets. Never changes, so that any number of threads may look up."""

    def __init__(self, sets: Iterable[TagSet] = ()) -> None:
        """What others say of an address that is nobody's (`allowed`) is kept as said of infrastructure."""
        self.sets = tuple(sets)
        found: dict[str, dict[str, list[Tag]]] = {}
        for each in self.sets:
            for tag in each.tags:
                found.setdefault(tag.chain, {}).setdefault(tag.address, []).append(_cleaned(tag))
        self._tags = {
            chain: {address: tuple(sorted(tags, key=_surest)) for address, tags in addresses.items()}
            for chain, addresses in found.items()
        }

    def __len__(self) -> int:
        """How many addresses have a tag."""
        return sum(map(len, self._tags.values()))

    def of(self, chain: str, address: str) -> tuple[Tag, ...]:
        """Every tag of an address, the surest first, ended ones too: `Tag.holds` says which hold. Chain and address as
        `normalise_address` spells them; half a microsecond.
        """
        addresses = self._tags.get(chain)
        return () if addresses is None else addresses.get(address, ())

    def find(self, address: str, chain: str | None = None, asset: str | None = None) -> tuple[Tag, ...]:
        """The same for an address as a caller writes it, on every chain that it may be of."""
        return tuple(dict.fromkeys(tag for key in wallet_keys(address, chain, asset) for tag in self.of(*key)))

    def addresses(self, name: str | None = None, role: TagRole | None = None) -> tuple[tuple[str, str], ...]:
        """Chain and address of everything that a set has tags of, or all sets have; with a role, of the tags in it."""
        return tuple(
            dict.fromkeys(
                (tag.chain, tag.address)
                for each in self.sets
                if name is None or each.name == name
                for tag in map(_cleaned, each.tags)
                if role is None or tag.role is role
            )
        )


def _cleaned(tag: Tag) -> Tag:
    if tag.role is TagRole.PERPETRATOR and tag.origin in _OTHERS_WORD and what_it_is(tag.chain, tag.address):
        return replace(tag, role=TagRole.INFRASTRUCTURE)
    return tag


def _surest(tag: Tag) -> tuple[object, ...]:
    # Everything that tells tags apart, so that the order is the same whatever the order of the sets.
    return (
        -tag.confidence,
        _ORIGINS.index(tag.origin),
        tag.source,
        tag.entry,
        tag.category,
        tag.label,
        tag.url,
        *(at.isoformat() if at else "" for at in (tag.valid_from, tag.valid_to, tag.known_from, tag.known_to)),
        tag.role,
    )
