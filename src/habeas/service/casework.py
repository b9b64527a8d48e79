"""Casework: what is open, one case, and counts for a regulator without personal data."""

from collections import Counter

from msgspec import Struct

from habeas.domain.case import Case, Priority
from habeas.domain.ids import CaseId
from habeas.service.ports import Store

SMALL = 5
"""Counts below this are given as a band, so that nobody can be told from a small number."""

_URGENCY = {priority: rank for rank, priority in enumerate(Priority)}


class LiaisonRow(Struct, frozen=True):
    """How many matches with a list were opened in a month, by what became of them. No account, name or entry."""

    month: str
    list: str
    outcome: str
    count: str


def open_cases(store: Store, queue: str | None, limit: int, after: Case | None = None) -> list[Case]:
    """Open cases, most urgent first, then by when they are due; those behind one."""
    with store.reading() as reader:
        found = list(reader.open_cases(queue, limit, after))
    return sorted(found, key=lambda case: (_URGENCY[case.priority], case.due_at, case.id))


def case_by_id(store: Store, case: CaseId) -> Case | None:
    """One case as it is recorded, open or decided."""
    with store.reading() as reader:
        account = reader.case_account(case)
        if account is None:
            return None
        return next((found for found in reader.cases(account) if found.id == case), None)


def statistics(store: Store, queue: str | None) -> list[LiaisonRow]:
    """Counts by month, list and outcome (row A063)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    with store.reading() as reader:
        for case in reader.all_cases(queue):
            name = case.match.list if case.match else "no list"
            counts[(f"{case.opened_at:%Y-%m}", name, str(case.outcome or "open"))] += 1
    return [LiaisonRow(*key, _banded(count)) for key, count in sorted(counts.items())]


def _banded(count: int) -> str:
    return f"1-{SMALL - 1}" if count < SMALL else str(count)
