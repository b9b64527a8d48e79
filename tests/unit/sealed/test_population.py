"""Whether the class of reviews can hide anything."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId
from habeas.domain.reason import Disclosure
from habeas.sealed.population import Population, population
from tests.desks import LENA, ORDERED, SUE, Office, a_letter


@pytest.mark.parametrize(
    ("ordinary", "secret", "said"),
    [
        (0, 0, None),
        (3, 0, None),
        (19, 1, "19 ordinary reviews"),
        (20, 1, None),
        (20, 5, None),
        (20, 6, "23% of the class"),
        (400, 100, None),
        (400, 101, "20% of the class"),
        (0, 1, "0 ordinary"),
    ],
)
def test_there_is_an_alarm_where_the_class_is_small_or_mostly_secret(
    ordinary: int, secret: int, said: str | None
) -> None:
    alarm = Population(ordinary=ordinary, secret=secret).alarm
    assert (alarm is None) == (said is None)
    assert said is None or said in str(alarm)


def test_what_was_told_or_is_long_over_does_not_count(office: Office) -> None:
    office.executed(a_letter("freeze", "alice", reference="1"))
    gagged = office.executed(a_letter("freeze", "bob", reference="2", gag=ORDERED))
    office.reviews.place(AccountId("carl"), "MALICIOUS_USER", Evidence.E4, ("rp-1",), timedelta(days=15), "case", SUE)
    office.sweep()
    found = office.desk.orders(LENA)
    assert isinstance(found, list)
    reviewed = office.reviews.all(SUE)
    assert isinstance(reviewed, list)
    counted = population(found, reviewed, office.now)
    assert (counted.ordinary, counted.secret) == (1, 1)
    over = replace(gagged, targets=tuple(replace(t, released_at=office.now) for t in gagged.targets))
    assert population([over], [], office.now + timedelta(days=29)).secret == 1
    assert population([over], [], office.now + timedelta(days=31)).secret == 0
    assert population([replace(gagged, disclosure=Disclosure.FULL)], [], office.now).secret == 0
