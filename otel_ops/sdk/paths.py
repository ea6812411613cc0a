"""Paths of files that are written to: safe names, and each for one writer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from otel_ops.exceptions import SettingsError
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.formatters import FormattedSpanExporter


def file_name(text: str) -> str:
    """Make a text part of a file's name: what leads to another folder, or stands in no name, becomes ``_``."""
    return re.sub(r"^\.+|[^\w.,=+@~ ()-]", lambda found: "_" * len(found[0]), text)


def keep_apart(writers: Iterable[tuple[str, object]]) -> None:
    """Refuse two settings that write to one file; devices and pipes may be shared.

    Args:
        writers: Key and writer of each.

    Raises:
        SettingsError: Two write to one file.
    """
    keys: dict[Path, str] = {}
    for key, writer in writers:
        path = _file_of(writer)
        if path is not None and keys.setdefault(path, key) != key:
            msg = f"{keys[path]} and {key} write to one file, {str(path)!r}; give each a path of its own"
            raise SettingsError(msg)


def _file_of(writer: object) -> Path | None:
    """Give the file that an exporter writes to, where it is or will be a regular one."""
    path = writer.path if isinstance(writer, OTLPFileSpanExporter | FormattedSpanExporter) else None
    place = None if path is None else Path(path).resolve()
    return None if place is None or (place.exists() and not place.is_file()) else place
