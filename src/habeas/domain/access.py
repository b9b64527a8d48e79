"""Who may do what over the network: access scopes, the scopes of each role, and API keys.

An access scope opens routes; what a person may do to a restriction or a case is still judged by its role, in the decision.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.errors import BadInputError

NAME_LENGTH_MAX = 64


class AccessScope(StrEnum):
    """What a credential opens. `own` is the user lane's: the account that the token names, and nothing else."""

    EVENTS_WRITE = "events:write"
    EVALUATE = "evaluate"
    ACCOUNTS_READ = "accounts:read"
    RESTRICTIONS_WRITE = "restrictions:write"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    APPEALS_WRITE = "appeals:write"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    SCREENINGS = "screenings"
    EXPOSURES = "exposures"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    PLAYBOOKS_READ = "playbooks:read"
    JOURNAL_READ = "journal:read"
    JOURNAL_WRITE = "journal:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    FEED = "feed"
    METRICS = "metrics"
    OWN = "own"


_S = AccessScope
_READING = frozenset({_S.ACCOUNTS_READ, _S.CASES_READ, _S.DOCUMENTS_READ, _S.PLAYBOOKS_READ, _S.EVALUATE})
_WORKING = _READING | {
    _S.RESTRICTIONS_WRITE,
    _S.CASES_WRITE,
    _S.APPEALS_WRITE,
    _S.DOCUMENTS_WRITE,
    _S.SCREENINGS,
    _S.EXPOSURES,
    _S.CAMPAIGNS_READ,
}
_AUDITING = frozenset({_S.ACCOUNTS_READ, _S.CASES_READ, _S.CAMPAIGNS_READ, _S.PLAYBOOKS_READ, _S.JOURNAL_READ})

ROLE_SCOPES: dict[Role, frozenset[AccessScope]] = {
    Role.FRONTLINE: _READING | {_S.CASES_WRITE, _S.APPEALS_WRITE, _S.DOCUMENTS_WRITE},
    Role.ANALYST: _WORKING,
    Role.SENIOR_ANALYST: _WORKING,
    Role.SANCTIONS_OFFICER: _WORKING,
    Role.MLRO: _WORKING | {_S.CAMPAIGNS_WRITE, _S.JOURNAL_READ},
    Role.COUNSEL: _WORKING | {_S.CAMPAIGNS_WRITE, _S.JOURNAL_READ},
    Role.APPEALS_OFFICER: _READING | {_S.CASES_WRITE, _S.RESTRICTIONS_WRITE},
    Role.CAMPAIGN_MANAGER: _WORKING | {_S.CAMPAIGNS_WRITE},
    Role.AUDITOR: _AUDITING,
}
"""What each role of model 5.9 opens. The roles of the sealed desk are not here: they have a service of their own."""

MACHINE_SCOPES = frozenset(AccessScope) - {AccessScope.OWN}
"""What a program may open. Routes that are acts of staff ask for a person besides."""


class ApiKey(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A secret that a program or a person of the staff shows. Only a keyed hash of it is kept.

    `name` is who acts: with a role a person of the staff, without one a program, which carries out no acts of staff.
    """

    id: str
    name: str
    scopes: tuple[AccessScope, ...]
    digest: bytes
    made_at: datetime
    role: Role | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    rate_per_s: int | None = None
    """How many requests a second it may make; None: as many as the server gives anybody."""
    follows: str = ""
    """The key that this one took the place of."""
    made_by: str = ""
    """Who made it, as they called themselves; empty where that was not kept yet."""
    rotated_at: datetime | None = None
    rotated_by: str = ""
    revoked_by: str = ""

    def is_good_at(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    @property
    def actor(self) -> Actor | None:
        """Who acts with it, if that is a person."""
        return None if self.role is None else Actor(self.name, self.role)


def is_person_name(name: str) -> bool:
    """Whether somebody can be called this: it is written as `name:role`."""
    return 0 < len(name) <= NAME_LENGTH_MAX and name.isprintable() and ":" not in name


def require_grantable(name: str, role: Role | None, scopes: frozenset[AccessScope]) -> None:
    """Raises BadInputError where nobody may have such a key."""
    if not is_person_name(name):
        raise BadInputError(f"`{name}` is no name; give 1 to {NAME_LENGTH_MAX} printable characters without a colon")
    if role is not None and role not in ROLE_SCOPES:
        known = ", ".join(ROLE_SCOPES)
        raise BadInputError(f"the role `{role}` has no access over HTTP; known are {known}")
    most = MACHINE_SCOPES if role is None else ROLE_SCOPES[role]
    beyond = sorted(scopes - most)
    if beyond:
        whom = "a program" if role is None else f"the role {role}"
        raise BadInputError(f"{whom} may not have the access scope {', '.join(beyond)}")
    if not scopes:
        raise BadInputError(f"a key without an access scope opens nothing; known are {', '.join(sorted(most))}")


def revoked(key: ApiKey, at: datetime, by: str) -> ApiKey:
    """The key from when it opens nothing any more. The first revocation stands."""
    return key if key.revoked_at is not None else replace(key, revoked_at=at, revoked_by=by)


def rotated(key: ApiKey, at: datetime, by: str, ends_at: datetime) -> ApiKey:
    """The key when another one takes its place: it ends at an instant, or before where it would anyway."""
    end = ends_at if key.expires_at is None else min(ends_at, key.expires_at)
    return replace(key, rotated_at=at, rotated_by=by, expires_at=end)
