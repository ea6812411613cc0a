"""Metrics of operations: recorded by the worker from spans that have ended, not where operations run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from otel_ops import faults, semconv
from otel_ops.detail import DETAIL_OF_SCOPE
from otel_ops.forks import renew_in_children
from otel_ops.log_tree import failure_of, kind_of, outcome_of
from otel_ops.meters import BoundedSeries, make_counter, meter_in, observe
from otel_ops.semconv import FAILED_OUTCOMES, METRICS, Kind, Outcome
from otel_ops.settings import Settings
from otel_ops.span_record import SAMPLED, SpanRecord

if TYPE_CHECKING:
    from opentelemetry import metrics

MAX_OPEN = 100_000
"""Most spans that have begun and not ended, as far as the metric of these is concerned."""

_KINDS = frozenset({Kind.OPERATION, Kind.SUBOPERATION})
_COUNTED_AS_FAILURES = FAILED_OUTCOMES | {Outcome.RECOVERED}
_NANOSECONDS = 1_000_000_000
_NOWHERE = Context()
_FORGOTTEN = f"more than {MAX_OPEN:,} spans have begun and not ended: the oldest are missing in ops.operation.active"


class OperationMetrics(SpanProcessor):
    """Measures operations: how long they took, how they ended, how many are under way.

    `record` is called with what has ended, by the worker of the pipeline.

    Args:
        provider: Whose metrics they are.
        settings: What is measured.
        counts_failures: Whether failures are counted by type; an error handler may do that, too.
    """

    def __init__(self, provider: MeterProvider, settings: Settings, *, counts_failures: bool = True) -> None:
        self._settings = settings
        self._counts_failures = counts_failures
        self._runs_series = self._bounded(semconv.OPERATION_RUNS)
        self._failures_series = self._bounded(semconv.OPERATION_FAILURES)
        self._active_series = self._bounded(semconv.OPERATION_ACTIVE, with_context=False)
        self.renew()
        renew_in_children(self)
        self.record_in(provider)

    def __repr__(self) -> str:
        return "the metrics of operations"

    def renew(self) -> None:
        """Forget what is under way in the process that this one was forked from."""
        self._open: dict[int, ReadableSpan] = {}
        self._first_failures: dict[str, str] = {}
        self._seen_active: set[tuple[str, str]] = set()

    def _bounded(self, metric: str, *, with_context: bool = True) -> BoundedSeries:
        most = self._settings.metrics_max_series
        names = METRICS[metric].attributes + (self._settings.metrics_context if with_context else ())
        remedy = "raise metrics_max_series, or give operations fewer names and contexts fewer values"
        told = f"{metric} has more than metrics_max_series = {most} series; further ones are counted together; {remedy}"
        return BoundedSeries(names, most, told)

    def record_in(self, provider: MeterProvider) -> None:
        """Record in a provider from now on."""
        duration = METRICS[semconv.OPERATION_DURATION]
        self._duration = meter_in(provider).create_histogram(
            duration.name,
            unit=duration.unit,
            description=duration.meaning,
            explicit_bucket_boundaries_advisory=self._settings.metrics_buckets,
        )
        self._runs = make_counter(provider, semconv.OPERATION_RUNS)
        self._retries = make_counter(provider, semconv.OPERATION_RETRIES)
        self._failures = make_counter(provider, semconv.OPERATION_FAILURES) if self._counts_failures else None
        observe(provider, semconv.OPERATION_ACTIVE, self._active)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Remember that a span is under way."""
        self._open[span.get_span_context().span_id] = span
        if len(self._open) > MAX_OPEN:
            self._open.pop(next(iter(self._open.copy())), None)
            faults.warn("metrics.active_forgotten", _FORGOTTEN)

    def on_end(self, span: ReadableSpan) -> None:
        """Forget it."""
        context = span.get_span_context()
        if context is not None:
            self._open.pop(context.span_id, None)

    def _active(self, _: CallbackOptions) -> Iterable[Observation]:
        under_way = Counter(filter(None, map(_identity, self._open.copy().values())))
        if len(self._seen_active) < self._settings.metrics_max_series:
            self._seen_active |= under_way.keys()
        numbers: Counter[tuple[tuple[str, Any], ...]] = Counter()
        for identity in self._seen_active | under_way.keys():
            numbers[tuple(self._active_series.attributes(identity).items())] += under_way[identity]
        return [Observation(number, dict(attributes)) for attributes, number in numbers.items()]

    def record(self, records: Iterable[SpanRecord], hidden: Iterable[SpanRecord] = ()) -> None:
        """Measure operations that have ended; those that are hidden have no span."""
        batch = _Batch(self._duration)
        kept = records if self._settings.metrics_unsampled else filter(_is_sampled, records)
        for record in chain(kept, hidden):
            kind = kind_of(record)
            if kind in _KINDS:
                self._take(record, kind, batch)
        batch.add()

    def _take(self, record: SpanRecord, kind: str, batch: _Batch) -> None:
        outcome = outcome_of(record)
        if semconv.ATTEMPT in record.attributes:
            self._remember(record, outcome)
            return
        first = self._first_failures.pop(record.span_id, semconv.ERROR_TYPE_OTHER)
        of_context = self._of_context(record)
        attributes = self._runs_series.attributes((record.name, kind, outcome, _detail_of(record), *of_context))
        batch.took(record, attributes)
        batch.count(self._runs, attributes)
        retries = _retries_of(record)
        if retries:
            batch.count(self._retries, attributes, retries)
        if outcome in _COUNTED_AS_FAILURES and self._failures is not None:
            type_ = first if outcome == Outcome.RECOVERED else failure_of(record).type
            series = record.name, kind, type_, outcome, *of_context
            batch.count(self._failures, self._failures_series.attributes(series))

    def _of_context(self, record: SpanRecord) -> list[str | None]:
        values = map(record.attributes.get, self._settings.metrics_context)
        return [value if value is None else str(value) for value in values]

    def _remember(self, attempt: SpanRecord, outcome: str) -> None:
        """Keep the type of the first failure of an operation that may recover; what never ends is forgotten."""
        if outcome not in FAILED_OUTCOMES:
            return
        if len(self._first_failures) >= MAX_OPEN:
            self._first_failures.pop(next(iter(self._first_failures)))
        self._first_failures.setdefault(attempt.parent_id, failure_of(attempt).type)


class _Batch:
    """What is recorded at once: one number for each series of a counter, and all durations.

    The slowest operation of each series is an exemplar; to offer all of them would cost as much as all the rest.
    """

    def __init__(self, duration: metrics.Histogram) -> None:
        self._duration = duration
        self._durations: list[tuple[SpanRecord, Mapping[str, Any]]] = []
        self._slowest: dict[int, SpanRecord] = {}
        self._numbers: dict[tuple[int, int], tuple[metrics.Counter, Mapping[str, Any], int]] = {}

    def took(self, record: SpanRecord, attributes: Mapping[str, Any]) -> None:
        """Take the duration of an operation."""
        self._durations.append((record, attributes))
        slowest = self._slowest.get(id(attributes))
        if slowest is None or record.duration_ns > slowest.duration_ns:
            self._slowest[id(attributes)] = record

    def count(self, counter: metrics.Counter, attributes: Mapping[str, Any], number: int = 1) -> None:
        """Take a number."""
        key = id(counter), id(attributes)
        before = self._numbers.get(key)
        self._numbers[key] = counter, attributes, number if before is None else before[2] + number

    def add(self) -> None:
        """Record all of it."""
        for record, attributes in self._durations:
            context = _context_of(record) if record is self._slowest[id(attributes)] else _NOWHERE
            self._duration.record(max(0, record.duration_ns) / _NANOSECONDS, attributes, context)
        for counter, attributes, number in self._numbers.values():
            counter.add(number, attributes)


def _identity(span: ReadableSpan) -> tuple[str, str] | None:
    """Give name and kind of an operation; None for spans of contexts, of attempts, and of others."""
    attributes = span.attributes or {}
    kind = attributes.get(semconv.KIND)
    if kind not in _KINDS or semconv.ATTEMPT in attributes:
        return None
    return span.name, str(kind)


def _detail_of(record: SpanRecord) -> str | None:
    detail = DETAIL_OF_SCOPE.get(record.scope.name)
    return None if detail is None else detail.name.lower()


def _context_of(record: SpanRecord) -> Context:
    """Give the Context of the span: an exemplar leads to it."""
    flags = TraceFlags(record.flags & SAMPLED)
    span_context = SpanContext(int(record.trace_id, 16), int(record.span_id, 16), is_remote=False, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(span_context), Context())


def _is_sampled(record: SpanRecord) -> bool:
    return bool(record.flags & SAMPLED)


def _retries_of(record: SpanRecord) -> int:
    attempts = record.attributes.get(semconv.ATTEMPTS)
    return attempts - 1 if type(attempts) is int and attempts > 1 else 0
