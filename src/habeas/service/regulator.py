"""A sample for a regulator: how many restrictions over a period, in bands, and some of them drawn by chance with the reasons
that were given. No account, name, amount, place or day is in it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.disclosure.markdown import plain, table
from habeas.disclosure.statement import make_statement
from habeas.disclosure.view import as_public
from habeas.domain.account import Life
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.imported import is_carried_over
from habeas.domain.restriction import Restriction, Status, last_effect_at
from habeas.domain.verdict import Standing
from habeas.playbook.policy import Playbook, Policy
from habeas.service.casework import SMALL
from habeas.service.ports import Reader

OTHERS = "all others"
"""Stands for every value that too few restrictions have to be named."""

_LENGTHS = (
    ("up to 1 day", timedelta(days=1)),
    ("up to 3 days", timedelta(days=3)),
    ("up to 7 days", timedelta(days=7)),
    ("up to 30 days", timedelta(days=30)),
    ("up to 90 days", timedelta(days=90)),
)
_LONGER = "over 90 days"


class Counted(Struct, frozen=True):
    """One restriction as it is counted: nothing but values that many share."""

    reason: str
    kind: str
    length: str
    outcome: str
    placed_by: str
    appeal: str


class Cell(Struct, frozen=True):
    """How many restrictions have a value, as a band."""

    value: str
    count: str


class Drawn(Struct, frozen=True, kw_only=True):
    """A restriction drawn by chance: its values, and the reasons that its user was given, without facts of the person."""

    counted: Counted
    title: str
    what_happened: str
    legal_ground: str
    what_we_cannot_say: str
    challenge: str


class Sample(Struct, frozen=True, kw_only=True):
    """What a regulator gets. The days are from midnight to midnight UTC, the last one not included."""

    from_day: date
    to_day: date
    seed: int
    restrictions: str
    accounts: str
    unreadable_accounts: str
    """Accounts whose data was erased: their restrictions cannot be counted."""
    tables: dict[str, tuple[Cell, ...]]
    drawn: tuple[Drawn, ...]


def band(count: int) -> str:
    """A count as a band of five. All counts are bands, so that no difference of two of them is a small number."""
    if count == 0:
        return "0"
    low = count - count % SMALL
    return f"{max(low, 1)}-{low + SMALL - 1}"


def sample(
    reader: Reader, playbook: Playbook, from_day: date, to_day: date, at: datetime, wanted: int, seed: int
) -> Sample:
    """Count the restrictions that began in a period, and draw some. What has ended since counts as ended at `at`.

    Only restrictions are drawn whose reason and kind many share, and as many as leave the exact number open.
    """
    found, accounts, unreadable = [], 0, 0
    for account in reader.accounts():
        try:
            own = list(_of_account(reader, playbook, account, from_day, to_day, at))
        except UnreadableRecordError:
            unreadable += 1
            continue
        found += own
        accounts += bool(own)
    named = {name: frozenset(_named([counted for _, _, counted in found], name)) for name in Counted.__struct_fields__}
    fit = [each for each in found if each[2].reason in named["reason"] and each[2].kind in named["kind"]]
    fit.sort(key=lambda each: each[0].id)
    count = min(wanted, len(fit) - len(fit) % SMALL)
    return Sample(
        from_day=from_day,
        to_day=to_day,
        seed=seed,
        restrictions=band(len(found)),
        accounts=band(accounts),
        unreadable_accounts=band(unreadable),
        tables={name: tuple(cells([getattr(c, name) for _, _, c in found])) for name in named},
        drawn=tuple(_drawn(r, policy, counted, named) for r, policy, counted in Random(seed).sample(fit, count)),  # noqa: S311
    )


def cells(values: Sequence[str]) -> Iterator[Cell]:
    """A table of values. What fewer than five have is not named: together they are the others."""
    counts = Counter(values)
    for value, count in sorted(counts.items()):
        if count >= SMALL:
            yield Cell(value, band(count))
    rest = sum(count for count in counts.values() if count < SMALL)
    if rest:
        yield Cell(OTHERS, band(rest))


def _named(counted: Iterable[Counted], name: str) -> Iterator[str]:
    return (cell.value for cell in cells([getattr(each, name) for each in counted]) if cell.value != OTHERS)


def _of_account(
    reader: Reader, playbook: Playbook, account: AccountId, from_day: date, to_day: date, at: datetime
) -> Iterator[tuple[Restriction, Policy, Counted]]:
    restrictions = [r for r in reader.restrictions(account) if _is_counted(r, from_day, to_day)]
    if not restrictions:
        return
    state = reader.account(account)
    assert state is not None
    policy = playbook.policy(state.entity)
    appealed = {
        msgspec.json.decode(event.body)["restriction"]
        for event in reader.events(account)
        if event.type == "appeal.filed"
    }
    for restriction in restrictions:
        public = as_public(restriction, policy)
        yield public, policy, _counted(public, at, is_appealed=restriction.id in appealed)


def _is_counted(r: Restriction, from_day: date, to_day: date) -> bool:
    """A restriction of the holder that is mirrored on other accounts counts once."""
    is_in_period = from_day <= r.starts_at.date() < to_day
    return is_in_period and r.origin is None and r.status not in (Status.PROPOSED, Status.DECLINED)


def _counted(r: Restriction, at: datetime, *, is_appealed: bool) -> Counted:
    last = last_effect_at(r)
    is_over = last is not None and last <= at
    lasted_for = (last if last is not None and is_over else at) - r.starts_at
    length = next((name for name, longest in _LENGTHS if lasted_for <= longest), _LONGER)
    annulled = r.status is Status.ANNULLED
    return Counted(
        reason=r.reason,
        kind=r.kind.value,
        length=length if is_over else f"in force, {length}",
        outcome=("expired" if is_over else "in force") if r.status is Status.ACTIVE else r.status.value,
        placed_by="an earlier system" if is_carried_over(r) else "automation" if r.is_automated else "a person",
        appeal=("annulled after an appeal" if annulled else "appealed") if is_appealed else "not appealed",
    )


def _drawn(r: Restriction, policy: Policy, counted: Counted, named: dict[str, frozenset[str]]) -> Drawn:
    bare = replace(r, id=RestrictionId("-"), account=AccountId("-"), facts={}, origin=None, origin_account=None)
    standing = Standing(account=bare.account, restrictions=(bare,), lives=(Life.ACTIVE,))
    entry = make_statement(standing, policy, r.starts_at).restrictions[0]
    shown: Callable[[str], str] = lambda name: v if (v := getattr(counted, name)) in named[name] else OTHERS  # noqa: E731
    return Drawn(
        counted=Counted(**{name: shown(name) for name in Counted.__struct_fields__}),
        title=entry.title,
        what_happened=entry.what_happened,
        legal_ground=entry.legal_ground,
        what_we_cannot_say=entry.what_we_cannot_say,
        challenge=entry.challenge,
    )


def sample_text(told: Sample) -> str:
    """The sample as Markdown."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Sample) -> Iterator[str]:
    yield from (f"# Restrictions from {told.from_day} to {told.to_day}", "")
    yield f"Days are UTC, the last one not included. Counts are bands of {SMALL}; a value that fewer than {SMALL} have is"
    yield from (f"not named and counts among {OTHERS}. Holder-wide restrictions count once.", "")
    totals = [
        ("restrictions", told.restrictions),
        ("accounts", told.accounts),
        ("accounts whose data was erased", told.unreadable_accounts),
    ]
    yield from table(("", "count"), totals)
    for name, found in told.tables.items():
        title = name.replace("_", " ")
        yield from ("", f"## By {title}", "", *table((title, "count"), [(c.value, c.count) for c in found]))
    yield from ("", f"## {len(told.drawn)} restrictions drawn by chance (seed {told.seed})", "")
    for number, each in enumerate(told.drawn, start=1):
        values = msgspec.structs.asdict(each.counted).items()
        yield from (
            f"### {number}. {each.title}",
            "",
            f"{'; '.join(f'{n} {v}' for n, v in values)}".replace("_", " "),
            "",
        )
        for text in (each.what_happened, each.legal_ground, each.what_we_cannot_say, each.challenge):
            yield from (plain(text), "")
