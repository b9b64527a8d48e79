"""The documents that users send: checked, kept sealed, opened by few and on record, judged by people."""

from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Struct

from habeas.disclosure.catalogue import DEFAULT_LOCALE, catalogue
from habeas.domain.account import Life
from habeas.domain.actor import Actor
from habeas.domain.decision import Outcome, Refusal
from habeas.domain.document import DocumentRequest, ItemStatus, asking_for, why_not_asked
from habeas.domain.document_file import OPENING_ROLES, DocumentFile
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.domain.event import STAFF_SOURCE, make_event
from habeas.domain.event_data import DocumentFact, DocumentOpened
from habeas.domain.file_content import media_type, why_not_take
from habeas.domain.ids import AccountId, DocumentFileId, DocumentRequestId, EventId, derived_id, event_seed
from habeas.domain.proof import by_document
from habeas.playbook.policy import Playbook, Policy
from habeas.service.acts import carry_out, tell_once
from habeas.service.intake import Intake
from habeas.service.ports import Reader, Store

SOURCE = "urn:habeas:documents"
"""Where files that came in through Habeas itself are said to come from."""

RECEIVED, DECIDED = "document.received", "document.decided"
REJECTED = "rejected"

_encode = msgspec.json.encode


class Submitted(Struct, frozen=True):
    """A file that is kept, and what its arrival led to."""

    file: DocumentFile
    outcome: Outcome


class ListedItem(Struct, frozen=True, kw_only=True):
    """How one document of a request stands. `reason`: what was wrong with the last one."""

    kind: str
    status: ItemStatus
    is_needed: bool
    rejections: int
    reason: str


class ListedRequest(Struct, frozen=True, kw_only=True):
    """A document request with every document that it asks for."""

    id: DocumentRequestId
    reason: str
    status: str
    issued_at: datetime
    due_at: datetime
    items: tuple[ListedItem, ...]


class Documents(Struct, frozen=True):
    """What an account was asked for, and what it has sent. Oldest first."""

    account: AccountId
    requests: tuple[ListedRequest, ...]
    files: tuple[DocumentFile, ...]


class Judged(Struct, frozen=True, kw_only=True):
    """What `document.decided` says when a person on the staff decides: a `DocumentFact`, and who and why."""

    kind: str
    request: str | None
    result: str
    reason: str | None
    actor: Actor
    note: str


class Files:
    """The documents of one store."""

    def __init__(self, store: Store, playbook: Playbook, intake: Intake) -> None:
        self._store = store
        self._playbook = playbook
        self._intake = intake

    def submit(
        self, account: AccountId, kind: str, content: bytes, request: DocumentRequestId | None, at: datetime
    ) -> Submitted:
        """Keep a file and record that it came. Raises BadInputError, with nothing kept, in a sentence for who helps the user.

        The file is kept first: where the event is not recorded because something broke, the same file may be sent again.
        The same file for the same requests is the same file, and changes nothing the second time.
        """
        with self._store.reading() as reader:
            policy = self._policy(reader, account)
            meant = _meant(reader, account, kind, request, policy)
        refused = why_not_take(content, policy.documents.file_max_bytes)
        type_ = media_type(content)
        if refused is not None or type_ is None:
            raise BadInputError(f"this `{kind}` was not taken: {refused}")
        digest = sha256(content).hexdigest()
        seed = event_seed(self._store.identity_key, account, SOURCE, digest)
        id_ = DocumentFileId(derived_id(seed, "df", kind, *(each.id for each in meant)))
        file = DocumentFile(
            account=account,
            id=id_,
            kind=kind,
            request=request or (meant[0].id if len(meant) == 1 else None),
            received_at=at,
            media_type=type_,
            size=len(content),
            sha256=digest,
        )
        with self._store.transaction({account}) as work:
            known = next((each for each in work.document_files(account) if each.id == id_), None)
            came_before = work.recorded(account, SOURCE, EventId(id_)) is not None
            if known is None:
                work.add_document_file(file, content)
            elif came_before:
                _require_not_rejected(meant, known)
        file = known or file
        fact = DocumentFact(kind=kind, request=file.request)
        # Its instant is the file's, so that the event is the same one when it is told again.
        event = make_event(id_, SOURCE, RECEIVED, account, file.received_at, _encode(fact))
        return Submitted(file, self._intake.decide(event))

    def open(
        self, account: AccountId, file: DocumentFileId, actor: Actor, note: str, at: datetime
    ) -> tuple[Outcome, bytes]:
        """What is in a file, after it is on record who opened it and why; nothing of it where the outcome is a refusal, which
        is on record too. Raises BadInputError where there is no such file.
        """
        with self._store.reading() as reader:
            content = reader.file_content(account, file)
        if content is None:
            raise UnknownIdError(
                f"account `{account}` has no file `{file}`; `habeas document list {account}` shows what there is"
            )
        outcome = carry_out(self._intake, account, DocumentOpened(actor=actor, note=note, file=file), at)
        return outcome, b"" if outcome.refusal else content

    def decide(
        self,
        account: AccountId,
        kind: str,
        *,
        is_good: bool,
        reason: str | None,
        request: DocumentRequestId | None,
        actor: Actor,
        note: str,
        at: datetime,
        id_: str | None = None,
    ) -> Outcome | Refusal:
        """Record what a person found of a document. Raises BadInputError for an unknown account or kind, and for a rejection
        without a reason, which its user would have to be told.
        """
        if actor.role not in OPENING_ROLES:
            return Refusal("not_permitted", f"the role {actor.role} does not judge documents")
        if not is_good and not (reason or "").strip():
            raise BadInputError("a rejection needs --reason: what was wrong, in words for the user")
        with self._store.reading() as reader:
            policy = self._policy(reader, account)
            _require_kind(reader.document_requests(account), kind, policy)
        result = policy.documents.accepted_results[0] if is_good else REJECTED
        said = Judged(kind=kind, request=request, result=result, reason=reason, actor=actor, note=note)
        return tell_once(self._intake, STAFF_SOURCE, DECIDED, account, at, _encode(said), id_)

    def _policy(self, reader: Reader, account: AccountId) -> Policy:
        state = reader.account(account)
        if state is None:
            raise UnknownIdError(f"account `{account}` is unknown here; check the id and the store")
        if state.life is Life.PURGED:
            raise BadInputError(f"account `{account}` was purged; nothing is kept about it any more")
        return self._playbook.policy(state.entity)


def documents_of(store: Store, account: AccountId) -> Documents:
    """What an account was asked for and what it has sent. Raises BadInputError for an account that nobody knows."""
    with store.reading() as reader:
        if reader.account(account) is None:
            raise UnknownIdError(f"account `{account}` is unknown here; check the id and the store")
        asked = reader.document_requests(account)
        return Documents(account, tuple(_listed(each) for each in asked), reader.document_files(account))


def account_of_request(store: Store, request: DocumentRequestId) -> AccountId:
    """The account that a document request is to. Raises BadInputError."""
    with store.reading() as reader:
        account = reader.request_account(request)
    if account is None:
        raise UnknownIdError(
            f"there is no document request `{request}` here; `habeas document list ACCOUNT` lists an account's"
        )
    return account


def _listed(request: DocumentRequest) -> ListedRequest:
    items = tuple(
        ListedItem(
            kind=item.kind,
            status=item.status,
            is_needed=item.kind in request.documents,
            rejections=item.rejections,
            reason=item.reason,
        )
        for item in map(request.item, request.asked)
    )
    return ListedRequest(
        id=request.id,
        reason=request.reason,
        status=request.status,
        issued_at=request.issued_at,
        due_at=request.due_at,
        items=items,
    )


def _meant(
    reader: Reader, account: AccountId, kind: str, named: DocumentRequestId | None, policy: Policy
) -> list[DocumentRequest]:
    """The open requests that a document is for. Raises BadInputError where it is none, or not for the one that it names."""
    requests = reader.document_requests(account)
    _require_kind(requests, kind, policy)
    why_not = why_not_asked(requests, account, kind, named)
    if why_not is not None:
        raise BadInputError(why_not[1])
    return asking_for(requests, kind, named)


def _require_kind(requests: tuple[DocumentRequest, ...], kind: str, policy: Policy) -> None:
    asked = {each for request in requests if request.is_open for each in request.asked}
    named = catalogue(DEFAULT_LOCALE).fact["document"]
    needed = {way for release in policy.releases.values() for ways in release.ways for way in ways}
    if kind not in asked and kind not in named and by_document(kind) not in needed:
        known = ", ".join(sorted(asked or named))
        raise BadInputError(f"`{kind}` is no kind of document; {'asked for are' if asked else 'known are'} {known}")


def _require_not_rejected(meant: list[DocumentRequest], file: DocumentFile) -> None:
    for item in (request.item(file.kind) for request in meant):
        if item.status is ItemStatus.REJECTED:
            raise BadInputError(
                f"this is the same file as the one of {file.received_at:%Y-%m-%d}, which was not accepted: "
                f"{item.reason.rstrip('.')}; send another one"
            )
