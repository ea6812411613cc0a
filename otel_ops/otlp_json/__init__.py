"""OTLP JSON, as the collector's file exporter writes it: the codec of `SpanRecord`."""

from otel_ops.otlp_json.decoding import Decoded, decode
from otel_ops.otlp_json.encoding import encode_line
from otel_ops.otlp_json.foreign import is_binary, what_it_is
from otel_ops.otlp_json.logs import DecodedLogs, SpanLog, decode_logs, encode_logs, logs_in

__all__ = [
    "Decoded",
    "DecodedLogs",
    "SpanLog",
    "decode",
    "decode_logs",
    "encode_line",
    "encode_logs",
    "is_binary",
    "logs_in",
    "what_it_is",
]
