"""The provider that metrics of otel_ops belong to, and instruments as they are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from opentelemetry.metrics import CallbackOptions, Counter, Meter, MeterProvider, Observation, get_meter_provider

from otel_ops import faults
from otel_ops.semconv import METRICS, METRICS_SCOPE
from otel_ops.version import VERSION

Callback = Callable[[CallbackOptions], Iterable[Observation]]
"""Tells the values of an observable instrument."""


class _Meters:
    """The provider that the settings ask for; None where there is none, and that of the program is used.

    Attributes:
        callbacks: What tells the values of observable instruments now, by name.
    """

    __slots__ = ("_followers", "callbacks", "provider")

    def __init__(self) -> None:
        self.provider: MeterProvider | None = None
        self.callbacks: dict[str, Callback] = {}
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


def observe(provider: MeterProvider, name: str, callback: Callback) -> None:
    """Make an observable instrument as it is declared; its latest callback tells of it, in whichever provider it is.

    OpenTelemetry has no way to take out an instrument, or to give it another callback.
    """
    METERS.callbacks[name] = callback
    declared = METRICS[name]
    make: Any = getattr(meter_in(provider), _MAKERS[declared.instrument])
    make(declared.name, [partial(_observed, name)], unit=declared.unit, description=declared.meaning)


_MAKERS = {"counter": "create_observable_counter", "updowncounter": "create_observable_up_down_counter"}


def _observed(name: str, options: CallbackOptions) -> Iterable[Observation]:
    callback = METERS.callbacks.get(name)
    return () if callback is None else callback(options)
