"""Progress bars, on stderr where that is a terminal, for work that takes long."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from otel_ops.formatters import page_of

MIN_BYTES_WITH_BAR = 4_000_000
"""Files from this size on are read with a progress bar."""

MIN_SPANS_WITH_BAR = 20_000
"""So many spans are written with one."""


class Bar:
    """Shows how far something is; nothing for what is short. A with-block ends it.

    Args:
        title: What is done.
        count: How the progress is counted.
        shortest: What is less has no bar.
    """

    def __init__(self, title: str, count: DownloadColumn | MofNCompleteColumn, shortest: int) -> None:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeRemainingColumn())
        console = Console(stderr=True, width=page_of(sys.stderr).width if sys.stderr else None)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(title, total=None)
        self._shortest = shortest

    def __enter__(self) -> Bar:
        return self

    def advance(self, done: int, total: int) -> None:
        """Tell how much is done, of how much; 0 where that is unknown."""
        if max(done, total) >= self._shortest:
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total or None)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def bar_of_bytes(title: str) -> Bar:
    """Make a bar of what is read."""
    return Bar(title, DownloadColumn(), MIN_BYTES_WITH_BAR)


def bar_of_spans(title: str) -> Bar:
    """Make a bar of spans that are written."""
    return Bar(title, MofNCompleteColumn(), MIN_SPANS_WITH_BAR)
