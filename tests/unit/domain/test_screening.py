"""Bands, two reviewers, and what stays quiet."""

import pytest

from habeas.domain.listing import NameQuality
from habeas.domain.screening import (
    Adjustment,
    Agreement,
    Band,
    Bands,
    Explanation,
    HitReview,
    Judgement,
    Query,
    band_of,
    clearance,
    is_quiet,
    settled,
)
from tests.unit.reference.names.lists import an_entity


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


TRUE, FALSE = Judgement.TRUE_MATCH, Judgement.FALSE_MATCH


@pytest.mark.parametrize(
    ("reviews", "outcome"),
    [
        ([], None),
        ([("ann", TRUE)], None),
        ([("ann", TRUE), ("ann", TRUE)], None),
        ([("ann", TRUE), ("bob", TRUE)], TRUE),
        ([("ann", FALSE)], FALSE),
        ([("ann", TRUE), ("bob", FALSE)], None),
        ([("ann", TRUE), ("bob", FALSE), ("bob", TRUE)], TRUE),
    ],
)
def test_a_true_match_needs_two_people_and_a_false_one_needs_one(
    reviews: list[tuple[str, Judgement]], outcome: Judgement | None
) -> None:
    assert settled(HitReview(reviewer, judgement) for reviewer, judgement in reviews) is outcome


def test_a_cleared_pair_is_quiet_until_either_side_changes() -> None:
    customer, entity = Query(name="Ann Lee"), an_entity("LEE, Anne")
    cleared = clearance(customer, entity)
    assert is_quiet(cleared, customer, entity)
    assert not is_quiet(cleared, Query(name="Ann Lee", countries=("KP",)), entity)
    assert not is_quiet(cleared, customer, an_entity("LEE, Anne", "LEE, Ann"))
