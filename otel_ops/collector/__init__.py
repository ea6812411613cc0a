"""Configurations of the OpenTelemetry Collector: found, merged, checked, and run."""
