"""Declared names, screened against the list that comes with Habeas on their way through intake."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.case import Case, CaseOutcome
from habeas.domain.decision import Outcome
from habeas.domain.event import make_event
from habeas.domain.event_data import CaseAct
from habeas.domain.ids import AccountId
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder, PlacesBuilder
from habeas.service.acts import carry_out
from habeas.service.intake import Intake
from habeas.service.library import Library
from habeas.service.ports import Store
from habeas.store.open import open_store
from tests.builders import NOON

OLGA, RAVI = Actor("olga", Role.SANCTIONS_OFFICER), Actor("ravi", Role.SENIOR_ANALYST)
MOHAMMAD = {"name": "Mohammed Ghorbanian", "birth_date": "1987-03-09", "nationalities": ["IR"], "residence": "DE"}


class Desk:
    """An exchange with one store, what is looked up in it, and an hour that does not pass."""

    def __init__(self, store: Store, cache: Path) -> None:
        self.store, self._sent = store, 0
        library = Library(store, PlacesBuilder(cache, frozenset()), ListsBuilder(store.identity_key, cache))
        self.intake = Intake(store, shipped_playbook(), library, library, lambda: NOON)

    def send(self, type_: str, **data: Any) -> Outcome:
        self._sent += 1
        body = msgspec.json.encode(data)
        return self.intake.decide(make_event(f"e{self._sent}", "urn:exchange", type_, "acct-1", NOON, body))

    def review(self, case: Case, outcome: CaseOutcome, by: Actor) -> Outcome:
        act = CaseAct(case=case.id, outcome=outcome, actor=by, note="looked at the papers")
        return carry_out(self.intake, AccountId("acct-1"), act, NOON)

    @property
    def cases(self) -> tuple[Case, ...]:
        with self.store.reading() as reader:
            return reader.cases(AccountId("acct-1"))

    @property
    def standing(self) -> list[str]:
        with self.store.reading() as reader:
            state = reader.account(AccountId("acct-1"))
            assert state is not None
            return sorted(each.kind for each in state.restrictions)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(open_store(f"sqlite:///{tmp_path / 'habeas.db'}")) as store:
        desk = Desk(store, tmp_path)
        with desk.intake:
            yield desk


def test_a_name_spelled_otherwise_with_the_birth_date_blocks_until_people_have_looked(desk: Desk) -> None:
    desk.send("account.opened", **MOHAMMAD)
    assert desk.standing == ["SANCTIONS_BLOCK"]
    (case,) = desk.cases
    assert case.match is not None
    assert (case.match.entry, case.match.listed) == ("26138", "GHORBANIYAN, Mohammad")
    assert any(line.startswith("birth_date: 1987-03-09 / 1987-03-09 agrees") for line in case.match.explanation)


def test_a_name_without_anything_else_is_reviewed_and_limits_nobody(desk: Desk) -> None:
    desk.send("account.opened", name=MOHAMMAD["name"], residence="DE")
    assert desk.standing == []
    assert [case.queue for case in desk.cases] == ["sanctions"]


def test_an_ordinary_name_is_nothing(desk: Desk) -> None:
    desk.send("account.opened", name="Anna Bergmann", birth_date="1990-01-01", nationalities=["DE"], residence="DE")
    assert (desk.standing, desk.cases) == ([], ())


def test_a_cleared_pair_stays_quiet_until_what_was_compared_changes(desk: Desk) -> None:
    desk.send("account.opened", **MOHAMMAD)
    (case,) = desk.cases
    for reviewer in (OLGA, RAVI):
        desk.review(case, CaseOutcome.FALSE_MATCH, reviewer)
    assert desk.standing == []
    desk.send("account.profile_changed", **MOHAMMAD)
    assert (desk.standing, len(desk.cases)) == ([], 1)
    desk.send("account.profile_changed", **MOHAMMAD | {"name": "Mohammad Ghorbaniyan"})
    assert (desk.standing, len(desk.cases)) == (["SANCTIONS_BLOCK"], 2)
