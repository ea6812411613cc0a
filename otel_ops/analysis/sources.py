"""Streams spans from files of OTLP JSON: lines with bounded memory, or one pretty-printed document."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from otel_ops.analysis.input_file import InputFile
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import Decoded, decode
from otel_ops.span_record import SpanRecord

MAX_MESSAGES = 100
"""Most messages that are kept about what is broken."""

MAX_HOPELESS = 1_000
"""Broken lines without a good one, after which a file is taken for something else."""

Progress = Callable[[int, int], None]


class SpanSource:
    """The spans of files, one after the other.

    A line or span that is broken is counted and skipped. A file is an error where nothing in it could be read, but
    not where there is nothing in it.

    Args:
        paths: The files; ``"-"`` is the standard input. What is compressed with gzip is unpacked.
        progress: Called now and then with the number of bytes read and of all bytes; 0 where that is unknown.

    Attributes:
        spans: How many spans were read.
        broken_count: How many lines and spans could not be read.
        broken: The first messages about them, each with file and line.
    """

    def __init__(self, paths: Iterable[str | os.PathLike[str]], *, progress: Progress | None = None) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._progress = progress
        self._start()

    def _start(self) -> None:
        self.spans = 0
        self.broken_count = 0
        self.broken: list[str] = []

    def __iter__(self) -> Iterator[SpanRecord]:
        """Read the files.

        Raises:
            UnreadableInputError: A file is missing or holds nothing that can be read; the message says in one line
                what it seems to be and what to do.
        """
        self._start()
        for path, progress in _with_progress(self._paths, self._progress):
            with InputFile(path, progress) as file:
                yield from self._spans_of(file)

    def _spans_of(self, file: InputFile) -> Iterator[SpanRecord]:
        reading = _Reading(file)
        for place, decoded in reading:
            self.spans += len(decoded.spans)
            self._note(place, decoded.broken)
            yield from decoded.spans

    def _note(self, place: str, messages: list[str]) -> None:
        self.broken_count += len(messages)
        room = MAX_MESSAGES - len(self.broken)
        self.broken.extend(f"{place}: {message}" for message in messages[:room])
