from datetime import UTC, datetime, timedelta

import pytest

from habeas.domain.tag import Tag, TagOrigin, TagRole, counting
from tests.unit.reference.tags.packs import a_tag

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("moved_at", "known_at", "holds"),
    [
        (NOON - HOUR, NOON + 9 * HOUR, False),
        (NOON, NOON + 9 * HOUR, True),
        (NOON + HOUR, NOON + 9 * HOUR, False),
        (NOON, NOON + 2 * HOUR, False),
        (NOON, NOON + 3 * HOUR, True),
        (NOON, NOON + 10 * HOUR, False),
    ],
)
def test_a_tag_holds_while_it_was_true_for_whom_it_was_known_to(
    moved_at: datetime, known_at: datetime, holds: bool
) -> None:
    tag = a_tag(valid_from=NOON, valid_to=NOON + HOUR, known_from=NOON + 3 * HOUR, known_to=NOON + 10 * HOUR)
    assert tag.holds(moved_at, known_at) is holds


SANCTION = a_tag(origin=TagOrigin.SANCTION, confidence=1)
OWN = a_tag(origin=TagOrigin.OWN_INCIDENT, confidence=1)
BLACKLISTED = a_tag(origin=TagOrigin.PUBLISHED, confidence=100)
EXCHANGE = a_tag(origin=TagOrigin.PUBLISHED, role=TagRole.SERVICE, confidence=20)
ROBBED = a_tag(origin=TagOrigin.OWN_INCIDENT, role=TagRole.VICTIM)
RUMOUR = a_tag(origin=TagOrigin.CROWD, confidence=100)
RUMOURED_SERVICE = a_tag(origin=TagOrigin.CROWD, role=TagRole.SERVICE, confidence=100)


@pytest.mark.parametrize(
    ("tags", "counts"),
    [
        ((), None),
        ((BLACKLISTED, EXCHANGE), EXCHANGE),
        ((BLACKLISTED, ROBBED), ROBBED),
        ((EXCHANGE, SANCTION), SANCTION),
        ((EXCHANGE, OWN), OWN),
        ((BLACKLISTED, RUMOURED_SERVICE), BLACKLISTED),
        ((RUMOURED_SERVICE, RUMOUR), RUMOUR),
        ((RUMOUR, EXCHANGE), EXCHANGE),
    ],
)
def test_a_service_is_a_perpetrator_only_by_the_word_of_a_list_of_the_law_or_of_our_own(
    tags: tuple[Tag, ...], counts: Tag | None
) -> None:
    assert counting(tags, NOON, NOON) == counts


def test_what_does_not_hold_does_not_count() -> None:
    assert counting((a_tag(known_from=NOON + HOUR),), NOON, NOON) is None
