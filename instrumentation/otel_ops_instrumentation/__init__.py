"""What OpenTelemetry's auto-instrumentation loads, and what libraries need that OpenTelemetry itself does not cover."""
