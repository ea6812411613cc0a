"""Where spans go beside the exporters of OpenTelemetry: files of OTLP JSON lines."""

from otel_ops.exporters.file import OTLPFileSpanExporter
from otel_ops.exporters.trace_file import OWN_FOLDER, TraceFile

__all__ = ["OWN_FOLDER", "OTLPFileSpanExporter", "TraceFile"]
