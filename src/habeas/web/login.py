"""Staff log in with a browser: at a provider, or, in a demo only, as anybody. What comes of it is a session.

The way is the same for both: a login is begun here, a signed cookie says which, and only who has it can end it.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Meta, Struct
from msgspec.structs import asdict

from habeas.domain.access import ROLE_SCOPES, AccessScope
from habeas.domain.actor import Role
from habeas.domain.errors import BadInputError
from habeas.web.backend import Backend
from habeas.web.oidc import LOOPBACK, Attempt
from habeas.web.operation import HTML, SEE_OTHER, Call, Reply
from habeas.web.problem import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, ProblemError
from habeas.web.sessions import (
    ATTEMPT,
    CSRF_HEADER,
    SESSION,
    Begun,
    Cookie,
    Session,
    begun_session,
    ended,
    is_own_page,
    path_here,
)

DEMO_BANNER = "DEMO: anybody can be anybody"
AFTERWARDS = "/login/session"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody logs in for."""

    to: Annotated[str, Meta(max_length=1024, description="Where to go afterwards: an address on this service.")] = (
        AFTERWARDS
    )
    role: Annotated[Role | None, Meta(description="In which role, for whoever has several.")] = None


class Came(Struct, frozen=True, kw_only=True):
    """What the provider sends a browser back with. Providers add what they like."""

    state: Annotated[str, Meta(max_length=512, description="Which login it is.")] = ""
    code: Annotated[str | None, Meta(description="What the ID token is fetched with.")] = None
    iss: Annotated[str | None, Meta(description="Which provider it is (RFC 9207).")] = None
    error: Annotated[str | None, Meta(description="Why the provider let nobody in.")] = None


class LoggedIn(Struct, frozen=True, kw_only=True):
    """Who is logged in."""

    name: Annotated[str, Meta(description="Who acts.")]
    role: Annotated[Role, Meta(description="In which role.")]
    scopes: Annotated[tuple[AccessScope, ...], Meta(description="What that opens.")]
    csrf: Annotated[str, Meta(description="To be sent as `X-CSRF-Token` with everything but GET.")]
    ends_at: Annotated[datetime, Meta(description="Until when.")]
    is_demo: Annotated[bool, Meta(description="Whether anybody can be anybody here.")]


def begin(backend: Backend, call: Call) -> Reply:
    """To the provider; in a demo, to the page with the roles."""
    _require_login(backend, call)
    attempt = Attempt(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        back=f"{call.base_url}/login/callback",
    )
    begun = Begun(attempt=attempt, to=path_here(call.query.to), role=call.query.role)
    cookie = backend.cookies.written(ATTEMPT, begun, backend.clock(), is_secure=call.is_secure)
    if backend.oidc is None:
        return _page(_demo_page(attempt.state), cookie)
    return Reply(
        status=SEE_OTHER, media_type=HTML, headers={"Location": backend.oidc.address(attempt)}, cookies=(cookie,)
    )


def come_back(backend: Backend, call: Call) -> Reply:
    """From the provider. Raises ProblemError."""
    _require_login(backend, call)
    if backend.oidc is None:
        raise ProblemError(NOT_FOUND, "nobody comes back here from a provider; log in at /login")
    begun = _begun(backend, call)
    told = {name: value for name, value in asdict(call.query).items() if value is not None}
    person = backend.oidc.person(begun.attempt, told, backend.clock())
    roles = (begun.role,) if begun.role is not None else person.roles
    if not set(roles) <= set(person.roles):
        raise ProblemError(FORBIDDEN, f"you have no role `{begun.role}`, but {', '.join(person.roles)}")
    if len(roles) > 1:
        return _page(_choice_page(roles, begun.to))
    return _let_in(backend, call, person.name, roles[0], begun.to)


def be_anybody(backend: Backend, call: Call) -> Reply:
    """In a demo: the person of a role. Raises ProblemError."""
    _require_login(backend, call)
    if not backend.settings.is_demo_login:
        raise ProblemError(NOT_FOUND, "this is no demo; log in at /login")
    begun, said = _begun(backend, call), _form(call)
    if said.get("state") != begun.attempt.state:
        raise ProblemError(UNAUTHENTICATED, "this is not the login that was begun here; begin again at /login")
    role = said.get("role", "")
    if role not in ROLE_SCOPES:
        raise BadInputError(f"`{role[:40]}` is no role here; known are {', '.join(ROLE_SCOPES)}")
    return _let_in(backend, call, f"demo-{role}", Role(role), begun.to)


def show(backend: Backend, call: Call) -> LoggedIn:
    """Who is logged in. Raises ProblemError where nobody is."""
    session = _session(backend, call)
    return LoggedIn(
        name=session.name,
        role=session.role,
        scopes=tuple(sorted(session.scopes)),
        csrf=session.csrf,
        ends_at=session.ends_at,
        is_demo=backend.settings.is_demo_login,
    )


def log_out(backend: Backend, call: Call) -> Reply:
    """The session's cookie is taken away, and the provider is told where it wants to know. Raises ProblemError."""
    session = _session(backend, call)
    if not is_own_page(session, call.headers.get(CSRF_HEADER) or _form(call).get("csrf")):
        raise ProblemError(FORBIDDEN, "send the session's `csrf` as `X-CSRF-Token` or in the form")
    back = f"{call.base_url}/login"
    to = back if backend.oidc is None else backend.oidc.goodbye(back) or back
    gone = ended(SESSION, is_secure=call.is_secure)
    return Reply(status=SEE_OTHER, media_type=HTML, headers={"Location": to}, cookies=(gone,))


def _require_login(backend: Backend, call: Call) -> None:
    if not backend.let_in_by:
        raise ProblemError(NOT_FOUND, "nobody logs in here with a browser; `habeas serve --oidc-issuer` changes that")
    # Whoever can choose the name that a browser knows us by must not choose where logins go.
    if not backend.settings.public_url and urlsplit(call.base_url).hostname not in LOOPBACK:
        raise BadInputError("log in by an address of this machine, or start the service with --public-url")


def _begun(backend: Backend, call: Call) -> Begun:
    said = call.headers.get("cookie", "")
    begun = backend.cookies.read(ATTEMPT, Begun, said, backend.clock(), is_secure=call.is_secure)
    if begun is None:
        raise ProblemError(
            UNAUTHENTICATED, "no login was begun in this browser, or too long ago; begin again at /login"
        )
    return begun


def _session(backend: Backend, call: Call) -> Session:
    session = backend.session(call.headers.get("cookie", ""), is_secure=call.is_secure)
    if session is None:
        raise ProblemError(UNAUTHENTICATED, "nobody is logged in; begin at /login")
    return session


def _let_in(backend: Backend, call: Call, name: str, role: Role, to: str) -> Reply:
    now = backend.clock()
    session = begun_session(name, role, backend.let_in_by, now)
    cookies = (
        backend.cookies.written(SESSION, session, now, is_secure=call.is_secure),
        ended(ATTEMPT, is_secure=call.is_secure),
    )
    return Reply(status=SEE_OTHER, media_type=HTML, headers={"Location": to}, cookies=cookies)


def _form(call: Call) -> dict[str, str]:
    try:
        return dict(parse_qsl(call.body.decode(), max_num_fields=16))
    except ValueError:
        raise BadInputError("the form cannot be read; send it as browsers do") from None


# --- pages -----------------------------------------------------------------------------------------------------------


def _page(body: str, *cookies: Cookie) -> Reply:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Habeas: log in</title><main>{body}</main></html>'
    )
    return Reply(content=text.encode(), media_type=HTML, headers=_PAGE_HEADERS, cookies=cookies)


def _demo_page(state: str) -> str:
    buttons = "".join(f'<p><button name="role" value="{role}">{role}</button>' for role in ROLE_SCOPES)
    banner = f'<h1 style="background:#b00020;color:#fff;padding:1em">{escape(DEMO_BANNER)}</h1>'
    hidden = f'<input type="hidden" name="state" value="{escape(state)}">'
    return f'{banner}<p>Who do you want to be?</p><form method="post" action="/login/demo">{hidden}{buttons}</form>'


def _choice_page(roles: Iterable[Role], to: str) -> str:
    ways = ((role, escape(f"/login?{urlencode({'role': role, 'to': to})}")) for role in roles)
    links = "".join(f'<li><a href="{way}">{role}</a></li>' for role, way in ways)
    return f"<h1>You have several roles</h1><p>In which do you act?</p><ul>{links}</ul>"
