"""Notices: what the outbox says to users becomes text in their inboxes, once, and is queued for the channels that there are.

The notice, its queueing and the end of the outbox's message are one transaction, so that a crash neither loses nor doubles
one. Reminders come the same way: the clocks of requests and cases are timers, and what they say is in the outbox.
"""

from collections.abc import Iterator, Sequence

import msgspec

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.notice import documents_notice, exit_notice, promise_notice, restriction_notice, waiting_notice
from habeas.disclosure.view import View, look
from habeas.domain.campaign import Reminder
from habeas.domain.contact import Contact
from habeas.domain.decision import CaseSaid, Message, Topic
from habeas.domain.document import DocumentRequest, ItemStatus, RequestStatus
from habeas.domain.errors import HabeasError, UnreadableRecordError
from habeas.domain.ids import AccountId, BatchId, fingerprint
from habeas.domain.notice import Channel, Notice, NoticeTopic
from habeas.domain.restriction import Restriction
from habeas.playbook.policy import Playbook, RunMode
from habeas.service.ports import Clock, QueuedMessage, Reader, Share, Store
from habeas.service.questions import Questions

SWEEP_MAX = 64

_decode_restriction = msgspec.msgpack.Decoder(Restriction).decode
_decode_request = msgspec.msgpack.Decoder(DocumentRequest).decode
_decode_case = msgspec.msgpack.Decoder(CaseSaid).decode
_OF_A_DATE = (NoticeTopic.EXIT_SOON, NoticeTopic.RESIDUAL_SOON)
"""What reminds of a date says nothing of whether the limit itself was told."""
_TOPICS = (Topic.RESTRICTION, Topic.DOCUMENTS, Topic.CASE)


class Notices:
    """Writes notices into inboxes. `channels` are those that notices are queued for, besides the inbox."""

    def __init__(self, store: Store, playbook: Playbook, clock: Clock, channels: Sequence[Channel] = ()) -> None:
        self._store = store
        self._playbook = playbook
        self._questions = Questions(store, playbook)
        self._clock = clock
        self._channels = tuple(channels)

    def write(self) -> int:
        """Make a notice of everything in the outbox that users must be told; returns how many messages that were.

        One that fails does not keep the others waiting. It stays queued, and its error is raised when all have been tried.
        """
        done = 0
        failed: list[HabeasError] = []
        with self._store.shares("notices") as shares:
            for share in shares:
                for topic in _TOPICS:
                    done += sum(self._written(queued, failed) for queued in _pieces(share, topic, failed))
        if failed:
            raise failed[0]
        return done

    def _written(self, queued: Sequence[QueuedMessage], failed: list[HabeasError]) -> int:
        """Notices of some messages. They are made before the transaction, so that no decision waits for wording."""
        made: list[Notice] = []
        to_write: list[tuple[int, Notice | None, Sequence[Channel]]] = []
        with self._store.reading() as reader:
            for each in queued:
                try:
                    notice = self._of_message(reader, each.message, made)
                    channels = self._channels_for(reader, notice) if notice is not None else ()
                except HabeasError as exc:
                    failed.append(exc)
                    continue
                to_write.append((each.position, notice, channels))
                made += [notice] if notice is not None else []
        written: list[int] = []
        with self._store.transaction({each.message.account for each in queued}) as work:
            for position, notice, channels in to_write:
                try:
                    if notice is not None:
                        work.add_notice(notice, channels)
                except UnreadableRecordError as exc:
                    failed.append(exc)
                    continue
                written.append(position)
            work.delivered(written, self._clock())
        return len(written)

    def _of_message(self, reader: Reader, message: Message, made: Sequence[Notice]) -> Notice | None:
        """What a message says, if that is news; `made` are notices of the same piece."""
        view = self._view(reader, message.account)
        if view.policy.run.mode is RunMode.DUAL:
            return None  # The older system acts, and tells: what waits from before that was so is no longer true.
        told = [*reader.notices(message.account), *(each for each in made if each.account == message.account)]
        if message.topic is Topic.DOCUMENTS:
            return _of_request(told, view, _decode_request(message.body), message.id)
        if message.topic is Topic.CASE:
            return _of_case(view, _decode_case(message.body), message.id)
        restriction = _decode_restriction(message.body)
        of_this = [notice for notice in told if notice.about == restriction.id and notice.topic not in _OF_A_DATE]
        notice = restriction_notice(view, restriction, message.id, is_known=bool(of_this))
        # A change that changes no word is no news.
        is_news = notice is None or notice.topic is not NoticeTopic.CHANGED or not notice.says_the_same(of_this[-1])
        return notice if is_news else None

    def remind(self, accounts: Sequence[AccountId], batch: BatchId, reminder: Reminder) -> int:
        """Tell everybody whom a campaign limits that one of its dates comes near; returns how many were told now. Each is told
        once, however often this runs.
        """
        topic = NoticeTopic.RESIDUAL_SOON if reminder.is_residual else NoticeTopic.EXIT_SOON
        to_write: list[tuple[Notice, Sequence[Channel]]] = []
        with self._store.reading() as reader:
            for account in accounts:
                view = self._view(reader, account)
                if view.policy.run.mode is RunMode.DUAL:
                    continue
                standing = next((each.restriction for each in view.limits if each.restriction.batch == batch), None)
                id_ = f"nt_{fingerprint(f'{batch}/{reminder.name}/{account}')}"
                notice = None if standing is None else exit_notice(view, standing, topic, reminder.date, id_)
                if notice is not None:
                    to_write.append((notice, self._channels_for(reader, notice)))
        with self._store.transaction({notice.account for notice, _ in to_write}) as work:
            return sum(work.add_notice(notice, channels) for notice, channels in to_write)

    def _view(self, reader: Reader, account: AccountId) -> View:
        now = self._clock()
        standing, requests, policy = self._questions.stands(reader, account, now)
        return look(standing, policy, now, catalogue(_contact(reader, account).locale), requests)

    def _channels_for(self, reader: Reader, notice: Notice) -> Sequence[Channel]:
        has_address = bool(_contact(reader, notice.account).addresses(notice.made_at))
        return [each for each in self._channels if has_address or each is not Channel.EMAIL]


def _pieces(share: Share, topic: Topic, failed: list[HabeasError]) -> Iterator[Sequence[QueuedMessage]]:
    """What waits, a piece at a time; one message at a time around one that cannot be read, which is passed by."""
    last, limit = 0, SWEEP_MAX
    while True:
        try:
            with share.reading() as reader:
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


def _of_request(so_far: Sequence[Notice], view: View, request: DocumentRequest, id_: str) -> Notice | None:
    """Asked for, asked for again because one was not good, or soon due. What else moves a request is no news to its user."""
    if request.status is not RequestStatus.ISSUED or request.due_at <= view.at:
        return None
    told = [notice for notice in so_far if notice.about == request.id]
    is_due = request.is_reminded and all(notice.topic is not NoticeTopic.DOCUMENTS_DUE for notice in told)
    notice = documents_notice(view, request, NoticeTopic.DOCUMENTS_DUE if is_due else NoticeTopic.DOCUMENTS_ASKED, id_)
    is_news = is_due or not told or any(item.status is ItemStatus.REJECTED for item in request.items)
    return notice if is_news and not (told and notice.says_the_same(told[-1])) else None


def _of_case(view: View, case_said: CaseSaid, id_: str) -> Notice | None:
    """A reminder of what a case waits for, or that a promise about a restriction which still stands may be missed."""
    said, case = case_said.said, case_said.case
    restriction = next((each.restriction for each in view.limits if each.restriction.id in case.restrictions), None)
    if restriction is None:
        return None
    if said == "reminder":
        return waiting_notice(view, restriction, case.id, id_)
    policy = view.policy.reasons.get(restriction.reason)
    if said != "late_soon" or policy is None or policy.promise.to_for is None:
        return None
    return promise_notice(view, restriction, case.due_at, case.id, id_)


def _contact(reader: Reader, account: AccountId) -> Contact:
    state = reader.account(account)
    return Contact() if state is None else state.contact
