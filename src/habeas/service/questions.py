"""Questions: what stands on an account, may it do this, what does its user see. Read-only, at any instant."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from habeas.decision.limits import request_limits
from habeas.decision.standing import standing_of
from habeas.disclosure.diagnosis import Diagnosis, diagnose_account
from habeas.disclosure.statement import Statement, make_statement
from habeas.domain.account import AccountState, new_account
from habeas.domain.capability import Capability
from habeas.domain.case import Case
from habeas.domain.destination import known_since
from habeas.domain.document import DocumentRequest
from habeas.domain.document_file import DocumentFile
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.facts import Facts, ListHit, MainAccount, NameHit
from habeas.domain.ids import AccountId
from habeas.domain.limit import Limit, limits_of
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction, Status
from habeas.domain.screening import Query
from habeas.domain.verdict import Request, Standing, Verdict, evaluate
from habeas.playbook.policy import Playbook, Policy
from habeas.service.enrich import Wallet, as_main_account, looked_up, main_accounts
from habeas.service.ports import Lists, Places, Reader, RecordedEvent, Store


class AccountView(Struct, frozen=True, kw_only=True):
    """What staff see of an account: its state, all restrictions, cases and document requests ever, the files that it sent, and
    its events in order.
    """

    account: AccountId
    state: AccountState | None
    restrictions: tuple[Restriction, ...]
    cases: tuple[Case, ...]
    requests: tuple[DocumentRequest, ...]
    files: tuple[DocumentFile, ...]
    events: tuple[RecordedEvent, ...]


class _Nowhere:
    """Nothing is looked up."""

    def place(self, ip: str) -> Place | None:  # noqa: ARG002 - the port's
        return None

    def wallets(self, chain: str | None, address: str, asset: str | None = None) -> tuple[ListHit, ...]:  # noqa: ARG002
        return ()

    def documents(self, country: str, kind: str, number: str) -> tuple[ListHit, ...]:  # noqa: ARG002 - the port's
        return ()

    def names(self, who: Query) -> tuple[NameHit, ...]:  # noqa: ARG002 - the port's
        return ()

    def version_without(self, name: str, entry: str) -> str | None:  # noqa: ARG002 - the port's
        return None


class Questions:
    """Answers from one store by one playbook. Without places and lists, an address in a question says nothing."""

    def __init__(
        self, store: Store, playbook: Playbook, places: Places | None = None, lists: Lists | None = None
    ) -> None:
        self._store = store
        self._playbook = playbook
        self._places = places or _Nowhere()
        self._lists = lists or _Nowhere()

    def check(self, account: AccountId, request: Request) -> Verdict:
        """May this account do this? At any past or future instant, by the recorded life of its restrictions.

        Where the request comes from and which wallet it goes to are looked up as they are known now.
        """
        facts = looked_up(self._places, self._lists, ip=request.ip, wallet=_outgoing(request))
        with self._store.reading() as reader:
            state = reader.account(account)
            limits = self._limits(reader, account, state, facts, request)
            standing = self._standing(reader, account, state, request.at, limits)
        if state is not None and request.destination is not None:
            since = known_since(request.destination_known_since, request.destination, state)
            request = replace(request, destination_known_since=since)
        return evaluate(standing, request)

    def request_limits(self, account: AccountId, request: Request) -> tuple[Limit, ...]:
        """What limits one request because of where it comes from or goes to, and nothing of what stands on the account."""
        facts = looked_up(self._places, self._lists, ip=request.ip, wallet=_outgoing(request))
        with self._store.reading() as reader:
            # The account says by which policy it is judged, and which hits were cleared.
            has_say = len(self._playbook.policies) > 1 or facts.wallets
            state = reader.account(account) if has_say else None
            found = self._limits(reader, account, state, facts, request)
        return tuple(limit for restriction in found for limit in limits_of(restriction))

    def statement(self, account: AccountId, at: datetime, locale: str = "en") -> Statement:
        """What the user sees."""
        with self._store.reading() as reader:
            standing, requests, policy = self.stands(reader, account, at)
        return make_statement(standing, policy, at, locale, requests)

    def stands(
        self, reader: Reader, account: AccountId, at: datetime
    ) -> tuple[Standing, tuple[DocumentRequest, ...], Policy]:
        """What stands on an account at an instant, what its user has been asked for, and the policy that it is under."""
        state = reader.account(account)
        standing = self._standing(reader, account, state, at)
        try:
            requests = reader.document_requests(account)
        except UnreadableRecordError:
            standing, requests = replace(standing, is_unreadable=True), ()
        return standing, requests, self._playbook.policy((state or new_account(account)).entity)

    def diagnosis(self, account: AccountId, at: datetime, locale: str = "en") -> Diagnosis:
        """Which kind of limit its user has, read from the public record."""
        with self._store.reading() as reader:
            state = reader.account(account)
            standing = self._standing(reader, account, state, at)
        policy = self._playbook.policy((state or new_account(account)).entity)
        return diagnose_account(standing, policy, at, locale)

    def account(self, account: AccountId, until: datetime | None = None) -> AccountView:
        """What staff see; with `until`, only what had been placed, opened or had happened by then."""
        with self._store.reading() as reader:
            return AccountView(
                account=account,
                state=reader.account(account),
                restrictions=tuple(_as_of(reader.restrictions(account), until)),
                cases=tuple(c for c in reader.cases(account) if until is None or c.opened_at <= until),
                requests=tuple(r for r in reader.document_requests(account) if until is None or r.issued_at <= until),
                files=tuple(f for f in reader.document_files(account) if until is None or f.received_at <= until),
                events=tuple(e for e in reader.events(account) if until is None or e.time <= until),
            )

    def policy(self, account: AccountId) -> Policy:
        """What the playbook says for the entity that serves an account."""
        with self._store.reading() as reader:
            return self._playbook.policy((reader.account(account) or new_account(account)).entity)

    def _limits(
        self, reader: Reader, account: AccountId, state: AccountState | None, facts: Facts, request: Request
    ) -> tuple[Restriction, ...]:
        if request.ip is not None:
            facts = replace(facts, ip_activity=reader.ip_activity(request.ip, request.at, account))
        policy = self._playbook.policy((state or new_account(account)).entity)
        cleared = state.cleared if state is not None else ()
        is_outgoing = _outgoing(request) is not None
        return request_limits(account, facts, policy, request.at, is_outgoing=is_outgoing, cleared=cleared)

    def _standing(
        self,
        reader: Reader,
        account: AccountId,
        state: AccountState | None,
        at: datetime,
        request: tuple[Restriction, ...] = (),
    ) -> Standing:
        known = state or new_account(account)
        mains = tuple(_life(reader, main, reader.account(main), at) for main in main_accounts(reader, known.parents))
        own = _life(reader, account, state, at)
        standing = standing_of(
            known,
            self._playbook.policy(known.entity),
            mains,
            own.restrictions,
            is_known=known.is_known,
            request=request,
        )
        return replace(standing, is_unreadable=standing.is_unreadable or own.unreadable)


def _as_of(restrictions: Iterable[Restriction], until: datetime | None) -> Iterator[Restriction]:
    """Restrictions as they were known at an instant: not those placed later, and not what ended them later."""
    for restriction in restrictions:
        if until is None:
            yield restriction
        elif restriction.placed_at <= until:
            ended_later = restriction.ended_at is not None and restriction.ended_at > until
            was = {"status": Status.ACTIVE, "ended_at": None, "ended_by": None, "end_note": ""}
            yield replace(restriction, **was) if ended_later else restriction


def _outgoing(request: Request) -> Wallet | None:
    """The wallet that a request would send to."""
    if request.capability is not Capability.WITHDRAW_CRYPTO or request.destination is None:
        return None
    return Wallet(None, request.destination, request.asset)


def _life(reader: Reader, account: AccountId, known: AccountState | None, at: datetime) -> MainAccount:
    """An account with what stood on it at an instant, or will. The state knows all of that from the latest decision on; for
    the past, every restriction that the account ever had is read.

    Where one of them cannot be read, those in the state stand, and everything but the floor is denied: never skipped.
    """
    state = known or new_account(account)
    if state.decided_at is None or at >= state.decided_at:
        return as_main_account(account, known)
    try:
        return MainAccount(account, state.life, reader.restrictions(account), bool(state.unreadable))
    except UnreadableRecordError:
        return MainAccount(account, state.life, state.restrictions, unreadable=True)
