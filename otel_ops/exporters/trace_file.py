"""The local file that operations go to where no endpoint is set."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from otel_ops import faults
from otel_ops.exporters.file import OTLPFileSpanExporter
from otel_ops.span_record import SpanRecord

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

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        """Append the spans."""
        if self._is_new:
            self._is_new = False
            with faults.guarded("trace_file.begin"):
                self._begin()
        super().export_records(records)

    def _begin(self) -> None:
        for folder in Path(self.path).parents:
            if folder.name == OWN_FOLDER:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        if self._announcer == os.getpid() and sys.stderr is not None and self.path not in _announced:
            _announced.add(self.path)
            path = self._shown
            print(f"otel_ops: operations are written to {path}; read them with: otel-ops show {path}", file=sys.stderr)
