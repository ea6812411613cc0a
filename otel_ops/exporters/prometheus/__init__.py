"""Metrics as Prometheus reads them."""

from otel_ops.exporters.prometheus.pull import PrometheusPull
from otel_ops.exporters.prometheus.pushgateway import PrometheusPushgateway
from otel_ops.exporters.prometheus.textfile import PrometheusTextfile

__all__ = ["PrometheusPull", "PrometheusPushgateway", "PrometheusTextfile"]
