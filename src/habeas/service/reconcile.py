"""Comparing with an older system: what its statuses mean for every capability, and what Habeas says now."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct

from habeas.domain.capability import ACCOUNT_CAPABILITIES, Capability, Level, join
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import LEVELS, Kind
from habeas.domain.verdict import Request, Standing, effective_levels, level_at
from habeas.service.batches import Progress
from habeas.service.import_file import StatusRow, Unread, status_rows
from habeas.service.import_map import Meaning, RestrictionMap
from habeas.service.importing import Complain
from habeas.service.ports import Store
from habeas.service.questions import Questions

PIECE = 500
"""How many accounts are looked at in one view of the store: a view that is held for long keeps the store from tidying up."""


class Difference(Struct, frozen=True, kw_only=True):
    """One capability of one account about which the two systems differ."""

    account: AccountId
    capability: Capability
    older: Level
    """What the older system's statuses mean."""
    habeas: Level
    statuses: tuple[str, ...]
    """Of the older system; none where its file does not name the account."""
    determining: tuple[RestrictionId, ...] = ()
    """What sets the level in Habeas."""
    is_known: bool = True
    """Whether Habeas has heard of the account: money does not leave one that it does not know."""


class Expected(Struct, frozen=True):
    """What an older system says of an account: its statuses, and the kinds that they mean now."""

    statuses: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()

    def levels(self) -> dict[Capability, Level]:
        """The join of the kinds."""
        return {c: join([LEVELS[kind][c] for kind in self.kinds]) for c in ACCOUNT_CAPABILITIES}


class Compared(Struct, frozen=True, kw_only=True):
    """How a comparison went."""

    accounts: int
    differing: int
    unknown: int
    """Accounts that Habeas has not heard of."""
    unreadable: int

    @property
    def is_equal(self) -> bool:
        return not (self.differing or self.unreadable)


class OlderSystem(Struct, frozen=True):
    """What a file says of all its accounts."""

    accounts: dict[AccountId, Expected]
    unreadable: int
    unmapped: dict[str, int]
    """Statuses that the map does not have, each with how many rows it is on."""


def read_older(path: Path, map_: RestrictionMap, at: datetime, complain: Complain) -> OlderSystem:
    """What the statuses in a file mean at an instant. Raises BadInputError where the file as a whole cannot be read."""
    alike: dict[Expected, Expected] = {}
    accounts: dict[AccountId, Expected] = {}
    unmapped: dict[str, int] = {}
    unreadable = 0
    for row in status_rows(path, map_):
        if isinstance(row, Unread):
            unreadable += 1
            complain(row.line, row.why)
        elif row.status not in map_.status:
            unmapped[row.status] = unmapped.get(row.status, 0) + 1
        else:
            expected = _with(accounts.get(row.account, Expected()), row, map_.status[row.status], at)
            # Most accounts share what is said of them: kept once.
            accounts[row.account] = alike.setdefault(expected, expected)
    return OlderSystem(accounts, unreadable, unmapped)


def _with(known: Expected, row: StatusRow, meaning: Meaning | str, at: datetime) -> Expected:
    has_begun = row.since is None or row.since <= at
    stands = has_begun and (row.until is None or at < row.until)
    kinds = {meaning.kind} if isinstance(meaning, Meaning) and stands else set[Kind]()
    return Expected(tuple(dict.fromkeys((*known.statuses, row.status))), tuple(sorted(kinds.union(known.kinds))))


def reconcile(
    store: Store,
    questions: Questions,
    older: OlderSystem,
    at: datetime,
    differs: Callable[[Difference], None],
    progress: Progress,
    *,
    everybody: bool = False,
) -> Compared:
    """Compare account by account, at an instant; `differs` hears of every difference.

    With `everybody`, accounts that only Habeas knows are compared too: an older system that does not name them limits them in
    nothing.
    """
    accounts = list(older.accounts)
    if everybody:
        with store.reading() as reader:
            accounts += [account for account in reader.accounts() if account not in older.accounts]
    differing = unknown = done = 0
    levels_of: dict[tuple[Kind, ...], dict[Capability, Level]] = {}
    pieces = iter(accounts)
    while piece := list(islice(pieces, PIECE)):
        with store.reading() as reader:
            for account in piece:
                expected = older.accounts.get(account, Expected())
                if expected.kinds not in levels_of:
                    levels_of[expected.kinds] = expected.levels()
                standing, _, _ = questions.stands(reader, account, at)
                found = list(_differences(standing, expected, levels_of[expected.kinds], at))
                differing += bool(found)
                unknown += not standing.is_known
                for difference in found:
                    differs(difference)
        done += len(piece)
        progress("comparing", done, len(accounts))
    return Compared(
        accounts=len(accounts),
        differing=differing,
        unknown=unknown,
        unreadable=older.unreadable,
    )


def _differences(
    standing: Standing, expected: Expected, levels: dict[Capability, Level], at: datetime
) -> Iterator[Difference]:
    if standing.is_free and not expected.kinds:
        return
    for capability, level in effective_levels(standing, at).items():
        if level is not levels[capability]:
            yield Difference(
                account=standing.account,
                capability=capability,
                older=levels[capability],
                habeas=level,
                statuses=expected.statuses,
                determining=level_at(standing, Request(capability, at), at)[1],
                is_known=standing.is_known,
            )
