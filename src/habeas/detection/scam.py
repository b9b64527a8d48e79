"""Scams: who is deceived, who dealt with somebody who deceives, and who deceives are three different matters (rows A044-A053).

- contact: the other side of a trade or a transfer is somebody whom people found to be a scammer (row A004);
- victim: a payment to such a person, or a payment that looks like one that somebody is talked into;
- offender: independent reports that weigh enough, or other people's money that comes in and goes straight out again.

Nothing here says that somebody is guilty. A single report restricts nobody, and neither does any number of reports from
one crowd: reports of one holder, one main account, one device, or of accounts that have all just been opened count once.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import WARNED_FOR, AccountState, ReportReceived
from habeas.domain.event import OFFENDER_CONFIRMED, REPORT_RECEIVED
from habeas.domain.facts import EnrichedEvent, OtherParty
from habeas.domain.ids import fingerprint
from habeas.domain.signal import Signal

VERSION = 1

JUST_SHORT = 0.99
"""The score of what weighs enough and has not come from enough sides."""


class VictimPoints(Struct, frozen=True, forbid_unknown_fields=True):
    """Points of a payment that somebody may be talked into. `full` is the score 1.0."""

    new_payee: int
    sweep: int
    first_large: int
    elder: int
    full: int


class Params(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Figures of all three. Weights and shares are fractions, 0..1."""

    contact_within_for: timedelta
    """How long after somebody was found to be a scammer a payment to them still counts."""
    told_within_for: timedelta
    """How far back those who dealt with a confirmed scammer are told."""
    recent_for: timedelta
    """A payment to a confirmed scammer in this time may still be followed by another."""
    fraud_categories: tuple[str, ...]
    """Categories of reports that are about scams."""
    reports_within_for: timedelta
    new_account_for: timedelta
    """Reporters whose accounts are younger than this are one crowd."""
    weighty_at: float
    """The weight at which reports call for a hold. Above 1, so that no single one does."""
    weighty_share: float
    """Or this for each account that dealt with the reported one lately, if that is more; at most `weighty_max`."""
    weighty_max: float
    independent_min: int
    """From how many independent sides they must come, at least two; and from how many whose accounts dealt with this one."""
    dealt_min: int
    stranger_share: float
    """What a report counts whose author never dealt with the account."""
    strangers_max: float
    """What all of those count together at most: they support a suspicion and do not make it."""
    payee_new_for: timedelta
    large_share: Decimal
    """Of `[safety]`: a payment of more than this share of the balance is a sweep."""
    sweep_usual_for: timedelta
    """Who has moved nearly everything within this time does so now and then, and it is no sign."""
    first_large_times: int
    first_large_usd_min: Decimal
    elder_age_min: int
    victim: VictimPoints
    payers_within_for: timedelta
    payers_min: int
    """Other people's names under which money came in, before anybody looks."""
    pass_through_share: Decimal
    """A payment out of this share of what others paid in is passing it on."""
    rails: dict[str, str]
    """What payment methods are called, to the rail that they use: p2p, direct_deposit or card (row A043)."""

    def __post_init__(self) -> None:
        if self.weighty_at <= 1 or self.independent_min < 2 or self.dealt_min < 1:  # noqa: PLR2004 - one report never does
            raise ValueError(
                "a single report never restricts: `weighty_at` is above 1, `independent_min` is 2 and `dealt_min` 1 at least"
            )


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """What this event says of all three."""
    now = state.decided_at or enriched.event.time
    said = enriched.event.data
    match said:
        case data.OffenderConfirmed():
            yield from _told(said, now, params)
        case data.Report() if said.against == state.account:
            yield from _reported(state, enriched, now, params)
        case data.FiatDeposit():
            yield from _paid_by_others(state, enriched, now, params)
        case data.Counterparty() if enriched.facts.is_own_counterparty:
            pass
        case data.Counterparty():
            is_offender = _is_offender(enriched.facts.other_party, now, params)
            if is_offender:
                yield from _meets(state, enriched, said, now)
            elif enriched.event.type != "p2p.opened":
                yield from _pays(state, enriched, said, said.counterparty, now, params)
        case data.Withdrawal(address=payee) | data.FiatWithdrawal(bank_account=payee):
            yield from _pays(state, enriched, said, payee, now, params)
        case _:
            pass


def rail(event_type: str, method: str | None, params: Params) -> str:
    """By which rail money moves: p2p, direct deposit or card. What nobody has named is a direct deposit."""
    return "p2p" if event_type.startswith("p2p.") else params.rails.get((method or "").lower(), "direct_deposit")


# --- contact and victim ----------------------------------------------------------------------------------------------


def _is_offender(other: OtherParty | None, now: datetime, params: Params) -> bool:
    return (
        other is not None
        and other.offender_since is not None
        and now - other.offender_since <= params.contact_within_for
    )


def _meets(state: AccountState, enriched: EnrichedEvent, said: data.Counterparty, now: datetime) -> Iterator[Signal]:
    """Before a payment to somebody who was found to be a scammer: a warning. After one: help."""
    evidence = {
        "counterparty": said.counterparty,
        "rail": "p2p" if enriched.event.type.startswith("p2p.") else "transfer",
    }
    if enriched.event.type == "p2p.paid":
        yield _signal("paid_scammer", 1.0, evidence)
        return
    name = fingerprint(said.counterparty)
    was_warned = any(w.name == name and w.mark != enriched.mark and now - w.at <= WARNED_FOR for w in state.warned)
    yield _signal("scam_contact", 0.3 if was_warned else 1.0, evidence | ({"warned": "before"} if was_warned else {}))


def _told(said: data.OffenderConfirmed, now: datetime, params: Params) -> Iterator[Signal]:
    """An account that this one dealt with was found to be a scammer's."""
    ago = now - said.dealt_at
    if ago > params.told_within_for:
        return
    evidence = {"counterparty": said.counterparty, "dealt_at": said.dealt_at.isoformat()}
    if said.has_paid:
        yield _signal("paid_scammer", 1.0 if ago <= params.recent_for else 0.5, evidence)
    else:
        yield _signal("scam_contact", 1.0, evidence)


def _pays(
    state: AccountState, enriched: EnrichedEvent, said: data.EventData, payee: str, now: datetime, params: Params
) -> Iterator[Signal]:
    """A payment out: like one that somebody is talked into, or handing on what others paid in."""
    usd: Decimal = getattr(said, "usd", Decimal(0))
    found = dict(_victim_points(state, said, payee, usd, now, params))
    points = sum(found.values())
    if "new_payee" in found and len(found) > 1:
        evidence = {"points": str(points), "signs": ", ".join(f"{name} {value}" for name, value in found.items())}
        yield _signal("victim_pattern", min(1.0, points / params.victim.full), evidence)
    yield from _passes_on(state, enriched, usd, now, params)


def _victim_points(
    state: AccountState, said: data.EventData, payee: str, usd: Decimal, now: datetime, params: Params
) -> Iterator[tuple[str, int]]:
    known = [state.destination_known_since(payee), getattr(said, "known_since", None)]
    since = min((at for at in known if at is not None), default=None)
    if since is None or now - since < params.payee_new_for:
        yield "new_payee", params.victim.new_payee
    is_usual = state.swept_at is not None and now - state.swept_at <= params.sweep_usual_for
    if is_sweep(said, params.large_share) and not is_usual:
        yield "sweep", params.victim.sweep
    largest = state.largest_outflow_usd or Decimal(0)
    if usd >= params.first_large_usd_min and usd >= largest * params.first_large_times:
        yield "first_large", params.victim.first_large
    if state.birth_date is not None and now.year - state.birth_date.year >= params.elder_age_min:
        yield "elder", params.victim.elder


def is_sweep(said: data.EventData, share: Decimal) -> bool:
    """Whether nearly all of a balance leaves: of everything if that is told, else of the asset."""
    everything: Decimal | None = getattr(said, "balance_usd", None)
    if everything is not None:
        usd: Decimal = getattr(said, "usd", Decimal(0))
        return 0 < everything * share < usd
    amount: Decimal | None = getattr(said, "amount", None)
    balance: Decimal | None = getattr(said, "balance", None)
    return amount is not None and balance is not None and 0 < balance * share < amount


# --- offender --------------------------------------------------------------------------------------------------------


class _Weighed(Struct, frozen=True):
    """What a set of reports comes to: its weight, from how many independent sides, and how many of those dealt."""

    weight: float
    sides: int
    dealt: int

    def score(self, params: Params, needed: float) -> float:
        """1.0 exactly if it weighs what is needed and comes from enough sides."""
        is_independent = self.sides >= params.independent_min and self.dealt >= params.dealt_min
        return 1.0 if self.weight >= needed and is_independent else min(JUST_SHORT, self.weight / needed)


def _reported(state: AccountState, enriched: EnrichedEvent, now: datetime, params: Params) -> Iterator[Signal]:
    """All reports about scams so far, when this one adds to them. A further report of the same crowd is no new evidence."""
    about = [
        r for r in state.reports if r.category in params.fraud_categories and now - r.at <= params.reports_within_for
    ]
    after = weigh(about, now, params)
    before = weigh([r for r in about if r.mark != enriched.mark], now, params)
    if (after.weight, after.dealt) <= (before.weight, before.dealt) or not after.weight:
        return
    who = enriched.facts.reporter
    trades = who.reported_dealt_with if who is not None else 0
    needed = max(params.weighty_at, min(params.weighty_max, trades * params.weighty_share))
    evidence = {
        "weight": f"{after.weight:.2f} of {needed:.2f}",
        "reports": str(len(about)),
        "independent": str(after.sides),
        "dealt_with": str(after.dealt),
    }
    yield _signal("offender_reports", after.score(params, needed), evidence)


def weigh(reports: Iterable[ReportReceived], now: datetime, params: Params) -> _Weighed:
    """Reports by crowds: each crowd counts as its weightiest report, and strangers together at most as `strangers_max`."""
    dealt, strangers = [], []
    for crowd in crowds(reports, now, params.new_account_for):
        weights = [(_weight(r), r.has_dealt) for r in crowd]
        own = max((w for w, has_dealt in weights if has_dealt), default=0.0)
        if own:
            dealt.append(own)
        elif (other := max(w for w, _ in weights) * params.stranger_share) > 0:
            strangers.append(other)
    weight = sum(dealt) + min(sum(strangers), params.strangers_max)
    return _Weighed(weight, len(dealt) + len(strangers), len(dealt))


def crowds(reports: Iterable[ReportReceived], now: datetime, new_for: timedelta) -> list[list[ReportReceived]]:
    """Reports that may be of one person or one arrangement, together: whoever shares a holder, a main account or a device,
    also through others, and all whose accounts are new.
    """
    found: list[tuple[set[str], list[ReportReceived]]] = []
    for report in reports:
        marks = {report.reporter, *report.marks}
        if report.since is None or now - report.since < new_for:
            marks.add("new")
        members = [report]
        apart = []
        for other_marks, others in found:
            if marks & other_marks:
                marks |= other_marks
                members = [*others, *members]
            else:
                apart.append((other_marks, others))
        found = [*apart, (marks, members)]
    return [members for _, members in found]


def _weight(report: ReportReceived) -> float:
    """How often reports of this author were right, as far as people decided about them; one half for a first report.

    Always below 1. The word of somebody whom we do not know at all weighs nothing.
    """
    if report.since is None:
        return 0.0
    return (report.upheld + 1) / (report.upheld + report.rejected + 2)


def _paid_by_others(state: AccountState, enriched: EnrichedEvent, now: datetime, params: Params) -> Iterator[Signal]:
    """Money under names that are not the holder's: one name is a relative; several may be a mule."""
    if not any(payer.mark == enriched.mark for payer in state.payers):
        return
    recent = [payer for payer in state.payers if now - payer.at <= params.payers_within_for]
    method = getattr(enriched.event.data, "method", None)
    evidence = {
        "payers": str(len(recent)),
        "usd": str(sum(payer.usd for payer in recent)),
        "rail": rail(enriched.event.type, method, params),
    }
    yield _signal("third_party_funding", 0.5 if len(recent) >= params.payers_min else 0.2, evidence)


def _passes_on(
    state: AccountState, enriched: EnrichedEvent, usd: Decimal, now: datetime, params: Params
) -> Iterator[Signal]:
    """Other people's money that goes straight out again: two independent signs together (evidence E2)."""
    recent = [payer for payer in state.payers if now - payer.at <= params.payers_within_for]
    came_in = sum((payer.usd for payer in recent), Decimal(0))
    if len(recent) >= params.payers_min and usd >= came_in * params.pass_through_share > 0:
        evidence = {"payers": str(len(recent)), "came_in_usd": str(came_in), "goes_out_usd": str(usd)}
        yield _signal("mule_pass_through", 1.0, evidence | {"asked": enriched.event.type})


def _signal(typology: str, score: float, evidence: dict[str, str]) -> Signal:
    return Signal(typology, score, DETECTOR.label, evidence)


DETECTOR = Detector(
    name="scam",
    version=VERSION,
    events=frozenset(
        {
            *("p2p.opened", "p2p.paid", "transfer.requested", "deposit.fiat", "report.filed"),
            *("withdrawal.requested", "withdrawal.fiat_requested", REPORT_RECEIVED, OFFENDER_CONFIRMED),
        }
    ),
    typologies=frozenset(
        {
            *("scam_contact", "paid_scammer", "victim_pattern"),
            *("offender_reports", "third_party_funding", "mule_pass_through"),
        }
    ),
    params=Params,
    judge=judge,
)
