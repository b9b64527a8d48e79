"""Questions: what stands on an account, may it do this, what does its user see. Read-only, at any instant."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from habeas.decision.standing import standing_of
from habeas.disclosure.diagnosis import Diagnosis, diagnose_account
from habeas.disclosure.statement import Statement, make_statement
from habeas.domain.account import AccountState, new_account
from habeas.domain.case import Case
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.facts import MainAccount
from habeas.domain.ids import AccountId
from habeas.domain.restriction import Restriction
from habeas.domain.verdict import Request, Standing, Verdict, evaluate
from habeas.playbook.policy import Playbook
from habeas.service.ports import Reader, RecordedEvent, Store


class AccountView(Struct, frozen=True, kw_only=True):
    """What staff see of an account: its state, all restrictions and cases ever, and its events in order."""

    account: AccountId
    state: AccountState | None
    restrictions: tuple[Restriction, ...]
    cases: tuple[Case, ...]
    events: tuple[RecordedEvent, ...]


class Questions:
    """Answers from one store by one playbook."""

    def __init__(self, store: Store, playbook: Playbook) -> None:
        self._store = store
        self._playbook = playbook

    def check(self, account: AccountId, request: Request) -> Verdict:
        """May this account do this? At any past or future instant, by the recorded life of its restrictions."""
        with self._store.reading() as reader:
            state = reader.account(account)
            standing = self._standing(reader, account, state)
        if state is not None and request.destination is not None:
            known = (request.destination_known_since, state.destination_known_since(request.destination))
            known_since = min((at for at in known if at is not None), default=None)
            request = replace(request, destination_known_since=known_since)
        return evaluate(standing, request)

    def statement(self, account: AccountId, at: datetime, locale: str = "en") -> Statement:
        """What the user sees."""
        with self._store.reading() as reader:
            state = reader.account(account)
            standing = self._standing(reader, account, state)
        policy = self._playbook.policy((state or new_account(account)).entity)
        return make_statement(standing, policy, at, locale)

    def diagnosis(self, account: AccountId, at: datetime, locale: str = "en") -> Diagnosis:
        """Which kind of limit its user has, read from the public record."""
        with self._store.reading() as reader:
            state = reader.account(account)
            standing = self._standing(reader, account, state)
        policy = self._playbook.policy((state or new_account(account)).entity)
        return diagnose_account(standing, policy, at, locale)

    def account(self, account: AccountId, until: datetime | None = None) -> AccountView:
        """What staff see; with `until`, only what had been placed, opened or had happened by then."""
        with self._store.reading() as reader:
            return AccountView(
                account=account,
                state=reader.account(account),
                restrictions=tuple(r for r in reader.restrictions(account) if until is None or r.placed_at <= until),
                cases=tuple(c for c in reader.cases(account) if until is None or c.opened_at <= until),
                events=tuple(e for e in reader.events(account) if until is None or e.time <= until),
            )

    def _standing(self, reader: Reader, account: AccountId, state: AccountState | None) -> Standing:
        known = state or new_account(account)
        mains = tuple(_whole_life(reader, parent) for parent in known.parents)
        own = _whole_life(reader, account)
        standing = standing_of(
            known, self._playbook.policy(known.entity), mains, own.restrictions, is_known=state is not None
        )
        return replace(standing, is_unreadable=standing.is_unreadable or own.unreadable)


def _whole_life(reader: Reader, account: AccountId) -> MainAccount:
    """An account with all the restrictions it ever had, so that the past can be asked about too.

    Where one of them cannot be read, those in the state stand, and everything but the floor is denied: never skipped.
    """
    state = reader.account(account) or new_account(account)
    try:
        return MainAccount(account, state.life, reader.restrictions(account), bool(state.unreadable))
    except UnreadableRecordError:
        return MainAccount(account, state.life, state.restrictions, unreadable=True)
