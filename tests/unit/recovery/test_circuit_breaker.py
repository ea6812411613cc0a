"""CircuitBreaker: closed, open, half open; shared by name; told by events and a metric."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.util._once import Once

from otel_ops import operation
from otel_ops.errors import CircuitBreaker, Fallback, Retry
from otel_ops.exceptions import CircuitOpenError
from otel_ops.recovery import circuit_breaker, circuit_metrics
from otel_ops.testing import Recorder, assert_tree, node
from tests.unit.core.test_recovering import Flaky, FlakyError


class Time:
    """A monotonic clock that stands still."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    """Put a clock in the place of the real one, and begin without circuits."""
    clock = Time()
    monkeypatch.setattr(circuit_breaker, "monotonic", clock)
    monkeypatch.setattr(circuit_breaker, "_shared", {})
    monkeypatch.setattr(circuit_metrics, "_circuits", {})
    monkeypatch.setattr(circuit_metrics, "_observed", [])
    return clock  # type: ignore[return-value]


def fail(call: Any, error: type[BaseException] = FlakyError) -> None:
    """Have a call fail."""
    with pytest.raises(error):
        call()


def test_it_opens_after_failures_in_a_row(time: Time, recorder: Recorder) -> None:
    """Then attempts are refused, for so long; one is let through after that, and closes it if it goes well."""
    breaker, flaky = CircuitBreaker(failures=2, seconds=30), Flaky(2)
    load = operation("load", recover=breaker)(flaky)

    fail(load)
    assert "closed" == breaker.state
    fail(load)
    assert "open" == breaker.state
    with pytest.raises(CircuitOpenError, match="try again in 30 s") as told:
        load()
    assert (2, 30.0) == (flaky.calls, told.value.retry_after)
    time.now += 30
    load()
    assert ("closed", 3) == (breaker.state, flaky.calls)


def test_it_opens_again_where_the_trial_fails(time: Time) -> None:
    """The time begins anew."""
    breaker, flaky = CircuitBreaker(failures=1, seconds=30), Flaky(9)
    load = operation("load", recover=breaker)(flaky)
    fail(load)
    time.now += 30
    fail(load)
    time.now += 29
    fail(load, CircuitOpenError)
    assert 2 == flaky.calls


def test_one_trial_at_a_time(time: Time) -> None:
    """While one attempt is let through, others are refused; one that never comes back does not block for ever."""
    circuit = CircuitBreaker(failures=1, seconds=30)._circuit
    circuit.failed()
    time.now += 30
    assert circuit.admit("run")
    with pytest.raises(CircuitOpenError):
        circuit.admit("run")
    time.now += 30
    assert not circuit.admit("run")
    assert "half_open" == circuit.state


def test_failures_in_a_row_only(time: Time) -> None:
    """A success begins to count anew, and so does what does not count."""
    breaker = CircuitBreaker(failures=2, on=OSError)
    errors = iter([OSError(), KeyError(), OSError(), None, OSError()])

    @operation("load", recover=breaker)
    def load() -> None:
        error = next(errors)
        if error is not None:
            raise error

    fail(load, OSError)
    fail(load, KeyError)
    fail(load, OSError)
    load()
    fail(load, OSError)
    assert "closed" == breaker.state


def test_a_name_is_shared(time: Time) -> None:
    """Breakers of one name are one circuit; without a name each is its own; other numbers are an error."""
    first, second, other = (CircuitBreaker(name, failures=1) for name in ("db", "db", ""))
    fail(operation("load", recover=first)(Flaky(9)))

    assert ("open", "closed") == (second.state, other.state)
    with pytest.raises(ValueError, match="has failures=1, seconds=30"):
        CircuitBreaker("db", failures=2)
    assert "open" == pickle.loads(pickle.dumps(first)).state


def test_others_of_the_list(time: Time, recorder: Recorder) -> None:
    """It counts whoever decides; retries stop where it opens, and a fallback stands in."""
    flaky = Flaky(9)
    breaker = CircuitBreaker("db", failures=2)
    load = operation("load", recover=[Retry(attempts=5, wait=0), Fallback("stored"), breaker])(flaky)

    assert ["stored", "stored"] == [load(), load()]
    assert 2 == flaky.calls
    first, second = recorder.logs
    assert [{"ops.circuit_breaker.name": "db", "ops.circuit_breaker.state": "open"}] == [
        event.attributes for event in first.events
    ]
    assert_tree(second, node("load", node("load attempt", failure=CircuitOpenError), outcome="recovered"))


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a meter provider be set as in a process of its own; it is gone after the test."""
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", None)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER_SET_ONCE", Once())


@pytest.mark.usefixtures("unset")
def test_the_metric(time: Time) -> None:
    """Each circuit with a name has 1 for its state and 0 for the others, also where the provider comes later."""
    breaker = CircuitBreaker("db", failures=1)
    CircuitBreaker()
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics.set_meter_provider(provider)
    try:
        fail(operation("load", recover=breaker)(Flaky(9)))
        assert {("db", "closed"): 0, ("db", "half_open"): 0, ("db", "open"): 1} == states(reader)
    finally:
        provider.shutdown()


def states(reader: InMemoryMetricReader) -> dict[tuple[Any, Any], Any]:
    """Read the metric."""
    data = reader.get_metrics_data()
    assert data is not None
    points = [
        point
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "ops.circuit_breaker.status"
        for point in metric.data.data_points
    ]
    keys = ("ops.circuit_breaker.name", "ops.circuit_breaker.state")
    return {tuple((point.attributes or {})[key] for key in keys): point.value for point in points}  # type: ignore[misc,union-attr]


@pytest.mark.parametrize("options", [{"failures": 0}, {"seconds": 0}, {"on": 3}, {"name": FlakyError}])
def test_bad_arguments(time: Time, options: dict[str, Any]) -> None:
    """They are refused."""
    with pytest.raises((TypeError, ValueError)):
        CircuitBreaker(**options)


@pytest.mark.usefixtures("recorder")
def test_an_expected_exception_closes_it(time: Time) -> None:
    """What is behind it works then: the one that was let through need not come again."""
    breaker, raised = CircuitBreaker(failures=1, seconds=30), [FlakyError, KeyError]

    @operation("ask", recover=breaker, expected=KeyError)
    def ask() -> None:
        raise raised.pop(0)

    fail(ask)
    time.now += 30
    fail(ask, KeyError)
    assert "closed" == breaker.state


@pytest.mark.usefixtures("recorder")
def test_its_own_refusal_closes_nothing_where_it_is_expected(time: Time) -> None:
    """An operation may expect that it is refused."""
    breaker = CircuitBreaker(failures=1, seconds=30)
    load = operation("load", recover=breaker, expected=CircuitOpenError)(Flaky(1))

    fail(load)
    fail(load, CircuitOpenError)
    assert "open" == breaker.state


@pytest.mark.usefixtures("recorder")
def test_a_trial_that_another_circuit_refuses_is_given_back(time: Time) -> None:
    """The next one that comes may try."""
    first, second = CircuitBreaker(failures=1, seconds=30), CircuitBreaker(failures=1, seconds=90)
    fail(operation("both", recover=[first, second])(Flaky(1)))
    time.now += 30
    fail(operation("both", recover=[first, second])(Flaky(0)), CircuitOpenError)

    assert ("open", "open") == (first.state, second.state)
    operation("one", recover=first)(Flaky(0))()
    assert "closed" == first.state
