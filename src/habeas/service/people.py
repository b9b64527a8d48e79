"""What the store knows of other people's accounts that an event has to do with: raw facts, for `enrich.relate`."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from habeas.domain import event_data as data
from habeas.domain.account import REPORT_MARKS_MAX, AccountState
from habeas.domain.case import CaseOutcome
from habeas.domain.event import Event
from habeas.domain.facts import DealtWith, EarlierAccount, Facts, OtherParty, Reporter, StandsThere
from habeas.domain.ids import AccountId, fingerprint
from habeas.domain.reason import Reason
from habeas.service.ports import Reader

DEALT_WITHIN_FOR = timedelta(days=90)
"""How far back dealings between two accounts are known."""

DEALT_MAX = 5_000
"""How many of those who dealt with an account are told when it is found to deceive others, latest first."""

COUNTED_MAX = 1_000
"""Beyond so many, it makes no difference how many dealt with a reported account."""

EARLIER_MAX = 8


def people(facts: Facts, event: Event, state: AccountState, reader: Reader, siblings: tuple[AccountId, ...]) -> Facts:
    """The same facts with what is known of the other accounts that this event has to do with."""
    match event.data:
        case data.Counterparty(counterparty=other) if other not in siblings:
            return replace(facts, other_party=_other_party(reader, other))
        case data.Report() as report if report.against == event.account:
            return replace(facts, reporter=_reporter(reader, event, state, report.reporter or event.account, siblings))
        case data.Profile(document=document) if document is not None:
            return replace(facts, earlier=_earlier(reader, event, document, siblings))
        case data.KycDecision():
            return replace(facts, earlier=_earlier(reader, event, None, siblings))
        case _ if _may_confirm(event, state):
            return replace(facts, dealt_with=_dealt_with(reader, event.account, event.time))
        case _:
            return facts


def _other_party(reader: Reader, account: AccountId) -> OtherParty:
    found = reader.account(account)
    if found is None:
        return OtherParty(account)
    return OtherParty(account, found.is_known, found.offender_since)


def _reporter(
    reader: Reader, event: Event, state: AccountState, account: AccountId, siblings: tuple[AccountId, ...]
) -> Reporter:
    found = reader.account(account)
    if found is None or not found.is_known:
        return Reporter(account)
    since = event.time - DEALT_WITHIN_FOR
    return Reporter(
        account=account,
        is_known=True,
        since=found.watched_since,
        marks=_marks(found),
        upheld=found.reports_upheld,
        rejected=found.reports_rejected,
        has_dealt=reader.have_dealt(account, event.account, since) or reader.have_dealt(event.account, account, since),
        reported_dealt_with=len(reader.dealt_with(event.account, since, COUNTED_MAX)),
        is_same_holder=account in siblings or account in state.parents or event.account in found.parents,
    )


def _marks(reporter: AccountState) -> tuple[str, ...]:
    """By what accounts of one person or one arrangement are alike: holder, main account, the devices used last."""
    latest = sorted(reporter.devices, key=lambda device: device.last_seen_at, reverse=True)
    marks = [f"holder/{reporter.holder_or_self}", *(f"main/{main}" for main in reporter.parents[:1])]
    marks += [f"device/{device.name}" for device in latest]
    return tuple(fingerprint(mark) for mark in marks[:REPORT_MARKS_MAX])


def _earlier(
    reader: Reader, event: Event, document: data.IdentityDocument | None, siblings: tuple[AccountId, ...]
) -> tuple[EarlierAccount, ...]:
    """Accounts of other holders that declared a document of this account before it did."""
    declared = None if document is None else (document.country, document.kind, document.number)
    found = (account for account in reader.document_accounts(event.account, declared) if account not in siblings)
    return tuple(_earlier_account(reader, account, event.time) for account in list(found)[:EARLIER_MAX])


def _earlier_account(reader: Reader, account: AccountId, at: datetime) -> EarlierAccount:
    state = reader.account(account)
    if state is None:
        return EarlierAccount(account)
    standing = {StandsThere(r.reason, r.kind, not r.is_automated): None for r in state.in_force(at)}
    return EarlierAccount(account, tuple(standing), bool(state.unreadable))


def _may_confirm(event: Event, state: AccountState) -> bool:
    """Whether an act may find that this account deceives others."""
    offender = Reason.SCAM_OFFENDER
    match event.data:
        case data.PlaceAct(reason=reason):
            return reason == offender
        case data.Mirrored(restriction=restriction, is_quiet=False):
            return restriction.reason == offender
        case data.ApproveAct(restriction=id_):
            return any(r.id == id_ and r.reason == offender for r in state.restrictions)
        case data.CaseAct(case=id_, outcome=CaseOutcome.CONFIRMED | CaseOutcome.OFFBOARD):
            return any(c.id == id_ and c.reason == offender for c in state.cases)
        case _:
            return False


def _dealt_with(reader: Reader, account: AccountId, at: datetime) -> tuple[DealtWith, ...]:
    return reader.dealt_with(account, at - DEALT_WITHIN_FOR, DEALT_MAX)
