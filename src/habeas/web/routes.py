"""All routes in one table: what is not here is not there, and what is here asks for its access scope."""

from habeas.domain.access import AccessScope
from habeas.domain.decision import Outcome
from habeas.web import authzen, events, health
from habeas.web.operation import JSON, Operation

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/v1/events",
        name="takeEvents",
        tag="events",
        summary="Tell facts",
        about="One event, or a batch of them, as CloudEvents 1.0: structured, or in `ce-` headers. The answer comes when "
        "what it says is durable. An event that came before gets its first answer again. In a batch each event is answered "
        "in its place: with its outcome, or with a problem, which touches no other.",
        scope=AccessScope.EVENTS_WRITE,
        handle_at_once=events.take,
        body_types=(events.SINGLE, events.BATCH, JSON),
        body_max=events.BATCH_BYTES_MAX,
        answer=Outcome | list[Outcome | events.BatchItem],
        problems=(409,),
    ),
    Operation(
        method="POST",
        path="/access/v1/evaluation",
        name="evaluate",
        tag="access",
        summary="May it?",
        scope=AccessScope.EVALUATE,
        handle_at_once=authzen.evaluate,
        body_types=(JSON,),
        answer=authzen.Answer,
    ),
    Operation(
        method="POST",
        path="/access/v1/evaluations",
        name="evaluateMany",
        tag="access",
        summary="May they?",
        scope=AccessScope.EVALUATE,
        handle=authzen.evaluate_many,
        body_types=(JSON,),
        body_max=1024 * 1024,
        answer=authzen.Answers,
    ),
    Operation(
        method="GET",
        path="/.well-known/authzen-configuration",
        name="configuration",
        tag="access",
        summary="Where the decision point is",
        scope=None,
        handle=authzen.configuration,
        answer=authzen.Configuration,
    ),
    Operation(
        method="GET",
        path="/healthz",
        name="alive",
        tag="health",
        summary="Whether the service is there",
        scope=None,
        handle_at_once=health.alive,
        answer=health.Health,
    ),
    Operation(
        method="GET",
        path="/readyz",
        name="ready",
        tag="health",
        summary="Whether it can answer",
        scope=None,
        handle=health.ready,
        answer=health.Health,
    ),
)
