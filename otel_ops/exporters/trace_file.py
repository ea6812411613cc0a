"""The local file that operations go to where no endpoint is set."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from otel_ops import faults
from otel_ops.exporters.file import OTLPFileSpanExporter
from otel_ops.forks import renew_in_children
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
        values: What is filled in for the placeholders of the path; without it, the path has none. ``{pid}`` is that of
            the process that writes, also where it was forked.

    Raises:
        FileNotFoundError: The path is relative, and the current directory was removed.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, announce: bool = True, values: Mapping[str, object] | None = None
    ) -> None:
        super().__init__("")
        self._template, self._values = os.fspath(path), values
        self._folder = Path() if Path(path).is_absolute() else Path.cwd()
        self._announcer = os.getpid() if announce else None
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Be the file of this process."""
        template, values = self._template, self._values
        self._shown = template if values is None else template.format_map({**values, "pid": os.getpid()})
        self.path = os.path.normpath(self._folder / self._shown)
        self._is_new = True

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
