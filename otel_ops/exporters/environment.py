"""The exporters that OpenTelemetry's own environment variables ask for.

Source: OpenTelemetry specification, "Environment Variable Specification", and the OTLP exporter's configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from urllib.parse import urlsplit

from opentelemetry.environment_variables import OTEL_TRACES_EXPORTER
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
)
from opentelemetry.sdk.trace.export import SpanExporter

from otel_ops.exceptions import SettingsError

_GROUP = "opentelemetry_traces_exporter"
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
    return [_make(name, environ) for name in exporter_names(environ)]


def exporter_names(environ: Mapping[str, str]) -> list[str]:
    """Give the names of the exporters that the variables ask for."""
    default = "otlp" if _endpoint(environ) else "none"
    names = environ.get(OTEL_TRACES_EXPORTER, "").strip() or default
    wanted = [name.strip() for name in names.split(",")]
    return [name for name in wanted if name not in {"", "none"}]


def _endpoint(environ: Mapping[str, str]) -> str:
    return (environ.get(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) or environ.get(OTEL_EXPORTER_OTLP_ENDPOINT) or "").strip()


def find_exporter(name: str, environ: Mapping[str, str]) -> EntryPoint:
    """Find an exporter by its name, without making one.

    Raises:
        SettingsError: it or the protocol has an unknown name.
    """
    entry_point = _otlp_name(environ) if name == "otlp" else name
    found = tuple(entry_points(group=_GROUP, name=entry_point))
    if not found:
        known = sorted({point.name for point in entry_points(group=_GROUP)} | {"otlp", "none"})
        near = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        msg = f"{OTEL_TRACES_EXPORTER} = {name!r} (environment): no such exporter is installed; {hint}"
        raise SettingsError(msg)
    return found[0]


def _make(name: str, environ: Mapping[str, str]) -> SpanExporter:
    found = find_exporter(name, environ)
    try:
        exporter = found.load()()
    except Exception as error:
        cause = f"{type(error).__name__}: {error}; mend what it names, or choose another exporter"
        msg = f"{OTEL_TRACES_EXPORTER} = {name!r} (environment): the exporter cannot be made: {cause}"
        raise SettingsError(msg) from error
    if not isinstance(exporter, SpanExporter):
        kind = type(exporter).__name__
        msg = f"{OTEL_TRACES_EXPORTER} = {name!r} (environment): {kind} is no SpanExporter; choose another exporter"
        raise SettingsError(msg)
    return exporter


def _otlp_name(environ: Mapping[str, str]) -> str:
    variable = OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
    if not environ.get(variable):
        variable = OTEL_EXPORTER_OTLP_PROTOCOL
    protocol = environ.get(variable, "").strip() or _usual_protocol(_endpoint(environ))
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
