"""Whether the service is there, and whether it can answer."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct
from prometheus_client import CONTENT_TYPE_LATEST

from habeas.domain.errors import HabeasError
from habeas.domain.ids import AccountId
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply

OVERDUE_AFTER = timedelta(minutes=1)
"""A worker fires what is due within about a second; what has been due for longer than this waits for a worker."""

_ANYBODY = AccountId("-")


class Health(Struct, frozen=True):
    """That it is there."""

    status: Annotated[str, Meta(description="Always `ok`; where it is not, nothing answers, or a problem does.")] = "ok"


async def alive(backend: Backend, call: Call) -> Health:  # noqa: ARG001 - every route is called alike
    """The process is there and its loop turns."""
    return Health()


def metrics(backend: Backend, call: Call) -> Reply:  # noqa: ARG001 - every route is called alike
    """What this process has counted, and what waits in the store; without the latter where the store cannot be read."""
    try:
        with backend.store.reading() as reader:
            backend.metrics.waits(reader.journal_end(), reader.backlog(backend.clock() - OVERDUE_AFTER))
    except HabeasError:
        backend.metrics.waits_unknown()
    return Reply(content=backend.metrics.told(), media_type=CONTENT_TYPE_LATEST)


def ready(backend: Backend, call: Call) -> Health:  # noqa: ARG001 - every route is called alike
    """The store can be read; what it raises is a problem with status 503."""
    with backend.store.reading() as reader:
        reader.account(_ANYBODY)
    return Health()
