"""OpenTelemetry's SDK as a tracer. Imported only where traces are asked for (`OTEL_EXPORTER_OTLP_ENDPOINT`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from habeas.service.tracing import Attribute, SpanName

_TRACEPARENT = "traceparent"


class _Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tell(self, attribute: Attribute, value: str | int) -> None:
        self._span.set_attribute(attribute.value, value)


class OtelTracer:
    """`service.tracing.Tracer`. Sampling and batching are set by OpenTelemetry's own variables (`OTEL_...`)."""

    def __init__(self, version: str, processor: SpanProcessor | None = None) -> None:
        """`version` is ours. `processor` takes the spans; without one they go, in batches, to the collector that the
        environment names.
        """
        resource = Resource.create({SERVICE_NAME: "habeas", SERVICE_VERSION: version})
        # Closed by `close`, and not whenever the interpreter ends.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("habeas", version)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self, name: SpanName, attributes: Mapping[Attribute, str | int], within: object | None = None
    ) -> Iterator[_Span]:
        assert within is None or isinstance(within, context.Context)
        told = {attribute.value: value for attribute, value in attributes.items()}
        # What OpenTelemetry itself would record of an exception quotes its message, and that what somebody sent.
        with self._tracer.start_as_current_span(
            name.value, within, attributes=told, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Span(span)
            except BaseException as exc:
                span.set_attribute(Attribute.ERROR.value, type(exc).__name__)
                span.set_status(trace.StatusCode.ERROR)
                raise

    def here(self) -> context.Context:
        return context.get_current()

    def from_caller(self, traceparent: str | None) -> context.Context | None:
        # `tracestate` and baggage are free text of others, and are not taken.
        if traceparent is None:
            return None
        return self._propagator.extract({_TRACEPARENT: traceparent}, context.Context())

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()
