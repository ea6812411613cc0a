"""Where spans go with given settings and environment variables, told without making anything."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT

from otel_ops.exporters.environment import OTLP_OF_PROTOCOL, exporter_names, find_exporter, names_exporters
from otel_ops.settings import DEFAULT_TRACE_FILE, Settings
from otel_ops.settings.otel_variables import is_disabled

_PROTOCOL_OF_OTLP = {exporter: protocol for protocol, exporter in OTLP_OF_PROTOCOL.items()}


def destinations(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """Say where `otel_ops.configure` would send spans; empty for nowhere.

    Raises:
        SettingsError: an exporter or protocol has an unknown name.
    """
    if is_disabled(environ):
        return []
    places = [_place(find_exporter(name, environ).name, environ) for name in exporter_names(environ)]
    trace_file = trace_file_of(settings, environ)
    return [*places, trace_file] if trace_file else places


def trace_file_of(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Give the path of the trace file, with its placeholders; None where there is none."""
    if settings.trace_file is None and not names_exporters(environ):
        return DEFAULT_TRACE_FILE
    return settings.trace_file or None


def _place(exporter: str, environ: Mapping[str, str]) -> str:
    protocol = _PROTOCOL_OF_OTLP.get(exporter)
    return f"{_endpoint(protocol, environ)} (OTLP, {protocol})" if protocol else f"the exporter {exporter}"


def _endpoint(protocol: str, environ: Mapping[str, str]) -> str:
    """Tell the endpoint as the OTLP exporters find it; the one for all signals gets a path over HTTP."""
    endpoint = environ.get(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, "").strip()
    common = environ.get(OTEL_EXPORTER_OTLP_ENDPOINT, "").strip()
    if protocol == "grpc":
        return endpoint or common or "http://localhost:4317"
    return endpoint or f"{(common or 'http://localhost:4318').removesuffix('/')}/v1/traces"
