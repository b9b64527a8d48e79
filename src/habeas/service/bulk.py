"""Bulk acts of staff: select, look, propose, sign, and carry out one by one.

Each restriction is ended or prolonged by an act of its own, judged by the same rules as if somebody did it by hand.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import uuid4

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.domain import event_data as data
from habeas.domain.actor import Actor
from habeas.domain.batch import Member, Signature, Step
from habeas.domain.bulk import Because, Bulk, BulkKind, Selection, why_not_decline, why_not_propose, why_not_sign
from habeas.domain.decision import Refusal
from habeas.domain.errors import BadInputError, HabeasError
from habeas.domain.event import BULK_SOURCE, RESTRICTION_LIFT, RESTRICTION_RENEW, Event, make_event
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, BatchId, EventId, RestrictionId
from habeas.domain.restriction import Restriction, Status
from habeas.service.batches import (
    PIECE,
    Progress,
    RefusedError,
    Walk,
    change,
    go_through,
    known,
    refuse,
    silent,
    submit_all,
)
from habeas.service.intake import Intake
from habeas.service.ports import Batch, Clock, Reader, Store

SAMPLE = 10
"""How many of a selection are shown."""


class Foreseen(Struct, frozen=True, kw_only=True):
    """What a bulk act would do. Nothing was changed for it."""

    selected: int
    accounts: int
    by_reason: dict[str, int]
    by_kind: dict[str, int]
    refused: dict[str, int]
    """How many would be left as they are, by the code of the refusal."""
    sample: tuple[RestrictionId, ...]
    sample_refused: tuple[str, ...]
    """A few that would be left, each with why."""


class Left(Struct, frozen=True):
    """A restriction that a bulk act left as it was, and why."""

    account: AccountId
    restriction: RestrictionId
    refusal: Refusal


class Bulks:
    """Bulk acts in one store."""

    def __init__(self, store: Store, intake: Intake, clock: Clock) -> None:
        self._store = store
        self._intake = intake
        self._clock = clock

    def draft(
        self,
        kind: BulkKind,
        selection: Selection,
        because: Because,
        by: Actor,
        note: str,
        ends_at: datetime | None = None,
        evidence: Evidence | None = None,
    ) -> Bulk:
        """A bulk act that nobody has recorded yet. Raises RefusedError where `by` may not, BadInputError where it makes no
        sense.
        """
        if selection.is_empty:
            raise BadInputError("nothing is selected by: name a reason, a kind, a batch, a country, a time or a file")
        if (kind is BulkKind.EXTEND) != (ends_at is not None and evidence is not None):
            raise BadInputError("to extend, say until when and how well it is proved now; to lift, neither")
        refuse(why_not_propose(by, kind, because))
        return Bulk(
            id=BatchId(f"bk_{uuid4().hex[:12]}"),
            kind=kind,
            selection=selection,
            because=because,
            proposed=Signature(by, self._clock(), note),
            ends_at=ends_at,
            evidence=evidence,
        )

    def foresee(self, bulk: Bulk, accounts: Sequence[AccountId] | None = None, progress: Progress = silent) -> Foreseen:
        """What a bulk act would do now. Changes nothing. `accounts` narrows the selection to these."""
        counts: dict[str, Counter[str]] = {"reason": Counter(), "kind": Counter(), "refused": Counter()}
        owners: set[AccountId] = set()
        sample: list[RestrictionId] = []
        refused: list[str] = []
        for restriction in self._selected(bulk.selection, accounts, progress):
            owners.add(restriction.account)
            counts["reason"][restriction.reason] += 1
            counts["kind"][restriction.kind] += 1
            answer = self._intake.foresee(_event(bulk, restriction.account, restriction.id, self._clock()))
            why = answer if isinstance(answer, HabeasError) else answer.refusal
            if why is None:
                sample += [restriction.id] if len(sample) < SAMPLE else []
                continue
            code, message = (why.code, why.message) if isinstance(why, Refusal) else ("rejected", str(why))
            counts["refused"][code] += 1
            refused += [f"{restriction.id}: {message}"] if len(refused) < SAMPLE else []
        return Foreseen(
            selected=counts["kind"].total(),
            accounts=len(owners),
            by_reason=dict(counts["reason"].most_common()),
            by_kind=dict(counts["kind"].most_common()),
            refused=dict(counts["refused"].most_common()),
            sample=tuple(sample),
            sample_refused=tuple(refused),
        )

    def propose(self, bulk: Bulk, accounts: Sequence[AccountId] | None = None, progress: Progress = silent) -> Bulk:
        """Record a bulk act with what it selects now. It waits for its second signature. Raises RefusedError where it selects
        nothing.
        """
        selected = self._selected(bulk.selection, accounts, progress)
        is_empty = True
        while members := [Member(each.account, each.id) for each in islice(selected, PIECE)]:
            with self._store.transaction() as work:
                if is_empty:
                    work.set_batch(bulk)
                work.add_members(bulk.id, members)
            is_empty = False
        if is_empty:
            raise RefusedError("no active restriction is like this, so there is nothing to do")
        return change(self._store, bulk.id, Bulk, lambda now: replace(now, is_frozen=True))

    def sign(self, bulk: BatchId, by: Actor, note: str, *, decline: bool = False) -> Bulk:
        """Sign it, or decline it: the proposal is over then. Raises BadInputError, RefusedError."""
        signature = Signature(by, self._clock(), note)

        def signed(now: Bulk) -> Bulk:
            refuse(why_not_decline(now, by) if decline else why_not_sign(now, by))
            return replace(now, declined=signature) if decline else replace(now, signed=signature)

        return change(self._store, bulk, Bulk, signed)

    def run_all(self, limit: int) -> int:
        """Go on with every signed act, each by about `limit` restrictions at most; returns how many were gone through."""
        with self._store.reading() as reader:
            waiting = [b.id for b in reader.batches() if isinstance(b, Bulk) and b.signed is not None and not b.is_done]
        return sum(self.run(each, limit=limit) for each in waiting)

    def run(self, bulk: BatchId, progress: Progress = silent, limit: int | None = None) -> int:
        """Carry out what was signed, from where it got to; returns how many restrictions were gone through. Raises
        BadInputError, RefusedError where it is not signed.
        """

        def begun(now: Bulk) -> Bulk:
            if now.signed is None:
                raise RefusedError(f"bulk act `{now.id}` is not signed; `habeas bulk approve` signs it")
            step = now.step or Step(started_at=self._clock(), total=total)
            return replace(now, step=step)

        with self._store.reading() as reader:
            known(reader, bulk, Bulk)
            total = reader.member_count(bulk)
        now = change(self._store, bulk, Bulk, begun)
        assert now.step is not None
        at = now.step.started_at

        def do(members: Sequence[Member]) -> int:
            events = (_event(now, each.account, RestrictionId(each.about), at) for each in members)
            return sum(outcome.refusal is not None for outcome in submit_all(self._intake, events))

        walk = Walk("bulk", _step, _with_step, lambda reader, after: reader.members(bulk, after, PIECE), do)
        return go_through(self._store, bulk, walk, self._clock, progress, limit)

    def left(self, bulk: BatchId, after: Member = Member(AccountId(""))) -> Iterator[Left]:  # noqa: B008 - frozen
        """What it left as it was, and why, behind a member. Raises BadInputError."""
        with self._store.reading() as reader:
            known(reader, bulk, Bulk)
            while members := reader.members(bulk, after, PIECE):
                after = members[-1]
                for each in members:
                    recorded = reader.recorded(each.account, BULK_SOURCE, EventId(f"{bulk}/{each.about}"))
                    if recorded is not None and recorded.outcome.refusal is not None:
                        yield Left(each.account, RestrictionId(each.about), recorded.outcome.refusal)

    def one(self, bulk: BatchId) -> Bulk:
        """One bulk act. Raises UnknownIdError."""
        with self._store.reading() as reader:
            return known(reader, bulk, Bulk)

    def all(self) -> tuple[Bulk, ...]:
        """All bulk acts, by id."""
        with self._store.reading() as reader:
            return tuple(each for each in reader.batches() if isinstance(each, Bulk))

    def _selected(
        self, selection: Selection, accounts: Sequence[AccountId] | None, progress: Progress
    ) -> Iterator[Restriction]:
        """The restrictions that are meant, by account."""
        with self._store.reading() as reader:
            for done, account in enumerate(_candidates(reader, selection, accounts), start=1):
                state = reader.account(account)
                yield from (r for r in (state.restrictions if state is not None else ()) if selection.holds(r))
                if done % 100 == 0:
                    progress("select", done, 0 if accounts is None else len(accounts))


def _candidates(reader: Reader, selection: Selection, accounts: Sequence[AccountId] | None) -> Iterable[AccountId]:
    if accounts is not None:
        return sorted(set(accounts))
    return reader.accounts() if selection.batch is None else _placed_by(reader, selection.batch)


def _placed_by(reader: Reader, batch: BatchId) -> Iterator[AccountId]:
    after = AccountId("")
    while accounts := reader.placed_by(batch, Status.ACTIVE, after, PIECE):
        yield from accounts
        after = accounts[-1]


def _step(batch: Batch) -> Step | None:
    return batch.step if isinstance(batch, Bulk) else None


def _with_step(batch: Batch, step: Step) -> Batch:
    assert isinstance(batch, Bulk)
    return replace(batch, step=step)


def _event(bulk: Bulk, account: AccountId, restriction: RestrictionId, at: datetime) -> Event:
    """The act on one restriction. A second run says the very same."""
    signed_by = bulk.signed.by if bulk.signed is not None else None
    proposed = bulk.proposed
    if bulk.ends_at is None or bulk.evidence is None:
        type_, act = (
            RESTRICTION_LIFT,
            _encode(
                data.LiftAct(
                    actor=proposed.by,
                    note=proposed.note,
                    restriction=restriction,
                    signed_by=signed_by,
                    because=bulk.because,
                )
            ),
        )
    else:
        type_, act = (
            RESTRICTION_RENEW,
            _encode(
                data.RenewAct(
                    actor=proposed.by,
                    note=proposed.note,
                    restriction=restriction,
                    ends_at=bulk.ends_at,
                    evidence=bulk.evidence,
                    evidence_ids=(f"bulk:{bulk.id}",),
                    signed_by=signed_by,
                    because=bulk.because,
                )
            ),
        )
    return make_event(f"{bulk.id}/{restriction}", BULK_SOURCE, type_, account, at, act)


_encode = msgspec.json.Encoder(decimal_format="string").encode
