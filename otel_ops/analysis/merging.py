"""The spans of many files as one sequence: in order of time, each once with its logs, within a fixed memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby, islice
from pathlib import Path

from otel_ops.analysis.content import Item
from otel_ops.analysis.sorting import MAX_HELD, SpanSorter
from otel_ops.log_builder import longest
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json import SpanLog, encode_line, encode_logs, logs_in
from otel_ops.span_logs import with_logs
from otel_ops.span_record import LogRecord, ResourceRecord, ScopeRecord, SpanRecord
from otel_ops.spans_of_logs import records_of

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
        homeless: How many log records were left out since their span is in none of the files.
    """

    def __init__(self, folder: Path | None = None, max_held: int = MAX_HELD) -> None:
        self._by_identity = SpanSorter(_identity_and_start, folder, max_held // 2)
        self._by_start = SpanSorter(_start, folder, max_held // 2)
        self.number = 0
        self.doubles = 0
        self.homeless = 0

    def merged(self, items: Iterable[Item]) -> Iterator[SpanRecord]:
        """Give the spans by their start, each with what was logged in it.

        Raises:
            OSError: A temporary file cannot be written, as where the disk is full.
        """
        for record in self._by_start.sorted(self._distinct(items)):
            self.number += 1
            yield record

    def _distinct(self, items: Iterable[Item]) -> Iterator[SpanRecord]:
        for _, group in groupby(self._by_identity.sorted(_records(items)), _identity):
            of_logs: list[SpanRecord] = []
            twins: list[SpanRecord] = []
            for record in group:
                (of_logs if _is_of_log(record) else twins).append(record)
            if twins:
                yield _with_logs(reduce(self._longest, twins), of_logs, once=len(twins) > 1)
            else:
                self.homeless += len(of_logs)

    def _longest(self, one: SpanRecord, other: SpanRecord) -> SpanRecord:
        self.doubles += 1
        return longest(one, other)


def lines_of(records: Iterable[SpanRecord]) -> Iterator[bytes]:
    """Give lines of OTLP JSON; each has one scope and resource, so that spans stay in their order.

    What was logged in the spans of a line comes as another line, with it.
    """
    for _, alike in groupby(records, _origin):
        while some := list(islice(alike, SPANS_OF_LINE)):
            yield encode_line(some) + encode_logs(logs_in(some))


def _identity(record: SpanRecord) -> tuple[str, str]:
    return record.trace_id, record.span_id


def _identity_and_start(record: SpanRecord) -> tuple[str, str, int]:
    return record.trace_id, record.span_id, record.start_ns


def _start(record: SpanRecord) -> int:
    return record.start_ns


def _origin(record: SpanRecord) -> tuple[ScopeRecord, ResourceRecord]:
    return record.scope, record.resource


def _records(items: Iterable[Item]) -> Iterator[SpanRecord]:
    """Give all as records that can be sorted: a log record as that of a span without a name, which has only this.

    It starts at its place, so that records of one time, as coarse clocks give it, stay in their order.
    """
    for number, item in enumerate(items):
        if isinstance(item, SpanLog):
            yield SpanRecord(item.trace_id, item.span_id, "", number, 0, kind=_OF_LOG, log_records=(item.record,))
        elif isinstance(item, OperationLog):
            yield from records_of(item)
        else:
            yield item


_OF_LOG = -1


def _is_of_log(record: SpanRecord) -> bool:
    return record.kind == _OF_LOG


def _with_logs(span: SpanRecord, of_logs: list[SpanRecord], *, once: bool) -> SpanRecord:
    """Give a span its log records by time; where the span came several times, those that are equal stand once."""
    records: list[LogRecord] = [*span.log_records, *(record for each in of_logs for record in each.log_records)]
    if once:
        records = list({repr(record): record for record in records}.values())
    return with_logs(span, records)
