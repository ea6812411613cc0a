"""What tests of live spans share: outputs that keep what they are given, and a pipeline put in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from otel_ops.core.hooks import HOOKS
from otel_ops.errors import ErrorData, ErrorHandler
from otel_ops.errors.handler import watch_of
from otel_ops.log_builder import LogBuilder
from otel_ops.operation_log import OperationLog
from otel_ops.processors import LogPipeline
from otel_ops.span_record import SpanRecord

NEVER = 3_600.0
"""Seconds after which a worker would work by itself: longer than any test."""


class Records:
    """An output of spans that keeps them."""

    def __init__(self) -> None:
        self.records: list[SpanRecord] = []
        self.is_open = True

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        self.records.extend(records)

    def shutdown(self) -> None:
        self.is_open = False

    @property
    def names(self) -> list[str]:
        """The names of the spans, in the order in which they came."""
        return [record.name for record in self.records]


class Logs:
    """An output of logs that keeps them."""

    def __init__(self) -> None:
        self.logs: list[OperationLog] = []
        self.is_open = True

    def write(self, operation_log: OperationLog) -> None:
        self.logs.append(operation_log)

    def shutdown(self) -> None:
        self.is_open = False

    @property
    def names(self) -> list[str]:
        """The names of the logs, in the order in which they came."""
        return [log.name for log in self.logs]


class Failures(ErrorHandler):
    """A handler that keeps what it is called for; like many, it does not call ``super().__init__()``.

    Whoever asks for that waits until it was called for all that was found.
    """

    def __init__(self) -> None:
        self._calls: list[tuple[str, str, BaseException | None]] = []
        self._logs: list[OperationLog] = []
        self._error_data: list[ErrorData] = []

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        self._calls.append(("operation", operation_log.name, exception))
        self._logs.append(operation_log)

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        self._calls.append(("suboperation", suboperation_log.name, error_data.exception))
        self._logs.append(suboperation_log)
        self._error_data.append(error_data)

    @property
    def calls(self) -> list[tuple[str, str, BaseException | None]]:
        """Level, name and exception of each call, in order."""
        watch_of(self).flush(10)
        return self._calls

    @property
    def logs(self) -> list[OperationLog]:
        """The log of each call."""
        watch_of(self).flush(10)
        return self._logs

    @property
    def error_data(self) -> list[ErrorData]:
        """What the calls for suboperations told."""
        watch_of(self).flush(10)
        return self._error_data

    @property
    def told(self) -> list[tuple[str, str]]:
        """Level and name of each call, in order."""
        return [(level, name) for level, name, _ in self.calls]


@contextmanager
def pipeline_on(provider: TracerProvider, flush_seconds: float = NEVER) -> Iterator[LogPipeline]:
    """Put a pipeline in place, as `configure` does; by default its worker does nothing by itself."""
    pipeline = LogPipeline(provider, LogBuilder(), flush_seconds)
    provider.add_span_processor(pipeline)
    HOOKS.sink = pipeline
    try:
        yield pipeline
    finally:
        HOOKS.sink = None
        pipeline.finish(pipeline.shutdown, seconds=10)


class Broken(SpanProcessor):
    """A processor that fails at everything."""

    def on_start(self, span: object, parent_context: object = None) -> None:
        raise ValueError("on_start")

    def on_end(self, span: object) -> None:
        raise ValueError("on_end")

    def shutdown(self) -> None:
        raise ValueError("shutdown")

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        raise ValueError("force_flush")
