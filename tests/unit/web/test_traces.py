"""Traces tell how long things took, and of nobody."""

import subprocess
import sys
from collections.abc import Collection, Iterator
from threading import Event
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from habeas.cli.work import keep_working
from habeas.service.tracing import Answered, Attribute, SpanName
from habeas.telemetry.otel import OtelTracer
from habeas.web.routes import OPERATIONS
from tests.servers import HookServer
from tests.unit.web.conftest import Service, an_envelope

CALLER = "0af7651916cd43dd8448eb211c80319c"
PARTS = {"timers", "effects", "notices", "campaigns", "bulk"}
VALUES: dict[Attribute, Collection[str]] = {
    Attribute.METHOD: {row.method for row in OPERATIONS},
    Attribute.ROUTE: {row.path for row in OPERATIONS},
    Attribute.ANSWER: set(Answered),
    Attribute.PART: PARTS,
}
"""What an attribute may say, where it is not a number or the name of an exception."""


class Traced:
    """The service with all that it tells of itself."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracer = OtelTracer("1", SimpleSpanProcessor(self.exporter))
        self.service = Service(tracer=self.tracer)

    def spans(self, name: SpanName) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]


@pytest.fixture
def traced() -> Iterator[Traced]:
    made = Traced()
    with made.service.client:
        yield made
    made.service.intake.close()
    made.tracer.close()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_an_event_is_a_request_a_decision_within_it_and_a_commit(traced: Traced) -> None:
    traced.service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    (request,) = traced.spans(SpanName.REQUEST)
    (decision,) = traced.spans(SpanName.DECISION)
    (commit,) = traced.spans(SpanName.COMMIT)
    assert attributes(request) == {Attribute.METHOD: "POST", Attribute.ROUTE: "/v1/events", Attribute.STATUS: 200}
    assert attributes(decision) == {Attribute.ANSWER: "decided"}
    assert attributes(commit) == {Attribute.EVENTS: 1}
    assert decision.parent is not None
    assert request.context is not None
    assert decision.parent.span_id == request.context.span_id


def test_a_request_goes_on_with_the_trace_of_its_caller_and_takes_nothing_else_of_it(traced: Traced) -> None:
    said = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01", "tracestate": "who=alice", "baggage": "user=alice"}
    traced.service.get("/v1/accounts/alice", traced.service.program() | said)
    (request,) = traced.spans(SpanName.REQUEST)
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == CALLER
    assert not request.context.trace_state
    assert "alice" not in request.to_json()


def test_a_round_of_the_worker_is_told_by_its_parts(traced: Traced) -> None:
    traced.service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    keep_working(traced.service.store, traced.service.intake, [], Event(), once=True, tracer=traced.tracer)
    assert {attributes(span)[Attribute.PART] for span in traced.spans(SpanName.PART)} == PARTS


def test_what_the_desk_does_in_a_round_is_not_told(traced: Traced) -> None:
    more = {"orders": lambda: 3}
    keep_working(traced.service.store, traced.service.intake, [], Event(), more=more, once=True, tracer=traced.tracer)
    assert {attributes(span)[Attribute.PART] for span in traced.spans(SpanName.PART)} == PARTS


def test_no_attribute_can_say_whom_or_what_it_is_about(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    service = traced.service
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    service.tell("e-1", "account.opened", "alice", {"residence": "CN"})
    refused = an_envelope("e-1", "account.opened", "alice", {"residence": "DE"})
    service.post("/v1/events", refused, service.program() | {"Content-Type": "application/cloudevents+json"})
    for path in ("/v1/accounts/alice", "/v1/accounts/alice/statement", "/v1/accounts/bob", "/nowhere/alice"):
        service.get(path)

    def broken(*_: object) -> None:
        raise RuntimeError("alice cannot be read")

    monkeypatch.setattr(service.intake, "_decide_one", broken)
    service.post("/v1/events", refused, service.program() | {"Content-Type": "application/cloudevents+json"})
    spans = traced.exporter.get_finished_spans()
    assert {span.name for span in spans} <= set(SpanName)
    for span in spans:
        told = attributes(span)
        assert set(told) <= set(Attribute)
        for name, allowed in VALUES.items():
            assert name not in told or told[name] in allowed
        assert "alice" not in span.to_json()
        assert not span.events
    answers = [attributes(span).get(Attribute.ANSWER) for span in traced.spans(SpanName.DECISION)]
    assert set(answers) == {"decided", "duplicate", "refused", None}
    assert {attributes(span).get(Attribute.ERROR) for span in spans} == {None, "RuntimeError"}


def test_a_command_sends_its_spans_to_the_collector_that_the_environment_names() -> None:
    with HookServer() as collector:
        asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}", "HOME": "/nonexistent"}
        command = [sys.executable, "-m", "habeas", "worker", "--once", "--store", "memory:"]
        subprocess.run(command, env=asked, capture_output=True, check=True)
    sent = b"".join(body for _, body in collector.requests)
    assert SpanName.PART.encode() in sent
    assert b"campaigns" in sent


def test_what_is_not_asked_for_is_not_even_imported() -> None:
    code = (
        "import sys; from habeas.cli import wiring, serve, work; import habeas.web.app\n"
        "with wiring.opened_tracer() as tracer: assert tracer is None\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], env={}, check=True)


def test_traces_that_cannot_be_sent_are_refused_in_a_sentence() -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from habeas.cli.main import main; sys.argv = ['habeas', 'worker', '--once', '--store', 'memory:']; main()"
    )
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    done = subprocess.run([sys.executable, "-c", code], env=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "install `habeas[otel]`" in done.stderr
