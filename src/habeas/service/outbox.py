"""The outbox: effects on other accounts are recorded there as events. At least once, and each at most one effect."""

import msgspec

from habeas.decision.draft import Effect
from habeas.domain.decision import Message, Topic
from habeas.domain.event import EFFECT_SOURCE, Event, make_event
from habeas.service.intake import Intake
from habeas.service.ports import QueuedMessage, Store

SWEEP_MAX = 256

_decode_effect = msgspec.msgpack.Decoder(Effect).decode


def deliver_effects(store: Store, intake: Intake) -> int:
    """Record every queued effect on the account it concerns; returns how many were delivered.

    A crash between the two steps delivers an effect again, which its identity makes a duplicate.
    """
    delivered = 0
    while queued := _queued(store):
        for future in [intake.submit(_event(message.message)) for message in queued]:
            future.result()
        with store.transaction() as work:
            work.delivered([message.position for message in queued], intake.clock())
        delivered += len(queued)
    return delivered


def _queued(store: Store) -> list[QueuedMessage]:
    with store.reading() as reader:
        return list(reader.queued_messages(after=0, limit=SWEEP_MAX, topic=Topic.EFFECT))


def _event(message: Message) -> Event:
    effect = _decode_effect(message.body)
    return make_event(message.id, EFFECT_SOURCE, effect.type, message.account, effect.time, effect.body)
