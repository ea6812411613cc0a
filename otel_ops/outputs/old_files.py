"""Old files of one: ``name~1.json`` is the youngest, and the oldest goes when there are too many."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

from otel_ops.outputs.file_names import MARK


def old_file(path: Path, number: int) -> Path:
    """Give an old file of one; no other file is taken for it, for no value in a name has the mark."""
    return path.with_name(f"{path.stem}{MARK}{number}{path.suffix}")


def put_aside(path: Path, keep: int) -> None:
    """Make a file the youngest of the old ones; with none to keep, remove it."""
    if keep == 0:
        path.unlink()
    else:
        _make_room(path, keep)
        path.replace(old_file(path, 1))


def keep_copy(path: Path, keep: int) -> None:
    """Make what a file holds the youngest of the old ones; the file stays until another takes its place."""
    if keep == 0 or not path.exists():
        return
    _make_room(path, keep)
    try:
        os.link(path, old_file(path, 1))
    except OSError:  # a file system without links
        import shutil  # noqa: PLC0415 - it costs time at the start, and most file systems have links

        shutil.copyfile(path, old_file(path, 1))


def _make_room(path: Path, keep: int) -> None:
    """Give each old file the next number, up to the first that is free; where none is, the oldest goes."""
    files = [old_file(path, number) for number in range(1, keep + 1)]
    free = next((index for index, file in enumerate(files) if not file.exists()), keep - 1)
    files[free].unlink(missing_ok=True)
    for younger, older in reversed(list(pairwise(files[: free + 1]))):
        younger.replace(older)
