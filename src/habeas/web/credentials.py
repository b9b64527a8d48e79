"""Who calls: the credential in a request, recognised as an API key, a token of the user lane, or the session of a browser.

A browser sends its cookie whoever makes it ask, so what a session changes something with says the session's word besides.
"""

from collections.abc import Mapping

from habeas.domain.access import AccessScope
from habeas.service.keys import PREFIX
from habeas.web.backend import Backend
from habeas.web.operation import NOBODY, Caller, Operation
from habeas.web.problem import FORBIDDEN, TOO_MANY, UNAUTHENTICATED, ProblemError
from habeas.web.sessions import CSRF_HEADER, is_own_page

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="habeas"'}
_OWN = frozenset({AccessScope.OWN})


def admit(
    backend: Backend, operation: Operation, headers: Mapping[str, str], address: str, *, is_secure: bool
) -> Caller:
    """Who calls, if they may call this now. Raises ProblemError.

    Whoever shows no good credential is counted by address, so that secrets cannot be tried out.
    """
    if operation.scope is None:
        if operation.tag == "login":
            _pace(backend, f"address {address}", backend.settings.stranger_rate_per_s)
        return NOBODY
    if "authorization" in headers:
        caller = _recognised(backend, headers["authorization"])
    else:
        caller = _logged_in(backend, operation, headers, is_secure=is_secure)
    if caller is None:
        _pace(backend, f"address {address}", backend.settings.stranger_rate_per_s)
        raise ProblemError(UNAUTHENTICATED, "send an API key as `Authorization: Bearer hbk_...`", _CHALLENGE)
    _pace(backend, caller.id, caller.rate_per_s or backend.settings.rate_per_s)
    if operation.scope not in caller.scopes and not (operation.is_own and AccessScope.OWN in caller.scopes):
        raise ProblemError(FORBIDDEN, f"this takes the access scope `{operation.scope}`")
    if operation.is_act and caller.actor is None:
        raise ProblemError(FORBIDDEN, "this is an act of staff; use the credential of a person with a role")
    return caller


def _recognised(backend: Backend, said: str) -> Caller | None:
    scheme, _, secret = said.partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    now = backend.clock()
    if secret.startswith(f"{PREFIX}_"):
        key = backend.keys.recognise(secret, now)
        if key is None:
            return None
        return Caller(id=key.id, scopes=frozenset(key.scopes), actor=key.actor, rate_per_s=key.rate_per_s)
    if backend.lane is None:
        return None
    account = backend.lane.account(secret, now)
    return None if account is None else Caller(id=f"account {account}", scopes=_OWN, account=account)


def _logged_in(backend: Backend, operation: Operation, headers: Mapping[str, str], *, is_secure: bool) -> Caller | None:
    session = backend.session(headers.get("cookie", ""), is_secure=is_secure)
    if session is None:
        return None
    if operation.method != "GET" and not is_own_page(session, headers.get(CSRF_HEADER)):
        raise ProblemError(FORBIDDEN, "send the session's `csrf`, which /login/session tells, as `X-CSRF-Token`")
    return Caller(id=f"session {session.actor}", scopes=session.scopes, actor=session.actor)


def _pace(backend: Backend, whose: str, rate_per_s: int) -> None:
    wait_s = backend.buckets.take(whose, rate_per_s)
    if wait_s:
        raise ProblemError(TOO_MANY, "", {"Retry-After": str(max(1, round(wait_s)))})
