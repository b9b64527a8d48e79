"""What it means that a name is like a listed one: the question, the hit with its explanation, and its band.

A hit is a match to review and never a finding: only people decide, and two must agree that it is a true match (detection 4).
How a name is compared is the business of `habeas.reference.names`.
"""

from enum import StrEnum
from hashlib import blake2b

import msgspec
from msgspec import Struct

from habeas.domain.listing import Birth, EntityKind, Identifier, NameQuality

NAME_LENGTH_MAX = 1_000
"""Characters of a name that are read; no name is longer, and a longer text costs time."""


class Query(Struct, frozen=True, kw_only=True):
    """Somebody whom we ask about, with what we know of them."""

    name: str
    birth: Birth | None = None
    countries: tuple[str, ...] = ()
    """Nationalities, ISO 3166 codes."""
    identifiers: tuple[Identifier, ...] = ()
    kind: EntityKind | None = None
    """What sort of somebody it is. None compares with everybody; a person is compared with persons."""


class Band(StrEnum):
    """What a score leads to."""

    BLOCK_PENDING_REVIEW = "block_pending_review"
    """A strong name, and birth year, nationality or identifier agree: blocked until people have looked, within 24 hours."""
    REVIEW = "review"
    """People look; there is no effect on the account."""
    NONE = "none"


class Bands(Struct, frozen=True):
    """From which score on a band begins; figures of the playbook."""

    strong_at: float = 0.85
    review_at: float = 0.70

    def __post_init__(self) -> None:
        if not 0 < self.review_at <= self.strong_at <= 1:
            raise ValueError(f"bands must rise from 0 to 1, and `{self.review_at}` and `{self.strong_at}` do not")


BANDS = Bands()
"""The figures of the shipped playbook."""


class Likeness(StrEnum):
    """In what way two parts of names are alike."""

    SAME = "same"
    SPELLING = "spelling"
    SOUND = "sound"
    CONSONANTS = "consonants"
    """One of them was written without its vowels, as Arabic and Hebrew are."""
    INITIAL = "initial"


class AlignedPair(Struct, frozen=True):
    """A part of the name that was asked for and the part of the listed name that it was laid beside.

    A part may be two neighbouring words written as one. `weight` says how much the pair counts: rare words count more.
    """

    asked: str
    listed: str
    likeness: Likeness
    similarity: float
    weight: float


class UnmatchedPart(Struct, frozen=True):
    """A part of one name that has no counterpart in the other one."""

    text: str
    weight: float


class Agreement(StrEnum):
    """Whether what we know of somebody is what the list says."""

    AGREES = "agrees"
    CLOSE = "close"
    """Neither speaks for the match nor clearly against it, as one year beside another."""
    DIFFERS = "differs"


class Adjustment(Struct, frozen=True):
    """How something that was compared besides the name moved the score, and by how much."""

    what: str
    asked: str
    listed: str
    agreement: Agreement
    by: float


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a hit has its score: everything that went into it."""

    listed_name: str
    quality: NameQuality
    version: str
    """Of the list."""
    pairs: tuple[AlignedPair, ...]
    asked_unmatched: tuple[UnmatchedPart, ...]
    listed_unmatched: tuple[UnmatchedPart, ...]
    name_score: float
    """By the name alone."""
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def agrees(self) -> tuple[str, ...]:
        """What agrees besides the name, such as `birth_date`."""
        return tuple(each.what for each in self.adjustments if each.agreement is Agreement.AGREES)

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in lines of text, as reviewers read it."""
        left = [("asked", part) for part in self.asked_unmatched] + [("listed", part) for part in self.listed_unmatched]
        return (
            f"like `{self.listed_name}` ({self.quality}), by the name alone {self.name_score:.3f}",
            *(
                f"{each.asked} ~ {each.listed}: {each.likeness}, alike {each.similarity:.2f}, weight {each.weight:.2f}"
                for each in self.pairs
            ),
            *(f"{part.text}: only in the name {whose}, weight {part.weight:.2f}" for whose, part in left),
            *(
                f"{each.what}: {each.asked} / {each.listed} {each.agreement}, {each.by:+.3f}"
                for each in self.adjustments
            ),
        )


class Hit(Struct, frozen=True, kw_only=True):
    """An entry of a list that a name is like. `entry` is the list's own id, `name` its primary name."""

    list: str
    entry: str
    name: str
    kind: EntityKind
    score: float
    band: Band
    entry_digest: str
    """Changes when anything that is compared of the entry does."""
    explanation: Explanation


class Screening(Struct, frozen=True):
    """Whom of the listed a name is like."""

    name: str
    versions: dict[str, str]
    """The lists that were looked at, each with its version."""
    hits: tuple[Hit, ...]


def band_of(score: float, explanation: Explanation, bands: Bands) -> Band:
    """The band of a score. A strong name is looked at by people even when something else speaks clearly against it."""
    if score >= bands.strong_at and explanation.agrees:
        return Band.BLOCK_PENDING_REVIEW
    if score >= bands.review_at or explanation.name_score >= bands.strong_at:
        return Band.REVIEW
    return Band.NONE


def pair(customer: Query, hit: Hit) -> str:
    """A digest of what was compared on both sides: it changes when anything of it does, and with it ends every clearance."""
    return f"{hit.list}/{hit.entry}/{digest((customer, hit.entry_digest))}"


def digest(of: object) -> str:
    """A short name for everything that a structure says."""
    return blake2b(msgspec.msgpack.encode(of), digest_size=16).hexdigest()
