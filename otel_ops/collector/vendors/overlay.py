"""The overlay with which the collector exports to a vendor."""

from __future__ import annotations

from typing import Any

from otel_ops.collector.vendors import templates
from otel_ops.collector.vendors.choice import Choice
from otel_ops.collector.vendors.row import Authenticator, Signal, Vendor

_EXPORTERS = {"http/protobuf": "otlp_http", "grpc": "otlp_grpc"}
_BASE_EXTENSIONS = ("health_check", "file_storage/queue")
"""The extensions of the base; lists are replaced when the collector merges files."""

_SOURCES = {"traces": "forward/sampled", "metrics": "forward/metrics", "logs": "forward/logs"}
"""The connectors of the base that give each signal to back ends."""

_QUEUE_BYTES = 128 * 1024 * 1024
_BATCH_BYTES = 256 * 1024
_RETRY = {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "0s"}
"""For ever."""


def overlay_of(choice: Choice) -> dict[str, Any]:
    """Give the overlay, as plain data: it only adds keys, and each exporter has its own queue on disk."""
    overlay = {
        "extensions": {_authenticator_id(choice, one): _settings(choice, one) for one in choice.vendor.authenticators},
        "processors": _processors(choice),
        "exporters": {_exporter_id(choice, signal): _exporter(choice, signal) for signal in choice.signals},
        "service": _service(choice),
    }
    return {section: content for section, content in overlay.items() if content}


def _service(choice: Choice) -> dict[str, Any]:
    own = [_authenticator_id(choice, one) for one in choice.vendor.authenticators]
    return {
        **({"extensions": [*_BASE_EXTENSIONS, *own]} if own else {}),
        "pipelines": {f"{signal}/{choice.vendor.name}": _pipeline(choice, signal) for signal in choice.signals},
    }


def _pipeline(choice: Choice, signal: Signal) -> dict[str, Any]:
    processors = _processors_of(choice, signal)
    return {
        "receivers": [_SOURCES[signal]],
        **({"processors": processors} if processors else {}),
        "exporters": [_exporter_id(choice, signal)],
    }


def _processors(choice: Choice) -> dict[str, Any]:
    ids = {processor for signal in choice.signals for processor in _processors_of(choice, signal)}
    settings = {_conversion_id(choice): {"max_staleness": "1h"}, _resource_id(choice): _statements(choice)}
    return {processor: settings[processor] for processor in sorted(ids)}


def _processors_of(choice: Choice, signal: Signal) -> list[str]:
    converts = signal == "metrics" and choice.vendor.temporality[:1] == ("delta",)
    resource = [_resource_id(choice)] if choice.vendor.resource_attributes else []
    return [*resource, _conversion_id(choice)] if converts else resource


def _conversion_id(choice: Choice) -> str:
    return f"cumulative_to_delta/{choice.vendor.name}"


def _resource_id(choice: Choice) -> str:
    return f"transform/{choice.vendor.name}"


def _statements(choice: Choice) -> dict[str, Any]:
    """Give the statements that set what the vendor needs to know of the resource."""
    statements = [
        f'set(resource.attributes["{key}"], "{_written(choice, value)}")'
        for key, value in choice.vendor.resource_attributes.items()
    ]
    return {"error_mode": "ignore", **{f"{signal[:-1]}_statements": list(statements) for signal in choice.signals}}


def _exporter_id(choice: Choice, signal: Signal) -> str:
    """Name the exporter; signals share it where their requests do not differ in more than the path."""
    vendor = choice.vendor
    differ = vendor.signal_headers or len(vendor.authenticators) > 1 or vendor.max_request_points
    return f"{_EXPORTERS[choice.protocol]}/{vendor.name}{f'_{signal}' if differ else ''}"


def _exporter(choice: Choice, signal: Signal) -> dict[str, Any]:
    vendor = choice.vendor
    headers = {name: _written(choice, text) for name, text in vendor.headers_of(signal).items()}
    authenticator = next((one for one in vendor.authenticators if signal in one.signals), None)
    return {
        **_endpoints(choice, signal),
        **({"headers": headers} if headers else {}),
        **({"auth": {"authenticator": _authenticator_id(choice, authenticator)}} if authenticator else {}),
        "compression": vendor.compression,
        "retry_on_failure": dict(_RETRY),
        "sending_queue": _queue(vendor, signal),
    }


def _endpoints(choice: Choice, signal: Signal) -> dict[str, str]:
    """Give the base, or the URLs: all of them where signals share the exporter."""
    route = choice.route
    if choice.protocol == "grpc" or not route.own_url(signal):
        return {"endpoint": _written(choice, route.own_url(signal) or route.endpoint)}
    sharing = [one for one in choice.signals if _exporter_id(choice, one) == _exporter_id(choice, signal)]
    return {f"{one}_endpoint": _written(choice, route.own_url(one)) for one in sharing}


def _queue(vendor: Vendor, signal: Signal) -> dict[str, Any]:
    """Give a queue on disk, which does not hold up other back ends when it is full."""
    variable = f"{vendor.name.upper().replace('-', '_')}_QUEUE_BYTES"
    return {
        "enabled": True,
        "storage": "file_storage/queue",
        "sizer": "bytes",
        "queue_size": f"${{env:{variable}:-{_QUEUE_BYTES}}}",
        "block_on_overflow": False,
        "batch": {"flush_timeout": "1s", **_batch(vendor, signal)},
    }


def _batch(vendor: Vendor, signal: Signal) -> dict[str, Any]:
    """Give the size of requests: in points of metrics where the vendor bounds these."""
    points = vendor.max_request_points if signal == "metrics" else None
    if points:
        return {"min_size": points, "max_size": points, "sizer": "items"}
    least = min(_BATCH_BYTES, vendor.max_request_bytes // 2)
    return {"min_size": least, "max_size": vendor.max_request_bytes, "sizer": "bytes"}


def _authenticator_id(choice: Choice, one: Authenticator) -> str:
    several = len(choice.vendor.authenticators) > 1
    return f"{one.extension}/{choice.vendor.name}{f'_{one.signals[0]}' if several else ''}"


def _settings(choice: Choice, one: Authenticator) -> dict[str, Any]:
    return {key: _written(choice, value) if isinstance(value, str) else value for key, value in one.settings.items()}


def _written(choice: Choice, template: str) -> str:
    return templates.filled(template, choice, templates.in_collector)
