"""What all metrics of otel_ops have in common: whose provider they belong to, and how many series they have at most."""

from otel_ops.meters.instruments import METERS, make_counter, meter_in, meter_provider, observe
from otel_ops.meters.series import BoundedSeries

__all__ = ["METERS", "BoundedSeries", "make_counter", "meter_in", "meter_provider", "observe"]
