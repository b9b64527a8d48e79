"""Submitting what was decided: through the ordinary intake like any reviewer, and again after a crash (model 5.5).

A command's id is the public event's, so that the public store carries it out once, however often it comes.
"""

from datetime import datetime

from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.errors import EventRejectedError
from habeas.domain.event import DESK_END, EXEMPTION_GRANT, ORDER_PLACE, REVIEW_PLACE
from habeas.sealed import due, life
from habeas.sealed.command import Command, answered, event_of
from habeas.sealed.desk import Desk
from habeas.sealed.order import Order, State, TargetStatus
from habeas.sealed.review import Review, ReviewStatus
from habeas.sealed.store import SealedStore, SealedWork
from habeas.service.intake import Intake
from habeas.service.ports import Clock

CLOCK = Actor("clock", Role.DETECTOR)
"""Who does what time brings."""

_PLACES = frozenset({ORDER_PLACE, REVIEW_PLACE})


class Submission:
    """Brings the commands of the sealed store to the public one, and marks what came of them."""

    def __init__(self, sealed: SealedStore, intake: Intake, clock: Clock) -> None:
        self._sealed = sealed
        self._intake = intake
        self._clock = clock

    def run(self) -> int:
        """Submit every command whose time has come; how many were answered. Safe to run twice or in two processes."""
        done = 0
        while True:
            with self._sealed.reading() as reader:
                ready = [c for c in reader.waiting(self._clock()) if not c.after or reader.command(c.after)[1]]
            if not ready:
                return done
            for command in ready:
                self._mark(self._submit(command))
                done += 1

    def _submit(self, command: Command) -> Command:
        with self._sealed.reading() as reader:
            before = reader.command(command.after)[0] if command.after else None
        if before is not None and before.refusal:
            # What was to take its place does not stand, so this must not end.
            return replace(command, refusal=f"not submitted: {before.refusal}")
        try:
            return answered(command, self._intake.decide(event_of(command)))
        except EventRejectedError as exc:
            return replace(command, refusal=f"rejected: {exc}")

    def _mark(self, command: Command) -> None:
        now = self._clock()
        with self._sealed.transaction() as work:
            if work.command(command.id)[1]:
                return  # Another process was faster.
            work.mark(command, now)
            order = work.find(Order, command.subject)
            if order is not None:
                work.put(settled(order, command, now), "applied", CLOCK, now, _told(command))
                return
            work.put(_reviewed(work.get(Review, command.subject), command), "applied", CLOCK, now, _told(command))


def sweep(sealed: SealedStore, desk: Desk, submission: Submission, clock: Clock) -> int:
    """What is due: submit what waits, remind, call people, release provisional holds whose time is over. How much was done."""
    done = submission.run()
    now = clock()
    with sealed.reading() as reader:
        ids = [order.id for order in reader.all(Order, is_open=True)]
        reviews = [review.id for review in reader.all(Review, is_open=True)]
    for id_ in ids:
        with sealed.transaction() as work:
            done += _look(work, work.get(Order, id_), desk, now)
    for id_ in reviews:
        with sealed.transaction() as work:
            review = work.get(Review, id_)
            after = due.look_at_review(review, desk.policy, now)
            if after != review:
                work.put(after, "due", CLOCK, now)
                done += 1
    return done + submission.run()


def _look(work: SealedWork, order: Order, desk: Desk, now: datetime) -> int:
    after = due.look(order, desk.policy, now)
    if due.is_to_release(after, desk.policy, now):
        held = tuple(t for t in after.targets if t.status is TargetStatus.HELD)
        after = desk.released(work, after, held, now)
    if after == order:
        return 0
    work.put(after, "due", CLOCK, now)
    return 1


def settled(order: Order, command: Command, now: datetime) -> Order:
    """An order after the public store has answered one of its commands."""
    target = order.target(command.target)
    assert target is not None, "a command is for a target of its order"
    if command.type in _PLACES:
        if command.refusal and target.status is TargetStatus.PLACING:
            target = replace(target, status=TargetStatus.REFUSED, problem=command.refusal)
        elif command.refusal:
            target = replace(target, problem=command.refusal)
        else:
            held_at = target.held_at or now
            status = TargetStatus.HELD if target.status is TargetStatus.PLACING else target.status
            target = replace(target, status=status, restriction=command.restriction, held_at=held_at)
    elif command.type == EXEMPTION_GRANT:
        status = TargetStatus.REFUSED if command.refusal else TargetStatus.DONE
        target = replace(target, status=status, problem=command.refusal)
    elif command.type == DESK_END and target.status is TargetStatus.RELEASING:
        if command.refusal:
            target = replace(target, status=TargetStatus.HELD, problem=command.refusal, release_asked_by=None)
        else:
            target = replace(target, status=TargetStatus.RELEASED, released_at=now)
    elif command.refusal:
        target = replace(target, problem=command.refusal)
    order = life.settle(order.with_target(target), CLOCK, now)
    is_empty = not any(t.status in _LIMITING for t in order.targets)
    was_released = any(t.status is TargetStatus.RELEASED for t in order.targets)
    is_past = order.ends_at is not None and order.ends_at <= now
    if order.is_in_force and is_empty and was_released and is_past:
        order = life.answered(replace(order, state=State.EXPIRED), life.EXPIRED, now)
    return order


_LIMITING = frozenset({TargetStatus.PLACING, TargetStatus.HELD, TargetStatus.RELEASING})


def _reviewed(review: Review, command: Command) -> Review:
    """A review after the public store has answered one of its commands."""
    if command.type == REVIEW_PLACE and command.refusal:
        return replace(review, status=ReviewStatus.REFUSED, problem=command.refusal)
    if command.type == REVIEW_PLACE:
        return replace(review, status=ReviewStatus.IN_FORCE, restriction=command.restriction)
    if command.type == DESK_END and not command.refusal:
        return replace(review, status=ReviewStatus.ENDED)
    return replace(review, problem=command.refusal)


def _told(command: Command) -> str:
    return f"{command.type}: {command.refusal or command.restriction or 'done'}"
