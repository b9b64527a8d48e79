"""Whose signatures are taken: a key set (JWKS, RFC 7517) that is read when it is needed, and again now and then."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from habeas.service.library import UnavailableError

ALGORITHMS = ("ES256", "ES384", "EdDSA", "Ed25519", "RS256", "PS256")
"""Signatures that are taken: none that whoever can check could make."""

LEEWAY_S = 60
"""How far clocks may differ."""

READ_AGAIN_S = 300.0
"""How old the keys may be."""

UNKNOWN_READ_AGAIN_S = 10.0
"""How soon keys are read again because of a token whose key is not among them."""


class SignedTokens:
    """Checks signatures of tokens (JWT, RFC 7519), and nothing that they say. Safe to use from several threads."""

    def __init__(self, read: Callable[[], bytes], whose: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._whose = whose
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._lock = Lock()

    def claims(self, token: str) -> dict[str, Any] | None:
        """What a token says, if it is signed with a key of the set. Raises UnavailableError for unreadable keys."""
        claims = _checked(token, self._current(READ_AGAIN_S))
        return _checked(token, self._current(UNKNOWN_READ_AGAIN_S)) if claims is None else claims

    def _current(self, age_max_s: float) -> KeySet:
        with self._lock:
            if self._keys is None or self._clock() - self._read_at > age_max_s:
                self._keys = read_keys(self._read(), self._whose)
                self._read_at = self._clock()
            return self._keys


def read_keys(content: bytes, whose: str) -> KeySet:
    """The public keys in a JWKS. Raises UnavailableError."""
    try:
        found = msgspec.json.decode(content, type=dict[str, Any])
        return KeySet.import_key_set({"keys": found["keys"]})
    except (msgspec.MsgspecError, JoseError, KeyError, TypeError, ValueError):
        raise UnavailableError(f"the key set of {whose} cannot be read; it must be a JWKS") from None


def _checked(token: str, keys: KeySet) -> dict[str, Any] | None:
    try:
        return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None
