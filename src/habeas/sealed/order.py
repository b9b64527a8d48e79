"""The record of an order: what arrived, what was verified, whom it reaches, what the user may be told, and who did what."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.actor import Actor
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import HeldAmount, Scope
from habeas.sealed.custody import Custody
from habeas.sealed.letter import Letter, Level, OrderType


class State(StrEnum):
    """Where an order is (model 5.4)."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    RETURNED = "returned_for_defect"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    SCOPED = "scoped"
    EXECUTING = "executing"
    EXECUTED = "executed"
    EXTENDED = "extended"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CONVERTED = "converted"


class TargetStatus(StrEnum):
    """How far one target is."""

    NAMED = "named"
    LEFT_OUT = "left_out"
    """Counsel found that the order does not reach it."""
    IN_SCOPE = "in_scope"
    PLACING = "placing"
    HELD = "held"
    DONE = "done"
    """What was asked for needed no limit: a copy, data, an exemption."""
    REFUSED = "refused"
    """The public command was not carried out; `problem` says why."""
    RELEASING = "releasing"
    RELEASED = "released"


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One account that a task reaches, with its own limit and its own release (rows A022, A023)."""

    id: str
    task: str
    type: OrderType
    account: AccountId
    scope: Scope = Scope.ACCOUNT
    held: HeldAmount | None = None
    through: str = ""
    """The wallet by which it came into the order."""
    status: TargetStatus = TargetStatus.NAMED
    restriction: RestrictionId | None = None
    held_at: datetime | None = None
    released_at: datetime | None = None
    is_cleared: bool = False
    """Released because it turned out not to be involved."""
    problem: str = ""
    package: str = ""
    """The digest of the copy or the data that was made for it."""
    release_asked_by: Actor | None = None
    """Who asked for its release; another person carries it out."""
    custody: Custody | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One step of verification that was tried."""

    level: Level
    passed: bool
    by: Actor
    at: datetime
    how: str


class Sign(Struct, frozen=True):
    """Something that forged orders have in common. A grave one must be answered for by counsel."""

    code: str
    message: str
    is_grave: bool = False


class Did(Struct, frozen=True, kw_only=True):
    """Who did what to the order, and why."""

    act: str
    by: Actor
    at: datetime
    note: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """A person must decide something, within a time."""

    what: str
    at: datetime
    decide_by: datetime
    decided_at: datetime | None = None


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order in all its parts. `code` says why it was rejected or returned."""

    id: str
    letter: Letter
    received_at: datetime
    received_by: Actor
    answer_by: datetime
    is_first_use: bool
    state: State = State.RECEIVED
    generation: int = 1
    code: str = ""
    steps: tuple[Step, ...] = ()
    signs: tuple[Sign, ...] = ()
    despite: str = ""
    """Why counsel accepts it in spite of its signs."""
    approvals: tuple[Did, ...] = ()
    targets: tuple[Target, ...] = ()
    disclosure: Disclosure | None = None
    disclosure_why: str = ""
    disclosure_review_at: datetime | None = None
    disclosed_at: datetime | None = None
    """When the user was told after all."""
    ends_at: datetime | None = None
    process_by: datetime | None = None
    """For an emergency: when the legal process must be there."""
    reminded: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    successor: str = ""
    history: tuple[Did, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED

    @property
    def is_in_force(self) -> bool:
        return self.state in IN_FORCE

    @property
    def is_answered(self) -> bool:
        return self.state not in (State.RECEIVED, State.VERIFYING)

    def target(self, id_: str) -> Target | None:
        """A target by its id, or by its account where that is unambiguous."""
        found = [t for t in self.targets if id_ in (t.id, t.account)]
        return found[0] if len(found) == 1 else None

    def with_target(self, target: Target) -> "Order":
        return replace(self, targets=tuple(target if t.id == target.id else t for t in self.targets))


CLOSED = frozenset({State.REJECTED, State.EXPIRED, State.WITHDRAWN, State.CONVERTED})
IN_FORCE = frozenset({State.EXECUTED, State.EXTENDED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.VERIFYING, State.REJECTED, State.RETURNED, State.WITHDRAWN}),
    State.VERIFYING: frozenset({State.ACCEPTED, State.REJECTED, State.RETURNED, State.WITHDRAWN}),
    State.RETURNED: frozenset({State.RECEIVED, State.REJECTED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.SCOPED, State.REJECTED, State.WITHDRAWN}),
    State.SCOPED: frozenset({State.EXECUTING, State.WITHDRAWN}),
    State.EXECUTING: frozenset({State.EXECUTED, State.WITHDRAWN}),
    State.EXECUTED: frozenset({State.EXTENDED, State.EXPIRED, State.WITHDRAWN, State.CONVERTED}),
    State.EXTENDED: frozenset({State.EXTENDED, State.EXPIRED, State.WITHDRAWN, State.CONVERTED}),
} | dict.fromkeys(CLOSED, frozenset())
"""What may follow what. Nothing else does."""
