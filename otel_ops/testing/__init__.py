"""For tests of programs that use otel_ops: record what they do, and compare it with what they should do."""

from otel_ops.testing.deterministic import START_NS, Clock, CountingIdGenerator
from otel_ops.testing.formatter_suite import FormatterCompatibilitySuite
from otel_ops.testing.handler_suite import HandlerCompatibilitySuite
from otel_ops.testing.isolation import FreshProcess, provider_in_place
from otel_ops.testing.logs import make_log, sample_logs
from otel_ops.testing.nodes import Node, node
from otel_ops.testing.provider import RecordingProvider
from otel_ops.testing.recorder import Recorder
from otel_ops.testing.recovery_suite import RecoveryCompatibilitySuite
from otel_ops.testing.spans import Spans
from otel_ops.testing.trees import assert_tree

__all__ = [
    "START_NS",
    "Clock",
    "CountingIdGenerator",
    "FormatterCompatibilitySuite",
    "FreshProcess",
    "HandlerCompatibilitySuite",
    "Node",
    "Recorder",
    "RecordingProvider",
    "RecoveryCompatibilitySuite",
    "Spans",
    "assert_tree",
    "make_log",
    "node",
    "provider_in_place",
    "sample_logs",
]
