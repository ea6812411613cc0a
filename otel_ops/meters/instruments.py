"""The provider that metrics of otel_ops belong to, and instruments as they are declared."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.metrics import Counter, Meter, MeterProvider, get_meter_provider

from otel_ops import faults
from otel_ops.semconv import METRICS, METRICS_SCOPE
from otel_ops.version import VERSION


class _Meters:
    """The provider that the settings ask for; None where there is none, and that of the program is used."""

    __slots__ = ("_followers", "provider")

    def __init__(self) -> None:
        self.provider: MeterProvider | None = None
        self._followers: set[Callable[[MeterProvider], None]] = set()

    def provide(self, provider: MeterProvider | None) -> None:
        """Record in another provider from now on."""
        self.provider = provider
        self._tell(*self._followers)

    def follow(self, make_instruments: Callable[[MeterProvider], None]) -> None:
        """Have something called with the provider of now, and with each later one; for instruments that are asked."""
        self._followers.add(make_instruments)
        self._tell(make_instruments)

    def _tell(self, *followers: Callable[[MeterProvider], None]) -> None:
        for follower in followers:
            with faults.guarded("metrics"):
                follower(self.provider or get_meter_provider())


METERS = _Meters()
"""The one of this process."""


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
