"""Whether the service is there, and whether it can answer."""

from typing import Annotated

from msgspec import Meta, Struct
from prometheus_client import CONTENT_TYPE_LATEST

from habeas.domain.ids import AccountId
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply

_ANYBODY = AccountId("-")


class Health(Struct, frozen=True):
    """That it is there."""

    status: Annotated[str, Meta(description="Always `ok`; where it is not, nothing answers, or a problem does.")] = "ok"


async def alive(backend: Backend, call: Call) -> Health:  # noqa: ARG001 - every route is called alike
    """The process is there and its loop turns."""
    return Health()


async def metrics(backend: Backend, call: Call) -> Reply:  # noqa: ARG001 - every route is called alike
    """What this process has counted."""
    return Reply(content=backend.metrics.told(), media_type=CONTENT_TYPE_LATEST)


def ready(backend: Backend, call: Call) -> Health:  # noqa: ARG001 - every route is called alike
    """The store can be read; what it raises is a problem with status 503."""
    with backend.store.reading() as reader:
        reader.account(_ANYBODY)
    return Health()
