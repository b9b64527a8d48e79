"""Whatever an older system has: brought in it says the same, and taken back it is as it was before."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from habeas.decision import imported as deciding
from habeas.decision.birth import born
from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.capability import ACCOUNT_CAPABILITIES, Capability, Level
from habeas.domain.event import make_event
from habeas.domain.ids import AccountId
from habeas.domain.imported import Import, ImportOf, Older
from habeas.domain.kind import ACCOUNT_KINDS, HELD_BY_LAW_KINDS
from habeas.domain.restriction import AtEnd, Restriction
from habeas.domain.verdict import effective_levels
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.service import importing
from habeas.service import reconcile as comparing
from habeas.service.batches import go_through
from habeas.service.import_map import read_restriction_map
from habeas.service.reconcile import Difference
from tests.properties.canary import catches
from tests.unit.service.test_intake import MONDAY, Desk

JANE, JOE = Actor("jane", Role.MLRO), Actor("joe", Role.COUNSEL)
ACCOUNTS = ("amy", "bob", "kim", "lea", "zoe")
STATUSES = ("none", *(kind.value for kind in ACCOUNT_KINDS))
REASON = {
    "SANCTIONS_BLOCK": "SANCTIONS_NEXUS",
    "LEGAL_FREEZE": "LEGAL_ORDER",
    "PERM_BAN": "MALICIOUS_USER",
    "REGION_LOCK": "KYC_REGION",
}
MAP = (
    '[column]\naccount = "id"\nstatus = "state"\nsince = "since"\nuntil = "until"\n[status]\nnone = "none"\n'
    + "".join(f'{kind} = {{ kind = "{kind}", reason = "{REASON.get(kind, "TOS_ABUSE")}" }}\n' for kind in STATUSES[1:])
)

a_day = st.integers(min_value=-900, max_value=-1).map(lambda days: MONDAY + timedelta(days=days))
# At the instant of the import too, and just beside it.
an_end = st.sampled_from([-1, 0, 1, 60, 86_400, 86_400 * 200]).map(lambda s: MONDAY + timedelta(seconds=s))
a_row = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(STATUSES), st.none() | a_day, st.none() | an_end)
rows_of_a_file = st.lists(a_row, min_size=1, max_size=12)
later = st.sampled_from([0, 1, 60, 86_399, 86_400, 86_400 * 250])


class Exchange(Desk):
    """An exchange of which all accounts are known, and that is limited in nothing yet."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.file = folder / "users.csv"
        self.map = read_restriction_map(MAP.encode(), "map", self.playbook.policies[DEFAULT_ENTITY])
        for account in ACCOUNTS:
            body = msgspec.json.encode({"residence": "DE"})
            self.intake.decide(make_event("open", "urn:x", "account.opened", account, MONDAY, body))

    def bring_in(self, rows: list[tuple[str, str, object, object]]) -> Import:
        cells = [
            ",".join(str(cell.isoformat() if hasattr(cell, "isoformat") else cell or "") for cell in row)
            for row in rows
        ]
        self.file.write_text("id,state,since,until\n" + "\n".join(cells) + "\n", encoding="utf-8")
        started = Signature(JANE, self.now, "import")
        batch = importing.begun(self.store, ImportOf.RESTRICTIONS, self.file, MAP.encode(), started, JOE)
        policy = self.playbook.policies[DEFAULT_ENTITY]
        survey = importing.survey_restrictions(self.file, self.map, policy, self.now, (JANE, JOE), lambda *_: None)
        assert survey.unsigned == ()
        return importing.import_restrictions(
            self.store, self.intake, batch, self.file, self.map, survey, lambda *_: None
        )

    def differences(self) -> list[Difference]:
        older = comparing.read_older(self.file, self.map, self.now, lambda *_: None)
        found: list[Difference] = []
        done = comparing.reconcile(
            self.store, self.questions, older, self.now, found.append, lambda *_: None, everybody=True
        )
        assert done.is_equal is not bool(found)
        return found

    def levels(self) -> dict[str, dict[Capability, Level]]:
        with self.store.reading() as reader:
            return {
                account: dict(
                    effective_levels(self.questions.stands(reader, AccountId(account), self.now)[0], self.now)
                )
                for account in ACCOUNTS
            }

    def waiting(self) -> int:
        with self.store.reading() as reader:
            return len(reader.queued_messages(0, 1000))


def brought_in_it_says_the_same(rows: list[tuple[str, str, object, object]], seconds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Exchange(Path(folder))
        try:
            desk.bring_in(rows)
            assert desk.differences() == []
            assert desk.waiting() == 0
            # What has an end there ends here at the same instant, whether or not a timer has fired.
            desk.now += timedelta(seconds=seconds)
            held = {account for account, kind, _, until in rows if kind in HELD_BY_LAW_KINDS and until is not None}
            for difference in desk.differences():
                # But what law holds, a person ends: time never frees it here.
                assert difference.account in held
                assert difference.habeas > difference.older
        finally:
            desk.intake.close()
            desk.store.close()


def taken_back_it_is_as_before(rows: list[tuple[str, str, object, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Exchange(Path(folder))
        try:
            before = desk.levels()
            batch = desk.bring_in(rows)
            left: list[str] = []
            undone = Signature(JANE, desk.now, "the wrong column")
            importing.undo(desk.store, desk.intake, batch, undone, JOE, lambda *said: left.append(str(said)))
            assert left == []
            assert desk.levels() == before
            assert desk.waiting() == 0
            assert set(before["amy"]) == set(ACCOUNT_CAPABILITIES)
        finally:
            desk.intake.close()
            desk.store.close()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rows_of_a_file, later)
def test_what_was_brought_in_says_the_same_as_the_older_system(
    rows: list[tuple[str, str, object, object]], seconds: int
) -> None:
    brought_in_it_says_the_same(rows, seconds)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rows_of_a_file)
def test_what_was_taken_back_is_as_it_was_before(rows: list[tuple[str, str, object, object]]) -> None:
    taken_back_it_is_as_before(rows)


# --- planted bugs ----------------------------------------------------------------------------------------------------


def _ends_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    def endless(
        draft: object, planned: object, by: object, ends: tuple[object, object], *more: object, **and_: object
    ) -> Restriction:
        if ends[0] is not None:
            ends = (MONDAY + timedelta(days=3650), None)
        return born(draft, planned, by, ends, *more, **and_)  # type: ignore[arg-type]

    patch.setattr(deciding, "born", endless)


def _the_second_status_of_an_account_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Older, "is_that", lambda *_: True)


def _what_law_holds_may_end_by_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deciding, "AtEnd", lambda *_: AtEnd())


@pytest.mark.parametrize(
    "planted", [_ends_are_forgotten, _the_second_status_of_an_account_is_lost, _what_law_holds_may_end_by_time]
)
def test_the_comparison_catches_a_planted_bug(
    monkeypatch: pytest.MonkeyPatch, planted: Callable[[pytest.MonkeyPatch], None]
) -> None:
    planted(monkeypatch)
    assert catches(brought_in_it_says_the_same, rows_of_a_file, later)


def _the_rest_is_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(importing, "PIECE", 1)
    patch.setattr(
        importing,
        "go_through",
        lambda store, batch, walk, clock, hears: go_through(store, batch, walk, clock, hears, 1),
    )


def test_taking_back_by_halves_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    _the_rest_is_left(monkeypatch)
    assert catches(taken_back_it_is_as_before, rows_of_a_file)
