"""Metrics in Prometheus' text form that are brought somewhere now and then, and at the end."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import Any

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.utils import suppress_instrumentation
from prometheus_client import CollectorRegistry

from otel_ops import faults
from otel_ops.exporters.waiting import check_seconds

_JOIN_SECONDS = 1.0


class PeriodicPrometheus(PrometheusMetricReader):
    """Brings metrics somewhere, once it is started.

    Args:
        interval_seconds: Time between two times.
        is_one_of_several: Whether series have the label ``service_instance_id``, for others have the same ones.

    Raises:
        ValueError: No thread can wait so long, or it is no time at all.
    """

    def __init__(self, interval_seconds: float, *, is_one_of_several: bool = False) -> None:
        check_seconds("interval_seconds", interval_seconds)
        labels = {"service.instance.id"} if is_one_of_several else set()
        super().__init__(registry=CollectorRegistry(), resource_attribute_filter=labels.__contains__)
        self._interval_seconds = interval_seconds
        self._one_at_a_time = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="otel_ops metrics", daemon=True)

    def start(self) -> None:
        """Begin, once the reader is one of a provider, which must not be asked before."""
        self._thread.start()

    @abstractmethod
    def bring(self, registry: CollectorRegistry) -> None:
        """Bring what a registry has."""

    def _run(self) -> None:
        while not self._ended.wait(self._interval_seconds):
            self._bring()

    def _bring(self) -> bool:
        with (
            suppress_instrumentation(),
            self._one_at_a_time,
            faults.contained("metrics", "for now, what was counted since", repr(self)),
        ):
            self.bring(self._registry)
            return True
        return False

    def bring_early(self) -> None:
        """Bring them before exporters wait for those that are away: it takes a moment."""
        self._bring()

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Bring them now; tell whether that went well."""
        return self._bring()

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Bring them for the last time."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)
        self._bring()
        super().shutdown(timeout_millis, **kwargs)
