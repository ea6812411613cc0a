"""Vendors that take OTLP: a row of data for each, and what is made from it."""

from otel_ops.collector.vendors.choice import Choice, chosen
from otel_ops.collector.vendors.environment import environment_block, environment_of
from otel_ops.collector.vendors.mismatches import mismatches
from otel_ops.collector.vendors.overlay import overlay_of
from otel_ops.collector.vendors.overlay_text import overlay_text
from otel_ops.collector.vendors.row import Vendor
from otel_ops.collector.vendors.rows import vendor_named, vendor_names

__all__ = [
    "Choice",
    "Vendor",
    "chosen",
    "environment_block",
    "environment_of",
    "mismatches",
    "overlay_of",
    "overlay_text",
    "vendor_named",
    "vendor_names",
]
