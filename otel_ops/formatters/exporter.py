"""Formatters as span exporters: OpenTelemetry's way of attaching an output."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import faults
from otel_ops.exporters.appending import append
from otel_ops.forks import renew_in_children
from otel_ops.formatters.base import OutputFormatter, Page
from otel_ops.log_builder import LogBuilder
from otel_ops.span_record import record_of
from otel_ops.streams import write_text

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
        self._output = _fixed(output)
        self._detail = detail
        self._builder = LogBuilder()
        self.renew()
        renew_in_children(self)

    def __repr__(self) -> str:
        place = f" to {self._output}" if isinstance(self._output, str | Path) else ""
        return f"{type(self._formatter).__name__}{place}"

    @property
    def path(self) -> Path | None:
        """The file that is written; None where the output is another."""
        return self._output if isinstance(self._output, Path) else None

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
        """Write one log.

        Raises:
            OSError: The output cannot be written to.
            TypeError: The formatter gave something that is no text.
            Exception: What formatter and output raise.
        """
        log = operation_log if self._detail is None else operation_log.pruned(self._detail)
        with self._lock:
            self._writer = threading.get_ident()
            try:
                self._write(log)
            finally:
                self._writer = None

    def _write(self, log: OperationLog) -> None:
        if callable(self._output):
            self._output(_text(self._formatter, log))
        elif isinstance(self._output, Path):
            append(self._output, _text(self._formatter, log).encode("utf-8"))
        else:
            self._print(self._stream(), log)

    def _stream(self) -> TextIO | None:
        """Find the stream now: programs and tests put others in the place of sys.stderr."""
        named = {"stderr": sys.stderr, "stdout": sys.stdout}
        return named[self._output] if isinstance(self._output, str) else self._output

    def _print(self, stream: TextIO | None, log: OperationLog) -> None:
        if stream is None or stream.closed:
            message = f"output {faults.shown(self)} is closed; left out: the log of operation {log.name!r}"
            faults.warn("output.closed", message, about=repr(self))
        else:
            write_text(stream, _text(self._formatter.on(page_of(stream)), log))

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True

    def shutdown(self) -> None:
        """Nothing is held open."""


def _fixed(output: Any) -> Any:
    """Have a path stay where it is when the program changes its directory."""
    is_path = isinstance(output, str | os.PathLike) and output not in {"stderr", "stdout"}
    return Path(os.path.abspath(output)) if is_path else output


def _text(formatter: OutputFormatter, log: OperationLog) -> str:
    text = formatter.format_operation_log(log)
    if not isinstance(text, str):
        msg = f"{type(formatter).__name__} gave {type(text).__name__} instead of text"
        raise TypeError(msg)
    return text


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
