"""What readers of metrics have read, as plain data."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric

Values = dict[tuple[Any, ...], Any]


def metrics_in(reader: InMemoryMetricReader) -> dict[str, Metric]:
    """Give the metrics that there are now, by name."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
    assert {"otel_ops"} >= {scope.scope.name for scope in scopes}
    return {metric.name: metric for scope in scopes for metric in scope.metrics}


def values_of(metric: Metric) -> Values:
    """Give values, or counts, by the values of their attributes."""
    return {
        tuple((point.attributes or {}).values()): getattr(point, "value", getattr(point, "count", None))
        for point in metric.data.data_points
    }
