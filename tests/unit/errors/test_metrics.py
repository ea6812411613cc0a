"""MetricsErrorHandler: failures as a counter of a real meter provider, with bounded series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Sum

from otel_ops import operation
from otel_ops.errors import ErrorHandler, FailureFilter
from otel_ops.errors.metrics import MetricsErrorHandler
from otel_ops.faults import diagnostics
from otel_ops.semconv import Kind, Outcome
from otel_ops.testing import HandlerCompatibilitySuite, Recorder, make_log
from tests.unit.errors.reports import failed_log, failure


class TestCompatibility(HandlerCompatibilitySuite):
    """It does what any handler does."""

    handler_name = "metrics"

    def make_handler(self) -> ErrorHandler:
        """Make one that counts in the program's meter provider."""
        return MetricsErrorHandler()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    """Give a reader of the global meter provider."""
    made = InMemoryMetricReader()
    provider = MeterProvider([made])
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", provider)
    yield made
    provider.shutdown()


def points(reader: InMemoryMetricReader) -> list[tuple[Mapping[str, Any], float]]:
    """Give the attributes and the count of each series."""
    data = reader.get_metrics_data()
    if data is None:
        return []
    (scope,) = data.resource_metrics[0].scope_metrics
    (metric,) = scope.metrics
    assert ("otel_ops", "ops.operation.failures", "{failure}") == (scope.scope.name, metric.name, metric.unit)
    assert isinstance(metric.data, Sum)
    assert metric.data.is_monotonic
    return [(point.attributes or {}, point.value) for point in metric.data.data_points]


def counts(reader: InMemoryMetricReader) -> dict[tuple[object, ...], float]:
    """Give counts by the values of their attributes."""
    return {tuple(attributes.values()): count for attributes, count in points(reader)}


def fail(name: str, error: Exception) -> None:
    """Run an operation that fails in a suboperation."""
    with pytest.raises(type(error)), operation(name), operation("step"):
        raise error


def test_failures_are_counted_by_operation_type_and_outcome(recorder: Recorder, reader: InMemoryMetricReader) -> None:
    """Each is counted once, before the program goes on."""
    recorder.provider.add_span_processor(MetricsErrorHandler())
    for _ in range(3):
        fail("load", ValueError("row 7"))
    fail("load", TimeoutError())
    fail("save", ValueError("row 9"))

    assert {
        ("load", "operation", "ValueError", "error"): 3,
        ("load", "operation", "TimeoutError", "timed_out"): 1,
        ("save", "operation", "ValueError", "error"): 1,
    } == counts(reader)
    names = {name for attributes, _ in points(reader) for name in attributes}
    assert {"ops.operation.name", "ops.kind", "error.type", "ops.outcome"} == names


def test_suboperations_are_counted_where_they_are_asked_for(recorder: Recorder, reader: InMemoryMetricReader) -> None:
    """The kind tells the two apart."""
    recorder.provider.add_span_processor(MetricsErrorHandler(levels=("operation", "suboperation")))
    fail("load", ValueError())

    assert {("load", "operation", "ValueError", "error"): 1, ("step", "suboperation", "ValueError", "error"): 1} == (
        counts(reader)
    )


def test_a_filter_that_names_levels_says_what_is_counted(recorder: Recorder, reader: InMemoryMetricReader) -> None:
    """The key `level` of settings is enough."""
    handler = MetricsErrorHandler()
    handler.only = FailureFilter(levels=("suboperation",))
    recorder.provider.add_span_processor(handler)
    fail("load", ValueError())

    assert {("step", "suboperation", "ValueError", "error"): 1} == counts(reader)


def test_what_was_repaired_is_an_outcome_of_its_own(reader: InMemoryMetricReader) -> None:
    """The type is that of the first failure inside."""
    first = make_log("attempt", 0, 1, failure=failure(type="OSError"))
    log = make_log("load", 0, 3, first, make_log("attempt", 2, 3), outcome=Outcome.RECOVERED)
    MetricsErrorHandler().handle_recovered(log)

    assert {("load", Kind.OPERATION, "OSError", Outcome.RECOVERED): 1} == counts(reader)


@pytest.mark.usefixtures("quiet")
def test_series_are_bounded(reader: InMemoryMetricReader, caplog: pytest.LogCaptureFixture) -> None:
    """Names without end become one series; those that were known are counted as ever."""
    handler = MetricsErrorHandler(max_series=10)
    for number in range(100):
        log = make_log(f"load {number}", 0, 1, failure=failure())
        handler.handle_operation_error(log, None)
        handler.handle_operation_error(make_log("load 3", 0, 1, failure=failure()), None)

    found = points(reader)
    assert 11 == len(found)
    assert {90} == {count for attributes, count in found if attributes == {"otel.metric.overflow": True}}
    assert 101 == counts(reader)["load 3", "operation", "ValueError", "error"]
    assert 90 == diagnostics()["metrics.overflow"]
    assert "more than max_series = 10 kinds of failures" in caplog.text


def test_no_failure_is_lost_between_threads(recorder: Recorder, reader: InMemoryMetricReader) -> None:
    """Failures at the same time are counted as one after the other."""
    recorder.provider.add_span_processor(MetricsErrorHandler())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fail("load", ValueError()), range(400)))

    assert [400] == list(counts(reader).values())


def test_a_program_without_metrics_goes_on() -> None:
    """Where there is no meter provider, counting costs nothing and fails at nothing."""
    MetricsErrorHandler().handle_operation_error(failed_log(), None)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_series": 0}, "max_series = 0: must be 1 or more"),
        ({"levels": ["operations"]}, r"levels = \['operations'\]: must be of operation, suboperation"),
        ({"levels": []}, r"levels = \[\]"),
    ],
)
def test_wrong_options_are_told(options: dict[str, list[str] | int], told: str) -> None:
    """The message names the option and its value, and what would be right."""
    with pytest.raises(ValueError, match=told):
        MetricsErrorHandler(**options)  # type: ignore[arg-type] # that is the point
