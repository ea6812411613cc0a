"""The metric of circuit breakers: for each circuit that has a name, 1 for the state that it is in, else 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter_provider

from otel_ops import semconv
from otel_ops.semconv import CircuitState
from otel_ops.version import VERSION


class Circuit(Protocol):
    """A circuit, as the metric sees it."""

    name: str
    state: str


_circuits: dict[str, Circuit] = {}
_observed: list[MeterProvider] = []


def observe(circuit: Circuit) -> None:
    """Have the metric tell of a circuit from now on; those without a name are nobody's to look at."""
    if circuit.name:
        _circuits[circuit.name] = circuit
    provider = get_meter_provider()
    if provider not in _observed:
        _observed[:] = [provider]
        _make_gauge(provider)


def _make_gauge(provider: MeterProvider) -> None:
    provider.get_meter(semconv.METRICS_SCOPE, VERSION).create_observable_gauge(
        semconv.CIRCUIT_BREAKER_STATUS,
        [_observations],
        unit="1",
        description=semconv.METRICS[semconv.CIRCUIT_BREAKER_STATUS].meaning,
    )


def _observations(_: CallbackOptions) -> Iterable[Observation]:
    return list(_of_all())


def _of_all() -> Iterator[Observation]:
    for circuit in list(_circuits.values()):
        for state in CircuitState.ALL:
            told: dict[str, Any] = {
                semconv.CIRCUIT_BREAKER_NAME: circuit.name,
                semconv.CIRCUIT_BREAKER_STATE: state,
            }
            yield Observation(int(circuit.state == state), told)
