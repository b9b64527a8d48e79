"""What it means that a name is like a listed one: the question, the hit with its explanation, its band, and who clears it.

A hit is a match to review and never a finding: only people decide, and two must agree that it is a true match (detection 4).
How a name is compared is the business of `habeas.reference.names`.
"""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b

import msgspec
from msgspec import Struct

from habeas.domain.listing import Birth, EntityKind, Identifier, ListedEntity, NameQuality

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

    def agrees(self) -> bool:
        """Whether anything besides the name agrees."""
        return any(each.agreement is Agreement.AGREES for each in self.adjustments)


class Hit(Struct, frozen=True, kw_only=True):
    """An entry of a list that a name is like. `entry` is the list's own id, `name` its primary name."""

    list: str
    entry: str
    name: str
    kind: EntityKind
    score: float
    band: Band
    explanation: Explanation


def band_of(score: float, explanation: Explanation, bands: Bands) -> Band:
    """The band of a score. A strong name is looked at by people even when something else speaks clearly against it."""
    if score >= bands.strong_at and explanation.agrees():
        return Band.BLOCK_PENDING_REVIEW
    if score >= bands.review_at or explanation.name_score >= bands.strong_at:
        return Band.REVIEW
    return Band.NONE


class Judgement(StrEnum):
    """What a person says about a hit."""

    TRUE_MATCH = "true_match"
    FALSE_MATCH = "false_match"


REVIEWERS_NEEDED: dict[Judgement, int] = {Judgement.TRUE_MATCH: 2, Judgement.FALSE_MATCH: 1}


class HitReview(Struct, frozen=True):
    """One person's judgement about a hit."""

    reviewer: str
    judgement: Judgement


def settled(reviews: Iterable[HitReview]) -> Judgement | None:
    """What the reviews of a hit, in the order of time, come to; None while people are still needed.

    Each reviewer's last word counts, and nobody counts twice. While reviewers contradict each other nothing is settled.
    """
    last = {review.reviewer: review.judgement for review in reviews}
    judgements = set(last.values())
    if len(judgements) != 1:
        return None
    (judgement,) = judgements
    return judgement if len(last) >= REVIEWERS_NEEDED[judgement] else None


class Clearance(Struct, frozen=True):
    """A pair of customer and entry that people found to be two different ones. It stays quiet until either changes."""

    list: str
    entry: str
    customer_digest: str
    entry_digest: str


def digest(of: Query | ListedEntity) -> str:
    """What changes when anything that is compared changes."""
    return blake2b(msgspec.msgpack.encode(of), digest_size=16).hexdigest()


def clearance(customer: Query, entity: ListedEntity) -> Clearance:
    return Clearance(entity.list, entity.entry, digest(customer), digest(entity))


def is_quiet(cleared: Clearance, customer: Query, entity: ListedEntity) -> bool:
    """Whether a hit of this customer on this entry was cleared, and both are as they were then."""
    return cleared == clearance(customer, entity)
