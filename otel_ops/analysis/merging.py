"""The spans of many files as one sequence: in order of time, each once, within a fixed memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path

import msgspec
from msgspec.structs import replace

from otel_ops.analysis.content import Item
from otel_ops.analysis.sorting import MAX_HELD, SpanSorter
from otel_ops.analysis.sources import spans_of
from otel_ops.log_builder import longest
from otel_ops.otlp_json import SpanLog, encode_line, encode_logs, logs_in
from otel_ops.span_record import ResourceRecord, ScopeRecord, SpanRecord

SPANS_OF_LINE = 512
"""Most spans on a line."""

_BEARER = -1
"""Kind of what is no span, but bears a log record to its span; it starts at its place in what was read."""

_identity = attrgetter("trace_id", "span_id")
_identity_and_start = attrgetter("trace_id", "span_id", "start_ns")
_start = attrgetter("start_ns")
_time = attrgetter("time_ns")


class Merge:
    """Puts spans in order of time; of those that came several times, as from a forked process, the longest stays.

    Args:
        folder: Where temporary files are; None for the system's place for such.
        max_held: Most bytes of packed spans that wait in memory.

    Attributes:
        number: How many spans were given.
        doubles: How many were left out since they came before.
        unclaimed: How many log records were left out since their spans did not come.
    """

    def __init__(self, folder: Path | None = None, max_held: int = MAX_HELD) -> None:
        self._by_identity = SpanSorter(_identity_and_start, folder, max_held // 2)
        self._by_start = SpanSorter(_start, folder, max_held // 2)
        self.number = 0
        self.doubles = 0
        self.unclaimed = 0

    def merged(self, items: Iterable[Item]) -> Iterator[SpanRecord]:
        """Give the spans by their start, with what was logged in them.

        Raises:
            OSError: A temporary file cannot be written, as where the disk is full.
        """
        for record in self._by_start.sorted(self._distinct(_with_bearers(items))):
            self.number += 1
            yield record

    def _distinct(self, records: Iterable[SpanRecord]) -> Iterator[SpanRecord]:
        for _, alike in groupby(self._by_identity.sorted(records), _identity):
            twins: list[SpanRecord] = []
            bearers: list[SpanRecord] = []
            for record in alike:
                (bearers if record.kind == _BEARER else twins).append(record)
            if twins:
                self.doubles += len(twins) - 1
                yield _joined(twins, bearers)
            else:
                self.unclaimed += len(bearers)


def _with_bearers(items: Iterable[Item]) -> Iterator[SpanRecord]:
    """Give spans, and log records in the form of spans, so that one sorter brings both together."""
    for number, item in enumerate(items):
        if isinstance(item, SpanLog):
            yield SpanRecord(item.trace_id, item.span_id, "", number, 0, kind=_BEARER, log_records=(item.record,))
        else:
            yield from spans_of((item,))


def _joined(twins: Sequence[SpanRecord], bearers: Iterable[SpanRecord]) -> SpanRecord:
    """Give the longest span with its log records by time; where it came several times, so did they."""
    span = reduce(longest, twins)
    records = [record for bearer in (*twins, *bearers) for record in bearer.log_records]
    if len(twins) > 1:
        records = list({msgspec.msgpack.encode(record): record for record in records}.values())
    return replace(span, log_records=tuple(sorted(records, key=_time))) if records else span


def lines_of(records: Iterable[SpanRecord]) -> Iterator[bytes]:
    """Give lines of OTLP JSON; a line has one scope and resource, so that spans stay in their order.

    What was logged in the spans of a line stands on the next one.
    """
    for _, alike in groupby(records, _origin):
        while some := list(islice(alike, SPANS_OF_LINE)):
            yield encode_line(some)
            if logged := encode_logs(logs_in(some)):
                yield logged


def _origin(record: SpanRecord) -> tuple[ScopeRecord, ResourceRecord]:
    return record.scope, record.resource
