"""FileRules: how files are written, when they are put aside, and how many old ones are kept."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Literal, NamedTuple

from otel_ops.outputs.appending import append
from otel_ops.outputs.folder_lock import locked
from otel_ops.outputs.old_files import keep_copy, put_aside
from otel_ops.outputs.replacing import make_with, written_beside

Mode = Literal["append", "replace"]

MODES: tuple[Mode, ...] = ("append", "replace")
"""How a text is written: behind what is there, or in its place."""

MAX_KEPT = 1_000
"""Most old files of one."""


class FileRules(NamedTuple):
    """How files are written.

    Attributes:
        mode: ``append`` adds to the file; ``replace`` puts a whole new one in its place, so that whoever reads it sees
            the old or the new one. None: ``replace`` for formatters that give whole documents, else ``append``.
        max_bytes: A file that would be larger is put aside before; None for no limit. A log is never cut.
        max_seconds: Length of a period, such as 3,600 or 86,400, counted from midnight; a file that was last written
            in an earlier one is put aside. None for no limit.
        keep: How many old files are kept, ``name~1.json`` being the youngest; 0 to 1,000.
    """

    mode: Mode | None = None
    max_bytes: int | None = None
    max_seconds: float | None = None
    keep: int = 10

    @property
    def rotates(self) -> bool:
        """Whether files are put aside by size or age."""
        return self.max_bytes is not None or self.max_seconds is not None

    def put(self, path: Path, data: bytes) -> None:
        """Write a text to a file; devices and pipes are only written to.

        Raises:
            OSError: It cannot be written.
        """
        status = _status(path)
        if status is not None and not stat.S_ISREG(status.st_mode):
            append(path, data)
        elif self.mode == "replace":
            self._write_anew(path.resolve(), data)
        elif self.rotates:
            self._add(path.resolve(), data)
        else:
            append(path, data)

    def _add(self, path: Path, data: bytes) -> None:
        with locked(path.parent):
            status = _status(path)
            if status is not None and self._is_due(status, len(data)):
                put_aside(path, self.keep)
                make_with(path, status.st_mode)
            append(path, data)

    def _write_anew(self, path: Path, data: bytes) -> None:
        with locked(path.parent), written_beside(path, data) as new:
            keep_copy(path, self.keep)
            new.replace(path)

    def _is_due(self, status: os.stat_result, more: int) -> bool:
        too_large = self.max_bytes is not None and status.st_size + more > self.max_bytes
        too_old = self.max_seconds is not None and self._period(status.st_mtime) < self._period(time.time())
        return status.st_size > 0 and (too_large or too_old)

    def _period(self, seconds: float) -> int:
        """Number the periods, in local time."""
        return int((seconds + time.localtime(seconds).tm_gmtoff) // (self.max_seconds or 1))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
