"""Sorts any number of spans within a fixed memory: what is too much waits in a temporary file, in sorted runs."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, NamedTuple

from otel_ops.analysis.packing import packed, unpacked
from otel_ops.span_record import SpanRecord

MAX_HELD = 32 * 1024 * 1024
"""Most bytes of spans that wait in memory, as they are packed; what holds them takes about as much again."""

_MAX_BUFFERS = 16 * 1024 * 1024
_MIN_BUFFER = 4 * 1024
_LENGTH = 4

Key = Callable[[SpanRecord], Any]


class _Run(NamedTuple):
    """Where a sorted run of spans lies in the temporary file."""

    start: int
    end: int


class SpanSorter:
    """Sorts spans, once, however many there are.

    Args:
        key: What they are sorted by; those with the same key come in an order that depends on nothing but themselves.
        folder: Where the temporary file is; None for the system's place for such. It has no name.
        max_held: Most bytes of spans that wait in memory.
    """

    def __init__(self, key: Key, folder: Path | None = None, max_held: int = MAX_HELD) -> None:
        self._key = key
        self._folder = folder
        self._max_held = max_held
        self._waiting: list[tuple[Any, bytes]] = []
        self._held = 0
        self._runs: list[_Run] = []

    def sorted(self, records: Iterable[SpanRecord]) -> Iterator[SpanRecord]:
        """Give the spans in order.

        Raises:
            OSError: The temporary file cannot be written, as where the disk is full.
        """
        with tempfile.TemporaryFile(dir=self._folder) as file:
            for record in records:
                self._add(record, file)
            self._waiting.sort()
            runs = [self._run(file, run) for run in self._runs]
            for _, _, record in heapq.merge(*runs, self._rest(), key=itemgetter(0, 1)):
                yield record

    def _add(self, record: SpanRecord, file: IO[bytes]) -> None:
        data = packed(record)
        self._waiting.append((self._key(record), data))
        self._held += len(data)
        if self._held >= self._max_held:
            self._put_away(file)

    def _put_away(self, file: IO[bytes]) -> None:
        """Write what waits as a run."""
        self._waiting.sort()
        start = file.tell()
        for _, data in self._waiting:
            file.write(len(data).to_bytes(_LENGTH, "big") + data)
        self._runs.append(_Run(start, file.tell()))
        self._waiting.clear()
        self._held = 0

    def _rest(self) -> Iterator[tuple[Any, bytes, SpanRecord]]:
        return ((key, data, unpacked(data)) for key, data in self._waiting)

    def _run(self, file: IO[bytes], run: _Run) -> Iterator[tuple[Any, bytes, SpanRecord]]:
        """Read a run in pieces of such a size that those of all runs fit into a fixed memory."""
        size = max(_MIN_BUFFER, _MAX_BUFFERS // len(self._runs))
        place, rest = run.start, b""
        while place < run.end:
            file.seek(place)
            piece = file.read(min(size, run.end - place))
            place += len(piece)
            whole, rest = _taken_apart(rest + piece)
            for data in whole:
                record = unpacked(data)
                yield self._key(record), data, record


def _taken_apart(piece: bytes) -> tuple[list[bytes], bytes]:
    """Give the packed spans of a piece that are whole, and the rest."""
    whole: list[bytes] = []
    place = 0
    while (start := place + _LENGTH) <= len(piece):
        end = start + int.from_bytes(piece[place:start], "big")
        if end > len(piece):
            break
        whole.append(piece[start:end])
        place = end
    return whole, piece[place:]
