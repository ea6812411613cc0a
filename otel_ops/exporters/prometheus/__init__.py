"""Metrics as Prometheus reads them."""

from otel_ops.exporters.prometheus.pull import PrometheusPull

__all__ = ["PrometheusPull"]
