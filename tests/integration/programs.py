"""What the programs of integration tests begin with, and how what they wrote is read."""

from __future__ import annotations

from pathlib import Path

from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import SpanRecord

RUN = """
from otel_ops import OperationContext, configure, diagnostics, operation, shutdown

def run(name):
    with operation(name):
        pass
"""


def records_in(*paths: Path) -> list[SpanRecord]:
    """Read the spans of files in which every line is whole; two that write at once may leave an empty one."""
    documents = [decode(line) for path in paths for line in path.read_bytes().splitlines() if line]
    assert all(not document.broken for document in documents)
    return [record for document in documents for record in document.spans]


def names_in(*paths: Path) -> list[str]:
    """Read the names of the spans of files."""
    return [record.name for record in records_in(*paths)]


def trace_files(folder: Path) -> list[Path]:
    """Find the files that are written by default."""
    return sorted(folder.glob(".otel_ops/*.jsonl"))
