"""OperationMetrics: what is measured of real operations, in a real meter provider."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_ops import OperationContext, operation
from otel_ops.analysis import OperationAnalyzer
from otel_ops.faults import diagnostics
from otel_ops.processors import KeepOperationsSampler, metrics
from otel_ops.processors.metrics import OperationMetrics
from otel_ops.recovery import Retry
from otel_ops.semconv import Kind
from otel_ops.settings import Settings
from otel_ops.span_record import record_of
from otel_ops.testing import Recorder
from tests.measured import metrics_in, values_of
from tests.records import ERROR, span


class Measured:
    """Measures what a recorder records."""

    def __init__(self, recorder: Recorder, **settings: Any) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.metrics = OperationMetrics(self.provider, Settings(**settings))
        recorder.provider.add_span_processor(self.metrics)
        self._recorder = recorder
        self._taken = 0

    def read(self, name: str) -> Any:
        """Measure what has ended since, and give the values of a metric by those of its attributes."""
        spans = self._recorder.spans.get_finished_spans()[self._taken :]
        self._taken += len(spans)
        self.metrics.record(map(record_of, spans))
        return metrics_in(self.reader).get(name)

    def values(self, name: str) -> dict[tuple[Any, ...], Any]:
        """Do so, as plain values."""
        metric = self.read(name)
        return {} if metric is None else values_of(metric)


def fail(name: str, error: Exception) -> None:
    """Run an operation that fails."""
    with pytest.raises(type(error)), operation(name):
        raise error


def test_runs_are_counted_by_name_kind_outcome_and_level(recorder: Recorder) -> None:
    """Contexts and spans of others are none, and each operation counts for itself."""
    measured = Measured(recorder)
    with OperationContext("batch"):
        for _ in range(3):
            with operation("load"), operation("parse"):
                pass
        with trace.get_tracer("driver").start_as_current_span("select"):
            pass
        fail("save", TimeoutError())

    assert {
        ("load", "operation", "ok", "standard"): 3,
        ("parse", "suboperation", "ok", "standard"): 3,
        ("save", "operation", "timed_out", "standard"): 1,
    } == measured.values("ops.operation.runs")
    metric = measured.read("ops.operation.runs")
    attributes = {name for point in metric.data.data_points for name in point.attributes}
    assert {"ops.operation.name", "ops.kind", "ops.outcome", "ops.detail"} == attributes
    assert ("{run}", True) == (metric.unit, metric.data.is_monotonic)


def test_durations_are_seconds_in_the_buckets_that_are_asked_for(recorder: Recorder) -> None:
    """A duration below zero, as after a clock was set back, counts as none."""
    measured = Measured(recorder, metrics_buckets=(0.5, 1.0, 60.0))
    tracer = trace.get_tracer("otel_ops.standard")
    for start, end in ((0, 250), (0, 750), (0, 30_000), (0, 90_000), (2_000, 1_000)):
        span = tracer.start_span("fit", start_time=start * 1_000_000, attributes={"ops.kind": "operation"})
        span.end(end * 1_000_000)

    metric = measured.read("ops.operation.duration")
    (point,) = metric.data.data_points
    assert ("s", (0.5, 1.0, 60.0), (2, 1, 1, 1)) == (metric.unit, point.explicit_bounds, tuple(point.bucket_counts))
    assert pytest.approx(121.0) == point.sum


def test_an_exemplar_leads_to_the_trace(recorder: Recorder) -> None:
    """It has the ids of the span that was measured, although that is over when it is."""
    measured = Measured(recorder)
    with operation("load") as run:
        run.set(rows=7)

    (point,) = measured.read("ops.operation.duration").data.data_points
    (exemplar,) = point.exemplars
    context = recorder.spans.named("load").get_span_context()
    assert context is not None
    assert (context.trace_id, context.span_id) == (exemplar.trace_id, exemplar.span_id)


def test_failures_are_counted_by_type(recorder: Recorder) -> None:
    """A failure counts for the operation where it began and for those that it passed, as error handlers see it."""
    measured = Measured(recorder)
    with pytest.raises(ValueError), operation("load"), operation("parse"):
        raise ValueError("row 7")
    with operation("check") as run:
        run.fail("3 rows are missing")

    assert {
        ("load", "operation", "ValueError", "error"): 1,
        ("parse", "suboperation", "ValueError", "error"): 1,
        ("check", "operation", "_OTHER", "error"): 1,
    } == measured.values("ops.operation.failures")


def test_retries_are_counted_and_what_was_repaired_is_an_outcome(recorder: Recorder) -> None:
    """Attempts are no operations of their own; the type is that of the first failure."""
    measured = Measured(recorder)
    errors = [OSError("gone"), ValueError("half")]

    @operation("load", recover=[Retry(wait=0)])
    def load() -> None:
        if errors:
            raise errors.pop(0)

    load()

    assert {("load", "operation", "recovered", "standard"): 1} == measured.values("ops.operation.runs")
    assert {("load", "operation", "recovered", "standard"): 2} == measured.values("ops.operation.retries")
    assert {("load", "operation", "OSError", "recovered"): 1} == measured.values("ops.operation.failures")


def test_what_is_under_way_is_counted_until_it_ends(recorder: Recorder) -> None:
    """An operation that is over leaves a zero, not a gap."""
    measured = Measured(recorder)
    with OperationContext("batch"), operation("load"):
        with operation("parse"):
            inside = measured.values("ops.operation.active")
        between = measured.values("ops.operation.active")

    assert {("load", "operation"): 1, ("parse", "suboperation"): 1} == inside
    assert {("load", "operation"): 1, ("parse", "suboperation"): 0} == between
    assert {("load", "operation"): 0, ("parse", "suboperation"): 0} == measured.values("ops.operation.active")


@pytest.mark.usefixtures("quiet")
def test_spans_that_never_end_do_not_fill_the_memory(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten, counted and told."""
    monkeypatch.setattr(metrics, "MAX_OPEN", 10)
    measured = Measured(recorder)
    spans = [trace.get_tracer("x").start_span("s", attributes={"ops.kind": "operation"}) for _ in range(25)]

    assert {("s", "operation"): 10} == measured.values("ops.operation.active")
    assert 15 == diagnostics()["metrics.active_forgotten"]
    for one in spans:
        one.end()
    assert {("s", "operation"): 0} == measured.values("ops.operation.active")


def test_values_of_contexts_tell_series_apart_where_they_are_asked_for(recorder: Recorder) -> None:
    """Nothing else of a context does; an operation without the value lacks the attribute."""
    measured = Measured(recorder, metrics_context=("ops.series", "ops.meta.batch"))
    with OperationContext(user="ada", series="10 K/min", batch=7, span=False):
        fail("fit", ValueError())
    with operation("fit"):
        pass

    assert {
        ("fit", "operation", "error", "standard", "10 K/min", "7"): 1,
        ("fit", "operation", "ok", "standard"): 1,
    } == (measured.values("ops.operation.runs"))
    assert {("fit", "operation", "ValueError", "error", "10 K/min", "7"): 1} == (
        measured.values("ops.operation.failures")
    )


@pytest.mark.usefixtures("quiet")
def test_series_are_bounded(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """Names without end share one series in every metric, and nothing is lost in the sum."""
    measured = Measured(recorder, metrics_max_series=5)
    for number in range(50):
        fail(f"load {number}", ValueError())

    for name in ("ops.operation.runs", "ops.operation.duration", "ops.operation.failures"):
        values = measured.values(name)
        assert (6, 45, 50) == (len(values), values[(True,)], sum(values.values()))
    assert 90 == diagnostics()["metrics.overflow"]
    assert "ops.operation.runs has more than metrics_max_series = 5 series" in caplog.text


@pytest.mark.parametrize(("unsampled", "expected"), [(True, {("load", "operation", "ok", "standard"): 1}), (False, {})])
def test_what_a_sampler_leaves_out_counts_unless_it_is_not_to(
    unsampled: bool, expected: dict[tuple[str, ...], int]
) -> None:
    """Its spans are not exported, so that no exemplar leads to one."""
    with Recorder(sampler=KeepOperationsSampler(ALWAYS_OFF)) as recorder:
        measured = Measured(recorder, metrics_unsampled=unsampled)
        seen: list[Any] = []
        recorder.provider.add_span_processor(_Seen(seen))
        with operation("load"):
            pass
        measured.metrics.record(map(record_of, seen))
        found = metrics_in(measured.reader)

    assert expected == (values_of(found["ops.operation.runs"]) if "ops.operation.runs" in found else {})
    if unsampled:
        assert [[]] == [point.exemplars for point in found["ops.operation.duration"].data.data_points]


class _Seen(SpanProcessor):
    def __init__(self, seen: list[ReadableSpan]) -> None:
        self._seen = seen

    def on_end(self, span: ReadableSpan) -> None:
        self._seen.append(span)


RUNS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3_600_000_000_000), st.booleans()), max_size=60)


@given(RUNS)
def test_metrics_tell_what_the_analyzer_tells(runs: list[tuple[str, int, bool]]) -> None:
    """How often each operation ran and failed, how long it took in all, and its median to the width of a bucket."""
    records = [
        replace(
            span(name, kind=Kind.OPERATION, time=(7, 7 + took), status=ERROR if has_failed else 0),
            span_id=f"{number:016x}",
        )
        for number, (name, took, has_failed) in enumerate(runs, 1)
    ]
    reader = InMemoryMetricReader()
    OperationMetrics(MeterProvider([reader], shutdown_on_exit=False), Settings()).record(records)
    found = metrics_in(reader)
    ran, failed = (_by_name(found.get(f"ops.operation.{name}"), "value") for name in ("runs", "failures"))
    seconds = _by_name(found.get("ops.operation.duration"), "sum")
    analyzed = OperationAnalyzer.from_records(records).operations()

    assert {one.name: one.count for one in analyzed} == ran
    assert {one.name: one.errors for one in analyzed if one.errors} == failed
    assert {one.name: pytest.approx(one.total_ns / 1e9) for one in analyzed} == seconds
    for one in analyzed:
        below, above = _around_median(found["ops.operation.duration"], one.name)
        assert below <= one.p50_ns / 1e9 <= above


def _by_name(metric: Any, value: str) -> dict[str, float]:
    numbers: Counter[str] = Counter()
    for point in () if metric is None else metric.data.data_points:
        numbers[point.attributes["ops.operation.name"]] += getattr(point, value)
    return dict(numbers)


def _around_median(metric: Any, name: str) -> tuple[float, float]:
    """Give the boundaries around the one or two durations in the middle."""
    points = [point for point in metric.data.data_points if point.attributes["ops.operation.name"] == name]
    counts = [sum(bucket) for bucket in zip(*(point.bucket_counts for point in points), strict=True)]
    buckets = [number for number, count in enumerate(counts) for _ in range(count)]
    bounds = (0.0, *points[0].explicit_bounds, float("inf"))
    return bounds[buckets[(len(buckets) - 1) // 2]], bounds[buckets[len(buckets) // 2] + 1]
