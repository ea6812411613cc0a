"""For tests of programs that use otel_ops: record what they do, and compare it with what they should do."""

from otel_ops.testing.deterministic import Clock, CountingIdGenerator
from otel_ops.testing.isolation import FreshProcess, provider_in_place
from otel_ops.testing.provider import RecordingProvider
from otel_ops.testing.recorder import Recorder
from otel_ops.testing.spans import Spans

__all__ = [
    "Clock",
    "CountingIdGenerator",
    "FreshProcess",
    "Recorder",
    "RecordingProvider",
    "Spans",
    "provider_in_place",
]
