"""Staff log in where they have an account already: OpenID Connect 1.0, by authorization code with PKCE (RFC 7636).

Habeas is the relying party. A provider says, signed, who somebody is; which roles that is here, says a table of ours.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from msgspec import Struct

from habeas.domain.access import ROLE_SCOPES, is_person_name
from habeas.domain.actor import Role
from habeas.domain.errors import BadInputError
from habeas.service.library import UnavailableError
from habeas.web.key_set import LEEWAY_S, SignedTokens
from habeas.web.problem import FORBIDDEN, UNAUTHENTICATED, ProblemError

SCOPE = "openid profile email"
ANSWERS_WITHIN_S = 5.0
FOUND_FOR_S = 3600.0
"""How long it is believed what the provider says of itself."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""What this machine is called by itself."""


class RoleMap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which roles somebody has, by a claim of the ID token: one text or several."""

    claim: str
    roles: dict[str, Role] = {}
    """What each value means; empty: the values are our roles."""

    def of(self, claims: Mapping[str, Any]) -> tuple[Role, ...]:
        """The roles that have access here, in the order of their names."""
        said = claims.get(self.claim)
        values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        known: Mapping[str, Role] = self.roles or {role.value: role for role in Role}
        found = {known[value] for value in values if isinstance(value, str) and value in known}
        return tuple(sorted(found & ROLE_SCOPES.keys()))


class OidcSettings(Struct, frozen=True, kw_only=True):
    """Which provider, and who we are there."""

    issuer: str
    client_id: str
    secret: str
    """Empty: a public client, which PKCE alone protects."""
    roles: RoleMap
    name_claim: str = "sub"
    """What people are called here, in the journal too."""


class _Provider(Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(Struct, frozen=True):
    id_token: str


class Attempt(Struct, frozen=True, kw_only=True):
    """What is kept of a login between going to the provider and coming back. Each of the first three is used once."""

    state: str
    nonce: str
    verifier: str
    back: str
    """Where the provider sends the browser."""


class Person(Struct, frozen=True):
    """Whom the provider has let in."""

    name: str
    roles: tuple[Role, ...]


class Oidc:
    """Sends people to one provider and checks what they come back with. Safe to use from several threads."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        _require_safe(settings.issuer)
        if not settings.client_id:
            raise BadInputError("--oidc-issuer needs --oidc-client-id: who we are there")
        self._settings = settings
        self._clock = clock
        self._found: tuple[float, _Provider] | None = None
        self._signed = SignedTokens(lambda: _fetched(self._provider().jwks_uri), "the login provider", clock)

    @property
    def issuer(self) -> str:
        """Which provider it is."""
        return self._settings.issuer

    def address(self, attempt: Attempt) -> str:
        """Where to send a browser that wants to log in. Raises UnavailableError."""
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": attempt.back,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return _with_query(self._provider().authorization_endpoint, asked)

    def goodbye(self, back: str) -> str | None:
        """Where to send a browser that logs out, if the provider wants to know of it. Raises UnavailableError."""
        end = self._provider().end_session_endpoint
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return _with_query(end, asked) if end else None

    def person(self, attempt: Attempt, told: Mapping[str, str], at: datetime) -> Person:
        """Who came back. Raises ProblemError where that is nobody who may come in, UnavailableError."""
        if told.get("state") != attempt.state:
            raise ProblemError(UNAUTHENTICATED, "this is not the login that was begun here; begin again at /login")
        if told.get("iss") not in (None, self._settings.issuer):  # RFC 9207
            raise ProblemError(UNAUTHENTICATED, "another provider answered; begin again at /login")
        if "code" not in told:
            raise ProblemError(UNAUTHENTICATED, "the provider let nobody in; begin again at /login")
        claims = self._signed.claims(self._redeemed(attempt, told["code"]))
        if claims is None or not self._is_for_us(claims, attempt, at):
            raise ProblemError(UNAUTHENTICATED, "what the provider signed is not good here; begin again at /login")
        name, roles = claims.get(self._settings.name_claim), self._settings.roles.of(claims)
        if not isinstance(name, str) or not is_person_name(name):
            raise ProblemError(
                FORBIDDEN, f"the provider gives no name in `{self._settings.name_claim}` that can be used"
            )
        if not roles:
            raise ProblemError(FORBIDDEN, f"the provider gives no role in `{self._settings.roles.claim}` that is known")
        return Person(name, roles)

    def _is_for_us(self, claims: dict[str, Any], attempt: Attempt, at: datetime) -> bool:
        """Section 3.1.3.7 of OpenID Connect Core."""
        asked = jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            nonce={"essential": True, "value": attempt.nonce},
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        )
        try:
            asked.validate(claims)
        except (JoseError, TypeError):
            return False
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        who = claims.get("azp")
        return who == self._settings.client_id or (who is None and not is_shared)

    def _redeemed(self, attempt: Attempt, code: str) -> str:
        """The ID token for a code."""
        provider, settings = self._provider(), self._settings
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.back,
            "code_verifier": attempt.verifier,
        }
        basic = None
        if settings.secret and "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            basic = httpx.BasicAuth(settings.client_id, settings.secret)
        else:
            said |= {"client_id": settings.client_id} | ({"client_secret": settings.secret} if settings.secret else {})
        try:
            answer = httpx.post(provider.token_endpoint, data=said, auth=basic, timeout=ANSWERS_WITHIN_S)
        except httpx.HTTPError:
            raise UnavailableError("the login provider does not answer; try again in a while") from None
        if answer.status_code == 401:
            raise UnavailableError(
                "the login provider does not know us; whoever runs Habeas must set its client id and secret"
            )
        if answer.status_code >= 500:
            raise UnavailableError("the login provider cannot answer; try again in a while")
        try:
            return msgspec.json.decode(answer.raise_for_status().content, type=_Tokens).id_token
        except (httpx.HTTPError, msgspec.MsgspecError):
            raise ProblemError(UNAUTHENTICATED, "the provider does not take this code; begin again at /login") from None

    def _provider(self) -> _Provider:
        if self._found is not None and self._clock() - self._found[0] < FOUND_FOR_S:
            return self._found[1]
        address = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = msgspec.json.decode(_fetched(address), type=_Provider)
            _require_usable(found, self._settings.issuer)
        except (msgspec.MsgspecError, BadInputError) as exc:
            raise UnavailableError(f"what `{address}` says cannot be used: {exc}") from None
        self._found = self._clock(), found
        return found


def _require_usable(found: _Provider, issuer: str) -> None:
    if found.issuer != issuer:
        raise BadInputError(f"it calls itself `{found.issuer}`")
    for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        _require_safe(each)


def read_roles(text: str) -> RoleMap:
    """The name of a claim whose values are our roles, or `{"claim": ..., "roles": {...}}`. Raises BadInputError."""
    if not text.lstrip().startswith("{"):
        return RoleMap(claim=text.strip())
    try:
        read = msgspec.json.decode(text, type=RoleMap)
    except msgspec.MsgspecError as exc:
        raise BadInputError(
            f'the roles of the login must be a claim or {{"claim": ..., "roles": ...}}: {exc}'
        ) from None
    closed = sorted(set(read.roles.values()) - ROLE_SCOPES.keys())
    if closed:
        raise BadInputError(f"the role {', '.join(closed)} has no access over HTTP; known are {', '.join(ROLE_SCOPES)}")
    return read


def _require_safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise BadInputError(f"`{url}` must begin with https://; http:// is for this machine itself")


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _fetched(url: str) -> bytes:
    try:
        return httpx.get(url, timeout=ANSWERS_WITHIN_S).raise_for_status().content
    except httpx.HTTPError:
        raise UnavailableError("the login provider does not answer; try again in a while") from None
