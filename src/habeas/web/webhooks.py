"""The channels by which notices leave, and how they do; one that was switched off is switched on again."""

from habeas.domain.errors import UnknownIdError
from habeas.domain.notice import Channel, ChannelHealth
from habeas.service import delivery
from habeas.web.backend import Backend
from habeas.web.operation import Call


def channels(backend: Backend, call: Call) -> list[ChannelHealth]:  # noqa: ARG001 - every route is called alike
    """How each channel does."""
    with backend.store.reading() as reader:
        return [reader.channel_health(channel) for channel in Channel]


def enable(backend: Backend, call: Call) -> ChannelHealth:
    """Use a channel again that was switched off. Raises UnknownIdError."""
    named = call.path["channel"]
    if named not in list(Channel):
        raise UnknownIdError(f"there is no channel `{named}`; known are {', '.join(Channel)}")
    delivery.enable(backend.store, Channel(named))
    with backend.store.reading() as reader:
        return reader.channel_health(Channel(named))
