"""Instrumentation of libraries that OpenTelemetry itself does not cover; it has none yet."""
