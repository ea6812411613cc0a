"""From what is told to where text goes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from otel_ops.outputs.file import Claims, FilePlace
from otel_ops.outputs.file_rules import FileRules
from otel_ops.outputs.logger import LOGGER_PREFIX, LoggerPlace
from otel_ops.outputs.place import FunctionPlace, Place
from otel_ops.outputs.stream import STANDARD, StreamPlace
from otel_ops.outputs.template import PathTemplate

if TYPE_CHECKING:
    from typing import TypeAlias

    Destination: TypeAlias = TextIO | Callable[[str], object] | logging.Logger | Place | str | os.PathLike[str]
else:
    Destination = object


def place_of(output: Destination, files: FileRules | None = None, claims: Claims | None = None) -> Place:
    """Give the place that is meant.

    Args:
        output: An open stream, a function, a logger, ``stderr``, ``stdout``, ``logger:`` with a name, or a path.
        files: How files are written.
        claims: What other outputs write.

    Raises:
        ValueError: The path has a placeholder that does not exist.
        FileNotFoundError: The path is relative, and the current directory was removed.
    """
    if isinstance(output, Place):
        return output
    if isinstance(output, logging.Logger):
        return LoggerPlace(output)
    if isinstance(output, str) and output.startswith(LOGGER_PREFIX):
        return LoggerPlace(logging.getLogger(output.removeprefix(LOGGER_PREFIX)))
    if isinstance(output, str | os.PathLike) and output not in STANDARD:
        return FilePlace(PathTemplate(output), files or FileRules(), claims)
    return FunctionPlace(output) if callable(output) else StreamPlace(output)


def is_path(output: object) -> bool:
    """Tell whether an output is a path."""
    named = isinstance(output, str) and (output in STANDARD or output.startswith(LOGGER_PREFIX))
    return isinstance(output, str | os.PathLike) and not named
