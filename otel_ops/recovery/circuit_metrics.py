"""The metric of circuit breakers: for each circuit that has a name, 1 for the state that it is in, else 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from otel_ops import semconv
from otel_ops.meters import METERS, meter_in
from otel_ops.semconv import CircuitState


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
    METERS.follow(_observe_in)


def _observe_in(provider: MeterProvider) -> None:
    if provider in _observed:
        return
    _observed[:] = [provider]
    meter_in(provider).create_observable_gauge(
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
