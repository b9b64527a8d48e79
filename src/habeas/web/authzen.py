"""May it? The OpenID AuthZEN Authorization API 1.0: subject = account, action = capability; answered as `habeas check` does."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from anyio import to_thread
from msgspec import Meta, Struct, field

from habeas.domain.capability import Capability, Level
from habeas.domain.errors import BadInputError, HabeasError
from habeas.domain.event_data import AccountName, Country, EventData, IdentityDocument, Profile
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.verdict import Request, Verdict
from habeas.service.applicants import judge_applicant
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply, encode
from habeas.web.problem import problem_of

ITEMS_MAX = 1_000
ID_HEADER = "X-Request-ID"

Label = Annotated[str, Meta(min_length=1, max_length=256)]


class Subject(Struct, frozen=True, kw_only=True):
    """Who wants to do something: an account, or somebody who wants to open one."""

    type: Annotated[
        Literal["account", "user", "applicant"],
        Meta(description="`account` (`user` means the same), or `applicant` for `open_account`."),
    ]
    id: Annotated[str, Meta(max_length=256, description="The account's id, or any name for an applicant.")]
    properties: Annotated[
        dict[str, Any], Meta(description="Of an applicant: `residence`, `nationalities`, `document`.")
    ] = {}


class Action(Struct, frozen=True, kw_only=True):
    """What somebody wants to do."""

    name: Annotated[Label, Meta(description="A capability, such as `withdraw_crypto`, or an action of the playbook.")]
    properties: Annotated[dict[str, Any], Meta(description="Not looked at.")] = {}


class Resource(Struct, frozen=True, kw_only=True):
    """On what: the exchange as a whole."""

    type: Annotated[Label, Meta(description="For example `exchange`; not looked at.")]
    id: Annotated[str, Meta(max_length=256, description="For example `*`; not looked at.")]
    properties: Annotated[dict[str, Any], Meta(description="Not looked at.")] = {}


class Stage(StrEnum):
    """How far a withdrawal has come."""

    REQUEST = "request"
    BROADCAST = "broadcast"


class Asked(EventData, frozen=True, kw_only=True):
    """What is known of the request. What a restriction in force needs and is not said here counts as unknown."""

    ip: Annotated[str | None, Meta(description="Where the request comes from.")] = None
    time: Annotated[
        Annotated[str, Meta(max_length=64)] | None, Meta(description="When, as RFC 3339 writes it. Without it: now.")
    ] = None
    channel: Annotated[Annotated[str, Meta(max_length=64)] | None, Meta(description="For example `app`.")] = None
    stage: Annotated[Stage, Meta(description="How far a withdrawal has come.")] = Stage.REQUEST
    asset: Annotated[Annotated[str, Meta(max_length=64)] | None, Meta(description="For example `BTC`.")] = None
    amount: Annotated[Decimal | None, Meta(description="How much of it, as a decimal string.")] = None
    balance: Annotated[Decimal | None, Meta(description="How much of it the account has.")] = None
    destination: Annotated[
        Annotated[str, Meta(max_length=256)] | None, Meta(description="Address, bank account or payee.")
    ] = None
    destination_known_since: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="Since when the account has had this destination.")
    ] = None


class Evaluation(Struct, frozen=True, kw_only=True):
    """One question."""

    subject: Annotated[Subject, Meta(description="Who wants to do something.")]
    action: Annotated[Action, Meta(description="What.")]
    resource: Annotated[Resource, Meta(description="On what.")]
    context: Annotated[Asked, Meta(description="What is known of the request.")] = field(default_factory=Asked)


class Semantic(StrEnum):
    """How far a batch goes on."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


class Options(Struct, frozen=True, kw_only=True):
    """How a batch is answered."""

    evaluations_semantic: Annotated[Semantic, Meta(description="How far a batch goes on.")] = Semantic.EXECUTE_ALL


class Part(Struct, frozen=True, kw_only=True):
    """One question of a batch. What it leaves out is as the batch says."""

    subject: Annotated[Subject | None, Meta(description="Who, if not as the batch says.")] = None
    action: Annotated[Action | None, Meta(description="What, if not as the batch says.")] = None
    resource: Annotated[Resource | None, Meta(description="On what, if not as the batch says.")] = None
    context: Annotated[dict[str, Any] | None, Meta(description="What is known, if not as the batch says.")] = None


class Evaluations(Struct, frozen=True, kw_only=True):
    """Several questions with what they have in common."""

    subject: Annotated[Subject | None, Meta(description="Who, where a question does not say.")] = None
    action: Annotated[Action | None, Meta(description="What, where a question does not say.")] = None
    resource: Annotated[Resource | None, Meta(description="On what, where a question does not say.")] = None
    context: Annotated[dict[str, Any], Meta(description="What is known, where a question does not say.")] = {}
    evaluations: Annotated[
        Annotated[tuple[Part, ...], Meta(max_length=ITEMS_MAX)] | None,
        Meta(description="The questions. Without any, what stands beside is the only one."),
    ] = None
    options: Annotated[Options, Meta(description="How the batch is answered.")] = field(default_factory=Options)


class Fault(Struct, frozen=True):
    """Why one question of a batch could not be answered."""

    status: Annotated[int, Meta(description="The HTTP status that it would have had alone.")]
    message: Annotated[str, Meta(description="What is wrong, and what to do.")]


class Reasons(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What stands behind a decision."""

    level: Annotated[Level | None, Meta(description="ALLOW, STEP_UP, HOLD or DENY.")] = None
    until: Annotated[datetime | None, Meta(description="When the level changes, as far as that is known.")] = None
    capability: Annotated[Capability | None, Meta(description="Which capability the action means.")] = None
    determining: Annotated[tuple[RestrictionId, ...], Meta(description="The restrictions that set the level.")] = ()
    statement: Annotated[str | None, Meta(description="Where the words for the user are.")] = None
    fresh_as_of: Annotated[datetime | None, Meta(description="As of when the answer is; none: as of now.")] = None
    error: Annotated[Fault | None, Meta(description="Why there is no answer; the decision is then false.")] = None


class Answer(Struct, frozen=True):
    """Whether it may be done without more ado, and what stands behind that."""

    decision: Annotated[bool, Meta(description="Whether the level is ALLOW.")]
    context: Annotated[Reasons, Meta(description="What stands behind it.")]


class Answers(Struct, frozen=True):
    """The answers to a batch, in its order; fewer where the semantic ends it early."""

    evaluations: Annotated[tuple[Answer, ...], Meta(description="One for each question that was answered.")]


class Configuration(Struct, frozen=True, kw_only=True):
    """Where the decision point is, and what it takes."""

    policy_decision_point: Annotated[str, Meta(description="Its base address.")]
    access_evaluation_endpoint: Annotated[str, Meta(description="Where one question goes.")]
    access_evaluations_endpoint: Annotated[str, Meta(description="Where several go.")]


class Applicant(Struct, frozen=True, kw_only=True):
    """Somebody who wants to open an account."""

    residence: Country | None = None
    nationalities: Annotated[tuple[Country, ...], Meta(max_length=8)] = ()
    document: IdentityDocument | None = None


_UNREADABLE = (msgspec.ValidationError, ValueError, RecursionError)
_decode = msgspec.json.Decoder(Evaluation).decode
_decode_many = msgspec.json.Decoder(Evaluations).decode


async def evaluate(backend: Backend, call: Call) -> Reply:
    """One question."""
    try:
        asked = _decode(call.body)
    except (*_UNREADABLE, msgspec.DecodeError) as exc:
        raise BadInputError(f"the evaluation cannot be read: {exc}") from None
    return _reply(await _answered(backend, asked), call)


def evaluate_many(backend: Backend, call: Call) -> Reply:
    """Several questions."""
    try:
        asked = _decode_many(call.body)
    except (*_UNREADABLE, msgspec.DecodeError) as exc:
        raise BadInputError(f"the evaluations cannot be read: {exc}") from None
    if not asked.evaluations:
        return _reply(answer(backend, _whole(asked, Part())), call)
    answers: list[Answer] = []
    ends_with = {Semantic.DENY_ON_FIRST_DENY: False, Semantic.PERMIT_ON_FIRST_PERMIT: True}
    for part in asked.evaluations:
        try:
            told = answer(backend, _whole(asked, part))
        except HabeasError as exc:
            problem = problem_of(exc)
            told = Answer(False, Reasons(error=Fault(problem.status, problem.detail or problem.title)))  # noqa: FBT003
        answers.append(told)
        if ends_with.get(asked.options.evaluations_semantic) is told.decision:
            break
    return _reply(Answers(tuple(answers)), call)


def configuration(backend: Backend, call: Call) -> Configuration:  # noqa: ARG001 - every route is called alike
    """The decision point says where it is."""
    base = call.base_url
    return Configuration(
        policy_decision_point=base,
        access_evaluation_endpoint=f"{base}/access/v1/evaluation",
        access_evaluations_endpoint=f"{base}/access/v1/evaluations",
    )


def answer(backend: Backend, asked: Evaluation) -> Answer:
    """The answer to one question. Raises BadInputError for a malformed id or an unknown capability."""
    if asked.subject.type == "applicant":
        return _told(_applicant(backend, asked, _capability(backend, asked)))
    return _told(backend.questions.check(*_question(backend, asked)))


async def _answered(backend: Backend, asked: Evaluation) -> Answer:
    """The same on the event loop, which must not wait for a server."""
    if backend.gate is None:
        return answer(backend, asked)
    if asked.subject.type == "applicant":
        return await to_thread.run_sync(answer, backend, asked)
    return _told(await backend.gate.check(*_question(backend, asked)))


def _capability(backend: Backend, asked: Evaluation) -> Capability:
    capability = backend.playbook.capability(asked.action.name)
    if capability is None:
        raise BadInputError(
            f"`{asked.action.name}` is no capability; known are {', '.join(Capability)}, and the actions of the playbook"
        )
    return capability


def _question(backend: Backend, asked: Evaluation) -> tuple[AccountId, Request]:
    """What is asked about an account."""
    capability = _capability(backend, asked)
    if capability is Capability.OPEN_ACCOUNT:
        raise BadInputError("`open_account` is asked for a subject of type `applicant`")
    return _account(asked.subject.id), _request(backend, asked.context, capability)


def _told(verdict: Verdict) -> Answer:
    return Answer(
        verdict.level is Level.ALLOW,
        Reasons(
            level=verdict.level,
            until=verdict.until,
            capability=verdict.capability,
            determining=verdict.determining,
            statement=verdict.statement,
            fresh_as_of=verdict.fresh_as_of,
        ),
    )


def _whole(batch: Evaluations, part: Part) -> Evaluation:
    subject, action, resource = (
        getattr(part, name) or getattr(batch, name) for name in ("subject", "action", "resource")
    )
    for name, value in (("subject", subject), ("action", action), ("resource", resource)):
        if value is None:
            raise BadInputError(f"an evaluation has no `{name}`, and the batch says none for all")
    context = batch.context if part.context is None else part.context
    try:
        return Evaluation(subject=subject, action=action, resource=resource, context=msgspec.convert(context, Asked))
    except _UNREADABLE as exc:
        raise BadInputError(f"the context of an evaluation cannot be read: {exc}") from None


def _applicant(backend: Backend, asked: Evaluation, capability: Capability) -> Verdict:
    if capability is not Capability.OPEN_ACCOUNT:
        raise BadInputError("an applicant is asked about `open_account` only")
    try:
        who = msgspec.convert(asked.subject.properties, Applicant)
    except _UNREADABLE as exc:
        raise BadInputError(f"the properties of the applicant cannot be read: {exc}") from None
    profile = Profile(residence=who.residence, nationalities=who.nationalities or None, document=who.document)
    request = _request(backend, asked.context, capability)
    return judge_applicant(backend.store, backend.playbook, backend.places, backend.lists, profile, request)


def _account(text: str) -> AccountId:
    try:
        return msgspec.convert(text, AccountName)
    except msgspec.ValidationError:
        raise BadInputError(
            f"`{text[:40]}` is no account id; it must be 1 to 128 letters, digits, or any of . _ : @ -, beginning with a "
            "letter or digit"
        ) from None


def _request(backend: Backend, said: Asked, capability: Capability) -> Request:
    return Request(
        capability=capability,
        at=backend.clock() if said.time is None else _instant(said.time),
        ip=said.ip,
        channel=said.channel,
        stage=said.stage,
        asset=said.asset,
        amount=said.amount,
        balance=said.balance,
        destination=said.destination,
        destination_known_since=said.destination_known_since,
    )


def _instant(text: str) -> datetime:
    """A time as AuthZEN's own examples write it: seconds may be missing, the zone may not."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"`{text}` is no time; write it like 2026-11-22T10:00:00Z") from None
    if at.tzinfo is None:
        raise BadInputError(f"`{text}` has no time zone; write it like 2026-11-22T10:00:00Z")
    return at


def _reply(value: Answer | Answers, call: Call) -> Reply:
    name = call.headers.get("x-request-id")
    return Reply(content=encode(value), headers={} if name is None else {ID_HEADER: name})
