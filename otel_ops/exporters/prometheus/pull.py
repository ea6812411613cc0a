"""Metrics that a Prometheus server asks for, over HTTP."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from otel_ops import faults
from otel_ops.forks import renew_in_children

DEFAULT_PORT = 9464
TRIED_PORTS = 20
"""So many ports are tried, upwards from the one that is asked for: each process of a host has its own."""

HIGHEST_PORT = 65_535


class PrometheusPull(PrometheusMetricReader):
    """Answers a Prometheus server at ``/metrics``, without authentication, once it is started.

    Where the port is taken, as by another process of the program, the next ones are tried, and a warning tells which
    one it became; where all are taken, the program goes on without being asked.

    Args:
        host: Address to listen at; unset, ``OTEL_EXPORTER_PROMETHEUS_HOST`` says so, else ``localhost``.
        port: Port to listen at, 0 for any that is free; unset, ``OTEL_EXPORTER_PROMETHEUS_PORT`` says so, else 9464.

    Raises:
        ValueError: There is no such port.
    """

    def __init__(self, *, host: str | None = None, port: int | None = None) -> None:
        address = address_of(host, port)
        super().__init__(registry=CollectorRegistry())
        self._listener = _listener_at(*address)

    def start(self) -> None:
        """Listen, in the place of another one that does so there."""
        self._listener.show(self._registry)

    @property
    def port(self) -> int | None:
        """Where it listens; None where it does not, or no port was free."""
        return self._listener.port

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Do nothing: whoever asks gets what there is, and what was read before would be told twice."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Listen no more, unless another one listens there now."""
        self._listener.hide(self._registry)
        super().shutdown(timeout_millis, **kwargs)


def address_of(host: str | None = None, port: int | None = None) -> tuple[str, int]:
    """Give the address to listen at, of which the environment says what is not given.

    Raises:
        ValueError: There is no such port.
    """
    number = _port() if port is None else port
    if not 0 <= number <= HIGHEST_PORT:
        msg = f"port = {number!r}: must be from 0 to {HIGHEST_PORT}"
        raise ValueError(msg)
    return host or os.environ.get(OTEL_EXPORTER_PROMETHEUS_HOST) or "localhost", number


def port_in_use(host: str, port: int) -> int | None:
    """Tell where this process listens that was to listen at an address; None where it does not."""
    listener = _listeners.get((host, port))
    return None if listener is None else listener.port


def _port() -> int:
    text = os.environ.get(OTEL_EXPORTER_PROMETHEUS_PORT, "").strip() or str(DEFAULT_PORT)
    try:
        return int(text)
    except ValueError:
        msg = f"{OTEL_EXPORTER_PROMETHEUS_PORT} = {text!r} (environment): must be the number of a port"
        raise ValueError(msg) from None


class _Shown:
    """Is the registry that the server reads, and passes on what the one in force has, to one who asks at a time."""

    def __init__(self) -> None:
        self.registry: Collector | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """Give the metrics that there are now."""
        with self._lock:
            return [] if self.registry is None else list(self.registry.collect())

    def restricted_registry(self, names: Iterable[str]) -> _Named:
        """Give what passes on only series of some names, as a request with ``name[]`` wants."""
        return _Named(self, frozenset(names))


class _Named:
    """Passes on the series that have one of some names."""

    def __init__(self, shown: _Shown, names: frozenset[str]) -> None:
        self._shown, self._names = shown, names

    def collect(self) -> Iterable[Metric]:
        """Give those that there are now."""
        for metric in self._shown.collect():
            metric.samples = [sample for sample in metric.samples if sample.name in self._names]
            if metric.samples:
                yield metric


class _Listener:
    """An HTTP server at one address, handed on from each configuration to the next: the port is not taken twice."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._server: Any = None
        self.port: int | None = None
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave the port to the process that this one was forked from."""
        if self._server is not None:
            self._server.socket.close()
        self._server = self.port = None
        self._shown = _Shown()

    def show(self, registry: Collector) -> None:
        """Answer with what a registry has."""
        self._shown.registry = registry
        if self._server is None:
            self._start()

    def hide(self, registry: Any) -> None:
        """Stop, unless another registry is shown meanwhile."""
        if self._shown.registry is not registry:
            return
        self._shown.registry = None
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = self.port = None

    def _start(self) -> None:
        host, asked = self._address
        last = min(asked + TRIED_PORTS - 1, HIGHEST_PORT) if asked else 0
        problems = [problem for port in range(asked, last + 1) if (problem := self._problem_at(port))]
        if self._server is None:
            told = f"metrics cannot be asked for at {host}:{asked} to {last}: {problems[0]}"
            faults.warn("metrics.unserved", f"{told}; send them over OTLP or to a file, or set another port in options")
        elif asked not in {0, self.port}:
            told = f"port {asked} is taken: Prometheus can ask this process, {os.getpid()}, for metrics at {self.port}"
            faults.warn("metrics.other_port", told)

    def _problem_at(self, port: int) -> OSError | None:
        """Listen at a port, unless that is done at one; give what is wrong with this one."""
        if self._server is None:
            try:
                self._server, _ = start_http_server(port, self._address[0], registry=self._shown)
            except OSError as error:
                return error
            self.port = self._server.server_port
        return None


_listeners: dict[tuple[str, int], _Listener] = {}
_lock = threading.Lock()


def _listener_at(host: str, port: int) -> _Listener:
    with _lock:
        if not port:
            return _Listener(host, port)
        return _listeners.setdefault((host, port), _Listener(host, port))
