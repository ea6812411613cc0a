"""Formatters as span exporters: OpenTelemetry's way of attaching an output."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import faults
from otel_ops.forks import renew_in_children
from otel_ops.formatters.base import OutputFormatter
from otel_ops.log_builder import LogBuilder
from otel_ops.outputs import FileRules, LogFilter, Page, Place, place_of
from otel_ops.span_record import record_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from otel_ops.detail import Detail
    from otel_ops.operation_log import OperationLog


class FormattedSpanExporter(SpanExporter):
    """Writes the log of each finished operation, as a formatter words it.

    Args:
        formatter: What turns a log into text.
        output: A text stream, a function that takes text, a ``logging.Logger``, ``"stderr"`` (the default),
            ``"stdout"``, ``"logger:"`` with the name of one, or the path of a file, with placeholders such as
            ``{session}``.
        detail: Level of what is shown; None means all. Failures are never hidden.
        only: Which logs are shown; None means all.
        files: How files are written; None means that whole documents replace each other, and the rest is appended.

    Raises:
        ValueError: The path has a placeholder that does not exist.
    """

    def __init__(
        self,
        formatter: OutputFormatter,
        output: TextIO | Callable[[str], object] | logging.Logger | Place | str | os.PathLike[str] = "stderr",
        *,
        detail: Detail | None = None,
        only: LogFilter | None = None,
        files: FileRules | None = None,
    ) -> None:
        self._formatter = formatter
        self._place = place_of(output, files_for(formatter, files or FileRules()))
        self._detail = detail
        self._only = only or LogFilter()
        self._builder = LogBuilder()
        self.renew()
        renew_in_children(self)

    def __repr__(self) -> str:
        place = f" to {self.destination}" if self.destination else ""
        return f"{type(self._formatter).__name__}{place}"

    @property
    def path(self) -> Path | None:
        """The file that is written; None where the output is another, or each log fills in its path."""
        return None if self._place.path is None else Path(self._place.path)

    @property
    def destination(self) -> str:
        """What is written to, in words: a path with its placeholders, ``stderr``, ``logger:`` and a name; or empty."""
        return str(self._place)

    def renew(self) -> None:
        """Take no lock over from the process that this one was forked from."""
        self._lock = threading.Lock()
        self._build_lock = threading.Lock()
        self._writer: int | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Build the logs that the spans complete, and write them; what the output itself runs is left out."""
        if self._writer == threading.get_ident():
            return SpanExportResult.SUCCESS
        written = [self._try_to_write(log) for log in self._built(spans)]
        return SpanExportResult.SUCCESS if all(written) else SpanExportResult.FAILURE

    def _built(self, spans: Sequence[ReadableSpan]) -> list[OperationLog]:
        with self._build_lock, faults.guarded("log"):
            return [log for span in spans for log in self._builder.add(record_of(span))]
        return []

    def _try_to_write(self, log: OperationLog) -> bool:
        with faults.contained("output", f"the log of operation {log.name!r}", self):
            self.write(log)
            return True
        return False

    def write(self, operation_log: OperationLog) -> None:
        """Write one log, if it is one of those that are shown.

        Raises:
            OSError: The output cannot be written to.
            TypeError: The formatter gave something that is no text.
            Exception: What formatter and output raise.
        """
        if not self._only.shows(operation_log):
            return
        log = operation_log if self._detail is None else operation_log.pruned(self._detail)
        with self._lock:
            self._writer = threading.get_ident()
            try:
                self._write(log)
            finally:
                self._writer = None

    def _write(self, log: OperationLog) -> None:
        if not self._place.is_open():
            message = f"output {self!r} is closed; left out: the log of operation {log.name!r}"
            faults.warn("output.closed", message, about=repr(self))
        elif text := _text(self._formatter, self._place.page(), log):
            self._place.write(text, log)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True

    def shutdown(self) -> None:
        """Nothing is held open."""


def files_for(formatter: OutputFormatter, rules: FileRules) -> FileRules:
    """Choose how files are written where that was left open."""
    return rules._replace(mode=rules.mode or ("replace" if formatter.is_document else "append"))


def _text(formatter: OutputFormatter, page: Page | None, log: OperationLog) -> str:
    fitting = formatter if page is None else formatter.on(page)
    text = fitting.format_operation_log(log)
    if not isinstance(text, str):
        msg = f"{type(formatter).__name__} gave {type(text).__name__} instead of text"
        raise TypeError(msg)
    return text
