"""Formatters as span exporters: OpenTelemetry's way of attaching an output."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import faults
from otel_ops.forks import renew_in_children
from otel_ops.formatters.base import OutputFormatter, Page
from otel_ops.log_builder import LogBuilder
from otel_ops.span_record import record_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from otel_ops.detail import Detail
    from otel_ops.operation_log import OperationLog

DEFAULT_WIDTH = 100
"""Columns of a line where the output is no terminal."""

MAX_WIDTH = 1_000
"""Most columns of a line, whatever ``COLUMNS`` says."""


class FormattedSpanExporter(SpanExporter):
    """Writes the log of each finished operation, as a formatter words it.

    Args:
        formatter: What turns a log into text.
        output: A text stream, a function that takes text, ``"stderr"`` (the default), ``"stdout"``, or the path of a
            file, to which is appended.
        detail: Level of what is shown; None means all. Failures are never hidden.
    """

    def __init__(
        self,
        formatter: OutputFormatter,
        output: TextIO | Callable[[str], object] | str | os.PathLike[str] = "stderr",
        *,
        detail: Detail | None = None,
    ) -> None:
        self._formatter = formatter
        self._output = output
        self._detail = detail
        self._builder = LogBuilder()
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Take no lock over from the process that this one was forked from."""
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Build the logs that the spans complete, and write them."""
        try:
            for span in spans:
                for log in self._builder.add(record_of(span)):
                    self.write(log)
        except Exception as error:  # noqa: BLE001 - an exporter that raises would stop its processor
            faults.swallow("output", error)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def write(self, operation_log: OperationLog) -> None:
        """Write one log."""
        log = operation_log if self._detail is None else operation_log.pruned(self._detail)
        with self._lock:
            if callable(self._output):
                self._output(self._formatter.format_operation_log(log))
            elif isinstance(self._output, str | os.PathLike) and self._output not in {"stderr", "stdout"}:
                self._append(Path(self._output), log)
            else:
                self._print(self._stream(), log)

    def _stream(self) -> TextIO | None:
        """Find the stream now: programs and tests put others in the place of sys.stderr."""
        named = {"stderr": sys.stderr, "stdout": sys.stdout}
        return named[self._output] if isinstance(self._output, str) else self._output  # type: ignore[return-value]

    def _append(self, path: Path, log: OperationLog) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(self._formatter.format_operation_log(log))

    def _print(self, stream: TextIO | None, log: OperationLog) -> None:
        if stream is None or stream.closed:
            faults.count("output.closed")
            return
        stream.write(self._formatter.on(page_of(stream)).format_operation_log(log))
        stream.flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True

    def shutdown(self) -> None:
        """Nothing is held open."""


def page_of(stream: TextIO) -> Page:
    """Find out how wide a stream is, and whether it understands colours and Unicode.

    ``NO_COLOR`` switches colours off, ``FORCE_COLOR`` on where the output is no terminal; ``COLUMNS`` is the width.
    """
    terminal = stream.isatty()
    known = terminal or "COLUMNS" in os.environ
    width = shutil.get_terminal_size((DEFAULT_WIDTH, 0)).columns if known else DEFAULT_WIDTH
    color = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    return Page(min(width, MAX_WIDTH), color, _writes_unicode(stream))


def _writes_unicode(stream: TextIO) -> bool:
    try:
        "│✗µ…█".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
