"""API keys: made, shown once, recognised, rotated, revoked. A store keeps a keyed hash of each secret, and never the secret."""

import hmac
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from threading import Lock

from msgspec.structs import replace

from habeas.domain.access import AccessScope, ApiKey, require_grantable, revoked, rotated
from habeas.domain.actor import Role
from habeas.domain.errors import UnknownIdError
from habeas.service.ports import Store

PREFIX = "hbk"
"""What every secret begins with, so that one that leaked is recognised by those who search for such things."""

KNOWN_FOR_S = 1.0
"""How long it is believed that a key is as it was read: so long a revoked one may still open something."""

USED_EVERY_FOR = timedelta(minutes=1)
"""How exactly it is kept when a key was last used."""

_ID_BYTES, _SECRET_BYTES = 8, 32
_KNOWN_MAX = 10_000
_PURPOSE = b"habeas api key"


def make_key(
    store: Store,
    name: str,
    role: Role | None,
    scopes: frozenset[AccessScope],
    at: datetime,
    *,
    expires_at: datetime | None = None,
    rate_per_s: int | None = None,
    follows: str = "",
    by: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can show again; `by` is who makes it. Raises BadInputError where nobody may have
    such a key.
    """
    require_grantable(name, role, scopes)
    id_, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(
        id=id_,
        name=name,
        role=role,
        scopes=tuple(sorted(scopes)),
        digest=_digest(store, secret),
        made_at=at,
        expires_at=expires_at,
        rate_per_s=rate_per_s,
        follows=follows,
        made_by=by,
    )
    with store.transaction() as work:
        work.set_api_key(key)
    return key, f"{PREFIX}_{id_}_{secret}"


def rotate_key(store: Store, id_: str, at: datetime, both_for: timedelta, *, by: str = "") -> tuple[ApiKey, str]:
    """A new key that opens what an older one does; the older one ends after a while. Raises UnknownIdError."""
    with store.reading() as reader:
        old = reader.api_key(id_)
    if old is None or not old.is_good_at(at):
        raise UnknownIdError(f"there is no key `{id_}` that can be rotated; `habeas key list` shows all")
    made = make_key(
        store,
        old.name,
        old.role,
        frozenset(old.scopes),
        at,
        expires_at=None if old.expires_at is None else at + (old.expires_at - old.made_at),
        rate_per_s=old.rate_per_s,
        follows=old.id,
        by=by,
    )
    _change(store, id_, lambda key: rotated(key, at, by, at + both_for))
    return made


def revoke_key(store: Store, id_: str, at: datetime, *, by: str = "") -> ApiKey:
    """End a key now. Raises UnknownIdError."""
    return _change(store, id_, lambda key: revoked(key, at, by))


def list_keys(store: Store) -> tuple[ApiKey, ...]:
    """All keys ever made, oldest first."""
    with store.reading() as reader:
        return tuple(sorted(reader.api_keys(), key=lambda key: (key.made_at, key.id)))


class KeyRing:
    """Recognises secrets. Safe to use from several threads; believes what it read for a second."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, tuple[float, str, ApiKey]] = {}
        self._used: dict[str, datetime] = {}
        self._lock = Lock()

    def recognise(self, secret: str, at: datetime) -> ApiKey | None:
        """The key that this is the secret of, if it opens anything at an instant."""
        known = self._known.get(secret[:_TOLD])
        if known is not None and known[0] > self._clock() and hmac.compare_digest(known[1], secret):
            key: ApiKey | None = known[2]
        else:
            key = self._read(secret)
        if key is None or not key.is_good_at(at):
            return None
        self._used[key.id] = at
        return key

    def write_use(self) -> int:
        """Keep when keys were last used; says how many were. To be called now and then."""
        with self._lock:
            used, self._used = self._used, {}
        written = 0
        for id_, at in used.items():
            with self._store.transaction() as work:
                key = work.api_key(id_)
                if key is not None and (key.last_used_at is None or at - key.last_used_at >= USED_EVERY_FOR):
                    work.set_api_key(replace(key, last_used_at=at))
                    written += 1
        return written

    def _read(self, secret: str) -> ApiKey | None:
        prefix, _, rest = secret.partition("_")
        id_, _, told = rest.partition("_")
        if prefix != PREFIX or len(id_) != 2 * _ID_BYTES or not secret.isascii():
            return None
        with self._store.reading() as reader:
            key = reader.api_key(id_)
        if key is None or not hmac.compare_digest(key.digest, _digest(self._store, told)):
            return None
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[secret[:_TOLD]] = self._clock() + KNOWN_FOR_S, secret, key
        return key


_TOLD = len(PREFIX) + 2 * _ID_BYTES + 1
"""How much of a secret names the key: no part of it is secret."""


def _change(store: Store, id_: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
    with store.transaction() as work:
        key = work.api_key(id_)
        if key is None:
            raise UnknownIdError(f"there is no key `{id_}`; `habeas key list` shows all")
        changed = change(key)
        work.set_api_key(changed)
    return changed


def _digest(store: Store, secret: str) -> bytes:
    return blake2b(secret.encode(), key=store.identity_key, person=_PURPOSE, digest_size=32).digest()
