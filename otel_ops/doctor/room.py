"""Whether a file can be written, and whether there is room."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from otel_ops.doctor.findings import Finding, Level
from otel_ops.formatters import wording

_MEBIBYTE, _GIBIBYTE = 1 << 20, 1 << 30
_ENOUGH = 100 * _MEBIBYTE


def written(name: str, path: Path) -> Finding:
    """Tell whether a file can be written, by trying a nameless one in its folder."""
    data: dict[str, object] = {"path": str(path)}
    folder = path.absolute().parent
    try:
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        _check(path)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        remedy = "mend the permission, or set another path"
        return Finding("file", f"{name}: {folder}: {error.strerror or error}", Level.ERROR, remedy, data)
    return _room(name, folder, data)


def _check(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(None, f"{path} is a folder")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(None, f"{path} may not be written")


def _room(name: str, folder: Path, data: dict[str, object]) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{name}: can be written, {in_words(free)} are free"
    data = {**data, "free_bytes": free}
    if free >= _ENOUGH:
        return Finding("file", text, data=data)
    return Finding("file", text, Level.WARNING, "make room, or set another path", data)


def in_words(number: int) -> str:
    """Put a number of bytes into words."""
    unit, name = (_GIBIBYTE, "GiB") if number >= _GIBIBYTE else (_MEBIBYTE, "MiB")
    return f"{wording.number(number // unit)} {name}"
