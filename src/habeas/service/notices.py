"""Notices: what the outbox says to users becomes text in their inboxes, once, and is queued for the channels that there are.

The notice, its queueing and the end of the outbox's message are one transaction, so that a crash neither loses nor doubles
one. Reminders are made of what is due, and their ids derive from that, so that making them again makes nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.notice import documents_notice, promise_notice, restriction_notice
from habeas.disclosure.view import View, look
from habeas.domain.case import CaseStatus
from habeas.domain.contact import Contact
from habeas.domain.decision import Message, Topic
from habeas.domain.document import ISSUED, DocumentRequest
from habeas.domain.errors import HabeasError, UnreadableRecordError
from habeas.domain.ids import AccountId, derived_id, event_seed
from habeas.domain.notice import Channel, Notice, NoticeTopic
from habeas.domain.restriction import Restriction
from habeas.playbook.policy import Playbook, Policy
from habeas.service.ports import Clock, QueuedMessage, Reader, Store, UnitOfWork
from habeas.service.questions import Questions

SWEEP_MAX = 64
SOURCE = "habeas/reminders"

_decode_restriction = msgspec.msgpack.Decoder(Restriction).decode
_decode_request = msgspec.msgpack.Decoder(DocumentRequest).decode
_NEVER = timedelta(days=3650)
_TOPICS = (Topic.RESTRICTION, Topic.DOCUMENTS)


class Notices:
    """Writes notices into inboxes. `channels` are those that notices are queued for, besides the inbox."""

    def __init__(self, store: Store, playbook: Playbook, clock: Clock, channels: Sequence[Channel] = ()) -> None:
        self._store = store
        self._playbook = playbook
        self._questions = Questions(store, playbook)
        self._clock = clock
        self._channels = tuple(channels)

    # --- what the outbox says ----------------------------------------------------------------------------------------

    def write(self) -> int:
        """Make a notice of everything in the outbox that users must be told; returns how many messages that were.

        One that fails does not keep the others waiting. It stays queued, and its error is raised when all have been tried.
        """
        done = 0
        failed: list[HabeasError] = []
        for topic in _TOPICS:
            for queued in self._pieces(topic, failed):
                with self._store.transaction() as work:
                    written = [each.position for each in queued if self._is_written(work, each.message, failed)]
                    work.delivered(written, self._clock())
                done += len(written)
        if failed:
            raise failed[0]
        return done

    def _pieces(self, topic: Topic, failed: list[HabeasError]) -> Iterator[Sequence[QueuedMessage]]:
        """What waits, a piece at a time; one message at a time around one that cannot be read, which is passed by."""
        last, limit = 0, SWEEP_MAX
        while True:
            try:
                with self._store.reading() as reader:
                    queued = reader.queued_messages(last, limit=limit, topic=topic)
            except UnreadableRecordError as exc:
                if limit == 1 and exc.position is not None:
                    failed.append(exc)
                    last, limit = exc.position, SWEEP_MAX
                    continue
                limit = 1
                continue
            if not queued:
                return
            yield queued
            last = queued[-1].position

    def _is_written(self, work: UnitOfWork, message: Message, failed: list[HabeasError]) -> bool:
        try:
            notice = self._of_message(work, message)
            if notice is not None:
                self._add(work, notice)
        except HabeasError as exc:
            failed.append(exc)
            return False
        return True

    def _of_message(self, reader: Reader, message: Message) -> Notice | None:
        view = self._view(reader, message.account)
        if message.topic is Topic.DOCUMENTS:
            request = _decode_request(message.body)
            return documents_notice(view, request, NoticeTopic.DOCUMENTS_ASKED, message.id)
        restriction = _decode_restriction(message.body)
        told = [notice for notice in reader.notices(message.account) if notice.about == restriction.id]
        notice = restriction_notice(view, restriction, message.id, is_known=bool(told))
        # A change that changes no word is no news.
        is_news = notice is None or notice.topic is not NoticeTopic.CHANGED or not notice.says_the_same(told[-1])
        return notice if is_news else None

    # --- what is due -------------------------------------------------------------------------------------------------

    def remind(self) -> int:
        """Tell users of dates that come near and of promises that will be missed; returns how many were told.

        What cannot be read is not told, keeps nobody else waiting, and is raised when all have been tried.
        """
        now = self._clock()
        policies = self._playbook.policies.values()
        ahead = max(policy.notices.document_before for policy in policies)
        shortest = min(_promises(policy) for policy in policies)
        failed: list[HabeasError] = []
        with self._store.reading() as reader:
            accounts = {*reader.accounts_asked(now, now + ahead), *reader.accounts_waiting(now - shortest)}
            made = [notice for account in sorted(accounts) for notice in self._reminders(reader, account, failed)]
        told = 0
        if made:
            with self._store.transaction() as work:
                told = sum(self._add(work, notice) for notice in made)
        if failed:
            raise failed[0]
        return told

    def _reminders(self, reader: Reader, account: AccountId, failed: list[HabeasError]) -> list[Notice]:
        try:
            view = self._view(reader, account)
            told = {notice.id for notice in reader.notices(account)}
            made = [*self._documents_due(reader, account, view), *self._promises_late(reader, account, view)]
        except HabeasError as exc:
            failed.append(exc)
            return []
        return [notice for notice in made if notice.id not in told]

    def _documents_due(self, reader: Reader, account: AccountId, view: View) -> Iterator[Notice]:
        lead = view.policy.notices.document_before
        for request in reader.document_requests(account):
            # A request that gave no more time than this needs no reminder: its own notice has just said the date.
            is_near = timedelta(0) < request.due_at - view.at <= lead < request.due_at - request.issued_at
            if request.status == ISSUED and is_near:
                topic = NoticeTopic.DOCUMENTS_DUE
                id_ = self._reminder_id(account, topic, request.id, request.due_at.isoformat())
                yield documents_notice(view, request, topic, id_)

    def _promises_late(self, reader: Reader, account: AccountId, view: View) -> Iterator[Notice]:
        """One notice for each open case about a restriction that still stands when the promised time is nearly over.

        The time starts with the case: a file cannot be complete before there is one.
        """
        standing = {limit.restriction.id: limit.restriction for limit in view.limits}
        for case in reader.cases(account):
            for restriction in (standing[r] for r in case.restrictions if r in standing):
                policy = view.policy.reasons.get(restriction.reason)
                promised_for = None if policy is None else policy.promise.to_for
                if case.status is not CaseStatus.OPEN or promised_for is None:
                    continue
                promised_at = case.opened_at + promised_for
                if promised_at - view.policy.notices.promise_before <= view.at:
                    id_ = self._reminder_id(account, NoticeTopic.PROMISE_LATE, case.id)
                    yield promise_notice(view, restriction, promised_for, promised_at, case.id, id_)
                    break

    # --- both --------------------------------------------------------------------------------------------------------

    def _view(self, reader: Reader, account: AccountId) -> View:
        now = self._clock()
        standing, requests, policy = self._questions.stands(reader, account, now)
        return look(standing, policy, now, catalogue(_contact(reader, account).locale), requests)

    def _add(self, work: UnitOfWork, notice: Notice) -> bool:
        contact = _contact(work, notice.account)
        has_address = bool(contact.addresses(notice.made_at))
        channels = [each for each in self._channels if has_address or each is not Channel.EMAIL]
        return work.add_notice(notice, channels)

    def _reminder_id(self, account: AccountId, *cause: str) -> str:
        return derived_id(event_seed(self._store.identity_key, account, SOURCE, cause[0]), "ms", *cause)


def _promises(policy: Policy) -> timedelta:
    """How old a case is at least when a promise that it keeps waiting may be told to be late."""
    promises = [row.promise.to_for for row in policy.reasons.values() if row.promise.to_for is not None]
    return max(min(promises, default=_NEVER) - policy.notices.promise_before, timedelta(0))


def _contact(reader: Reader, account: AccountId) -> Contact:
    state = reader.account(account)
    return Contact() if state is None else state.contact
