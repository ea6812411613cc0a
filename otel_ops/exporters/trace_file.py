"""The local file that operations go to where no endpoint is set."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from otel_ops import faults
from otel_ops.exporters.file import OTLPFileSpanExporter
from otel_ops.span_record import SpanRecord
from otel_ops.streams import is_ready, write_text

OWN_FOLDER = ".otel_ops"
"""The folder of the default file; it tells git to ignore what is in it."""

_announced: set[str] = set()


class TraceFile(OTLPFileSpanExporter):
    """OTLP JSON-lines file that says once, on stderr, where it is.

    Args:
        path: The file; a relative one stays where it is when the program changes its directory.
        announce: Whether it says so; a forked child leaves that to its parent.
    """

    def __init__(self, path: str | os.PathLike[str], *, announce: bool = True) -> None:
        super().__init__(os.path.abspath(path))
        self._shown = os.fspath(path)
        self._is_new = True
        self._announcer = os.getpid() if announce else None

    def __repr__(self) -> str:
        return f"trace_file {self._shown}"

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        """Append the spans.

        Raises:
            OSError: They cannot be written; the message names the file and the remedy.
            ValueError: The exporter was shut down.
        """
        try:
            self._hide()
            super().export_records(records)
        except OSError as error:
            msg = f"{self._shown} cannot be written: {error.strerror}; set trace_file to another path, or to false"
            raise OSError(error.errno, msg) from error
        with faults.guarded("trace_file.announcement"):
            self._announce()

    def _hide(self) -> None:
        """Have git ignore our own folder; without it, writing the spans will tell what is wrong."""
        folders = [folder for folder in Path(self.path).parents if self._is_new and folder.name == OWN_FOLDER]
        self._is_new = False
        for folder in folders:
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")

    def _announce(self) -> None:
        """Say where the file is, as soon as stderr takes it."""
        stream = sys.stderr
        if self._announcer != os.getpid() or self.path in _announced or stream is None or not is_ready(stream):
            return
        _announced.add(self.path)
        path = self._shown
        write_text(stream, f"otel_ops: operations are written to {path}; read them with: otel-ops show {path}\n")
