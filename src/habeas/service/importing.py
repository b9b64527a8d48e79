"""Bringing in what an exchange has already: read once to see what is in it, then taken in row by row, and taken back.

An import is known by the file and the map that it was read with, and each row by its content. So whatever stops it, the same
command goes on from there, and nothing is doubled.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.domain import event_data as data
from habeas.domain.actor import Actor
from habeas.domain.batch import Member, Signature, Step
from habeas.domain.decision import Outcome
from habeas.domain.errors import BadInputError, EventRejectedError, UnreadableRecordError
from habeas.domain.event import ACCOUNT_IMPORTED, IMPORT_SOURCE, IMPORT_UNDONE, RESTRICTION_IMPORTED, Event, make_event
from habeas.domain.ids import AccountId, BatchId, fingerprint
from habeas.domain.imported import (
    CARRIED_OVER_BEFORE,
    REVIEW_WITHIN_FOR,
    Import,
    ImportOf,
    Older,
    Signing,
    review_at,
    signing,
    why_not_stand_behind,
)
from habeas.domain.restriction import Status
from habeas.playbook.policy import Policy
from habeas.service.account_order import by_account
from habeas.service.batches import Progress, Walk, go_through, known, silent, submit_all
from habeas.service.import_file import AccountRow, StatusRow, Unread, account_rows, status_rows
from habeas.service.import_map import AccountMap, Meaning, RestrictionMap
from habeas.service.intake import Intake
from habeas.service.ports import Batch, Reader, Store

R = TypeVar("R", StatusRow, AccountRow)
T = TypeVar("T")

SAMPLES_MAX = 3
SAVED_EACH = 5_000
"""After so many rows it is recorded how far an import got: so many are at most looked at twice."""
PIECE = 1_000
IN_FLIGHT = 1_024
"""So many rows are on their way at once: two commits' worth, so that one is filled while the other is written."""

Complain = Callable[[int, str], None]
"""Hears of a line that was not taken in, and why."""

_encode = msgspec.json.Encoder(order="deterministic").encode


# --- what is in a file -----------------------------------------------------------------------------------------------


class StatusCount(Struct, frozen=True):
    """A status of the older system: on how many rows, what the map makes of it (None: nothing), and some of the accounts."""

    status: str
    rows: int
    means: Meaning | str | None
    samples: tuple[AccountId, ...]


class Survey(Struct, frozen=True, kw_only=True):
    """What a file holds and what it would lead to."""

    rows: int
    unreadable: int
    statuses: tuple[StatusCount, ...] = ()
    over: int = 0
    """Rows whose restriction is over already."""
    placing: int = 0
    """Rows that lead to a restriction, or to an account that is known."""
    reviews: tuple[int, ...] = ()
    """How many would be looked at on each day from now on."""
    unsigned: tuple[str, ...] = ()
    """What the people who stand behind the import may not bring in, each with why."""

    @property
    def unmapped(self) -> dict[str, int]:
        return {count.status: count.rows for count in self.statuses if count.means is None}


def survey_restrictions(
    path: Path,
    map_: RestrictionMap,
    policy: Policy,
    at: datetime,
    people: tuple[Actor, Actor | None],
    complain: Complain,
    progress: Progress = silent,
) -> Survey:
    """What is in a file of restrictions, read at an instant. Nothing is changed. Raises BadInputError."""
    rows = unreadable = over = placing = 0
    counts: Counter[str] = Counter()
    samples: dict[str, list[AccountId]] = {}
    reviews = [0] * REVIEW_WITHIN_FOR.days
    needed: dict[tuple[Meaning, Signing], int] = {}
    for row in _heard(_rows_of_restrictions(path, map_, at), progress, "reading", 0):
        rows += 1
        if isinstance(row, Unread):
            unreadable += 1
            complain(row.line, row.why)
            continue
        counts[row.status] += 1
        some = samples.setdefault(row.status, [])
        if len(some) < SAMPLES_MAX:
            some.append(row.account)
        meaning = map_.status.get(row.status)
        if not isinstance(meaning, Meaning):
            continue
        if _is_over(row, at):
            over += 1
            continue
        placing += 1
        if row.until is None:
            reviews[min((review_at(row.account, at) - at).days, len(reviews) - 1)] += 1
        sort = meaning, _signing(row, meaning, policy)
        needed[sort] = needed.get(sort, 0) + 1
    return Survey(
        rows=rows,
        unreadable=unreadable,
        statuses=tuple(
            StatusCount(status, count, map_.status.get(status), tuple(samples[status]))
            for status, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ),
        over=over,
        placing=placing,
        reviews=tuple(reviews),
        unsigned=tuple(
            f"{meaning}, on {count} rows: {refused}"
            for (meaning, who), count in needed.items()
            if (refused := why_not_stand_behind(who, *people)) is not None
        ),
    )


def survey_accounts(
    path: Path, map_: AccountMap, at: datetime, complain: Complain, progress: Progress = silent
) -> Survey:
    """What is in a file of accounts. Nothing is changed. Raises BadInputError."""
    rows = unreadable = 0
    nobody = BatchId("survey")
    for row in _heard(account_rows(path, map_), progress, "reading", 0):
        rows += 1
        read = row if isinstance(row, Unread) else _of_account(nobody, at, row)
        if isinstance(read, Unread):
            unreadable += 1
            complain(read.line, read.why)
    return Survey(rows=rows, unreadable=unreadable, placing=rows - unreadable)


def _rows_of_restrictions(path: Path, map_: RestrictionMap, at: datetime) -> Iterator[StatusRow | Unread]:
    for row in status_rows(path, map_):
        yield row if isinstance(row, Unread) or (why := _why_not(row, at)) is None else Unread(row.line, why)


def _why_not(row: StatusRow, at: datetime) -> str | None:
    if row.since is not None and row.since > at:
        return f"it would begin at {row.since.isoformat()}, after now"
    if row.since is not None and row.until is not None and row.until <= row.since:
        return "it ends before it begins"
    return None


def _is_over(row: StatusRow, at: datetime) -> bool:
    return row.until is not None and row.until <= at


def _signing(row: StatusRow, meaning: Meaning, policy: Policy) -> Signing:
    lasts_for: timedelta | None = None if row.until is None or row.since is None else row.until - row.since
    return signing(
        meaning.kind, meaning.scope, lasts_for, policy.reasons[meaning.reason].sign_off.get(meaning.kind, ())
    )


# --- taking in -------------------------------------------------------------------------------------------------------


def begun(
    store: Store, of: ImportOf, path: Path, map_text: bytes, started: Signature, signed_by: Actor | None = None
) -> Import:
    """The import of this file by this map: as it is recorded, or a new one if there is none or it was taken back.

    Raises BadInputError where the file cannot be read.
    """
    digest = _digest(of, path, map_text)
    with store.reading() as reader:
        before = [batch for batch in _imports(reader) if batch.sha256 == digest]
    for batch in before:
        if batch.undone is None:
            return batch
    again = f"-{len(before) + 1}" if before else ""
    id_ = BatchId(f"im_{blake2b(digest.encode(), digest_size=8).hexdigest()}{again}")
    return Import(id=id_, source=path.name, sha256=digest, started=started, of=of, signed_by=signed_by)


def _recorded(store: Store, batch: Import) -> Import:
    """The import as whoever came first began it: two that begin at once say the same of every row."""
    with store.transaction() as work:
        found = work.batch(batch.id)
        if isinstance(found, Import):
            return found
        work.set_batch(batch)
    return batch


def imports(store: Store) -> tuple[Import, ...]:
    """All imports, as they began."""
    with store.reading() as reader:
        return tuple(sorted(_imports(reader), key=lambda batch: batch.started.at))


def an_import(store: Store, batch: str) -> Import:
    """The import of this id. Raises BadInputError if there is none."""
    with store.reading() as reader:
        return known(reader, BatchId(batch), Import)


def _imports(reader: Reader) -> Iterator[Import]:
    return (batch for batch in reader.batches() if isinstance(batch, Import))


def _digest(of: ImportOf, path: Path, map_text: bytes) -> str:
    digest = sha256(f"{of}\n{sha256(map_text).hexdigest()}\n".encode())
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as exc:
        raise BadInputError(f"cannot read `{path}`: {exc.strerror}; check the path and its permissions") from None
    return digest.hexdigest()


def import_restrictions(
    store: Store,
    intake: Intake,
    batch: Import,
    path: Path,
    map_: RestrictionMap,
    survey: Survey,
    complain: Complain,
    progress: Progress = silent,
) -> Import:
    """Take in a file of restrictions, or what is left of it; returns the import when everything is durable."""
    batch = _recorded(store, batch)
    at = batch.started.at

    def event(row: StatusRow) -> Event | Unread:
        meaning = map_.status[row.status]
        assert isinstance(meaning, Meaning)
        return _of_restriction(batch, row, meaning)

    def placing() -> Iterator[StatusRow]:
        for row in _heard(_rows_of_restrictions(path, map_, at), progress, "sorting", survey.rows):
            if isinstance(row, Unread) or _is_over(row, at):
                continue
            if isinstance(map_.status.get(row.status), Meaning):
                yield row

    with store.reading() as reader:
        undone = frozenset(each.id for each in _imports(reader) if each.undone is not None)

    def earlier(reader: Reader, row: StatusRow) -> _Passed | None:
        meaning = map_.status[row.status]
        assert isinstance(meaning, Meaning)
        return _earlier(reader, batch.id, undone, row, meaning)

    rows = by_account(placing(), StatusRow)
    return _take_in(store, intake, batch, rows, event, survey.placing, complain, progress, earlier)


def import_accounts(
    store: Store,
    intake: Intake,
    batch: Import,
    path: Path,
    map_: AccountMap,
    survey: Survey,
    complain: Complain,
    progress: Progress = silent,
) -> Import:
    """Take in a file of accounts, or what is left of it; returns the import when everything is durable."""
    batch = _recorded(store, batch)

    def event(row: AccountRow) -> Event | Unread:
        return _of_account(batch.id, batch.started.at, row)

    readable = _heard(account_rows(path, map_), progress, "sorting", survey.rows)
    rows = by_account((row for row in readable if not isinstance(row, Unread)), AccountRow)
    return _take_in(store, intake, batch, rows, event, survey.rows - survey.unreadable, complain, progress)


class _Passed(Struct, frozen=True):
    """A row that is not taken in, because its account has had that restriction before."""

    is_known: bool = False
    """Whether another import has brought it in."""
    why: str = ""
    """Why it is refused; empty where it stands."""


class _Sent(Struct, frozen=True):
    """A row on its way, or passed by: its place in the order of accounts, and its line in the file."""

    position: int
    line: int
    account: AccountId
    passed: _Passed | None


def _earlier(
    reader: Reader, batch: BatchId, undone: Collection[BatchId], row: StatusRow, meaning: Meaning
) -> _Passed | None:
    """What became of a restriction that was brought in before; None where it was not, or was taken back.

    It is looked for before an event is made, so that the same export day after day does not fill the journal.
    """
    if reader.account(row.account) is None:
        return None
    older = Older(kind=meaning.kind, reason=meaning.reason, scope=meaning.scope, starts_at=row.since, ends_at=row.until)
    try:
        found = [r for r in reader.restrictions(row.account) if older.is_that(r) and r.batch not in undone]
    except UnreadableRecordError:
        return None  # Everything is denied to it already; what comes of this row is decided with that in sight.
    standing = next((r for r in found if r.status is Status.ACTIVE), None)
    if standing is not None:
        return _Passed(is_known=standing.batch != batch)
    over = next((r for r in found if r.batch != batch), None)
    if over is None:
        return None
    return _Passed(why=f"`{over.id}` was brought in before and is {over.status} since; end it in the older system too")


def _take_in(
    store: Store,
    intake: Intake,
    batch: Import,
    rows: Iterator[R],
    event: Callable[[R], Event | Unread],
    total: int,
    complain: Complain,
    progress: Progress,
    earlier: Callable[[Reader, R], _Passed | None] = lambda _reader, _row: None,
) -> Import:
    if batch.is_done:
        return batch
    log = _Log(store, batch, total, complain)
    done_before = log.step.done

    def events() -> Iterator[Event]:
        numbered = enumerate(_heard(rows, progress, "taking in", total), start=1)
        while piece := list(islice(numbered, PIECE)):
            left = [(position, row) for position, row in piece if position > done_before]
            with store.reading() as reader:
                passed = {position: earlier(reader, row) for position, row in left}
            for position, row in left:
                made = event(row)
                if isinstance(made, Event):
                    log.sent(_Sent(position, row.line, row.account, passed[position]))
                    if passed[position] is None:
                        yield made

    for outcome in submit_all(intake, events(), IN_FLIGHT):
        log.hear(outcome)
    return log.finish(intake.clock())


class _Log:
    """How far an import got, written down now and then: what is durable and what was refused of it."""

    def __init__(self, store: Store, batch: Import, total: int, complain: Complain) -> None:
        self._store = store
        self._complain = complain
        self._batch = batch
        self.step = batch.step or Step(started_at=batch.started.at, total=total)
        self._on_the_way: deque[_Sent] = deque()
        self._heard = 0
        self._write()

    def sent(self, row: _Sent) -> None:
        """The next row is on its way, or is passed by."""
        self._on_the_way.append(row)

    def hear(self, outcome: Outcome) -> None:
        """What became of the row that has been on its way for longest. It is durable."""
        self._pass_by()
        row, refusal = self._on_the_way.popleft(), outcome.refusal
        if refusal is not None and refusal.code == CARRIED_OVER_BEFORE:
            self._move(row, _Passed(is_known=True))
        elif refusal is not None or outcome.quarantined:
            why = refusal.message if refusal is not None else "it could not be judged; see its case"
            self._move(row, _Passed(why=why))
        else:
            self._move(row, _Passed())

    def _pass_by(self) -> None:
        while self._on_the_way and (passed := self._on_the_way[0].passed) is not None:
            self._move(self._on_the_way.popleft(), passed)

    def _move(self, row: _Sent, passed: _Passed) -> None:
        if passed.why:
            self._complain(row.line, passed.why)
        if passed.is_known:
            self._batch = replace(self._batch, known_before=self._batch.known_before + 1)
        self.step = self.step.moved(Member(row.account), row.position - self.step.done, int(bool(passed.why)))
        self._heard += 1
        if self._heard % SAVED_EACH == 0:
            self._write()

    def finish(self, at: datetime) -> Import:
        """The whole file is through."""
        self._pass_by()
        self.step = self.step.moved(self.step.after, self.step.total - self.step.done).finished(at)
        return self._write()

    def _write(self) -> Import:
        self._batch = replace(self._batch, step=self.step)
        with self._store.transaction() as work:
            work.set_batch(self._batch)
        return self._batch


def _heard(rows: Iterator[T], progress: Progress, what: str, total: int) -> Iterator[T]:
    for count, row in enumerate(rows, start=1):
        if count % PIECE == 0:
            progress(what, count, total)
        yield row


def _of_restriction(batch: Import, row: StatusRow, meaning: Meaning) -> Event:
    said = data.ImportedRestriction(
        batch=batch.id,
        actor=batch.started.by,
        signed_by=batch.signed_by,
        kind=meaning.kind,
        reason=meaning.reason,
        scope=meaning.scope,
        evidence=meaning.evidence,
        disclosure=meaning.disclosure,
        starts_at=row.since,
        ends_at=row.until,
        status=row.status,
        note=row.note,
        facts=row.facts,
    )
    return _event(batch.id, RESTRICTION_IMPORTED, row.account, batch.started.at, _encode(said))


def _of_account(batch: BatchId, at: datetime, row: AccountRow) -> Event | Unread:
    try:
        return _event(batch, ACCOUNT_IMPORTED, row.account, at, _encode(row.profile))
    except EventRejectedError as exc:
        return Unread(row.line, str(exc))


def _event(batch: BatchId, type_: str, account: AccountId, at: datetime, body: bytes) -> Event:
    # Named by what the row says: the same row twice is one event, on whatever line it stands.
    return make_event(f"{batch}-{fingerprint(body.decode())}", IMPORT_SOURCE, type_, account, at, body)


# --- taking back -----------------------------------------------------------------------------------------------------


def undo(
    store: Store,
    intake: Intake,
    batch: Import,
    undone: Signature,
    second: Actor | None,
    left: Callable[[AccountId, str], None],
    progress: Progress = silent,
) -> Import:
    """End what an import placed and nobody has worked on since; `left` hears of the rest. Returns when everything is durable.

    Stopped and run again it goes on. Run again after it was done, it tries once more what was left.
    """
    if batch.undone is None or batch.undo_step is None or batch.undo_step.finished_at is not None:
        with store.reading() as reader:
            total = reader.placed_counts(batch.id).get(Status.ACTIVE, 0)
        if batch.undone is not None and not total:
            return batch
        step = Step(started_at=undone.at, total=total)
        batch = _saved(store, replace(batch, undone=undone, undo_signed_by=second, undo_step=step))
    assert batch.undone is not None
    by = batch.undone
    body = _encode(data.ImportUndone(batch=batch.id, actor=by.by, signed_by=batch.undo_signed_by, note=by.note))
    id_ = f"{batch.id}-undone-{by.at.timestamp():.6f}"

    def take_back(accounts: Sequence[Member]) -> int:
        events = (make_event(id_, IMPORT_SOURCE, IMPORT_UNDONE, each.account, by.at, body) for each in accounts)
        refused = [outcome for outcome in submit_all(intake, events, IN_FLIGHT) if outcome.refusal is not None]
        for outcome in refused:
            assert outcome.refusal is not None
            left(outcome.account, outcome.refusal.message)
        return len(refused)

    def still_placed(reader: Reader, after: Member) -> Sequence[Member]:
        return [Member(each) for each in reader.placed_by(batch.id, Status.ACTIVE, after.account, PIECE)]

    walk = Walk("taking back", _undo_step, _with_undo_step, still_placed, take_back)
    go_through(store, batch.id, walk, intake.clock, progress)
    return an_import(store, batch.id)


def _undo_step(batch: Batch) -> Step | None:
    return batch.undo_step if isinstance(batch, Import) else None


def _with_undo_step(batch: Batch, step: Step) -> Batch:
    assert isinstance(batch, Import)
    return replace(batch, undo_step=step)


def _saved(store: Store, batch: Import) -> Import:
    with store.transaction() as work:
        work.set_batch(batch)
    return batch
