"""The exporters that OpenTelemetry's own environment variables ask for.

Source: OpenTelemetry specification, "Environment Variable Specification", and the OTLP exporter's configuration.
"""

from __future__ import annotations

import netrc  # noqa: F401 - requests imports it when it sends: a fork in the midst of that would keep the lock
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from opentelemetry.environment_variables import OTEL_LOGS_EXPORTER, OTEL_METRICS_EXPORTER, OTEL_TRACES_EXPORTER
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT,
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL,
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
)
from opentelemetry.sdk.trace.export import SpanExporter

from otel_ops.exceptions import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics.export import MetricExporter

_Exporter = TypeVar("_Exporter")


class Signal(NamedTuple):
    """What the variables of one kind of telemetry are called, and the entry points of its exporters."""

    group: str
    variable: str
    endpoint: str
    protocol: str


TRACES = Signal(
    "opentelemetry_traces_exporter",
    OTEL_TRACES_EXPORTER,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
)
LOGS = Signal(
    "opentelemetry_logs_exporter",
    OTEL_LOGS_EXPORTER,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT,
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL,
)
METRICS = Signal(
    "opentelemetry_metrics_exporter",
    OTEL_METRICS_EXPORTER,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL,
)
_GRPC_PORT = 4317
OTLP_OF_PROTOCOL = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}
"""Names of OTLP exporters by protocol."""


def names_exporters(environ: Mapping[str, str]) -> bool:
    """Tell whether the variables say where spans go: to an endpoint, by name, or nowhere (``none``)."""
    return bool(_endpoint(environ) or environ.get(OTEL_TRACES_EXPORTER, "").strip())


def exporters_of(environ: Mapping[str, str]) -> list[SpanExporter]:
    """Make the exporters that the variables ask for.

    ``OTEL_TRACES_EXPORTER`` names them; without it, an OTLP endpoint that is set gets OTLP.

    Raises:
        SettingsError: an exporter or protocol has an unknown name, or an exporter could not be made.
    """
    return [_make(name, environ, TRACES, SpanExporter) for name in exporter_names(environ)]


def log_exporters_of(environ: Mapping[str, str]) -> list[LogRecordExporter]:
    """Make the exporters of log records that ``OTEL_LOGS_EXPORTER`` names; none without it.

    Raises:
        SettingsError: as `exporters_of`.
    """
    from opentelemetry.sdk._logs.export import LogRecordExporter  # noqa: PLC0415 - few programs ask for them

    base: type[Any] = LogRecordExporter
    return [_make(name, environ, LOGS, base) for name in log_exporter_names(environ)]


def exporter_names(environ: Mapping[str, str]) -> list[str]:
    """Give the names of the exporters that the variables ask for."""
    default = "otlp" if _endpoint(environ) else "none"
    return _names(environ.get(OTEL_TRACES_EXPORTER, "").strip() or default)


def log_exporter_names(environ: Mapping[str, str]) -> list[str]:
    """Give the names of the exporters of log records that are asked for."""
    return _names(environ.get(OTEL_LOGS_EXPORTER, ""))


def metric_exporter_names(environ: Mapping[str, str]) -> list[str]:
    """Give the names of the exporters of metrics that are asked for."""
    return _names(environ.get(OTEL_METRICS_EXPORTER, ""))


def metric_exporter_of(name: str, environ: Mapping[str, str]) -> MetricExporter:
    """Make the exporter of metrics that has a name.

    Raises:
        SettingsError: as `exporters_of`.
    """
    from opentelemetry.sdk.metrics.export import MetricExporter  # noqa: PLC0415 - few programs ask for them

    base: type[Any] = MetricExporter
    exporter: MetricExporter = _make(name, environ, METRICS, base)
    return exporter


def _names(listed: str) -> list[str]:
    wanted = dict.fromkeys(name.strip() for name in listed.split(","))
    return [name for name in wanted if name not in {"", "none"}]


def _endpoint(environ: Mapping[str, str], signal: Signal = TRACES) -> str:
    return (environ.get(signal.endpoint) or environ.get(OTEL_EXPORTER_OTLP_ENDPOINT) or "").strip()


def find_exporter(name: str, environ: Mapping[str, str], signal: Signal = TRACES) -> EntryPoint:
    """Find an exporter by its name, without making one.

    Raises:
        SettingsError: it or the protocol has an unknown name.
    """
    entry_point = _otlp_name(environ, signal) if name == "otlp" else name
    found = tuple(entry_points(group=signal.group, name=entry_point))
    if not found:
        known = sorted({point.name for point in entry_points(group=signal.group)} | {"otlp", "none"})
        from difflib import get_close_matches  # noqa: PLC0415 - wrong names are rare

        near = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        msg = f"{signal.variable} = {name!r} (environment): no such exporter is installed; {hint}"
        raise SettingsError(msg)
    return found[0]


def _make(name: str, environ: Mapping[str, str], signal: Signal, base: type[_Exporter]) -> _Exporter:
    found = find_exporter(name, environ, signal)
    try:
        exporter: Any = found.load()()
    except Exception as error:
        cause = f"{type(error).__name__}: {error}; mend what it names, or choose another exporter"
        msg = f"{signal.variable} = {name!r} (environment): the exporter cannot be made: {cause}"
        raise SettingsError(msg) from error
    if not isinstance(exporter, base):
        kind = type(exporter).__name__
        msg = f"{signal.variable} = {name!r} (environment): {kind} is no {base.__name__}; choose another exporter"
        raise SettingsError(msg)
    return exporter


def _otlp_name(environ: Mapping[str, str], signal: Signal) -> str:
    variable = signal.protocol
    if not environ.get(variable):
        variable = OTEL_EXPORTER_OTLP_PROTOCOL
    protocol = environ.get(variable, "").strip() or _usual_protocol(_endpoint(environ, signal))
    if protocol not in OTLP_OF_PROTOCOL:
        msg = f"{variable} = {protocol!r} (environment): unknown protocol; use {' or '.join(OTLP_OF_PROTOCOL)}"
        raise SettingsError(msg)
    return OTLP_OF_PROTOCOL[protocol]


def _usual_protocol(endpoint: str) -> str:
    """Choose by the port: 4317 is gRPC's by convention; the specification's default is http/protobuf."""
    try:
        port = urlsplit(endpoint).port
    except ValueError:
        port = None
    return "grpc" if port == _GRPC_PORT else "http/protobuf"
