"""The description of the service (OpenAPI 3.1), made from the table of routes when it is first asked for."""

from functools import cache
from typing import Any

from habeas.web.backend import Backend
from habeas.web.operation import Call


def show(backend: Backend, call: Call) -> dict[str, Any]:  # noqa: ARG001 - every route is called alike
    """The description, with where this server is."""
    return _made() | {"servers": [{"url": call.base_url}]}


@cache
def _made() -> dict[str, Any]:
    # The table of routes names this module, so the two cannot import one another.
    from habeas.web.openapi import describe  # noqa: PLC0415
    from habeas.web.routes import OPERATIONS  # noqa: PLC0415

    return describe(OPERATIONS)
