"""How traces leave: OpenTelemetry behind the port `service.tracing`; needs the extra `otel` and a collector."""
