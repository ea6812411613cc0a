"""Streams of text: the program's own stderr and stdout, and any that is open."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from otel_ops.outputs.page import Page, page_of
from otel_ops.outputs.place import Place
from otel_ops.streams import write_text

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

STANDARD = ("stderr", "stdout")
"""Streams that have a name."""


class StreamPlace(Place):
    """Writes to a stream; a standard one is looked for at each log, for programs and tests put others in its place.

    Args:
        stream: A stream that is open, ``stderr`` or ``stdout``.
    """

    def __init__(self, stream: TextIO | str) -> None:
        self._stream = stream

    def __str__(self) -> str:
        return self._stream if isinstance(self._stream, str) else ""

    def is_open(self) -> bool:
        """Tell whether there is a stream, and it is not closed."""
        stream = self._found()
        return stream is not None and not stream.closed

    def page(self) -> Page | None:
        """Fit what the stream is now."""
        stream = self._found()
        return None if stream is None else page_of(stream)

    def write(self, text: str, log: OperationLog) -> None:
        """Write and flush."""
        if (stream := self._found()) is not None:
            write_text(stream, text)

    def _found(self) -> TextIO | None:
        named = {"stderr": sys.stderr, "stdout": sys.stdout}
        return named[self._stream] if isinstance(self._stream, str) else self._stream
