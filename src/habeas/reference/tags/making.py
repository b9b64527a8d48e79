"""A tag from what a file says, with the chains that its address may be of; and what the operator should know of a file."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256

from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.tag import Tag, TagOrigin
from habeas.reference.sanctions.wallets import wallet_keys
from habeas.reference.tags.roles import CONFIDENCE, UNKNOWN, judged, sureness

_ADDRESS_MAX = 130
_NAMED = 6


class TagSet(Struct, frozen=True, kw_only=True):
    """The tags of one source in one version. `notes` are sentences that an operator should read."""

    name: str
    version: str
    as_of: date | None
    tags: tuple[Tag, ...]
    notes: tuple[str, ...] = ()


class Said(Struct, frozen=True, kw_only=True):
    """What a file says of an address, in the publisher's words."""

    address: str
    currency: str = ""
    network: str = ""
    category: str = ""
    abuse: str = ""
    concepts: tuple[str, ...] = ()
    confidence: str = ""
    label: str = ""
    url: str = ""


class Maker:
    """Makes the tags of one file, and counts what it met."""

    def __init__(self, source: str, origin: TagOrigin) -> None:
        self._source = source
        self._origin = origin
        self._tags: dict[Tag, None] = {}
        self._unknown: dict[str, Counter[str]] = {"category": Counter(), "confidence": Counter()}
        self._strange: list[str] = []
        self._twice = 0

    def add(self, said: Said) -> None:
        """Take in what is said of one address. Raises BadInputError if it cannot be used."""
        checked_address(said.address)
        if not said.url:
            raise BadInputError("it has no `source`; say where the tag comes from")
        category, role = judged(said.abuse, said.category, said.concepts, said.url)
        if role is None:
            self._unknown["category"][category or "none"] += 1
        confidence = sureness(said.confidence, said.url)
        if confidence is None:
            self._unknown["confidence"][said.confidence] += 1
        for chain, address in wallet_keys(said.address, said.network, said.currency):
            if not chain:
                self._strange.append(address)
            tag = Tag(
                chain=chain,
                address=address,
                role=role or UNKNOWN,
                category=category,
                label=said.label,
                confidence=CONFIDENCE["unknown"] if confidence is None else confidence,
                origin=self._origin,
                source=self._source,
                url=said.url,
            )
            self._twice += tag in self._tags
            self._tags[tag] = None

    def made(self) -> tuple[Tag, ...]:
        """The tags, each once, as the file has them."""
        return tuple(self._tags)

    def notes(self) -> Iterator[str]:
        """What the operator should know."""
        categories, words = self._unknown["category"], self._unknown["confidence"]
        if categories:
            yield (
                f"{categories.total()} tags are of a category that is not known ({_counted(categories)}): kept as services, "
                "at which tracing stops"
            )
        if words:
            yield f"{words.total()} tags have a confidence that is not known ({_counted(words)}): kept as the least sure"
        if self._strange:
            yield (
                f"{len(self._strange)} addresses have no form that is known, among them `{self._strange[0]}`: found only "
                "when they are spelled alike"
            )
        if self._twice:
            yield f"{self._twice} tags are there twice, and kept once"


def _counted(words: Counter[str]) -> str:
    named = ", ".join(f"`{word}` {count}" for word, count in words.most_common(_NAMED))
    return f"{named}, and {len(words) - _NAMED} more" if len(words) > _NAMED else named


def checked_address(address: str) -> str:
    """An address that can be one. Raises BadInputError."""
    if not address:
        raise BadInputError("it has no `address`; say which address is meant")
    if len(address) > _ADDRESS_MAX or not address.isprintable():
        raise BadInputError(f"`{_shown(address)}` is no address; correct it")
    return address


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:40])


def version_of(data: bytes, as_of: date | None) -> str:
    """What a version is called: by its day, and by its digest, since packs change twice a day and keep their date."""
    digest = sha256(data).hexdigest()
    return f"{as_of}.{digest[:8]}" if as_of else digest[:12]


def tag_set(name: str, version: str, as_of: date | None, maker: Maker, more: Iterable[str] = ()) -> TagSet:
    """What a maker has made, as a set. Raises BadInputError if it is empty."""
    tags = maker.made()
    if not tags:
        raise BadInputError(f"`{name}` has no tags of addresses; fetch it again")
    return TagSet(name=name, version=version, as_of=as_of, tags=tags, notes=(*more, *maker.notes()))
