"""Going through the accounts of a batch: an event for each, and how far it got is kept piece by piece.

Every event has an id that follows from the batch and the account, so whoever goes on after a crash, or at the same time in
another process, does nothing twice. Only so many are on their way at once that other accounts' decisions hardly wait.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from habeas.domain.batch import Member, Step
from habeas.domain.bulk import Bulk
from habeas.domain.campaign import Campaign
from habeas.domain.decision import Outcome
from habeas.domain.errors import HabeasError, UnknownIdError
from habeas.domain.event import Event
from habeas.domain.ids import BatchId
from habeas.domain.imported import Import
from habeas.service.intake import Intake
from habeas.service.ports import Batch, Clock, Reader, Store

IN_FLIGHT = 32
"""How many events of batches wait for their commit at once; the decision of somebody else waits behind so many at most."""

PIECE = 256
"""How many accounts are gone through before it is written down how far that got."""

B = TypeVar("B", Campaign, Bulk, Import)

_CALLED: dict[type[Batch], str] = {Campaign: "campaign", Bulk: "bulk", Import: "import"}
"""As the commands call them."""

Progress = Callable[[str, int, int], None]
"""Hears which step it is, how many accounts it has gone through, and of how many; 0 where nobody knows."""


def silent(_step: str, _done: int, _of: int) -> None:
    """Nobody listens."""


class RefusedError(HabeasError):
    """Something may not be done to a batch. The message says why, and what to do."""


def refuse(why_not: str | None) -> None:
    """Raises RefusedError where there is a reason why not."""
    if why_not is not None:
        raise RefusedError(why_not)


def known(reader: Reader, batch: BatchId, kind: type[B]) -> B:
    """A batch of a kind. Raises UnknownIdError where there is none of that id."""
    found = reader.batch(batch)
    if not isinstance(found, kind):
        called = _CALLED[kind]
        raise UnknownIdError(f"there is no {called} `{batch}`; `habeas {called} list` names those that there are")
    return found


def change(store: Store, batch: BatchId, kind: type[B], how: Callable[[B], B]) -> B:
    """Change a batch, and return it as it is then. Raises BadInputError where there is none, and what `how` raises."""
    with store.transaction() as work:
        changed = how(known(work, batch, kind))
        work.set_batch(changed)
    return changed


class Walk(NamedTuple):
    """One step of a batch: where the batch keeps how far it got, what it goes through, and what is done."""

    name: str
    step: Callable[[Batch], Step | None]
    """How far it got; None where it has not begun."""
    with_step: Callable[[Batch, Step], Batch]
    piece: Callable[[Reader, Member], Sequence[Member]]
    """The next accounts behind one; none when it is through."""
    do: Callable[[Sequence[Member]], int]
    """Do it to them. Returns how many were left as they were. Doing it again changes nothing."""


def go_through(
    store: Store, batch: BatchId, walk: Walk, clock: Clock, progress: Progress = silent, limit: int | None = None
) -> int:
    """Do a step to the accounts that are left, at most to about `limit`; returns to how many it was done.

    Safe to stop anywhere, and to run in several processes: whoever finds that another got further goes on from there.
    """
    done = 0
    while limit is None or done < limit:
        with store.reading() as reader:
            kept = reader.batch(batch)
            step = None if kept is None else walk.step(kept)
            if step is None or step.finished_at is not None:
                return done
            members = walk.piece(reader, step.after)
        refused = walk.do(members) if members else 0
        moved = step.moved(members[-1], len(members), refused) if members else step.finished(clock())
        with store.transaction() as work:
            now = work.batch(batch)
            if now is not None and walk.step(now) == step:
                work.set_batch(walk.with_step(now, moved))
        done += len(members)
        progress(walk.name, moved.done, moved.total)
    return done


def submit_all(intake: Intake, events: Iterable[Event], in_flight: int = IN_FLIGHT) -> Iterator[Outcome]:
    """What became of each event, in order, as they become durable. Raises EventRejectedError where one is refused."""
    waiting: deque[Future[Outcome]] = deque()
    for event in events:
        waiting.append(intake.submit(event))
        if len(waiting) >= in_flight:
            yield waiting.popleft().result()
    for future in waiting:
        yield future.result()
