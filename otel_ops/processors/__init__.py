"""Span processors: the one that `configure()` installs, and what it delegates to."""

from otel_ops.processors.context_values import ContextValuesProcessor
from otel_ops.processors.delegating import DelegatingProcessor
from otel_ops.processors.log_records import LogRecordsProcessor
from otel_ops.processors.pipeline import LogPipeline
from otel_ops.processors.sampler import KeepOperationsSampler

__all__ = [
    "ContextValuesProcessor",
    "DelegatingProcessor",
    "KeepOperationsSampler",
    "LogPipeline",
    "LogRecordsProcessor",
]
