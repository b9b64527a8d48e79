"""From a decided event to rows, and from rows back to what they mean. Pure but for the random keys and nonces of the vault.

Both table engines use these, so that they differ in nothing but where the rows lie.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from habeas.domain.access import ApiKey
from habeas.domain.account import AccountState, Life, decode_state, encode_state
from habeas.domain.campaign import Campaign
from habeas.domain.capability import Level
from habeas.domain.case import Case, CaseStatus
from habeas.domain.decision import Decision, IpRefusal, Message, Timer, Topic
from habeas.domain.document import DocumentRequest
from habeas.domain.document_file import DocumentFile
from habeas.domain.errors import JournalBrokenError, UnreadableRecordError
from habeas.domain.event import Event
from habeas.domain.event_data import Counterparty, Profile, TimerDue
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import AccountId, DocumentFileId, EntityId
from habeas.domain.limit import are_limited_alike, is_limited
from habeas.domain.listing import document_key
from habeas.domain.login import LOGINS_COUNTED_MAX, TraitFact, cell_of, total_cell
from habeas.domain.notice import Channel, ChannelHealth, Delivery, Notice
from habeas.domain.restriction import Restriction, Status, require_statement
from habeas.service.ports import Batch, DueTimer, QueuedMessage, Recorded, RecordedEvent, ReferenceSet
from habeas.store.errors import StoreError
from habeas.store.journal import UNDECODABLE, EntryKind, entry_hash, genesis, read_entry, write_entry
from habeas.store.rows import (
    AccountRow,
    ApiKeyRow,
    BatchRow,
    CaseRow,
    Changes,
    ChannelRow,
    DealingRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    FailedLoginRow,
    FileRow,
    JournalRow,
    LoginCells,
    MessageRow,
    NoticeRow,
    QueuedRow,
    RecordedRow,
    ReferenceRow,
    RefusalRow,
    RequestRow,
    RestrictionRow,
    TimerRow,
    from_column,
    to_column,
)
from habeas.store.vault import CannotOpenError, Sealer, Vault

T = TypeVar("T")

_STANDING = frozenset({Status.PROPOSED, Status.ACTIVE})

_encode = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode_event = msgspec.msgpack.Decoder(RecordedEvent).decode
_decode_restriction = msgspec.msgpack.Decoder(Restriction).decode
_decode_case = msgspec.msgpack.Decoder(Case).decode
_decode_request = msgspec.msgpack.Decoder(DocumentRequest).decode
_decode_file = msgspec.msgpack.Decoder(DocumentFile).decode
_decode_notice = msgspec.msgpack.Decoder(Notice).decode
_decode_api_key = msgspec.msgpack.Decoder(ApiKey).decode
_decode_batch = msgspec.msgpack.Decoder(Batch).decode

LOGIN_FAILED = "login.failed"
P2P_OPENED, P2P_PAID = "p2p.opened", "p2p.paid"
_IP_KEY_BYTES = 16


class OpenAccount(NamedTuple):
    """An account in hand: its row, what opens it (None: its key was forgotten), and the state that was in the row."""

    row: AccountRow
    sealer: Sealer | None
    state: AccountState


# --- from a decided event to rows ------------------------------------------------------------------------------------


class _Chain:
    """The end of an account's journal, which grows."""

    def __init__(self, account: AccountId, sequence: int, head: bytes, sealer: Sealer, at: int) -> None:
        self._account = account
        self._sealer = sealer
        self._at = at
        self.sequence = sequence
        self.head = head
        self.rows: list[JournalRow] = []

    def add(self, kind: EntryKind, payload: bytes) -> int:
        """Append an entry, and tell its sequence."""
        self.sequence += 1
        sealed = self._sealer.seal(_entry_purpose(self.sequence), payload)
        entry = write_entry(self._account, self.sequence, kind, self._at, self.head, sealed)
        self.head = entry_hash(entry)
        self.rows.append(JournalRow(self._account, self.sequence, entry))
        return self.sequence


def changes(
    enriched: EnrichedEvent, decision: Decision, playbook: str, before: OpenAccount | None, vault: Vault
) -> tuple[Changes, OpenAccount]:
    """Everything that one event writes, and the account as it is afterwards. Raises MissingStatementError."""
    event, state = enriched.event, decision.state
    account = event.account
    assert state.account == account
    _require_statements(decision, before)

    new_key = None
    if before is None or before.sealer is None:
        new_key = vault.new_key(account)
        sealer = vault.sealer(account, new_key)
    else:
        sealer = before.sealer
    sequence, head = (before.row.journal_sequence, before.row.journal_head) if before else (0, genesis(account))
    chain = _Chain(account, sequence, head, sealer, to_column(enriched.received_at))

    event_sequence = chain.add(EntryKind.EVENT, _encode(recorded_event(enriched, decision, playbook)))
    restrictions = [_restriction_row(r, account, chain, sealer) for r in decision.restrictions]
    cases = [_case_row(c, account, chain, sealer) for c in decision.cases]
    requests = [_request_row(r, account, chain, sealer) for r in decision.requests]
    row = AccountRow(
        account,
        before.row.version + 1 if before else 1,
        sealer.seal(_state_purpose(chain.sequence), encode_state(state)),
        chain.sequence,
        chain.head,
        state.entity,
        state.holder,
        state.parents[0] if state.parents else None,
        state.life.value,
        new_key or (before.row.wrapped_key if before else None),
    )
    written = Changes(
        version_before=before.row.version if before else None,
        account=row,
        is_found_alike=before is not None and _found_by(before.row) == _found_by(row),
        new_key=new_key,
        event=EventRow(account, event.source, event.id, event.digest, event_sequence),
        entries=chain.rows,
        restrictions=restrictions,
        cases=cases,
        fired=_fired(event),
        timers=[TimerRow(account, t.about, t.generation, to_column(t.due_at)) for t in decision.timers],
        ended=[
            *(r.id for r in decision.restrictions if r.status not in _STANDING),
            *(c.id for c in decision.cases if c.status is not CaseStatus.OPEN),
            *(r.id for r in decision.requests if not r.is_open),
        ],
        messages=[_message_row(m, account, sealer) for m in decision.messages],
        requests=requests,
        failed_logins=list(_failed_logins(event, event_sequence, vault)),
        documents=list(_documents(event, vault)),
        dealings=list(_dealings(enriched, decision, event_sequence)),
        forgets_key=decision.is_purge,
        refusals=[_refusal_row(refusal, event, vault) for refusal in decision.refused_ips],
        login=_login_cells(enriched.facts.traits),
        is_limited=_is_limited(before.state if before else AccountState(account=account), state),
    )
    if decision.is_purge:
        return written, OpenAccount(row._replace(wrapped_key=None), None, state)
    return written, OpenAccount(row, sealer, state)


def _is_limited(before: AccountState, after: AccountState) -> int | None:
    return None if are_limited_alike(before, after) else int(is_limited(after))


def recorded_event(enriched: EnrichedEvent, decision: Decision, playbook: str) -> RecordedEvent:
    """The event as the journal keeps it."""
    event = enriched.event
    return RecordedEvent(
        id=event.id,
        source=event.source,
        type=event.type,
        account=event.account,
        time=event.time,
        received_at=enriched.received_at,
        body=event.body,
        facts=enriched.facts,
        outcome=decision.outcome,
        playbook=playbook,
    )


def _require_statements(decision: Decision, before: OpenAccount | None) -> None:
    # A restriction that ended is not asked: one placed under milder rules must still be allowed to end. What is new in the
    # state is asked although it should be among the decision's restrictions, for nothing else would notice it.
    for restriction in decision.restrictions:
        if restriction.status in _STANDING:
            require_statement(restriction)
    known = {restriction.id for restriction in before.state.restrictions} if before else set()
    for restriction in decision.state.restrictions:
        if restriction.id not in known:
            require_statement(restriction)


def _restriction_row(restriction: Restriction, account: AccountId, chain: _Chain, sealer: Sealer) -> RestrictionRow:
    assert restriction.account == account
    payload = _encode(restriction)
    return RestrictionRow(
        account,
        restriction.id,
        restriction.kind.value,
        restriction.reason,
        restriction.scope.value,
        restriction.status.value,
        to_column(restriction.starts_at),
        None if restriction.ends_at is None else to_column(restriction.ends_at),
        None if restriction.ended_at is None else to_column(restriction.ended_at),
        chain.add(EntryKind.RESTRICTION, payload),
        sealer.seal(_restriction_purpose(restriction.id), payload),
        restriction.batch,
    )


def _case_row(case: Case, account: AccountId, chain: _Chain, sealer: Sealer) -> CaseRow:
    assert case.account == account
    payload = _encode(case)
    return CaseRow(
        account,
        case.id,
        case.queue,
        case.priority.value,
        case.status.value,
        to_column(case.opened_at),
        to_column(case.due_at),
        chain.add(EntryKind.CASE, payload),
        sealer.seal(_case_purpose(case.id), payload),
    )


def _request_row(request: DocumentRequest, account: AccountId, chain: _Chain, sealer: Sealer) -> RequestRow:
    assert request.account == account
    payload = _encode(request)
    return RequestRow(
        account,
        request.id,
        request.reason,
        request.status,
        to_column(request.issued_at),
        to_column(request.due_at),
        chain.add(EntryKind.REQUEST, payload),
        sealer.seal(_request_purpose(request.id), payload),
    )


def _failed_logins(event: Event, sequence: int, vault: Vault) -> Iterator[FailedLoginRow]:
    ip = getattr(event.data, "ip", None)
    if event.type == LOGIN_FAILED and ip is not None:
        yield FailedLoginRow(ip_key(ip, vault), to_column(event.time), event.account, sequence)


def _documents(event: Event, vault: Vault) -> Iterator[DocumentRow]:
    said = event.data.document if isinstance(event.data, Profile) else None
    key = declared_key(said.country, said.kind, said.number, vault) if said is not None else b""
    if key:
        yield DocumentRow(key, event.account, to_column(event.time))


def declared_key(country: str, kind: str, number: str, vault: Vault) -> bytes:
    """The keyed hash by which a declared document is found without its number being kept; b"" for one that says nothing."""
    return document_key(vault.identity_key, country, kind, number)


def _dealings(enriched: EnrichedEvent, decision: Decision, sequence: int) -> Iterator[DealingRow]:
    """Who dealt with whom: what was told (a trade was opened or paid), and a transfer unless it was held or refused."""
    event, verdict = enriched.event, decision.outcome.verdict
    if not isinstance(event.data, Counterparty) or enriched.facts.is_own_counterparty:
        return
    is_refused = verdict is not None and verdict.level > Level.STEP_UP
    if is_refused and event.type != P2P_PAID:
        return
    has_paid = event.type != P2P_OPENED
    yield DealingRow(event.data.counterparty, to_column(event.time), event.account, sequence, int(has_paid))


def _refusal_row(refusal: IpRefusal, event: Event, vault: Vault) -> RefusalRow:
    return RefusalRow(ip_key(refusal.ip, vault), to_column(event.time), to_column(refusal.until_at))


def _login_cells(traits: Sequence[TraitFact]) -> LoginCells | None:
    """The cells that count a login; all are halved when one has counted as much as is ever counted."""
    if not traits:
        return None
    cells = [cell for fact in traits for cell in (cell_of(fact.trait, fact.name), total_cell(fact.trait))]
    return LoginCells(cells, halves=any(fact.of + 1 >= LOGINS_COUNTED_MAX for fact in traits))


def ip_key(ip: str, vault: Vault) -> bytes:
    """The keyed hash by which an address is found without being kept. Addresses of one IPv6 /64 are one: whoever has one
    of them has all of them. An IPv4 address that came mapped into IPv6 is that IPv4 address.
    """
    address = ip_address(ip)
    packed = address.packed
    if isinstance(address, IPv6Address):
        packed = packed[:8] if address.ipv4_mapped is None else address.ipv4_mapped.packed
    return blake2b(packed, key=vault.identity_key, digest_size=_IP_KEY_BYTES, person=b"habeas ip").digest()


def _message_row(message: Message, account: AccountId, sealer: Sealer) -> MessageRow:
    body = sealer.seal(_message_purpose(message.id), message.body)
    return MessageRow(account, message.id, message.account, message.topic.value, body)


def sealed_notice(notice: Notice, sealer: Sealer) -> bytes:
    """A notice as its row keeps it."""
    return sealer.seal(_notice_purpose(notice.id), _encode(notice))


def sealed_file(file: DocumentFile, content: bytes, sealer: Sealer) -> tuple[FileRow, bytes]:
    """A file as its row keeps it, and its content."""
    about = sealer.seal(_file_purpose(file.id), _encode(file))
    row = FileRow(file.account, file.id, to_column(file.received_at), about)
    return row, sealer.seal(_content_purpose(file.id), content)


def batch_row(batch: Batch) -> BatchRow:
    """A campaign, a bulk act or an import, as a row. Nothing in it is about one account, so no key seals it."""
    return BatchRow(batch.id, int(isinstance(batch, Campaign) and batch.is_live), _encode(batch))


def read_batch(row: BatchRow) -> Batch:
    """The batch in a row. Raises StoreError."""
    try:
        batch: Batch = _decode_batch(row.body)
    except UNDECODABLE:
        raise StoreError(f"the record of `{row.id}` cannot be read; it is kept as it is") from None
    return batch


def api_key_row(key: ApiKey) -> ApiKeyRow:
    """An API key as a row. The secret is not in it."""
    return ApiKeyRow(key.id, _encode(key))


def read_api_key(row: ApiKeyRow) -> ApiKey:
    """The API key in a row. Raises StoreError."""
    try:
        return _decode_api_key(row.body)
    except UNDECODABLE:
        raise StoreError(f"the record of the API key `{row.id}` cannot be read; it opens nothing") from None


def delivery_row(delivery: Delivery) -> DeliveryRow:
    """How far a notice got, as a row."""
    return DeliveryRow(
        delivery.account,
        delivery.position,
        delivery.channel.value,
        delivery.notice,
        to_column(delivery.queued_at),
        delivery.attempts,
        None if delivery.next_at is None else to_column(delivery.next_at),
        None if delivery.delivered_at is None else to_column(delivery.delivered_at),
        delivery.problem,
    )


def channel_row(health: ChannelHealth) -> ChannelRow:
    """How a channel does, as a row."""
    times = (health.failing_since, health.next_at, health.disabled_at)
    return ChannelRow(health.channel.value, health.failures, *(None if at is None else to_column(at) for at in times))


def _fired(event: Event) -> TimerRow | None:
    if not isinstance(event.data, TimerDue):
        return None
    return TimerRow(event.account, event.data.about, event.data.generation, to_column(event.time))


def _found_by(row: AccountRow) -> tuple[str | None, ...]:
    return row.entity, row.holder, row.parent, row.life


# --- from rows to what they mean -------------------------------------------------------------------------------------


def open_account(row: AccountRow, vault: Vault) -> OpenAccount:
    """The account in a row. Never fails: bytes that do not open are kept in the state's `unreadable`, and so deny."""
    sealer = open_key(row.account_id, row.wrapped_key, vault)
    return OpenAccount(row, sealer, _state(row, sealer))


def open_key(account: AccountId, wrapped: bytes | None, vault: Vault) -> Sealer | None:
    """What opens an account's sealed bytes; None if its key was forgotten or is not ours."""
    if wrapped is None:
        return None
    try:
        return vault.sealer(account, wrapped)
    except CannotOpenError:
        return None


def _state(row: AccountRow, sealer: Sealer | None) -> AccountState:
    try:
        if sealer is not None:
            return decode_state(row.account_id, sealer.open(_state_purpose(row.journal_sequence), row.state))
    except CannotOpenError:
        pass
    if row.life == Life.PURGED:
        # Nothing is lost that is not meant to be.
        return AccountState(account=row.account_id, entity=EntityId(row.entity), life=Life.PURGED, is_known=True)
    # What accounts are found by is legible still, and must not be lost when the next event is recorded.
    return replace(
        AccountState(account=row.account_id, unreadable=(row.state,)),
        entity=EntityId(row.entity),
        holder=row.holder,
        parents=() if row.parent is None else (row.parent,),
        life=Life(row.life),
    )


def read_recorded(row: RecordedRow, account: AccountId, vault: Vault) -> Recorded:
    """What was answered to an event. Raises UnreadableRecordError."""
    if row.entry is None:
        raise UnreadableRecordError(f"journal entry {row.sequence}", account)
    read = read_event(JournalRow(account, row.sequence, row.entry), open_key(account, row.wrapped_key, vault))
    if read is None:
        raise UnreadableRecordError(f"journal entry {row.sequence}", account)
    return Recorded(row.digest, read.outcome)


def read_event(row: JournalRow, sealer: Sealer | None) -> RecordedEvent | None:
    """The event in a journal entry; None if the entry holds something else. Raises UnreadableRecordError."""
    what = f"journal entry {row.sequence}"
    try:
        entry = read_entry(row.entry)
    except JournalBrokenError:
        raise UnreadableRecordError(what, row.account_id) from None
    if entry.kind != EntryKind.EVENT:
        return None
    return _read(_decode_event, row.account_id, sealer, _entry_purpose(row.sequence), entry.sealed, what)


def read_restriction(row: RestrictionRow, sealer: Sealer | None) -> Restriction:
    """The restriction in a row. Raises UnreadableRecordError."""
    what = f"restriction `{row.id}`"
    return _read(_decode_restriction, row.account_id, sealer, _restriction_purpose(row.id), row.body, what)


def read_case(row: CaseRow, sealer: Sealer | None) -> Case:
    """The case in a row. Raises UnreadableRecordError."""
    what = f"case `{row.id}`"
    return _read(_decode_case, row.account_id, sealer, _case_purpose(row.id), row.body, what)


def read_request(row: RequestRow, sealer: Sealer | None) -> DocumentRequest:
    """The document request in a row. Raises UnreadableRecordError."""
    what = f"document request `{row.id}`"
    return _read(_decode_request, row.account_id, sealer, _request_purpose(row.id), row.body, what)


def read_queued(row: QueuedRow, vault: Vault) -> QueuedMessage:
    """The message in a row. Raises UnreadableRecordError."""
    message = row.message
    sealer = open_key(message.account_id, row.wrapped_key, vault)
    what = f"message `{message.id}` at position {row.position}"
    try:
        body = _opened(message.account_id, sealer, _message_purpose(message.id), message.body, what)
    except UnreadableRecordError:
        raise UnreadableRecordError(what, message.account_id, row.position) from None
    return QueuedMessage(row.position, Message(message.id, message.about, Topic(message.topic), body))


def read_file(row: FileRow, sealer: Sealer | None) -> DocumentFile:
    """What is known of a file. Raises UnreadableRecordError."""
    return _read(_decode_file, row.account_id, sealer, _file_purpose(row.id), row.about, f"file `{row.id}`")


def read_content(account: AccountId, file: DocumentFileId, sealed: bytes, sealer: Sealer | None) -> bytes:
    """What is in a file. Raises UnreadableRecordError."""
    return _opened(account, sealer, _content_purpose(file), sealed, f"the content of file `{file}`")


def read_notice(row: NoticeRow, sealer: Sealer | None) -> Notice:
    """The notice in a row. Raises UnreadableRecordError."""
    what = f"notice `{row.id}`"
    return _read(_decode_notice, row.account_id, sealer, _notice_purpose(row.id), row.body, what)


def read_delivery(row: DeliveryRow) -> Delivery:
    """The delivery that a row speaks of."""
    return Delivery(
        position=row.position,
        account=row.account_id,
        notice=row.id,
        channel=Channel(row.channel),
        queued_at=from_column(row.queued_at),
        attempts=row.attempts,
        next_at=None if row.next_at is None else from_column(row.next_at),
        delivered_at=None if row.delivered_at is None else from_column(row.delivered_at),
        problem=row.problem,
    )


def read_channel(row: ChannelRow) -> ChannelHealth:
    """How a channel does, by its row."""
    failing_since, next_at, disabled_at = (
        None if at is None else from_column(at) for at in (row.failing_since, row.next_at, row.disabled_at)
    )
    return ChannelHealth(
        channel=Channel(row.channel),
        failures=row.failures,
        failing_since=failing_since,
        next_at=next_at,
        disabled_at=disabled_at,
    )


def read_timer(row: TimerRow) -> DueTimer:
    """The timer in a row."""
    return DueTimer(row.account_id, Timer(row.about, row.generation, from_column(row.due_at)))


def reference_row(loaded: ReferenceSet) -> ReferenceRow:
    """What is said of a reference set, as a row."""
    return ReferenceRow(
        loaded.kind,
        loaded.version,
        loaded.as_of.isoformat() if loaded.as_of else None,
        to_column(loaded.loaded_at),
        loaded.sha256,
        loaded.entries,
        loaded.source,
        loaded.by,
        int(loaded.is_current),
    )


def read_reference(row: ReferenceRow) -> ReferenceSet:
    """The reference set that a row speaks of."""
    return ReferenceSet(
        kind=row.kind,
        version=row.version,
        as_of=date.fromisoformat(row.as_of) if row.as_of else None,
        loaded_at=from_column(row.loaded_at),
        sha256=row.sha256,
        entries=row.entries,
        source=row.source,
        by=row.loaded_by,
        is_current=bool(row.is_current),
    )


def _read(
    decode: Callable[[bytes], T], account: AccountId, sealer: Sealer | None, purpose: str, sealed: bytes, what: str
) -> T:
    payload = _opened(account, sealer, purpose, sealed, what)
    try:
        return decode(payload)
    except UNDECODABLE:
        raise UnreadableRecordError(what, account) from None


def _opened(account: AccountId, sealer: Sealer | None, purpose: str, sealed: bytes, what: str) -> bytes:
    if sealer is None:
        raise UnreadableRecordError(what, account)
    try:
        return sealer.open(purpose, sealed)
    except CannotOpenError:
        raise UnreadableRecordError(what, account) from None


# --- what each thing is sealed for, so that sealed bytes open only where they belong ---------------------------------


def _state_purpose(sequence: int) -> str:
    # With its place in the journal: an older state of the same account does not open in its stead.
    return f"state/{sequence}"


def _entry_purpose(sequence: int) -> str:
    return f"journal/{sequence}"


def _restriction_purpose(restriction: str) -> str:
    return f"restriction/{restriction}"


def _case_purpose(case: str) -> str:
    return f"case/{case}"


def _request_purpose(request: str) -> str:
    return f"request/{request}"


def _file_purpose(file: str) -> str:
    return f"file/{file}"


def _content_purpose(file: str) -> str:
    return f"content/{file}"


def _notice_purpose(notice: str) -> str:
    return f"notice/{notice}"


def _message_purpose(message: str) -> str:
    return f"message/{message}"
