"""Whether the files that operations go to can be written, and whether there is room."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject
from otel_ops.formatters import wording
from otel_ops.outputs import is_device

_MEBIBYTE = 1 << 20
_ENOUGH = 100 * _MEBIBYTE


def files(subject: Subject) -> Iterator[Finding]:
    """Examine the place of each trace file and output; nothing is left there."""
    if not subject.writers and not subject.exporters and subject.provider is not None:
        remedy = "set trace_file, outputs, or OTEL_EXPORTER_OTLP_ENDPOINT"
        yield Finding("nowhere", "operations go nowhere", Level.ERROR, remedy)
    for writer in subject.writers:
        path = getattr(writer, "path", None)
        if path is None or is_device(os.fspath(path)):
            yield Finding("output", repr(writer))
        else:
            yield written(str(writer), Path(path))


def written(name: str, path: Path) -> Finding:
    """Tell whether a file can be written, by trying a nameless one in its folder."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    data: dict[str, object] = {"path": str(path)}
    try:
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
    text = f"{name}: can be written, {wording.number(free // _MEBIBYTE)} MiB are free"
    data = {**data, "free_bytes": free}
    if free >= _ENOUGH:
        return Finding("file", text, data=data)
    return Finding("file", text, Level.WARNING, "make room, or set another path", data)
