"""How things are printed: JSON for machines, short plain lines for people."""

import sys
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console

from habeas.domain.decision import Outcome, RestrictionBrief
from habeas.domain.restriction import Restriction, Status
from habeas.domain.verdict import Verdict

_encode = msgspec.json.Encoder(decimal_format="string").encode


def json_line(value: Any) -> None:
    """One JSON value on a line of its own."""
    sys.stdout.buffer.write(_encode(value) + b"\n")
    sys.stdout.buffer.flush()


def pretty(value: Any) -> bytes:
    """A JSON value over many lines, for a file that people may look into."""
    return msgspec.json.format(_encode(value), indent=2) + b"\n"


def console() -> Console:
    """The terminal. Text is never taken for markup: account ids and notes come from outside."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def when(at: datetime | None) -> str:
    """An instant as staff read it, e.g. `2026-11-24 14:00 UTC`."""
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def outcome_lines(outcome: Outcome) -> list[str]:
    """What an event led to, one fact per line."""
    head = f"{outcome.event} on {outcome.account}"
    lines = [f"{head}: already recorded; this was the first answer"] if outcome.duplicate else [head]
    lines += [
        f"  signal  {s.typology} {s.score:.2f} by {s.detector}: "
        + "; ".join(f"{name} {value}" for name, value in s.evidence.items())
        for s in outcome.signals
    ]
    lines += [f"  {word:<7} {_restriction(r)}" for word, rs in _changes(outcome) for r in rs]
    lines += [f"  case    {case}" for case in outcome.cases]
    lines += [f"  asked   documents, request {request}" for request in outcome.requests]
    if outcome.disposition is not None:
        lines.append(f"  coins   {outcome.disposition}")
    lines += [f"  action  {action.action} ({action.request})" for action in outcome.actions]
    if outcome.refusal is not None:
        lines.append(f"  refused {outcome.refusal.message}")
    if outcome.quarantined:
        lines.append("  quarantined: it could not be judged; outflow is held until a person has looked")
    if outcome.verdict is not None:
        lines.append(f"  verdict {verdict_line(outcome.verdict)}")
    return lines


def _changes(outcome: Outcome) -> tuple[tuple[str, tuple[RestrictionBrief, ...]], ...]:
    return ("placed", outcome.placed), ("longer", outcome.extended), ("ended", outcome.lifted)


def _restriction(r: RestrictionBrief) -> str:
    end = f"until {when(r.ends_at)}" if r.ends_at else f"looked at again {when(r.recheck_at)}"
    is_over = r.status not in (Status.ACTIVE, Status.PROPOSED)
    return f"{r.id} {r.kind} for {r.reason}, scope {r.scope}, {r.status if is_over else end}"


def verdict_line(verdict: Verdict) -> str:
    """A verdict in one line."""
    until = f", until {when(verdict.until)}" if verdict.until else ""
    because = f", because of {', '.join(verdict.determining)}" if verdict.determining else ""
    return f"{verdict.capability}: {verdict.level}{until}{because}"


def restriction_lines(r: Restriction) -> list[str]:
    """A restriction as staff read it: what, why, how well proved, by whom, from when to when."""
    end = f"until {when(r.ends_at)}" if r.condition is None else f"until {r.condition.until}"
    if r.condition is not None and r.ended_at is None:
        end += f", looked at again {when(r.condition.recheck_at)} by {r.condition.owner}"
    lines = [
        f"{r.id}  {r.kind} for {r.reason}, scope {r.scope}, {r.status}",
        f"  from {when(r.starts_at)} {end}",
        f"  evidence {r.evidence} ({', '.join(r.evidence_ids)}), placed by {r.placed_by} under playbook {r.playbook}",
        f"  ground {r.ground.clause} ({r.ground.basis}, {r.ground.jurisdiction}), disclosure {r.disclosure}",
    ]
    if r.note:
        lines.append(f"  note: {r.note}")
    if r.ended_at is not None:
        lines.append(f"  ended {when(r.ended_at)} by {r.ended_by or 'time'}: {r.end_note}")
    return lines
