"""Tokens of the user lane: the exchange says, signed, whose account somebody has logged in to.

A token is a JWT (RFC 7519), checked against the exchange's key set (JWKS, RFC 7517).
"""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from habeas.domain.event_data import AccountName
from habeas.domain.ids import AccountId
from habeas.service.library import UnavailableError

ALGORITHMS = ("ES256", "ES384", "EdDSA", "Ed25519", "RS256", "PS256")
"""Signatures that are taken: none that whoever can check could make."""

LIVES_MAX_S = 15 * 60
"""A token that lives longer is not taken, so that one that leaks is soon worth nothing."""

LEEWAY_S = 60
"""How far clocks may differ."""

READ_AGAIN_S = 300.0
"""How old the keys may be."""

UNKNOWN_READ_AGAIN_S = 10.0
"""How soon keys are read again because of a token whose key is not among them."""


class LaneSettings(Struct, frozen=True, kw_only=True):
    """Whose tokens are taken."""

    issuer: str
    audience: str
    read: Callable[[], bytes]
    """The key set as it is now (JWKS)."""


class LaneTokens:
    """Checks tokens of one issuer. Keys are read when they are needed, and again now and then."""

    def __init__(self, settings: LaneSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._lock = Lock()

    def account(self, token: str, at: datetime) -> AccountId | None:
        """The account that a token is for, if it is good at an instant. Raises UnavailableError for unreadable keys."""
        claims = self._checked(token, self._current(READ_AGAIN_S))
        if claims is None:
            claims = self._checked(token, self._current(UNKNOWN_READ_AGAIN_S))
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

    def _checked(self, token: str, keys: KeySet) -> dict[str, Any] | None:
        try:
            return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def _current(self, age_max_s: float) -> KeySet:
        with self._lock:
            if self._keys is None or self._clock() - self._read_at > age_max_s:
                self._keys = read_keys(self._settings.read())
                self._read_at = self._clock()
            return self._keys


def read_keys(content: bytes) -> KeySet:
    """The public keys in a JWKS. Raises UnavailableError."""
    try:
        found = msgspec.json.decode(content, type=dict[str, Any])
        return KeySet.import_key_set({"keys": found["keys"]})
    except (msgspec.MsgspecError, JoseError, KeyError, TypeError, ValueError):
        raise UnavailableError(
            "the key set of the user lane cannot be read; give a JWKS with the exchange's keys"
        ) from None
