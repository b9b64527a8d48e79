"""What the use cases need from the outside, with what each adapter promises. Adapters live in `store` and `reference`."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from habeas.domain.account import AccountState
from habeas.domain.case import Case
from habeas.domain.decision import Decision, Message, Outcome, Timer, Topic
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId, EventId, HolderId, RestrictionId
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction


class Recorded(Struct, frozen=True):
    """What was answered when an event first came, and the digest of the body it came with."""

    digest: bytes
    outcome: Outcome


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """One event as the journal keeps it: enough to decide it again, years later, and compare."""

    id: EventId
    source: str
    type: str
    account: AccountId
    time: datetime
    received_at: datetime
    body: bytes
    facts: Facts
    outcome: Outcome
    playbook: str
    """The version of the playbook that decided it."""


class DueTimer(Struct, frozen=True):
    """A timer whose time has come."""

    account: AccountId
    timer: Timer


class QueuedMessage(Struct, frozen=True):
    """An outgoing message that nobody has delivered yet. `position` orders messages and marks progress."""

    position: int
    message: Message


class JournalFault(Struct, frozen=True):
    """One place where the journal does not verify."""

    account: AccountId
    sequence: int
    what: str


class Reader(Protocol):
    """One consistent view of a store."""

    def account(self, account: AccountId) -> AccountState | None:
        """The state, or None for an account nobody has written about. Unreadable parts are in the state, never lost."""

    def recorded(self, account: AccountId, source: str, event: EventId) -> Recorded | None:
        """What was answered to this event, if it came before."""

    def restrictions(self, account: AccountId) -> tuple[Restriction, ...]:
        """All restrictions ever placed on the account, ended ones included, oldest first."""

    def restriction_account(self, restriction: RestrictionId) -> AccountId | None:
        """The account that carries a restriction."""

    def cases(self, account: AccountId) -> tuple[Case, ...]:
        """All cases about the account, oldest first."""

    def events(self, account: AccountId) -> Iterator[RecordedEvent]:
        """All events about the account, in the order in which they were decided."""

    def holder_accounts(self, holder: HolderId) -> tuple[AccountId, ...]:
        """The accounts of one person or company, in id order."""

    def accounts(self) -> Iterator[AccountId]:
        """Every known account, in id order."""

    def due_timers(self, at: datetime, limit: int) -> Sequence[DueTimer]:
        """Timers due at or before an instant, earliest first."""

    def queued_messages(self, after: int, limit: int, topic: Topic | None = None) -> Sequence[QueuedMessage]:
        """Messages not yet delivered with a position above `after`, in order; with `topic`, only those about it."""

    def playbook_text(self, version: str) -> bytes | None:
        """The text of a playbook that was recorded under this version."""

    def verify_journal(self) -> Iterator[JournalFault]:
        """Walk every account's chain; yields each fault, nothing when all verifies."""

    def journal_length(self) -> int:
        """How many journal entries there are."""


class UnitOfWork(Reader, Protocol):
    """A reader that also writes. All its writes become durable together when the transaction ends, or none does."""

    def record(self, enriched: EnrichedEvent, decision: Decision, playbook: str) -> None:
        """Write one event with everything it led to: event, state, restrictions with their reasons, cases, timers,
        outbox rows and journal entries.

        A restriction that lacks its statement raises MissingStatementError and nothing is written. Timers of
        restrictions that ended are removed; a restriction has at most one timer. The event of a timer removes that timer
        if its generation is the one that fired.
        """

    def delivered(self, positions: Sequence[int]) -> None:
        """Mark messages as delivered."""

    def record_playbook(self, version: str, text: bytes) -> None:
        """Keep the text of a playbook. The same version with another text raises PlaybookError."""


class Store(Protocol):
    """A durable home for accounts. Writers take turns; readers see a consistent snapshot and wait for nobody."""

    identity_key: bytes
    """The key that ids derive from (`domain.ids`). Secret, fixed for the life of the store."""

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        """One exclusive writing transaction. Durable when the block ends; undone if the block raises."""

    def reading(self) -> AbstractContextManager[Reader]:
        """A consistent view for the length of the block."""

    def close(self) -> None:
        """Release everything. Using the store afterwards is a programming error."""


class Places(Protocol):
    """Where an IP address is."""

    def place(self, ip: str) -> Place | None:
        """The place, or None when no source knows the address (private ranges among them)."""


class Clock(Protocol):
    """The only source of "now"."""

    def __call__(self) -> datetime:
        """The current instant, in UTC."""
