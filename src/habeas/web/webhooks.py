"""The channels by which notices leave, and how they do."""

from habeas.domain.notice import Channel, ChannelHealth
from habeas.web.backend import Backend
from habeas.web.operation import Call


def channels(backend: Backend, call: Call) -> list[ChannelHealth]:  # noqa: ARG001 - every route is called alike
    """How each channel does."""
    with backend.store.reading() as reader:
        return [reader.channel_health(channel) for channel in Channel]
