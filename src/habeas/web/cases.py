"""Cases: what waits for people, and what they do about it. Appeals, which become cases."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from habeas.domain.appeal import Appeal
from habeas.domain.case import Case, CaseOutcome, CaseStatus, CaseStep
from habeas.domain.decision import Outcome
from habeas.domain.errors import BadInputError, UnknownIdError
from habeas.domain.event_data import AccountName, CaseAct, CaseWork
from habeas.domain.event_data import Appeal as AppealSaid
from habeas.domain.ids import AccountId, CaseId, RestrictionId
from habeas.service.acts import tell_once
from habeas.service.case_file import CaseFile, case_file
from habeas.service.casework import LiaisonRow, case_by_id, open_cases, statistics
from habeas.web.acts import Token, Why, accepted, do
from habeas.web.backend import Backend
from habeas.web.operation import Call
from habeas.web.pages import LIMIT, After, Limit, Page, Pieces, page, page_of

FILED = "appeal.filed"
SOURCE = "urn:habeas:appeals"
"""Where appeals that came in through Habeas itself are said to come from."""

Queue = Annotated[Annotated[str, Meta(max_length=64)] | None, Meta(description="Only cases of this queue.")]


class Listed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which open cases."""

    queue: Queue = None
    after: After = None
    limit: Limit = LIMIT


class OfQueue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which cases."""

    queue: Queue = None


class OfAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which piece of an account's list."""

    account: Annotated[AccountName, Meta(description="The account.")]
    after: After = None
    limit: Limit = LIMIT


class Opinion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person finds about a case."""

    note: Why
    outcome: Annotated[CaseOutcome, Meta(description="What the person finds.")]
    done: Annotated[tuple[Token, ...], Meta(max_length=32, description="Which of its tasks are done.")] = ()


class Work(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person does on a case without deciding it."""

    note: Why
    step: Annotated[CaseStep, Meta(description="What is done.")]
    value: Annotated[
        str, Meta(max_length=128, description="To `assign`: to whom. To `refer`: its number in the other system.")
    ] = ""


class Filing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An appeal of one restriction, in the user's own words."""

    account: Annotated[AccountName, Meta(description="Whose restriction it is.")]
    restriction: Annotated[Token, Meta(description="The restriction's id, as the statement has it.")]
    text: Annotated[str, Meta(min_length=1, max_length=20_000, description="What the user writes.")]


class Filed(Struct, frozen=True):
    """That an appeal is on record."""

    account: Annotated[AccountId, Meta(description="Whose it is.")]
    restriction: Annotated[RestrictionId, Meta(description="What it contests.")]
    event: Annotated[str, Meta(description="Under which id it is on record.")]
    duplicate: Annotated[bool, Meta(description="Whether it was on record before.")]


class Contested(Struct, frozen=True):
    """An appeal as staff see it, with the case that it became."""

    case: Annotated[CaseId, Meta(description="The case in which it is decided.")]
    appeal: Annotated[Appeal, Meta(description="What the user wrote.")]
    status: Annotated[CaseStatus, Meta(description="Whether it is decided.")]
    outcome: Annotated[CaseOutcome | None, Meta(description="How it was decided.")]


def list_open(backend: Backend, call: Call) -> Page[Case]:
    """Open cases, most urgent first."""
    asked: Listed = call.query
    after = None if asked.after is None else _after(backend, asked.after)
    found = open_cases(backend.store, asked.queue, asked.limit + 1, after)
    return page("/v1/cases", found, lambda case: case.id, asked.limit, queue=asked.queue)


def show(backend: Backend, call: Call) -> Case:
    """One case."""
    return _case(backend, call.path["case"])


def decide(backend: Backend, call: Call) -> Outcome:
    """An opinion on a case; it is decided once as many people as it takes agree."""
    case = _case(backend, call.path["case"])
    body: Opinion = call.body
    act = CaseAct(actor=call.actor, note=body.note, case=case.id, outcome=body.outcome, done=body.done)
    return do(backend, call, case.account, act)


def work(backend: Backend, call: Call) -> Outcome:
    """A step on a case."""
    case = _case(backend, call.path["case"])
    body: Work = call.body
    if body.step is CaseStep.REFER and not body.value:
        raise BadInputError("the step refer needs a `value`: the case's number in the other system")
    act = CaseWork(actor=call.actor, note=body.note, case=case.id, step=body.step, value=body.value)
    return do(backend, call, case.account, act)


def file(backend: Backend, call: Call) -> CaseFile:
    """Everything about one case, for people who judge."""
    case = _case(backend, call.path["case"])
    return case_file(backend.questions, case.account, case, backend.clock())


def count(backend: Backend, call: Call) -> list[LiaisonRow]:
    """Counts without personal data."""
    return statistics(backend.store, call.query.queue)


def appeals(backend: Backend, call: Call) -> Page[Contested]:
    """The appeals of an account, oldest first."""
    asked: OfAccount = call.query
    with backend.store.reading() as reader:
        cases = reader.cases(asked.account)
    found = [Contested(case.id, case.appeal, case.status, case.outcome) for case in cases if case.appeal is not None]
    pieces = Pieces(after=asked.after, limit=asked.limit)
    return page_of("/v1/appeals", found, lambda each: each.case, pieces, account=asked.account)


def file_appeal(backend: Backend, call: Call) -> Filed:
    """A user contests a restriction."""
    body: Filing = call.body
    said = AppealSaid(restriction=RestrictionId(body.restriction), text=body.text)
    told = msgspec.json.encode(said)
    outcome = accepted(tell_once(backend.intake, SOURCE, FILED, body.account, backend.clock(), told, call.event_id))
    return Filed(outcome.account, said.restriction, outcome.event, outcome.duplicate)


def _after(backend: Backend, case: str) -> Case:
    found = case_by_id(backend.store, CaseId(case))
    if found is None:
        raise BadInputError(f"there is no case `{case}`; leave `after` out to begin at the start")
    return found


def _case(backend: Backend, case: str) -> Case:
    found = case_by_id(backend.store, CaseId(case))
    if found is None:
        raise UnknownIdError(f"there is no case `{case}` here")
    return found
