"""Statistics of operations from span data: live, or from files."""

from otel_ops.analysis.analyzer import OperationAnalysis, OperationAnalyzer
from otel_ops.analysis.errors import ErrorStatistics
from otel_ops.analysis.exporters import AnalysisExporter, CSVAnalysisExporter, JSONAnalysisExporter
from otel_ops.analysis.statistics import OperationStatistics

__all__ = [
    "AnalysisExporter",
    "CSVAnalysisExporter",
    "ErrorStatistics",
    "JSONAnalysisExporter",
    "OperationAnalysis",
    "OperationAnalyzer",
    "OperationStatistics",
]
