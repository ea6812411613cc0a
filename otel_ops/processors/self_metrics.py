"""Metrics of otel_ops itself: what its queues hold, and what it has dropped, cut, refused or failed at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from otel_ops import semconv
from otel_ops.faults import diagnostics
from otel_ops.meters import observe


def observe_ourselves(provider: MeterProvider, queue_sizes: Callable[[], Mapping[str, int]]) -> None:
    """Have metrics of ourselves in a provider.

    Args:
        provider: Whose metrics they are.
        queue_sizes: Tells how many wait in each queue.
    """

    def waiting(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(number, {semconv.QUEUE_NAME: name}) for name, number in queue_sizes().items()]

    observe(provider, semconv.FAULTS, _counted)
    observe(provider, semconv.QUEUE_SIZE, waiting)


def _counted(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(number, {semconv.FAULT_REASON: reason}) for reason, number in diagnostics().items()]
