"""The provider that metrics of otel_ops belong to, and instruments as they are declared."""

from __future__ import annotations

from opentelemetry.metrics import Counter, Meter, MeterProvider, get_meter_provider

from otel_ops.semconv import METRICS, METRICS_SCOPE
from otel_ops.version import VERSION


class _Meters:
    __slots__ = ("provider",)

    def __init__(self) -> None:
        self.provider: MeterProvider | None = None


METERS = _Meters()
"""The provider that the settings ask for; None where there is none, and that of the program is used."""


def meter_provider() -> MeterProvider:
    """Give the provider that metrics are recorded in now."""
    return METERS.provider or get_meter_provider()


def meter_in(provider: MeterProvider) -> Meter:
    """Give the one meter of otel_ops in a provider."""
    return provider.get_meter(METRICS_SCOPE, VERSION)


def make_counter(provider: MeterProvider, name: str) -> Counter:
    """Make a counter as it is declared."""
    declared = METRICS[name]
    return meter_in(provider).create_counter(declared.name, unit=declared.unit, description=declared.meaning)
