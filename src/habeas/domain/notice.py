"""A notice: what a user is told when something changes, and how far it got on each channel.

The text is made by `disclosure`, kept in the account's inbox, and sent from there at least once on each channel. A receiver
tells a repeat by the notice's id.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.ids import AccountId, fingerprint


class NoticeTopic(StrEnum):
    """What a notice is about. Receivers of webhooks see these names."""

    BEGAN = "restriction.began"
    CHANGED = "restriction.changed"
    ENDED = "restriction.ended"
    ANNULLED = "restriction.annulled"
    DOCUMENTS_ASKED = "documents.asked"
    DOCUMENTS_DUE = "documents.due"
    """The date for documents comes near."""
    CASE_WAITING = "case.waiting"
    """We wait for the user, and have not heard."""
    EXIT_SOON = "exit.soon"
    """The day comes near from which assets can only be withdrawn, because a region is left."""
    RESIDUAL_SOON = "residual.soon"
    """The day comes near on which what is still there is looked at, account by account."""
    PROMISE_LATE = "promise.late"
    """We shall probably miss a time that we named. It is said before, not after."""


class Notice(Struct, frozen=True, kw_only=True):
    """One notice as its user reads it. `about` is the restriction, the document request or the case that it is about."""

    id: str
    account: AccountId
    topic: NoticeTopic
    about: str
    made_at: datetime
    locale: str
    subject: str
    """The same for everybody: mail servers and locked screens show it."""
    title: str
    what_happened: str
    what_to_do: tuple[str, ...]
    by_when: str
    what_next: str
    when: str
    challenge: str
    reference: str
    contact: str
    """Whom to ask, with a link."""
    never_ask: str
    """What nobody of ours ever asks for."""

    def says_the_same(self, other: "Notice") -> bool:
        """Whether it tells nothing that another one has not told."""
        return _words(self) == _words(other)


def _words(notice: Notice) -> tuple[object, ...]:
    told = ("title", "what_happened", "what_to_do", "by_when", "what_next", "when", "challenge", "reference")
    return tuple(getattr(notice, name) for name in told)


def reference(subject: str) -> str:
    """A short name that a person can read out, for example `3F9A-22C1-08DE`."""
    name = fingerprint(subject).upper()
    return "-".join((name[:4], name[4:8], name[8:12]))


# --- how far it got --------------------------------------------------------------------------------------------------


class Channel(StrEnum):
    """A way by which notices leave. The inbox is none: a notice is in it from the moment on at which it exists."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Result(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    LATER = "later"
    """This notice was not taken now; others may be."""
    REFUSED = "refused"
    """This notice will never be taken."""
    DOWN = "down"
    """Nobody answers on this channel, so that nothing else need be tried for now."""
    GONE = "gone"
    """The receiver says that it wants nothing more."""


class Answer(Struct, frozen=True):
    """The result of an attempt, and in few words why it failed: no names, no addresses."""

    result: Result
    problem: str = ""


class Delivery(Struct, frozen=True, kw_only=True):
    """How far one notice got on one channel; `position` is its place in the account's inbox.

    `next_at` is None once it is over; `delivered_at` says whether it arrived.
    """

    position: int
    account: AccountId
    notice: str
    channel: Channel
    queued_at: datetime
    attempts: int = 0
    next_at: datetime | None = None
    delivered_at: datetime | None = None
    problem: str = ""


class ChannelHealth(Struct, frozen=True, kw_only=True):
    """How a channel does: failures in a row, since when, when to try again, and since when it is switched off."""

    channel: Channel
    failures: int = 0
    failing_since: datetime | None = None
    next_at: datetime | None = None
    disabled_at: datetime | None = None

    def may_try(self, at: datetime) -> bool:
        """Whether something may be tried on it at an instant."""
        return self.disabled_at is None and (self.next_at is None or self.next_at <= at)


BACK_OFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait after the first, the second, ... failure, then the last again.

After the schedule that senders of Standard Webhooks use.
"""

CHANNEL_BACK_OFF_MAX = timedelta(minutes=30)
"""A channel that nobody answers on is tried again at least this often: what waits for it waits for all of it."""

TRIED_FOR = {Channel.EMAIL: timedelta(days=5), Channel.WEBHOOK: timedelta(days=30)}
"""How long one notice is tried. It stays in the inbox (e-mail: RFC 5321, section 4.5.4.1)."""

DISABLED_AFTER = timedelta(days=5)
"""A channel on which nothing arrives for so long is switched off, and somebody must switch it on again."""

FAILURES_IN_A_ROW_MAX = 3
"""After so many failures one after the other the rest waits: each may cost a time-out."""


def back_off(failures: int) -> timedelta:
    """How long to wait after so many failures."""
    return BACK_OFF[min(max(failures, 1), len(BACK_OFF)) - 1]


def attempted(delivery: Delivery, answer: Answer, at: datetime) -> Delivery:
    """A delivery after an attempt."""
    attempts = delivery.attempts + 1
    tried = replace(delivery, attempts=attempts, next_at=None, problem=answer.problem)
    if answer.result is Result.DELIVERED:
        return replace(tried, delivered_at=at)
    if answer.result is Result.REFUSED or at - delivery.queued_at >= TRIED_FOR[delivery.channel]:
        return tried
    return replace(tried, next_at=at + back_off(attempts))


def after(health: ChannelHealth, answer: Answer, at: datetime) -> ChannelHealth:
    """A channel after an attempt. A notice that is refused says nothing of the channel: somebody answered."""
    if answer.result in (Result.DELIVERED, Result.REFUSED):
        return ChannelHealth(channel=health.channel)
    failing_since = health.failing_since or at
    is_over = answer.result is Result.GONE or at - failing_since >= DISABLED_AFTER
    failures = health.failures + 1
    waits = answer.result is Result.DOWN or failures >= FAILURES_IN_A_ROW_MAX
    return ChannelHealth(
        channel=health.channel,
        failures=failures,
        failing_since=failing_since,
        next_at=at + min(back_off(failures), CHANNEL_BACK_OFF_MAX) if waits else None,
        disabled_at=at if is_over else None,
    )
