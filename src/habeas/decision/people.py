"""What the bounded state keeps of dealings with other people: payers, reports, findings, warnings."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from habeas.detection.scam import is_sweep
from habeas.domain import event_data as data
from habeas.domain.account import (
    FINDINGS_KEPT_FOR,
    FINDINGS_MAX,
    PAYERS_KEPT_FOR,
    PAYERS_MAX,
    REPORT_MARKS_MAX,
    REPORTS_KEPT_FOR,
    REPORTS_MAX,
    WARNED_FOR,
    WARNED_MAX,
    AccountState,
    FindingKept,
    PayerSeen,
    ReportReceived,
    Warned,
)
from habeas.domain.event import Event
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import fingerprint
from habeas.domain.person_name import SameName, folded, same_name

CATEGORY_KEPT_MAX = 32
ACT_KEPT_MAX = 16

Keeper = Callable[[AccountState, Any, EnrichedEvent, datetime], AccountState]


def keep_recent(state: AccountState, now: datetime) -> AccountState:
    """The state without what is past its time."""
    if not (state.reports or state.payers or state.findings or state.warned):
        return state
    return replace(
        state,
        reports=tuple(r for r in state.reports if now - r.at <= REPORTS_KEPT_FOR),
        payers=tuple(p for p in state.payers if now - p.at <= PAYERS_KEPT_FOR),
        findings=tuple(f for f in state.findings if now - f.at <= FINDINGS_KEPT_FOR),
        warned=tuple(w for w in state.warned if now - w.at <= WARNED_FOR),
    )


def keep_outflow(state: AccountState, event: Event, large_share: Decimal, now: datetime) -> AccountState:
    """The state with the most that was ever let out at once, and when nearly everything last was."""
    said = event.data
    if not isinstance(said, data.Withdrawal | data.FiatWithdrawal | data.Counterparty):
        return state
    if is_sweep(said, large_share):
        state = replace(state, swept_at=now)
    return replace(state, largest_outflow_usd=max(said.usd, state.largest_outflow_usd or said.usd))


def _keep_payer(state: AccountState, paid: data.FiatDeposit, enriched: EnrichedEvent, now: datetime) -> AccountState:
    """Only names that are clearly not the holder's own."""
    if paid.payer_name is None or state.name is None:
        return state
    payer = folded(paid.payer_name)
    if same_name(payer, folded(state.name)) is not SameName.OTHER:
        return state
    name = fingerprint(" ".join(sorted(payer.split())))
    before = next((p for p in state.payers if p.name == name), None)
    others = tuple(p for p in state.payers if p.name != name)
    seen = PayerSeen(name, now, paid.usd + (before.usd if before else 0), enriched.mark)
    return replace(state, payers=(*others, seen)[-PAYERS_MAX:])


def _keep_report(state: AccountState, report: data.Report, enriched: EnrichedEvent, now: datetime) -> AccountState:
    """A report against this account, unless its author is of the same holder. The last word of one author counts."""
    who = enriched.facts.reporter
    if report.against != state.account or who is None or who.is_same_holder:
        return state
    kept = ReportReceived(
        at=now,
        reporter=who.account,
        category=report.category.lower()[:CATEGORY_KEPT_MAX],
        marks=who.marks[:REPORT_MARKS_MAX],
        since=who.since,
        upheld=who.upheld,
        rejected=who.rejected,
        has_dealt=who.has_dealt,
        mark=enriched.mark,
    )
    others = tuple(r for r in state.reports if r.reporter != who.account)
    return replace(state, reports=_bounded((*others, kept)))


def _bounded(reports: tuple[ReportReceived, ...]) -> tuple[ReportReceived, ...]:
    """At most REPORTS_MAX. Reports of accounts that never dealt with this one go first, of the largest crowd first, so that
    a flood pushes out nobody who was really paid or paying.
    """
    while len(reports) > REPORTS_MAX:
        strangers = [r for r in reports if not r.has_dealt] or list(reports)
        sizes = Counter(mark for r in strangers for mark in (r.marks or ("",)))
        out = max(
            strangers, key=lambda r: (max(sizes[mark] for mark in (r.marks or ("",))), r.mark != reports[-1].mark)
        )
        reports = tuple(r for r in reports if r is not out)
    return reports


def _keep_judged(state: AccountState, judged: data.ReportJudged, _e: EnrichedEvent, _now: datetime) -> AccountState:
    if judged.upheld:
        return replace(state, reports_upheld=state.reports_upheld + 1)
    return replace(state, reports_rejected=state.reports_rejected + 1)


def _keep_finding(state: AccountState, found: data.Finding, enriched: EnrichedEvent, now: datetime) -> AccountState:
    """One act, one finding. Without evidence that names the act, each event is an act of its own."""
    act = fingerprint(f"{found.finding}/{found.evidence or enriched.event.id}")[:ACT_KEPT_MAX]
    if any(kept.act == act for kept in state.findings):
        return state
    kept = FindingKept(str(found.finding), act, now, enriched.mark)
    return replace(state, findings=(*state.findings, kept)[-FINDINGS_MAX:])


def _keep_warning(state: AccountState, met: data.Counterparty, enriched: EnrichedEvent, now: datetime) -> AccountState:
    """A warning of a counterparty is remembered, so that whoever has read it is not asked for ever."""
    other = enriched.facts.other_party
    if other is None or other.offender_since is None or enriched.facts.is_own_counterparty:
        return state
    name = fingerprint(met.counterparty)
    if any(w.name == name for w in state.warned):
        return state
    return replace(state, warned=(*state.warned, Warned(name, now, enriched.mark))[-WARNED_MAX:])


KEEPERS: dict[type, Keeper] = {
    data.FiatDeposit: _keep_payer,
    data.Report: _keep_report,
    data.ReportJudged: _keep_judged,
    data.Finding: _keep_finding,
    data.Counterparty: _keep_warning,
}
"""By the shape of an event's data."""
