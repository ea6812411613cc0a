"""What reads OTLP JSON; a program that only writes it does not load that."""

from otel_ops.otlp_json.decoding import Decoded, decode
from otel_ops.otlp_json.foreign import GIVE_TRACES, is_binary, what_it_is
from otel_ops.otlp_json.log_decoding import DecodedLogs, decode_logs

__all__ = ["GIVE_TRACES", "Decoded", "DecodedLogs", "decode", "decode_logs", "is_binary", "what_it_is"]
