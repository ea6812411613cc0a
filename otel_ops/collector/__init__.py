"""Configurations of the OpenTelemetry Collector that come with otel_ops."""
