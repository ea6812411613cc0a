"""FileNotesErrorHandler: one text file for each kind of failure."""

from __future__ import annotations

from pathlib import Path

from otel_ops.errors import NotifyingErrorHandler, Report
from otel_ops.formatters import TreeFormatter


class FileNotesErrorHandler(NotifyingErrorHandler):
    """Writes what has failed into a folder: the latest report of each kind of failure.

    Args:
        folder: The folder; it is made when the first operation fails.
        window_seconds: Shortest time between two reports of one kind of failure, in seconds.
    """

    def __init__(self, *, folder: str = "notes", window_seconds: float = 300.0) -> None:
        super().__init__(window_seconds=window_seconds)
        self._folder = Path(folder)

    def notify(self, report: Report) -> None:
        """Write the note."""
        self._folder.mkdir(parents=True, exist_ok=True)
        tree = TreeFormatter().format_operation_log(report.last.operation_log)
        note = f"{report.title}\n\n{tree}\n{report.last.error_data.stacktrace}"
        self._folder.joinpath(f"{report.fingerprint}.txt").write_text(note, encoding="utf-8", errors="replace")
