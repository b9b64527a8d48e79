"""What time brings to an order: reminders and calls for a person. Only a provisional hold ends by itself (model 5.4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from habeas.sealed import gag, life
from habeas.sealed.order import Order, Page, TargetStatus
from habeas.sealed.policy import AtEnd, OrderPolicy
from habeas.sealed.review import Review, ReviewStatus

_HELD = frozenset({TargetStatus.HELD})


def look(order: Order, policy: OrderPolicy, now: datetime) -> Order:
    """The order with every reminder and every call that is due; the same order where nothing is."""
    for name in _reminders(order, policy, now):
        if name not in order.reminded:
            order = replace(order, reminded=(*order.reminded, name))
    for what in _calls(order, policy, now):
        order = life.paged(order, what, now, policy.decide_within_for)
    return order


def look_at_review(review: Review, policy: OrderPolicy, now: datetime) -> Review:
    """The review with every call that is due: its own time is over, or its user can perhaps be told more by now."""
    if review.status is not ReviewStatus.IN_FORCE:
        return review
    dates = {life.EXPIRED: review.until_at, life.LOOK_AGAIN: review.disclosure_review_at}
    waiting = {page.what for page in review.pages if page.decided_at is None}
    called = [
        Page(what=what, at=now, decide_by=now + policy.decide_within_for)
        for what, at in dates.items()
        if _is_over(at, now) and what not in waiting
    ]
    return replace(review, pages=(*review.pages, *called)) if called else review


def is_to_release(order: Order, policy: OrderPolicy, now: datetime) -> bool:
    """Whether its time is over and it is of the one type that time ends."""
    types = {policy.type[t.type].at_end for t in order.targets if t.status in _HELD}
    return order.is_in_force and _is_over(order.ends_at, now) and types == {AtEnd.RELEASE}


def _reminders(order: Order, policy: OrderPolicy, now: datetime) -> Iterator[str]:
    """Dates that come near: of the order, and of its gag."""
    said = order.letter.authorisation.gag
    dates = {"order": order.ends_at if order.is_in_force else None, "gag": said.until_at if order.is_open else None}
    for name, at in dates.items():
        for before in policy.chase_before_for:
            if at is not None and at - before <= now < at:
                yield f"{name} ends {at:%Y-%m-%d}: T-{before // timedelta(days=1)}"


def _calls(order: Order, policy: OrderPolicy, now: datetime) -> Iterator[str]:
    if not order.is_answered and _is_over(order.answer_by, now):
        yield life.UNANSWERED
    if not order.is_open:
        return
    if order.is_in_force and _is_over(order.ends_at, now) and not is_to_release(order, policy, now):
        yield life.EXPIRED
    if order.is_in_force and order.disclosed_at is None and gag.is_gag_over(order.letter.authorisation.gag, now):
        yield life.GAG_OVER
    elif order.is_in_force and order.disclosed_at is None and _is_over(order.disclosure_review_at, now):
        yield life.LOOK_AGAIN
    if order.is_in_force and _is_over(order.process_by, now):
        yield life.PROCESS_MISSING


def _is_over(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
