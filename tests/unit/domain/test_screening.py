"""Bands, explanations, and what a clearance is about."""

import pytest

from habeas.domain.listing import EntityKind, NameQuality
from habeas.domain.screening import (
    Adjustment,
    Agreement,
    AlignedPair,
    Band,
    Bands,
    Explanation,
    Hit,
    Likeness,
    Query,
    UnmatchedPart,
    band_of,
    pair,
)


def an_explanation(name_score: float, *agreements: Agreement) -> Explanation:
    return Explanation(
        listed_name="A",
        quality=NameQuality.PRIMARY,
        version="v1",
        pairs=(),
        asked_unmatched=(),
        listed_unmatched=(),
        name_score=name_score,
        adjustments=tuple(Adjustment("birth_date", "1962", "1962", each, 0.0) for each in agreements),
    )


@pytest.mark.parametrize(
    ("score", "name_score", "agreements", "band"),
    [
        (0.85, 0.85, (Agreement.AGREES,), Band.BLOCK_PENDING_REVIEW),
        (0.85, 0.85, (), Band.REVIEW),
        (0.85, 0.85, (Agreement.CLOSE,), Band.REVIEW),
        (0.849, 0.80, (Agreement.AGREES,), Band.REVIEW),
        (0.70, 0.70, (), Band.REVIEW),
        (0.699, 0.699, (), Band.NONE),
        (0.60, 0.85, (Agreement.DIFFERS,), Band.REVIEW),
        (0.60, 0.72, (Agreement.DIFFERS,), Band.NONE),
    ],
)
def test_a_score_and_what_agrees_make_the_band(
    score: float, name_score: float, agreements: tuple[Agreement, ...], band: Band
) -> None:
    assert band_of(score, an_explanation(name_score, *agreements), Bands()) is band


@pytest.mark.parametrize(("strong_at", "review_at"), [(0.7, 0.8), (1.1, 0.7), (0.8, 0.0)])
def test_bands_must_rise(strong_at: float, review_at: float) -> None:
    with pytest.raises(ValueError, match="bands must rise"):
        Bands(strong_at=strong_at, review_at=review_at)


def a_hit(entry_digest: str = "d1") -> Hit:
    return Hit(
        list="L",
        entry="7",
        name="LEE, Anne",
        kind=EntityKind.PERSON,
        score=0.9,
        band=Band.REVIEW,
        entry_digest=entry_digest,
        explanation=an_explanation(0.9, Agreement.AGREES),
    )


def test_a_pair_changes_when_either_side_does_and_only_then() -> None:
    customer = Query(name="Ann Lee")
    assert pair(customer, a_hit()) == pair(Query(name="Ann Lee"), a_hit())
    assert pair(customer, a_hit()) != pair(Query(name="Ann Lee", countries=("KP",)), a_hit())
    assert pair(customer, a_hit()) != pair(customer, a_hit("d2"))


def test_an_explanation_says_in_lines_what_went_into_it() -> None:
    explanation = Explanation(
        listed_name="LEE, Anne",
        quality=NameQuality.PRIMARY,
        version="v1",
        pairs=(AlignedPair("ann", "anne", Likeness.SPELLING, 0.9, 1.5),),
        asked_unmatched=(UnmatchedPart("maria", 0.5),),
        listed_unmatched=(),
        name_score=0.8,
        adjustments=(Adjustment("birth_date", "1962", "1962", Agreement.AGREES, 0.07),),
    )
    assert explanation.lines == (
        "like `LEE, Anne` (primary), by the name alone 0.800",
        "ann ~ anne: spelling, alike 0.90, weight 1.50",
        "maria: only in the name asked, weight 0.50",
        "birth_date: 1962 / 1962 agrees, +0.070",
    )
    assert explanation.agrees == ("birth_date",)
