"""OperationAnalyzer: from spans, live or in files, to statistics of each operation."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_ops.analysis.errors import ErrorStatistics, statistics_of_errors
from otel_ops.analysis.self_times import self_times, without_duplicates
from otel_ops.analysis.sources import SpanSource
from otel_ops.analysis.span_table import SpanTable
from otel_ops.analysis.statistics import OperationStatistics, Tally
from otel_ops.span_record import SpanRecord, record_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAnalysis:
    """What an `OperationAnalyzer` found.

    Attributes:
        operations: The statistics, the operation with the most self time first; equal ones by name.
        spans: How many different spans were read, with those of contexts.
        traces: How many traces they belong to.
        duplicates: How many spans were left out because one with the same ids is counted.
        broken: How many spans or lines could not be read.
        messages: Where the first of those are and what is wrong with them.
    """

    operations: tuple[OperationStatistics, ...] = ()
    spans: int = 0
    traces: int = 0
    duplicates: int = 0
    broken: int = 0
    messages: tuple[str, ...] = ()


class OperationAnalyzer:
    """Tells from span data where the time of a program went and what failed.

    Every span counts as an operation under its name, also one that otel_ops did not make, except the spans of
    contexts. Of several spans with the same trace and span id, as a retried delivery leaves them, the longest counts.
    A span whose clock ran backwards counts with a duration of 0. An operation failed where its span has the status
    error; the type is its ``error.type``, else that of its last exception event, else ``_OTHER``.

    Make one with `from_files`, `from_records` or `from_spans`. It holds about 45 bytes for each span.

    Args:
        spans: The spans.
        broken: How many more could not be read.
        messages: Why not.
    """

    def __init__(self, spans: SpanTable, *, broken: int = 0, messages: Sequence[str] = ()) -> None:
        self._spans = spans
        self._broken = broken
        self._messages = tuple(messages)

    @classmethod
    def from_files(
        cls, paths: Iterable[str | os.PathLike[str]], *, progress: Callable[[int, int], None] | None = None
    ) -> OperationAnalyzer:
        """Read files of OTLP JSON, as the collector's file exporter or otel_ops writes them, or of operation logs.

        Args:
            paths: The files, or folders of such; ``"-"`` is the standard input, and what is compressed with gzip is
                unpacked.
            progress: Called now and then with the number of bytes read and of all bytes.

        Raises:
            UnreadableInputError: A file is missing or holds no spans that we can read.
        """
        source = SpanSource(paths, progress=progress)
        return cls(SpanTable(source), broken=source.broken_count, messages=source.broken)

    @classmethod
    def from_records(cls, records: Iterable[SpanRecord]) -> OperationAnalyzer:
        """Take records of spans, in any order; they are read once and not kept."""
        return cls(SpanTable(records))

    @classmethod
    def from_spans(cls, spans: Iterable[ReadableSpan]) -> OperationAnalyzer:
        """Take finished spans of the SDK, in any order, such as those of an `InMemorySpanExporter`."""
        return cls.from_records(map(record_of, spans))

    def operations(self) -> tuple[OperationStatistics, ...]:
        """Give the statistics of each operation, the one with the most self time first."""
        return self.analyze().operations

    def errors(self) -> tuple[ErrorStatistics, ...]:
        """Give the errors of each kind, the most frequent first: each counts once, where it began."""
        spans = (span for trace in self._spans.traces() for span in without_duplicates(trace).values())
        return statistics_of_errors(spans, self._spans.failures)

    def analyze(self) -> OperationAnalysis:
        """Compute the statistics of each operation, with what they are made from."""
        tallies: defaultdict[str, Tally] = defaultdict(Tally)
        traces = spans = delivered = 0
        for stored in self._spans.traces():
            trace = without_duplicates(stored)
            traces, spans, delivered = traces + 1, spans + len(trace), delivered + len(stored)
            for span, self_ns in self_times(trace):
                tallies[span.name].add(span.duration_ns, self_ns, span.error_type)
        return OperationAnalysis(
            operations=_ranked(tally.statistics(name) for name, tally in tallies.items()),
            spans=spans,
            traces=traces,
            duplicates=delivered - spans,
            broken=self._broken + self._spans.broken,
            messages=self._messages,
        )


def _ranked(operations: Iterable[OperationStatistics]) -> tuple[OperationStatistics, ...]:
    return tuple(sorted(operations, key=lambda operation: (-operation.self_ns, operation.name)))
