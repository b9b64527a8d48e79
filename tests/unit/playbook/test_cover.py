"""The class of reviews: its rows and its slots."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope
from habeas.playbook.cover import cover_faults, end_after, is_class_end, pick, slot_at_or_after
from habeas.playbook.policy import Cover
from tests.builders import HOUR, NOON
from tests.stories import the_policy

COVERS = the_policy().covers
lengths = st.integers(1, 400 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(lengths)
def test_a_slot_is_the_first_that_is_not_before(length: timedelta) -> None:
    slot = slot_at_or_after(COVERS, NOON + length)
    assert timedelta(0) <= slot - (NOON + length) < COVERS.slot_every
    assert slot_at_or_after(COVERS, slot) == slot
    assert slot_at_or_after(COVERS, slot + timedelta(microseconds=1)) == slot + COVERS.slot_every


@given(lengths.filter(lambda length: length >= HOUR))
def test_every_end_that_the_class_gives_is_one_that_it_takes(length: timedelta) -> None:
    end = end_after(COVERS, NOON, length)
    assert is_class_end(COVERS, NOON, end)
    if length <= COVERS.short_for:
        assert end <= NOON + length  # A short one is never longer than it may be.


def test_an_order_for_ninety_days_ends_when_many_others_end() -> None:
    ends = {end_after(COVERS, NOON + timedelta(hours=h), timedelta(days=90)) for h in range(96)}
    assert len(ends) <= 2


@pytest.mark.row("A021", "A088")
def test_both_wordings_are_drawn_by_a_key_and_not_by_taste() -> None:
    drawn = [pick(COVERS, b"k" * 16, f"target-{n}", Kind.FROZEN, Scope.ACCOUNT, "DE") for n in range(200)]
    assert set(drawn) == {"account_review", "terms_review"}
    again = [pick(COVERS, b"k" * 16, f"target-{n}", Kind.FROZEN, Scope.ACCOUNT, "DE") for n in range(200)]
    other = [pick(COVERS, b"l" * 16, f"target-{n}", Kind.FROZEN, Scope.ACCOUNT, "DE") for n in range(200)]
    assert drawn == again != other


def test_an_effect_that_no_row_has_finds_none() -> None:
    assert pick(COVERS, b"k", "x", Kind.REGION_LOCK, Scope.ACCOUNT, "DE") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slot_every": timedelta(minutes=90)}, "whole hours"),
        ({"row": {"a": Cover(kind=Kind.LEGAL_FREEZE)}}, "would tell by its kind"),
        ({"row": {"a": Cover(kind=Kind.FROZEN, jurisdictions=("DE",))}}, "no row freezes"),
    ],
)
def test_a_registry_that_could_not_hide_anything_is_refused(changes: dict[str, object], said: str) -> None:
    assert any(said in fault for fault in cover_faults(replace(COVERS, **changes)))


def test_the_shipped_registry_is_sound() -> None:
    assert list(cover_faults(COVERS)) == []
