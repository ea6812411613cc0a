"""What would happen to an operation now, and what stands in its way."""

from otel_ops.doctor.examination import examine
from otel_ops.doctor.findings import Finding, Level, Report, Section

__all__ = ["Finding", "Level", "Report", "Section", "examine"]
