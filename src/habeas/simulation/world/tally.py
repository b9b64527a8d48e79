"""Counting one guard in one world: by the labels, what was right and what was wrong, what was saved, who waited how long."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct, field

from habeas.simulation.world.checkers import CHECKERS
from habeas.simulation.world.deeds import FOREVER, Plot
from habeas.simulation.world.guards import HOLDING, LOCKING, Limit, Reach
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.run import Record
from habeas.simulation.world.takeovers import REASONS as TAKEOVER_REASONS

PROTECTIVE = frozenset(TAKEOVER_REASONS)
"""Reasons that the published rules serve too; innocent lock-hours are compared for these alone, and for all."""

CHAIN_SIGNAL = "leap_chain"
"""The signal of detection section 2, rule (a)."""


class PlotTally(Struct):
    """The plots of one kind. `tried`: those in which somebody tried to take value, or was kept from it by the guard."""

    plots: int = 0
    limited: int = 0
    """With a limit for one of the plot's reasons, placed by automation while it was true."""
    tried: int = 0
    caught: int = 0
    """Stopped at the first try, or out before it because of the guard."""
    lost_usd: float = 0.0


class ReasonTally(Struct):
    """The limits that automation placed for one reason."""

    right: int = 0
    wrong_locks: int = 0
    wrong_holds: int = 0
    wrong_step_ups: int = 0
    lock_h: float = 0.0
    """Innocent lock-hours in the measured days."""
    releases_h: list[float] = field(default_factory=list)


class Tally(Struct):
    """Everything that is counted of one guard in one world."""

    accounts: int = 0
    plots: dict[str, PlotTally] = field(default_factory=lambda: defaultdict(PlotTally))
    plots_by_reason: dict[str, PlotTally] = field(default_factory=lambda: defaultdict(PlotTally))
    reasons: dict[str, ReasonTally] = field(default_factory=lambda: defaultdict(ReasonTally))
    wrong_by_signal: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often a signal led to wrong limits that lock or hold."""
    wrong_holds: int = 0
    """Stretches in which an innocent account's withdrawals, or those to new destinations, were held."""
    lock_h: float = 0.0
    protective_lock_h: float = 0.0
    destinations_only_h: float = 0.0
    """Of the lock-hours, those in which known destinations stayed free and everything else too."""
    step_up_h: float = 0.0
    owner_waits_h: float = 0.0
    """Hours for which victims of a takeover stayed locked after they had their account back."""
    releases_h: list[float] = field(default_factory=list)
    protective_releases_h: list[float] = field(default_factory=list)
    felt_holds: int = 0
    felt_step_ups: int = 0
    broken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHECKERS, 0))
    """Promise to the number of times it was broken."""
    broken_where: list[str] = field(default_factory=list)

    def add(self, record: Record, p: Parameters) -> None:
        """Count one cluster."""
        self.accounts += len(record.cluster.opened)
        self.felt_holds += record.felt_holds
        self.felt_step_ups += record.felt_step_ups
        self._add_plots(record)
        self._add_limits(record, p)
        for name, check in CHECKERS.items():
            found = list(check(record))
            self.broken[name] += len(found)
            self.broken_where += [f"{name}: {where}" for where in found]

    def _add_plots(self, record: Record) -> None:
        noticed = {intrusion.plot: intrusion.noticed_at for intrusion in record.cluster.intrusions}
        automated = [limit for limit in record.limits.values() if limit.is_automated]
        for plot in record.cluster.plots:
            lost = record.taken_usd.get(plot.name, 0.0)
            first = record.first_try_stopped.get(plot.name)
            ousted = first is None and record.until.get(plot.name, FOREVER) < noticed.get(plot.name, -FOREVER)
            is_limited = any(_is_for(limit, plot, record) for limit in automated)
            for tally in (self.plots[plot.kind], self.plots_by_reason[plot.reasons[0]]):
                tally.plots += 1
                tally.limited += is_limited
                tally.tried += first is not None or ousted
                tally.caught += first is True or ousted
                tally.lost_usd += lost

    def _add_limits(self, record: Record, p: Parameters) -> None:
        until = p.days * 24.0
        last = until + p.run_out_days * 24.0
        wrong: dict[str, list[Limit]] = defaultdict(list)
        causes: set[tuple[str, str, float]] = set()
        for limit in record.limits.values():
            if not limit.is_automated or not limit.reach:
                continue
            tally, plot = self.reasons[limit.reason], record.plot_for(limit)
            is_counted = 0 <= limit.begins < until
            if plot is not None:
                tally.right += is_counted
                out_at = record.until.get(plot.name, FOREVER)
                if limit.reach & LOCKING and limit.ends > out_at:
                    self.owner_waits_h += _within([(max(limit.begins, out_at), limit.ends)], until)
                continue
            wrong[limit.account].append(limit)
            if limit.reach & LOCKING:
                tally.lock_h += _within([(limit.begins, limit.ends)], until)
            if not is_counted:
                continue
            if limit.reach & LOCKING:
                tally.wrong_locks += 1
                tally.wrong_holds += bool(limit.reach & HOLDING)
                tally.releases_h.append(min(limit.ends, last) - limit.begins)
                causes.add((limit.signal, limit.account, limit.begins))
            elif Reach.STEP_UP in limit.reach:
                tally.wrong_step_ups += 1
        for signal, _, _ in causes:
            self.wrong_by_signal[signal] += 1
        for limits in wrong.values():
            self._add_account(limits, until, last)

    def _add_account(self, limits: list[Limit], until: float, last: float) -> None:
        """One account's wrong limits, overlapping ones as one stretch."""
        locks = [limit for limit in limits if limit.reach & LOCKING]
        protective = [limit for limit in locks if limit.reason in PROTECTIVE]
        heavier = [limit for limit in locks if limit.reach & (LOCKING - {Reach.DESTINATIONS})]
        holds = [limit for limit in locks if limit.reach & HOLDING]
        self.lock_h += _within(_spans(locks), until)
        self.protective_lock_h += _within(_spans(protective), until)
        self.destinations_only_h += _within(_spans(locks), until) - _within(_spans(heavier), until)
        self.step_up_h += _within(_spans([limit for limit in limits if Reach.STEP_UP in limit.reach]), until)
        self.wrong_holds += sum(0 <= begins < until for begins, _ in _spans(holds))
        for spans, into in ((_spans(locks), self.releases_h), (_spans(protective), self.protective_releases_h)):
            into += [min(ends, last) - begins for begins, ends in spans if 0 <= begins < until]


def _is_for(limit: Limit, plot: Plot, record: Record) -> bool:
    found = record.plot_for(limit)
    return found is not None and found.name == plot.name


def _spans(limits: Iterable[Limit]) -> list[tuple[float, float]]:
    """Stretches of time in which at least one of some limits stands."""
    merged: list[tuple[float, float]] = []
    for begins, ends in sorted((limit.begins, limit.ends) for limit in limits):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends)
        else:
            merged.append((begins, ends))
    return merged


def _within(spans: Iterable[tuple[float, float]], until: float) -> float:
    """How many hours of some stretches lie in the measured days."""
    return sum(max(0.0, min(ends, until) - max(begins, 0.0)) for begins, ends in spans)
