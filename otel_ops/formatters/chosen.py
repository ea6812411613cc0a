"""From an output of the settings to what its exporter is made with."""

from __future__ import annotations

import os
from typing import Any

from otel_ops.formatters.base import OutputFormatter
from otel_ops.formatters.exporter import files_for
from otel_ops.formatters.names import make_formatter
from otel_ops.outputs import Claims, place_of
from otel_ops.outputs.choice import is_path
from otel_ops.settings import Output
from otel_ops.settings.values import Finding, WrongValueError


def arguments_of(output: Output, claims: Claims | None = None) -> dict[str, Any]:
    """Give the arguments of the `FormattedSpanExporter` of an output.

    Args:
        output: The output; its format is a name or a formatter.
        claims: What other outputs write.

    Raises:
        WrongValueError: The formatter cannot be made, or the place cannot be written to.
        FileNotFoundError: The path is relative, and the current directory was removed.
    """
    formatter = _formatter_of(output)
    files = files_for(formatter, output.files)
    if files.mode == "replace" and files.rotates:
        what = 'a file that is replaced does not grow; leave max_bytes and max_seconds out, or set mode to "append"'
        raise WrongValueError(Finding("replace", what, ".mode"))
    place = place_of(output.to, files, claims)
    _refuse_folder(output.to, place.path)
    return {"formatter": formatter, "output": place, "detail": output.detail, "only": output.only}


def _formatter_of(output: Output) -> OutputFormatter:
    if isinstance(output.format, OutputFormatter):
        return output.format
    return make_formatter(str(output.format), output.options)


def _refuse_folder(to: object, path: str | None) -> None:
    is_folder = path is not None and os.path.isdir(path)  # noqa: PTH112 - `Path.is_dir` raises where it may not look
    if is_path(to) and (is_folder or str(to).endswith((os.sep, "/"))):
        raise WrongValueError(Finding(str(to), "is a folder; add the name of a file, such as {session}.json", ".to"))
