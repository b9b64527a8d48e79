"""Delivery: what waits for a channel is handed over, at least once, and what came of it is kept.

What is about to be tried is first put off for a while, so that two workers seldom send the same, and what a crash
interrupted is tried again. Each channel has its own state, and its own thread where a worker runs on: one that hangs keeps no
other waiting.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Self

from msgspec.structs import replace

from habeas.disclosure.notice import as_text
from habeas.domain.contact import Contact
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.notice import Answer, Channel, ChannelHealth, Delivery, Notice, Result, after, attempted
from habeas.service.ports import Clock, Sender, Store

BATCH_MAX = 16
LEASE_FOR = timedelta(minutes=10)
"""Longer than a batch can take: what was being sent when a process died is sent again after this."""


def deliver(store: Store, sender: Sender, clock: Clock) -> int:
    """Hand over everything that waits for a channel and is to be tried now; returns how much arrived."""
    delivered = 0
    while taken := _take(store, sender.channel, clock()):
        for index, delivery in enumerate(taken):
            now = clock()
            answer = _send(store, sender, delivery, now)
            delivered += answer.result is Result.DELIVERED
            health = _keep(store, delivery, answer, now)
            if not health.may_try(now):
                _give_back(store, taken[index + 1 :], now)
                return delivered
    return delivered


def enable(store: Store, channel: Channel) -> None:
    """Use a channel again that was switched off, from now on."""
    with store.transaction() as work:
        work.set_channel_health(ChannelHealth(channel=channel))


def _take(store: Store, channel: Channel, now: datetime) -> Sequence[Delivery]:
    with store.reading() as reader:
        if not reader.channel_health(channel).may_try(now) or not reader.waiting_deliveries(channel, now, 1):
            return ()
    with store.transaction(()) as work:
        taken = work.waiting_deliveries(channel, now, BATCH_MAX)
        for delivery in taken:
            work.set_delivery(replace(delivery, next_at=now + LEASE_FOR))
    return taken


def _send(store: Store, sender: Sender, delivery: Delivery, now: datetime) -> Answer:
    try:
        notice, contact = _read(store, delivery)
    except UnreadableRecordError:
        return Answer(Result.REFUSED, "the notice cannot be read")
    return sender.send(notice, as_text(notice), contact.addresses(now), now)


def _read(store: Store, delivery: Delivery) -> tuple[Notice, Contact]:
    with store.reading() as reader:
        state = reader.account(delivery.account)
        return reader.notice(delivery.account, delivery.position), Contact() if state is None else state.contact


def _keep(store: Store, delivery: Delivery, answer: Answer, now: datetime) -> ChannelHealth:
    with store.transaction(()) as work:
        work.set_delivery(attempted(delivery, answer, now))
        before = work.channel_health(delivery.channel)
        health = after(before, answer, now)
        if health != before:
            work.set_channel_health(health)
    return health


def _give_back(store: Store, deliveries: Sequence[Delivery], now: datetime) -> None:
    """What was taken and not tried waits as before."""
    with store.transaction(()) as work:
        for delivery in deliveries:
            work.set_delivery(replace(delivery, next_at=now))


class Couriers:
    """One thread for each channel. Use as a context manager; leaving it waits for what is under way."""

    def __init__(self, store: Store, senders: Sequence[Sender], clock: Clock) -> None:
        self._store = store
        self._senders = {sender.channel: sender for sender in senders}
        self._clock = clock
        self._threads = ThreadPoolExecutor(max_workers=max(1, len(senders)), thread_name_prefix="habeas-courier")
        self._running: dict[Channel, Future[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()

    def start(self) -> None:
        """Start on every channel that is not at work."""
        for channel, sender in self._senders.items():
            if channel not in self._running:
                self._running[channel] = self._threads.submit(deliver, self._store, sender, self._clock)

    def done(self, *, wait: bool = False) -> dict[str, int]:
        """How much arrived on each channel since the last call; with `wait`, after all have come to their end."""
        finished = [channel for channel, run in self._running.items() if wait or run.done()]
        return {channel.value: self._running.pop(channel).result() for channel in finished}
