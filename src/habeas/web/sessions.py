"""Who is logged in: a person in a role, in a cookie that we sign, for an hour at most. Nothing is kept on our side.

A browser sends cookies by itself, also when a page of somebody else's makes it ask. So whatever changes something needs a word
besides that only our own pages can read (CSRF).
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import blake2b
from http.cookies import CookieError, SimpleCookie
from typing import TypeVar

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from msgspec import Struct

from habeas.domain.access import ROLE_SCOPES, AccessScope
from habeas.domain.actor import Actor, Role
from habeas.domain.errors import BadInputError
from habeas.web.oidc import Attempt

SESSION, ATTEMPT = "session", "login"
"""What the cookies are for."""

LASTS_FOR = {SESSION: timedelta(hours=1), ATTEMPT: timedelta(minutes=10)}
"""How long each is good. A role that was taken away is gone after so long."""

CSRF_HEADER = "x-csrf-token"
_PURPOSE = b"habeas cookie"

T = TypeVar("T", bound=Struct)


class Session(Struct, frozen=True, kw_only=True):
    """A person who is logged in."""

    name: str
    role: Role
    by: str
    """Who let them in: a provider, or the demo. What another one has signed is no session here."""
    csrf: str
    ends_at: datetime

    @property
    def actor(self) -> Actor:
        """Who acts, as with an API key of the same name and role."""
        return Actor(self.name, self.role)

    @property
    def scopes(self) -> frozenset[AccessScope]:
        return ROLE_SCOPES.get(self.role, frozenset())


class Begun(Struct, frozen=True, kw_only=True):
    """A login that was begun."""

    attempt: Attempt
    to: str
    """Where the person wants to go."""
    role: Role | None
    """In which role, if that was said."""


class Cookie(Struct, frozen=True):
    """A cookie to set; one without a value is taken away."""

    name: str
    value: str
    lasts_s: int
    is_secure: bool


class Cookies:
    """Writes and reads what a browser keeps for us. One key for all processes of a store."""

    def __init__(self, identity_key: bytes) -> None:
        digest = blake2b(key=identity_key, person=_PURPOSE, digest_size=32).digest()
        self._key = OctKey.import_key(digest)

    def written(self, kind: str, value: Struct, at: datetime, *, is_secure: bool) -> Cookie:
        """A cookie that says something, for as long as its kind lasts."""
        lasts_s = int(LASTS_FOR[kind].total_seconds())
        claims = {"kind": kind, "value": msgspec.to_builtins(value), "exp": int(at.timestamp()) + lasts_s}
        return Cookie(
            _name(kind, is_secure=is_secure), jwt.encode({"alg": "HS256"}, claims, self._key), lasts_s, is_secure
        )

    def read(self, kind: str, type_: type[T], said: str, at: datetime, *, is_secure: bool) -> T | None:
        """What the browser's `Cookie` header says of a kind, if we wrote it and it is good."""
        try:
            found = SimpleCookie(said).get(_name(kind, is_secure=is_secure))
            if found is None:
                return None
            claims = jwt.decode(found.value, self._key, algorithms=["HS256"]).claims
            jwt.JWTClaimsRegistry(
                now=int(at.timestamp()), leeway=0, exp={"essential": True}, kind={"essential": True, "value": kind}
            ).validate(claims)
            return msgspec.convert(claims["value"], type_)
        except (CookieError, JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None


def ended(kind: str, *, is_secure: bool) -> Cookie:
    """What takes a cookie away."""
    return Cookie(_name(kind, is_secure=is_secure), "", 0, is_secure)


def begun_session(name: str, role: Role, by: str, at: datetime) -> Session:
    """A session from now on."""
    return Session(name=name, role=role, by=by, csrf=secrets.token_urlsafe(24), ends_at=at + LASTS_FOR[SESSION])


def is_own_page(session: Session, told: str | None) -> bool:
    """Whether whoever asks could read the session's word."""
    return told is not None and hmac.compare_digest(session.csrf.encode(), told.encode())


def path_here(text: str) -> str:
    """An address on this service, to go to after the login. Raises BadInputError."""
    is_here = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and text.isascii()
    if not is_here:
        raise BadInputError(f"`{text[:40]}` is no address here; it must begin with one /")
    return text


def _name(kind: str, *, is_secure: bool) -> str:
    # A browser takes a cookie with this prefix over TLS only, from this host only, and for all of it (RFC 6265bis).
    return f"__Host-habeas-{kind}" if is_secure else f"habeas-{kind}"
