"""Tokens of the user lane: the exchange says, signed, whose account somebody has logged in to.

A token is a JWT (RFC 7519), checked against the exchange's key set (JWKS, RFC 7517).
"""

import time
from collections.abc import Callable
from datetime import datetime

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from msgspec import Struct

from habeas.domain.event_data import AccountName
from habeas.domain.ids import AccountId
from habeas.web.key_set import LEEWAY_S, SignedTokens

WHOSE_KEYS = "the user lane"

LIVES_MAX_S = 15 * 60
"""A token that lives longer is not taken, so that one that leaks is soon worth nothing."""


class LaneSettings(Struct, frozen=True, kw_only=True):
    """Whose tokens are taken."""

    issuer: str
    audience: str
    read: Callable[[], bytes]
    """The key set as it is now (JWKS)."""


class LaneTokens:
    """Checks tokens of one issuer."""

    def __init__(self, settings: LaneSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._signed = SignedTokens(settings.read, WHOSE_KEYS, clock)

    def account(self, token: str, at: datetime) -> AccountId | None:
        """The account that a token is for, if it is good at an instant. Raises UnavailableError for unreadable keys."""
        claims = self._signed.claims(token)
        if claims is None:
            return None
        try:
            self._asked_of(int(at.timestamp())).validate(claims)
            is_short = 0 < claims["exp"] - claims["iat"] <= LIVES_MAX_S
            return AccountId(msgspec.convert(claims["sub"], AccountName)) if is_short else None
        except (JoseError, TypeError, msgspec.ValidationError):
            return None

    def _asked_of(self, now: int) -> jwt.JWTClaimsRegistry:
        """What a token must say."""
        return jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.audience},
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        )
