"""Recorder: everything that a program records while a test runs it."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_ops.core.emitted import KEEPING
from otel_ops.core.exception_logs import SIGNAL
from otel_ops.detail import Detail, set_detail
from otel_ops.exceptions import BlockReusedError
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationLog
from otel_ops.processors import LogRecordsProcessor
from otel_ops.sdk import carriers
from otel_ops.settings.values import WrongValueError, log_level_number, read_log_level
from otel_ops.span_record import record_of
from otel_ops.testing.isolation import Faults, FreshProcess
from otel_ops.testing.provider import Read, RecordingProvider
from otel_ops.testing.spans import Spans

MAX_LOG_RECORDS = 1_000
"""Most log records that each operation of a recorder keeps."""


class Recorder(FreshProcess):
    """With-block that records what runs inside, in a process that is as if it had just begun.

    Threads, tasks and pools carry operations, as after `otel_ops.configure`. Afterwards everything is as before, and
    what was recorded can still be read. Ids count: trace 1, span 1, …

    Args:
        detail: Level up to which operations are recorded.
        clock: Where the times of spans come from, such as a `Clock`; None means the real time.
        log_level: Level of Python's logging, such as ``"INFO"``, from which on operations keep what is logged in them;
            None for nothing.
        faults: See `FreshProcess`.
        **provider_options: Options of the tracer provider, such as ``sampler``, ``span_limits`` and ``resource``.

    Attributes:
        spans: The spans that have ended.
        provider: The tracer provider, global while the block is open.

    Raises:
        AssertionError: see `FreshProcess`.
        ValueError: `detail` or `log_level` names no level.
    """

    def __init__(
        self,
        *,
        detail: Detail | str = Detail.STANDARD,
        clock: Read | None = None,
        log_level: str | int | None = None,
        faults: Faults = "raised",
        **provider_options: Any,
    ) -> None:
        self.provider = RecordingProvider(clock, **provider_options)
        self._log_level = log_level if log_level is None else _level(log_level)
        self.provider.add_span_processor(LogRecordsProcessor())
        self.spans = Spans()
        self.provider.add_span_processor(SimpleSpanProcessor(self.spans))
        super().__init__(self.provider, faults=faults)
        self._detail = Detail.parse(detail)
        self._entered = False

    def __enter__(self) -> Recorder:
        """Begin to record.

        Raises:
            BlockReusedError: it was entered before.
        """
        if self._entered:
            msg = "this Recorder was entered before; make a new one for each with-block"
            raise BlockReusedError(msg)
        self._entered = True
        super().__enter__()
        set_detail(self._detail)
        KEEPING.ask(self._log_level, MAX_LOG_RECORDS, exceptions=SIGNAL.logs)
        self._stack.enter_context(carriers.in_place(logging=self._log_level is not None))
        return self

    def _open_spans(self) -> list[str]:
        """Name the operations and contexts whose spans have not ended."""
        return self.provider.open_operations()

    def _close(self) -> None:
        """Write and close everything that was set up in the block, and the provider."""
        super()._close()
        self.provider.shutdown()

    @property
    def logs(self) -> list[OperationLog]:
        """The trees of what has ended, contexts included, by start."""
        return logs_of(map(record_of, self.spans))

    @property
    def tree(self) -> OperationLog:
        """The one tree of what has ended.

        Raises:
            AssertionError: there is none, or more than one.
        """
        logs = self.logs
        if len(logs) != 1:
            msg = f"{len(logs)} trees were recorded, not one: {', '.join(log.name for log in logs) or 'nothing ended'}"
            raise AssertionError(msg)
        return logs[0]


def _level(given: str | int) -> int | None:
    try:
        return log_level_number(read_log_level(given))
    except WrongValueError as error:
        msg = f"log_level cannot be {given!r}: {error.findings[0].what}"
        raise ValueError(msg) from None
