"""The file of one case, as it is handed to whoever must judge it: an appeals officer, an ombudsman, a court.

It holds what the case is about and nothing else of the account. Restrictions are shown as the public record has them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.disclosure.access_text import reasons_lines
from habeas.disclosure.entry import Entry
from habeas.disclosure.markdown import plain, table
from habeas.disclosure.view import as_public
from habeas.domain.case import Case
from habeas.domain.document import DocumentRequest
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.restriction import Restriction
from habeas.playbook.policy import Policy
from habeas.service.ports import RecordedEvent
from habeas.service.questions import Questions
from habeas.service.subject import reasons_given


class Happened(Struct, frozen=True):
    """One line of the timeline. `led_to` names what it did to the matter; `by` and `note` are of an act of staff."""

    at: datetime
    event: str
    type: str
    source: str
    led_to: tuple[str, ...]
    by: str | None = None
    note: str | None = None


class Evidence(Struct, frozen=True):
    """A piece of evidence that a restriction names, and what is known of it here."""

    id: str
    restriction: RestrictionId
    type: str | None = None
    at: datetime | None = None


class CaseRestriction(Struct, frozen=True):
    """A restriction with the statement of reasons that its user got; None where it never took effect."""

    restriction: Restriction
    reasons: Entry | None


class CaseFile(Struct, frozen=True, kw_only=True):
    """Everything on record about one case."""

    case: Case
    account: AccountId
    made_at: datetime
    timeline: tuple[Happened, ...]
    restrictions: tuple[CaseRestriction, ...]
    evidence: tuple[Evidence, ...]
    requests: tuple[DocumentRequest, ...]


def case_file(questions: Questions, account: AccountId, case: Case, at: datetime) -> CaseFile:
    """The file of a case. Raises UnreadableRecordError rather than leave something out."""
    view, policy = questions.account(account), questions.policy(account)
    about = _about(case, view.restrictions)
    requests = tuple(r for r in view.requests if r.restriction in about or r.cause == case.cause)
    given = reasons_given(questions, account, tuple(r for r in view.restrictions if r.id in about))
    restrictions = tuple(CaseRestriction(_on_file(r, policy), entry) for r, entry in given)
    by_id: dict[str, RecordedEvent] = {event.id: event for event in view.events}
    return CaseFile(
        case=case,
        account=account,
        made_at=at,
        timeline=tuple(_timeline(view.events, case, about, {request.id for request in requests})),
        restrictions=restrictions,
        evidence=tuple(
            _evidence(id_, each.restriction.id, by_id.get(id_.removeprefix("event:")))
            for each in restrictions
            for id_ in each.restriction.evidence_ids
        ),
        requests=requests,
    )


def _about(case: Case, restrictions: Iterable[Restriction]) -> frozenset[RestrictionId]:
    """The restrictions that a case names, and those that the same event placed for the same reason."""
    return frozenset(case.restrictions) | {
        r.id for r in restrictions if (r.cause, r.reason) == (case.cause, case.reason) and r.placed_at == case.opened_at
    }


def _on_file(restriction: Restriction, policy: Policy) -> Restriction:
    """A restriction as a file may show it: a member of the cover class says nothing of its own here (model 5.5)."""
    public = as_public(restriction, policy)
    if public is restriction:
        return restriction
    return replace(public, evidence_ids=(), circumstances=(), note="", end_note="", approved_by=None, ended_by=None)


def _evidence(id_: str, restriction: RestrictionId, event: RecordedEvent | None) -> Evidence:
    return Evidence(id_, restriction) if event is None else Evidence(id_, restriction, event.type, event.time)


def _timeline(
    events: Iterable[RecordedEvent], case: Case, about: frozenset[RestrictionId], requests: set[Any]
) -> Iterator[Happened]:
    for event in events:
        outcome = event.outcome
        led_to = (
            *(f"placed {r.kind}, {r.id}" for r in outcome.placed if r.id in about),
            *(f"prolonged {r.id}" for r in outcome.extended if r.id in about),
            *(f"{r.id} is {r.status}" for r in outcome.lifted if r.id in about),
            *("opened or changed this case" for id_ in outcome.cases if id_ == case.id),
            *(f"asked for documents, {id_}" for id_ in outcome.requests if id_ in requests),
        )
        said = _said(event)
        names = {said.get("case"), said.get("restriction")}
        is_cited = event.id == case.cause or case.id in names or not about.isdisjoint(names)
        if led_to or is_cited:
            by, note = said.get("actor"), said.get("note")
            who = ":".join(map(str, by)) if isinstance(by, list) else None
            yield Happened(event.time, event.id, event.type, event.source, led_to, who, note and str(note))


def _said(event: RecordedEvent) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(event.body)
    except msgspec.DecodeError:
        return {}
    kept = {n: v for n, v in said.items() if isinstance(v, str) or n == "actor"} if isinstance(said, dict) else {}
    return kept if event.source.startswith("habeas:") else {n: v for n, v in kept.items() if n == "restriction"}


def case_text(told: CaseFile) -> str:
    """The file as Markdown."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: CaseFile) -> Iterator[str]:
    case = told.case
    yield from (f"# Case {case.id}", "", f"Account {plain(told.account)}. Made {_when(told.made_at)}.", "")
    facts = [
        ("reason", case.reason),
        ("why", case.why),
        ("queue", case.queue),
        ("opened", _when(case.opened_at)),
        ("due", _when(case.due_at)),
        ("status", case.status),
        ("outcome", case.outcome or "none yet"),
        ("decided", _when(case.decided_at)),
    ]
    yield from (*table(("", "case"), facts), "", "## Decisions", "")
    opinions = [(_when(o.at), str(o.by), o.outcome, o.note) for o in case.opinions]
    yield from _table(("when", "who", "found", "why"), opinions)
    if case.match is not None:
        match = case.match
        where = f"{match.list} {match.version}, entry {match.entry}"
        yield from ("", f"Match with {plain(match.listed)} ({plain(where)}), score {match.score:.2f}.")
        yield from ("", *(f"- {plain(line)}" for line in match.explanation))
    yield from ("", "## Timeline", "")
    yield from _table(
        ("when", "event", "led to", "by", "note"),
        [(_when(h.at), h.type, "; ".join(h.led_to) or "-", h.by or "-", h.note or "-") for h in told.timeline],
    )
    yield from ("", "## Restrictions", "")
    for each in told.restrictions:
        yield from _restriction(each)
    if not told.restrictions:
        yield from ("None.", "")
    yield from ("## Evidence", "")
    rows = [(e.id, e.restriction, e.type or "not an event here", _when(e.at)) for e in told.evidence]
    yield from _table(("evidence", "for", "what", "when"), rows)
    yield from ("", "## Documents requested", "")
    yield from _table(
        ("request", "documents", "why", "asked", "due", "status"),
        [(r.id, ", ".join(r.documents), r.why, _when(r.issued_at), _when(r.due_at), r.status) for r in told.requests],
    )


def _restriction(each: CaseRestriction) -> Iterator[str]:
    r = each.restriction
    facts = [
        ("kind", f"{r.kind} for {r.reason}, scope {r.scope}"),
        ("status", r.status),
        ("from", _when(r.starts_at)),
        ("until", _when(r.ends_at) if r.condition is None else r.condition.until),
        ("ended", _when(r.ended_at)),
        ("evidence", r.evidence),
        ("placed by", f"{r.placed_by} under playbook {r.playbook}"),
        ("approved by", str(r.approved_by or "-")),
        ("milder measures considered", ", ".join(r.least_restrictive_considered) or "-"),
        ("ground", f"{r.ground.clause} ({r.ground.basis}, {r.ground.jurisdiction})"),
    ]
    yield from (f"### Restriction {r.id}", "", *table(("", "restriction"), facts), "", "Statement of reasons:", "")
    if each.reasons is None:
        yield from ("None was given: the restriction never took effect.", "")
    else:
        yield from reasons_lines(each.reasons)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield from table(head, rows) if rows else ("None.",)


def _when(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
