"""An analysis as text for other programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from typing import Any, Final

from otel_ops.analysis.analyzer import OperationAnalysis
from otel_ops.analysis.statistics import OperationStatistics

FIELDS: Final = ("name", "count", "errors", "total_ns", "self_ns", "mean_ns", "p50_ns", "p95_ns", "p99_ns")
"""What is exported of each operation, in this order; the names are those of `OperationStatistics`."""


class AnalysisExporter(ABC):
    """Turns an analysis into text."""

    @abstractmethod
    def export(self, analysis: OperationAnalysis) -> str:
        """Give the text, whole lines."""


class JSONAnalysisExporter(AnalysisExporter):
    """JSON, version 1.

    ``operations`` holds an object for each operation, with the keys of `FIELDS`, in the order of the analysis.
    ``error_types`` tells for each operation that failed how often it did so by type of the error, and ``input``
    how many spans and traces were read, how many spans were duplicates and how many spans or lines were broken.
    """

    def export(self, analysis: OperationAnalysis) -> str:
        """Give one JSON object, indented, with a line break at its end."""
        document = {
            "version": 1,
            "operations": [dict(zip(FIELDS, _figures(operation), strict=True)) for operation in analysis.operations],
            "error_types": {
                operation.name: dict(operation.error_types)
                for operation in analysis.operations
                if operation.error_types
            },
            "input": {
                "spans": analysis.spans,
                "traces": analysis.traces,
                "duplicates": analysis.duplicates,
                "broken": analysis.broken,
            },
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class CSVAnalysisExporter(AnalysisExporter):
    """CSV with a header: one row for each operation, the columns of `FIELDS`.

    Texts are quoted as RFC 4180 says, so that any name survives; lines end with a line feed. Names stand as they
    are: a spreadsheet may take one that starts with ``=``, ``+``, ``-`` or ``@`` for a formula, so import the column
    as text where the spans come from somebody you do not trust.
    """

    def export(self, analysis: OperationAnalysis) -> str:
        """Give the header and the rows, in the order of the analysis."""
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(map(_cells, analysis.operations))
        return text.getvalue()


def _cells(operation: OperationStatistics) -> list[Any]:
    """Give the figures with what no reader of CSV knows, the character of code 0, replaced."""
    name, *figures = _figures(operation)
    return [name.replace("\0", "\ufffd"), *figures]


def _figures(operation: OperationStatistics) -> list[Any]:
    return [getattr(operation, name) for name in FIELDS]
