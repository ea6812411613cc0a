"""What is known of the collector's components: their signals, and which of them queue what they send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SIGNALS: Final = ("traces", "metrics", "logs")
SECTIONS: Final = ("receivers", "processors", "connectors", "exporters", "extensions")

_ALL = frozenset(SIGNALS)
_TRACES, _METRICS, _LOGS = (frozenset((signal,)) for signal in SIGNALS)

_RECEIVERS = {
    "file_log": _LOGS,
    "host_metrics": _METRICS,
    "kafka": _ALL,
    "otlp": _ALL,
    "otlp_json_file": _ALL,
    "prometheus": _METRICS,
}
_PROCESSORS = {
    "attributes": _ALL,
    "batch": _ALL,
    "cumulative_to_delta": _METRICS,
    "deltatocumulative": _METRICS,
    "filter": _ALL,
    "interval": _METRICS,
    "k8s_attributes": _ALL,
    "memory_limiter": _ALL,
    "metrics_transform": _METRICS,
    "probabilistic_sampler": _TRACES | _LOGS,
    "redaction": _ALL,
    "resource": _ALL,
    "resource_detection": _ALL,
    "tail_sampling": _TRACES,
    "transform": _ALL,
}
_EXPORTERS = {
    "awsemf": _METRICS | _LOGS,
    "awsxray": _TRACES,
    "azuremonitor": _ALL,
    "datadog": _ALL,
    "debug": _ALL,
    "elasticsearch": _ALL,
    "file": _ALL,
    "googlecloud": _ALL,
    "kafka": _ALL,
    "load_balancing": _ALL,
    "nop": _ALL,
    "opensearch": _TRACES | _LOGS,
    "otlp_grpc": _ALL,
    "otlp_http": _ALL,
    "prometheus": _METRICS,
    "prometheus_remote_write": _METRICS,
    "sentry": _TRACES | _LOGS,
    "signalfx": _ALL,
    "splunk_hec": _ALL,
    "syslog": _LOGS,
}
SUPPORTED: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "receivers": _RECEIVERS,
    "processors": _PROCESSORS,
    "exporters": _EXPORTERS,
}
"""By section and type: the signals of the pipelines in which a component may stand."""

CONNECTED: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "count": dict.fromkeys(SIGNALS, _METRICS),
    "exceptions": {"traces": _METRICS | _LOGS},
    "failover": {signal: frozenset((signal,)) for signal in SIGNALS},
    "forward": {signal: frozenset((signal,)) for signal in SIGNALS},
    "routing": {signal: frozenset((signal,)) for signal in SIGNALS},
    "service_graph": {"traces": _METRICS},
    "span_metrics": {"traces": _METRICS},
}
"""By type of connector: the signals that it takes, and those that it makes of each."""

QUEUED: Final = frozenset(_EXPORTERS) - {"debug", "file", "nop", "prometheus", "prometheus_remote_write"}
"""Exporters that have the common queue, which can be on disk."""


def type_of(component: str) -> str:
    """Give the type of a component from its id, as ``otlp_grpc`` of ``otlp_grpc/jaeger``."""
    return component.partition("/")[0]
