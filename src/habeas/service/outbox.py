"""The outbox: effects on other accounts are recorded there as events. At least once, and each at most one effect."""

import msgspec

from habeas.decision.draft import Effect
from habeas.domain.decision import Message, Topic
from habeas.domain.errors import HabeasError
from habeas.domain.event import EFFECT_SOURCE, Event, make_event
from habeas.service.intake import Intake
from habeas.service.ports import QueuedMessage, Store

SWEEP_MAX = 256

_decode_effect = msgspec.msgpack.Decoder(Effect).decode


def deliver_effects(store: Store, intake: Intake) -> int:
    """Record every queued effect on the account it concerns; returns how many were delivered.

    A crash between the two steps delivers an effect again, which its identity makes a duplicate. One that fails does not keep
    the others waiting. It stays queued, and its error is raised when all have been tried.
    """
    delivered = last = 0
    failed: list[Exception] = []
    while queued := _queued(store, last):
        recorded = []
        for message, future in [(message, intake.submit(_event(message.message))) for message in queued]:
            try:
                future.result()
            except HabeasError as exc:
                failed.append(exc)
            else:
                recorded.append(message.position)
        with store.transaction() as work:
            work.delivered(recorded, intake.clock())
        delivered, last = delivered + len(recorded), queued[-1].position
    if failed:
        raise failed[0]
    return delivered


def _queued(store: Store, after: int) -> list[QueuedMessage]:
    with store.reading() as reader:
        return list(reader.queued_messages(after, limit=SWEEP_MAX, topic=Topic.EFFECT))


def _event(message: Message) -> Event:
    effect = _decode_effect(message.body)
    return make_event(message.id, EFFECT_SOURCE, effect.type, message.account, effect.time, effect.body)
