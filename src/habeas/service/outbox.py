"""The outbox: effects on other accounts are recorded there as events. At least once, and each at most one effect."""

import msgspec

from habeas.decision.draft import Effect
from habeas.domain.decision import Message, Topic
from habeas.domain.errors import HabeasError
from habeas.domain.event import EFFECT_SOURCE, Event, make_event
from habeas.service.intake import Intake
from habeas.service.ports import QueuedMessage, Share, Store

SWEEP_MAX = 256

_decode_effect = msgspec.msgpack.Decoder(Effect).decode


def deliver_effects(store: Store, intake: Intake) -> int:
    """Record every queued effect on the account it concerns; returns how many were delivered.

    A crash between the two steps delivers an effect again, which its identity makes a duplicate. One that fails does not keep
    the others waiting. It stays queued, and its error is raised when all have been tried. Several workers share the work.
    """
    delivered = 0
    failed: list[HabeasError] = []
    with store.shares("effects") as shares:
        for share in shares:
            delivered += _deliver(store, share, intake, failed)
    if failed:
        raise failed[0]
    return delivered


def _deliver(store: Store, share: Share, intake: Intake, failed: list[HabeasError]) -> int:
    delivered = last = 0
    while queued := _queued(share, last):
        recorded = []
        for message, future in [(message, intake.submit(_event(message.message))) for message in queued]:
            try:
                future.result()
            except HabeasError as exc:
                failed.append(exc)
            else:
                recorded.append(message.position)
        with store.transaction(()) as work:
            work.delivered(recorded, intake.clock())
        delivered, last = delivered + len(recorded), queued[-1].position
    return delivered


def _queued(share: Share, after: int) -> list[QueuedMessage]:
    with share.reading() as reader:
        return list(reader.queued_messages(after, limit=SWEEP_MAX, topic=Topic.EFFECT))


def _event(message: Message) -> Event:
    effect = _decode_effect(message.body)
    return make_event(message.id, EFFECT_SOURCE, effect.type, message.account, effect.time, effect.body)
