"""OTLP JSON, as the collector's file exporter writes it: the codec of `SpanRecord`."""

from otel_ops.otlp_json.decoding import Decoded, decode
from otel_ops.otlp_json.encoding import encode_line
from otel_ops.otlp_json.foreign import is_binary, what_it_is

__all__ = ["Decoded", "decode", "encode_line", "is_binary", "what_it_is"]
