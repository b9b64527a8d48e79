"""The table of routes as an ASGI application. Whatever happens in a route, its client gets an answer as docs/http.md says."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any, Literal, cast

import msgspec
from anyio import to_thread
from litestar import Litestar, Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from habeas.domain.errors import BadInputError, HabeasError
from habeas.domain.event_data import AccountName, Token
from habeas.service.keys import PREFIX
from habeas.service.tracing import Attribute, SpanName, Tracer
from habeas.web import problem as problems
from habeas.web import sessions
from habeas.web.backend import Backend
from habeas.web.credentials import admit
from habeas.web.events import media_type
from habeas.web.operation import Call, Operation, Reply, encode
from habeas.web.problem import Problem, ProblemError, ProblemKind
from habeas.web.routes import OPERATIONS

log = logging.getLogger("habeas.web")

USE_WRITTEN_EVERY_S = 60.0
"""How often it is written when keys were last used."""

_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_NAMES = {"account": AccountName}
"""What an id in an address must look like, where it is not just any."""

_Request = Request[Any, Any, Any]


def make_app(backend: Backend, closing: Callable[[], None] = lambda: None) -> Litestar:
    """The service on one backend. `closing` is called when it ends."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        writing = asyncio.create_task(_write_use(backend))
        try:
            async with nullcontext() if backend.gate is None else backend.gate.following():
                yield
        finally:
            writing.cancel()
            await to_thread.run_sync(_use_written, backend)
            await to_thread.run_sync(closing)

    return Litestar(
        route_handlers=[_handler(path, backend) for path in dict.fromkeys(row.path for row in OPERATIONS)],
        exception_handlers={HTTPException: _from_framework, Exception: _unforeseen},
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,
    )


async def _write_use(backend: Backend) -> None:
    while True:
        await asyncio.sleep(USE_WRITTEN_EVERY_S)
        await to_thread.run_sync(_use_written, backend)


def _use_written(backend: Backend) -> None:
    """When keys were last used is nice to know, and stops nothing where it cannot be written."""
    try:
        backend.keys.write_use()
    except HabeasError:
        log.warning("when keys were last used could not be written")


def _handler(path: str, backend: Backend) -> HTTPRouteHandler:
    """One handler for all methods of an address, so that Litestar names all of them to whoever asks which there are."""
    rows = {row.method: row for row in OPERATIONS if row.path == path}

    async def endpoint(request: _Request) -> Response[Any]:
        operation, begun = rows[request.method], time.perf_counter()
        answering = answered(operation, request)
        response = await (
            answering if backend.tracer is None else traced(backend.tracer, operation, request, answering)
        )
        backend.metrics.count(operation.name, response.status_code or operation.status, time.perf_counter() - begun)
        return response

    async def traced(
        tracer: Tracer, operation: Operation, request: _Request, answering: Awaitable[Response[Any]]
    ) -> Response[Any]:
        said = {Attribute.METHOD: operation.method, Attribute.ROUTE: operation.path}
        within = tracer.from_caller(request.headers.get("traceparent"))
        with tracer.span(SpanName.REQUEST, said, within) as span:
            response = await answering
            span.tell(Attribute.STATUS, response.status_code or operation.status)
        return response

    async def answered(operation: Operation, request: _Request) -> Response[Any]:
        try:
            async with asyncio.timeout(backend.settings.answer_within_s):
                reply = await _answer(operation, backend, request)
        except ProblemError as exc:
            return _told(exc.problem, exc.kind, exc.headers)
        except HabeasError as exc:
            kind = problems.kind_of(exc)
            if not kind.is_told:
                log.exception("%s", operation.name)
            return _told(problems.problem_of(exc), kind)
        except TimeoutError:
            log.exception("%s: no answer within %s s", operation.name, backend.settings.answer_within_s)
            return _plain_problem(problems.TOO_SLOW)
        except HTTPException as exc:
            return _from_framework(request, exc)
        except Exception:
            log.exception("%s failed", operation.name)
            return _plain_problem(problems.FAILED)
        if reply.stream is not None:
            return Stream(reply.stream, media_type=reply.media_type, headers=dict(_SECURITY_HEADERS))
        return Response(
            reply.content,
            media_type=reply.media_type,
            status_code=reply.status,
            headers={**_SECURITY_HEADERS, **reply.headers},
            cookies=[_cookie(each) for each in reply.cookies],
        )

    return HTTPRouteHandler(
        _path_of(path),
        http_method=cast("list[Literal['GET', 'POST']]", list(rows)),
        status_code=200,
        request_max_body_size=max(row.body_max for row in rows.values()),
        name=path,
    )(endpoint)


def _cookie(each: sessions.Cookie) -> Cookie:
    return Cookie(
        key=each.name,
        value=each.value,
        max_age=each.lasts_s,
        path="/",
        secure=each.is_secure,
        httponly=True,
        samesite="lax",
    )


def _path_of(path: str) -> str:
    # Litestar keeps some names, such as `request`, to itself.
    return path.replace("{", "{the_").replace("}", ":str}")


async def _answer(operation: Operation, backend: Backend, request: _Request) -> Reply:
    headers = request.headers
    address = request.client.host if request.client else ""
    base_url = backend.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    is_secure = base_url.startswith("https://")
    if PREFIX in headers.get("authorization", PREFIX):
        caller = admit(backend, operation, headers, address, is_secure=is_secure)
    else:
        # The keys of the user lane may have to be fetched.
        caller = await to_thread.run_sync(partial(admit, backend, operation, headers, address, is_secure=is_secure))
    query, body = _query(operation, request), await _body(operation, request)
    call = Call(
        caller=caller,
        path=_path(operation, request),
        query=query,
        body=body,
        headers=headers,
        base_url=base_url,
    )
    for named in (call.path.get("account"), getattr(query, "account", None), getattr(body, "account", None)):
        if named is not None:
            call.require_own(named)
    if operation.handle_at_once is not None:
        answered = await operation.handle_at_once(backend, call)
    else:
        assert operation.handle is not None
        # A thread cannot be stopped; whoever waits for it too long is told so, and it ends by itself.
        answered = await to_thread.run_sync(operation.handle, backend, call, abandon_on_cancel=True)
    if isinstance(answered, Reply):
        return answered
    return Reply(content=encode(answered), status=operation.status)


def _path(operation: Operation, request: _Request) -> dict[str, str]:
    found = {name: str(request.path_params[f"the_{name}"]) for name in operation.path_names}
    for name, text in found.items():
        try:
            msgspec.convert(text, _NAMES.get(name, Token))
        except msgspec.ValidationError:
            raise BadInputError(f"`{text[:40]}` is no id of a kind that could be here") from None
    return found


def _query(operation: Operation, request: _Request) -> Any:
    if operation.query is None:
        return None
    told = request.query_params
    many = {field.encode_name for field in msgspec.structs.fields(operation.query) if _is_list(field.type)}
    values = {name: told.getall(name) if name in many else told.getall(name)[-1] for name in told}
    try:
        return msgspec.convert(values, operation.query, strict=False)
    except msgspec.ValidationError as exc:
        raise BadInputError(f"the query cannot be used: {exc}") from None


def _is_list(type_: Any) -> bool:
    return getattr(type_, "__origin__", None) is tuple


async def _body(operation: Operation, request: _Request) -> Any:
    takes = operation.takes
    if not takes:
        return None
    if media_type(request.headers) not in takes:
        raise ProblemError(problems.MEDIA, f"send {' or '.join(takes)}")
    content = await request.body()
    if operation.body is None:
        return content
    try:
        return msgspec.json.decode(content, type=operation.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise BadInputError(f"the body cannot be used: {exc}") from None


def _told(problem: Problem, kind: ProblemKind, headers: dict[str, str] | None = None) -> Response[bytes]:
    more = {"Retry-After": str(kind.retry_after_s)} if kind.retry_after_s else {}
    return Response(
        encode(problem),
        media_type=problems.MEDIA_TYPE,
        status_code=problem.status,
        headers={**_SECURITY_HEADERS, **more, **(headers or {})},
    )


def _plain_problem(kind: ProblemKind, detail: str = "", headers: dict[str, str] | None = None) -> Response[bytes]:
    problem = Problem(type=kind.type, title=kind.title, status=kind.status, detail=detail)
    return _told(problem, kind, headers)


def _from_framework(_: _Request, exc: HTTPException) -> Response[bytes]:
    """No such address, no such method, a body that is too large."""
    kind = problems.OF_STATUS.get(exc.status_code, problems.FAILED)
    allow = (exc.headers or {}).get("Allow") or (exc.headers or {}).get("allow")
    return _plain_problem(kind, headers={"Allow": allow} if allow else None)


def _unforeseen(request: _Request, exc: Exception) -> Response[bytes]:
    log.error("%s %s failed", request.method, request.scope.get("path_template", ""), exc_info=exc)
    return _plain_problem(problems.FAILED)
