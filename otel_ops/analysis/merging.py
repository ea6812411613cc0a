"""The spans of many files as one sequence: in order of time, each once, within a fixed memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby, islice
from pathlib import Path

from otel_ops.analysis.sorting import MAX_HELD, SpanSorter
from otel_ops.log_builder import longest
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import ResourceRecord, ScopeRecord, SpanRecord

SPANS_OF_LINE = 512
"""Most spans on a line."""


class Merge:
    """Puts spans in order of time; of those that came several times, as from a forked process, the longest stays.

    Args:
        folder: Where temporary files are; None for the system's place for such.
        max_held: Most bytes of packed spans that wait in memory.

    Attributes:
        number: How many spans were given.
        doubles: How many were left out since they came before.
    """

    def __init__(self, folder: Path | None = None, max_held: int = MAX_HELD) -> None:
        self._by_identity = SpanSorter(_identity, folder, max_held // 2)
        self._by_start = SpanSorter(_start, folder, max_held // 2)
        self.number = 0
        self.doubles = 0

    def merged(self, records: Iterable[SpanRecord]) -> Iterator[SpanRecord]:
        """Give the spans by their start.

        Raises:
            OSError: A temporary file cannot be written, as where the disk is full.
        """
        for record in self._by_start.sorted(self._distinct(records)):
            self.number += 1
            yield record

    def _distinct(self, records: Iterable[SpanRecord]) -> Iterator[SpanRecord]:
        for _, twins in groupby(self._by_identity.sorted(records), _identity):
            yield reduce(self._longest, twins)

    def _longest(self, one: SpanRecord, other: SpanRecord) -> SpanRecord:
        self.doubles += 1
        return longest(one, other)


def lines_of(records: Iterable[SpanRecord]) -> Iterator[bytes]:
    """Give lines of OTLP JSON; a line has one scope and resource, so that spans stay in their order."""
    for _, alike in groupby(records, _origin):
        while some := list(islice(alike, SPANS_OF_LINE)):
            yield encode_line(some)


def _identity(record: SpanRecord) -> tuple[str, str]:
    return record.trace_id, record.span_id


def _start(record: SpanRecord) -> int:
    return record.start_ns


def _origin(record: SpanRecord) -> tuple[ScopeRecord, ResourceRecord]:
    return record.scope, record.resource
