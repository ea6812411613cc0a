"""OTLP JSON, as the collector's file exporter writes it: what writes `SpanRecord`; those who read take `reading`."""

from otel_ops.otlp_json.encoding import encode_line
from otel_ops.otlp_json.logs import SpanLog, encode_logs, logs_in

__all__ = ["SpanLog", "encode_line", "encode_logs", "logs_in"]
