"""Files that are appended to: in one write, and on a new line where a full disk or a crash has cut the last one.

Who appends whole lines holds the file's lock, which the system takes from a process that is killed: whoever comes next
sees that the last line was cut, and nobody adds to a line that another one has not ended yet.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from otel_ops.outputs.file_lock import held


def append(path: str | os.PathLike[str], data: bytes) -> None:
    """Append bytes to a file; it and its folders are made where they are missing.

    Whole lines are begun on a line of their own. Who holds the file's lock for too long, such as a process that was
    stopped, is not waited for.

    Raises:
        OSError: The file cannot be written.
    """
    with _opened(path) as file:
        if data.endswith(b"\n") and file.seekable():
            with held(file.fileno()):
                _write(file, b"\n" + data if _is_cut(file) else data)
        else:
            _write(file, data)


def _opened(path: str | os.PathLike[str]) -> io.FileIO:
    mode = "a" if Path(path).is_fifo() else "a+"  # who reads a pipe, too, is never told that nobody does
    try:
        return io.FileIO(path, mode)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return io.FileIO(path, mode)


def _is_cut(file: io.FileIO) -> bool:
    """Tell whether the last line has no end: the process that wrote it was killed, or is writing right now."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _write(file: io.FileIO, data: bytes) -> None:
    """Write it in one go; where the system takes only a part, the rest follows or the error of the disk is raised."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
