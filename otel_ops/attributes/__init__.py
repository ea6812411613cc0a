"""Attributes made fit for OpenTelemetry."""

from otel_ops.attributes.cleaning import MAX_ATTRIBUTES, Stamp, clean_attributes, clean_result
from otel_ops.attributes.values import Value, clean_text, clean_value

__all__ = ["MAX_ATTRIBUTES", "Stamp", "Value", "clean_attributes", "clean_result", "clean_text", "clean_value"]
