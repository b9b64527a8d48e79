"""What a route is: method and address, which access scope opens it, what it takes and answers. And one call of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from habeas.domain.access import AccessScope
from habeas.domain.actor import Actor
from habeas.domain.ids import AccountId, fingerprint
from habeas.web.problem import FORBIDDEN, ProblemError
from habeas.web.sessions import Cookie

if TYPE_CHECKING:
    from habeas.web.backend import Backend

JSON = "application/json"
HTML = "text/html"
FORM = "application/x-www-form-urlencoded"
SEE_OTHER = 303
BODY_MAX = 64 * 1024
"""Bytes of a request, where a route does not take more."""


class Caller(Struct, frozen=True, kw_only=True):
    """Who calls. `id` names the credential; `actor` is the person of the staff behind it, `account` the user's own."""

    id: str
    scopes: frozenset[AccessScope]
    actor: Actor | None = None
    account: AccountId | None = None
    rate_per_s: int | None = None


NOBODY = Caller(id="", scopes=frozenset())
"""Who calls where no credential is asked for."""


class Call(Struct, frozen=True, kw_only=True):
    """One request, read: `path` and `query` are typed as the operation says, `body` too unless it takes plain bytes."""

    caller: Caller
    path: dict[str, str] = {}
    query: Any = None
    body: Any = None
    headers: Any = None
    base_url: str = ""

    @property
    def is_secure(self) -> bool:
        """Whether clients reach us over TLS."""
        return self.base_url.startswith("https://")

    @property
    def actor(self) -> Actor:
        """The person who acts; never what a body says."""
        if self.caller.actor is None:
            raise ProblemError(FORBIDDEN, "this is an act of staff; use the credential of a person with a role")
        return self.caller.actor

    @property
    def event_id(self) -> str | None:
        """The identity of what this request tells, if it is to be told at most once (`Idempotency-Key`)."""
        key = self.headers.get("idempotency-key")
        return None if key is None else f"ik-{fingerprint(self.caller.id)}-{fingerprint(key)}"

    def require_own(self, account: str) -> None:
        """A user's token opens its own account, and says of no other whether it is there."""
        if self.caller.account is not None and self.caller.account != account:
            raise ProblemError(FORBIDDEN, "the token is for another account")


class Reply(Struct, frozen=True, kw_only=True):
    """An answer that is more than a value as JSON."""

    content: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    """What is sent as it comes, in place of the content."""
    media_type: str = JSON
    status: int = 200
    headers: dict[str, str] = {}
    cookies: tuple[Cookie, ...] = ()


class OneOf(Struct, frozen=True):
    """An answer of one of several shapes."""

    shapes: tuple[Any, ...]


class Many(Struct, frozen=True):
    """A list of answers."""

    shape: Any


class Operation(Struct, frozen=True, kw_only=True):
    """One row of the table of routes."""

    method: str
    path: str
    """As OpenAPI writes it, such as `/v1/accounts/{account}`."""
    name: str
    tag: str
    summary: str
    about: str = ""
    scope: AccessScope | None
    """None: anybody may call."""
    handle: "Callable[[Backend, Call], Any] | None" = None
    """Runs in a thread, since stores wait for disks."""
    handle_at_once: "Callable[[Backend, Call], Awaitable[Any]] | None" = None
    """Runs on the event loop: for what is over in microseconds, or only waits."""
    query: type[Struct] | None = None
    body: Any = None
    """What the body is read as; None with `body_types`: plain bytes."""
    schema: Any = None
    """What plain bytes must look like, where the handler reads them itself."""
    body_types: tuple[str, ...] = ()
    body_max: int = BODY_MAX
    answer: Any = None
    answer_type: str = JSON
    status: int = 200
    is_act: bool = False
    """An act of staff: a person must stand behind the credential."""
    is_own: bool = False
    """A user's token may call it, for its own account."""
    is_idempotent: bool = False
    """Takes `Idempotency-Key`."""
    problems: tuple[int, ...] = ()
    """Statuses of problems besides those that every route has."""
    example: Any = None
    """Of a body."""

    @property
    def path_names(self) -> tuple[str, ...]:
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def takes(self) -> tuple[str, ...]:
        """The content types that it takes; none where it has no body."""
        return self.body_types or ((JSON,) if self.body is not None else ())


encode = msgspec.json.Encoder(decimal_format="string").encode
"""JSON as commands print it."""
