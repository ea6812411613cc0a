"""Where metrics of operations go, and whether they can; none is measured, written or pushed for that."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from opentelemetry.metrics import get_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricsData

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.patience import within
from otel_ops.doctor.room import written
from otel_ops.doctor.subject import Subject
from otel_ops.doctor.trying import Sent, Tries
from otel_ops.exceptions import SettingsError
from otel_ops.exporters.environment import metric_exporter_of
from otel_ops.exporters.metrics import check_variables, options_of, places_of
from otel_ops.exporters.prometheus.pull import HIGHEST_PORT, TRIED_PORTS, address_of, port_in_use
from otel_ops.exporters.prometheus.textfile import path_of
from otel_ops.redaction import redacted
from otel_ops.sdk.metering import is_of_program

Options = Mapping[str, Any]

_NONE = Sent("metrics", "a request without metrics", MetricsData([]))


def metrics_sent(subject: Subject, tries: Tries) -> Iterator[Finding]:
    """Examine every place that metrics go to."""
    if subject.provider is None:
        return
    try:
        yield from _examined(subject, tries)
    except (SettingsError, ValueError) as error:
        yield Finding("settings.problem", str(error), Level.ERROR, "operations go nowhere until that is mended")


def _examined(subject: Subject, tries: Tries) -> Iterator[Finding]:
    places = places_of(subject.settings.metrics, subject.environ)
    if not places:
        yield Finding("metrics", "operations are not measured: neither metrics nor OTEL_METRICS_EXPORTER names a place")
    elif is_of_program(subject.settings, places):
        yield _of_program(subject)
    else:
        check_variables()
        for key, place in places:
            options = options_of(key, place)
            yield from _PLACES[place.to](options, tries) if place.to in _PLACES else _exported(place.to, tries)


def _of_program(subject: Subject) -> Finding:
    if not subject.is_in_force or isinstance(get_meter_provider(), MeterProvider):
        return Finding("metrics", "metrics go into the program's own meter provider", data={"to": "program"})
    remedy = "set an opentelemetry.sdk.metrics.MeterProvider, or name another place in metrics"
    text = "metrics go into the program's own meter provider, and there is none"
    return Finding("metrics", text, Level.WARNING, remedy, {"to": "program"})


def _exported(name: str, tries: Tries) -> Iterator[Finding]:
    exporter = metric_exporter_of(name, os.environ)
    with ExitStack() as made:
        made.callback(exporter.shutdown)
        yield from tries.findings(exporter, _NONE)


def _otlp(_: Options, tries: Tries) -> Iterator[Finding]:
    return _exported("otlp", tries)


def _pull(options: Options, _: Tries) -> Iterator[Finding]:
    host, asked = address_of(**options)
    port = port_in_use(host, asked) or _free_port(host, asked)
    data = {"to": "prometheus", "host": host, "port": port}
    if isinstance(port, OSError):
        text = f"metrics cannot be asked for at {host}:{asked}: {port.strerror or port}"
        yield Finding("metrics", text, Level.ERROR, "set another host or port in options", {**data, "port": None})
    elif asked in {0, port}:
        where = f"{host}:{port}" if asked else f"{host}, at a port that is free"
        yield Finding("metrics", f"Prometheus can ask for metrics at {where}", data=data)
    else:
        text = f"port {asked} is taken: Prometheus could ask for metrics at {host}:{port}"
        yield Finding("metrics", text, Level.WARNING, "have Prometheus ask there, or set another port", data)


def _free_port(host: str, first: int) -> int | OSError:
    """Find the port that would be listened at, as the reader does; give the first problem where there is none."""
    problems = []
    for port in range(first, min(first + TRIED_PORTS - 1, HIGHEST_PORT) + 1 if first else 1):
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            with socket.create_server((host, port), family=family):
                return port
        except OSError as error:
            problems.append(error)
    return problems[0]


def _textfile(options: Options, _: Tries) -> Iterator[Finding]:
    yield written("metrics for node_exporter", Path(path_of(options["to"])))


def _pushgateway(options: Options, tries: Tries) -> Iterator[Finding]:
    to = str(options["to"])
    data: dict[str, object] = {"to": "pushgateway", "address": redacted(to)}
    if not tries.sends:
        yield Finding("metrics", f"metrics are pushed to {redacted(to)}", data=data)
        return
    try:
        within(tries.seconds, partial(_ask_gateway, to, tries.seconds))
    except (OSError, ValueError) as error:
        text = f"metrics cannot be pushed to {redacted(to)}: {redacted(_reason(error))}"
        yield Finding("metrics", text, Level.ERROR, "start a Pushgateway there, or set another address in to", data)
    else:
        yield Finding("metrics", f"metrics are pushed to {redacted(to)}, which answers", data=data)


def _reason(error: OSError | ValueError) -> str:
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or str(cause)


def _ask_gateway(address: str, seconds: float) -> None:
    """Ask a Pushgateway whether it is well."""
    url = address if "://" in address else f"http://{address}"
    with urlopen(f"{url.rstrip('/')}/-/healthy", timeout=seconds):
        pass


_PLACES: Mapping[str, Callable[[Options, Tries], Iterator[Finding]]] = {
    "otlp": _otlp,
    "prometheus": _pull,
    "textfile": _textfile,
    "pushgateway": _pushgateway,
}
