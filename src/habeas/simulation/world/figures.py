"""Tallies of several seeds as figures, each with a 95 % interval over seeds."""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from statistics import mean, stdev

from msgspec import Struct

from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.takeovers import TAKEOVER_ABROAD, TAKEOVER_AT_HOME
from habeas.simulation.world.tally import CHAIN_SIGNAL, PlotTally, ReasonTally, Tally

_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t for 95 %, by degrees of freedom from 1 on."""

MONTH_DAYS = 30
_CURVE = (*(step / 20 for step in range(1, 20)), 0.97, 0.99, 1.0)


class Estimate(Struct, frozen=True):
    """A mean over seeds with the ends of its 95 % interval. With one seed there is no interval: the ends are the mean."""

    mean: float
    low: float
    high: float
    seeds: int


Row = dict[str, Estimate]


class GuardFigures(Struct, frozen=True, kw_only=True):
    """One guard in all worlds. Shares from 0 to 1, rates per 1,000 accounts, times in hours."""

    overall: Row
    reasons: dict[str, Row]
    plots: dict[str, Row]
    broken: dict[str, int]
    broken_where: tuple[str, ...]
    """The first few."""
    release_curve: tuple[tuple[float, float], ...]
    """Share of the innocents' locks, and the hours within which that share was over; all seeds together."""


class Target(Struct, frozen=True):
    """One thing that was asked for, and whether the mean meets it."""

    what: str
    wanted: str
    measured: str
    is_met: bool


class Figures(Struct, frozen=True, kw_only=True):
    """One run of the simulation."""

    parameters: Parameters
    seeds: tuple[int, ...]
    guards: dict[str, GuardFigures]
    targets: tuple[Target, ...]


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and interval of one figure over seeds."""
    middle = mean(values)
    if len(values) < 2:
        return Estimate(middle, middle, middle, len(values))
    t = _T95[min(len(values) - 1, len(_T95)) - 1]
    half = t * stdev(values) / sqrt(len(values))
    return Estimate(middle, middle - half, middle + half, len(values))


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that a share of them does not exceed; None of nothing."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else None


def figures(parameters: Parameters, seeds: Sequence[int], tallies: Sequence[Mapping[str, Tally]]) -> Figures:
    """All figures. `tallies` has one mapping from guard to tally for each seed; `nothing` is among the guards."""
    guards = {}
    for name in tallies[0]:
        of = [(each[name], each["nothing"]) for each in tallies]
        guards[name] = GuardFigures(
            overall=_rows([_overall(tally, open_, parameters) for tally, open_ in of]),
            reasons={
                reason: _rows([_reason(reason, tally, open_, parameters) for tally, open_ in of])
                for reason in sorted({r for tally, _ in of for r in (*tally.reasons, *tally.plots_by_reason)})
            },
            plots={
                kind: _rows([_plots(tally.plots.get(kind), open_.plots.get(kind)) for tally, open_ in of])
                for kind in sorted({k for tally, _ in of for k in tally.plots})
            },
            broken={check: sum(tally.broken[check] for tally, _ in of) for check in of[0][0].broken},
            broken_where=tuple(where for tally, _ in of for where in tally.broken_where)[:20],
            release_curve=_curve([hours for tally, _ in of for hours in tally.releases_h]),
        )
    return Figures(parameters=parameters, seeds=tuple(seeds), guards=guards, targets=targets(guards))


def _rows(measured: Sequence[Mapping[str, float | None]]) -> Row:
    names = dict.fromkeys(name for each in measured for name in each)
    found = {name: [value for each in measured if (value := each.get(name)) is not None] for name in names}
    return {name: estimate(values) for name, values in found.items() if values}


def _curve(releases_h: Sequence[float]) -> tuple[tuple[float, float], ...]:
    found = ((share, quantile(releases_h, share)) for share in _CURVE)
    return tuple((share, hours) for share, hours in found if hours is not None)


def _overall(tally: Tally, open_: Tally, p: Parameters) -> dict[str, float | None]:
    per_day = 1000 / tally.accounts / p.days
    per_month = 1000 / tally.accounts * MONTH_DAYS / p.days
    found: dict[str, float | None] = {
        "false holds /1000/day": tally.wrong_holds * per_day,
        "false holds by rule (a) /1000/day": tally.wrong_by_signal.get(CHAIN_SIGNAL, 0) * per_day,
        "innocent lock-hours /1000/month": tally.lock_h * per_month,
        "innocent lock-hours, takeover reasons /1000/month": tally.protective_lock_h * per_month,
        "of these to new destinations only": tally.destinations_only_h * per_month,
        "innocent step-up hours /1000/month": tally.step_up_h * per_month,
        "victims' hours after the intruder /1000/month": tally.owner_waits_h * per_month,
        "innocent requests held /1000/day": tally.felt_holds * per_day,
        "innocent requests stepped up /1000/day": tally.felt_step_ups * per_day,
        "release median h": quantile(tally.releases_h, 0.5),
        "release p95 h": quantile(tally.releases_h, 0.95),
        "release median h, takeover reasons": quantile(tally.protective_releases_h, 0.5),
        "release p95 h, takeover reasons": quantile(tally.protective_releases_h, 0.95),
    }
    for name, prefix in (("takeover", "takeover"), ("abroad", TAKEOVER_ABROAD), ("at home", TAKEOVER_AT_HOME)):
        found |= {f"{what}, {name}": value for what, value in _plots(_sum(tally, prefix), _sum(open_, prefix)).items()}
    return found


def _sum(tally: Tally, prefix: str) -> PlotTally:
    total = PlotTally()
    for kind, each in tally.plots.items():
        if kind.startswith(prefix):
            total.plots += each.plots
            total.limited += each.limited
            total.tried += each.tried
            total.caught += each.caught
            total.lost_usd += each.lost_usd
    return total


def _plots(tally: PlotTally | None, open_: PlotTally | None) -> dict[str, float | None]:
    tally, open_ = tally or PlotTally(), open_ or PlotTally()
    return {
        "plots": float(tally.plots),
        "limited": tally.limited / tally.plots if tally.plots else None,
        "recall": tally.caught / tally.tried if tally.tried else None,
        "value saved": 1 - tally.lost_usd / open_.lost_usd if open_.lost_usd else None,
    }


def _reason(reason: str, tally: Tally, open_: Tally, p: Parameters) -> dict[str, float | None]:
    """`recall` here: of the plots that this reason is for, how many were limited; for takeovers see `overall`."""
    each = tally.reasons.get(reason) or ReasonTally()
    plots = _plots(tally.plots_by_reason.get(reason), open_.plots_by_reason.get(reason))
    placed = each.right + each.wrong_locks + each.wrong_step_ups
    locks = each.right + each.wrong_locks
    per_day = 1000 / tally.accounts / p.days
    return {
        "plots": plots["plots"],
        "recall": plots["limited"],
        "value saved": plots["value saved"],
        "precision": each.right / placed if placed else None,
        "precision of locks": each.right / locks if locks else None,
        "false locks /1000/day": each.wrong_locks * per_day,
        "false holds /1000/day": each.wrong_holds * per_day,
        "false step-ups /1000/day": each.wrong_step_ups * per_day,
        "innocent lock-hours /1000/month": each.lock_h * 1000 / tally.accounts * MONTH_DAYS / p.days,
        "release median h": quantile(each.releases_h, 0.5),
        "release p95 h": quantile(each.releases_h, 0.95),
    }


def targets(guards: Mapping[str, GuardFigures]) -> tuple[Target, ...]:
    """What issue 6 asks for, and what was measured."""
    ours = guards["Habeas"].overall
    naive = next(each.overall for name, each in guards.items() if name.startswith("naive"))
    hours = "innocent lock-hours, takeover reasons /1000/month"
    ratio = ours[hours].mean / naive[hours].mean if naive[hours].mean else 0.0
    saved, naive_saved = (
        each["value saved, takeover"].mean if "value saved, takeover" in each else 0.0 for each in (ours, naive)
    )
    broken = sum(guards["Habeas"].broken.values())
    found = [
        _at_least("recall, takeovers from abroad", ours.get("recall, abroad"), 0.90),
        _at_most("false withdrawal holds /1000 users and day", ours.get("false holds /1000/day"), 0.5),
        _at_most("of these by rule (a) alone", ours.get("false holds by rule (a) /1000/day"), 0.05),
        Target(
            "innocent lock-hours as a share of the naive rule's, at no less value saved",
            "at most 0.18",
            f"{ratio:.3f} (saved {saved:.3f} against {naive_saved:.3f})",
            ratio <= 0.18 and saved >= naive_saved,
        ),
        _at_most("median innocent lock, h", ours.get("release median h"), 24.0),
        _at_most("p95 innocent lock, h", ours.get("release p95 h"), 72.0),
        Target("promises broken (dust, reach, name, report, login, way out)", "0", str(broken), broken == 0),
    ]
    return tuple(found)


def _at_least(what: str, measured: Estimate | None, bound: float) -> Target:
    return Target(what, f"at least {bound:g}", shown(measured), measured is not None and measured.mean >= bound)


def _at_most(what: str, measured: Estimate | None, bound: float) -> Target:
    return Target(what, f"at most {bound:g}", shown(measured), measured is None or measured.mean <= bound)


def shown(measured: Estimate | None) -> str:
    """A figure with its interval, as people read it."""
    if measured is None:
        return "-"
    digits = 3 if abs(measured.mean) < 10 else 1 if abs(measured.mean) < 1000 else 0
    if measured.low == measured.high:
        return f"{measured.mean:.{digits}f}"
    return f"{measured.mean:.{digits}f} ({measured.low:.{digits}f} to {measured.high:.{digits}f})"
