"""``otel-ops analyze``: statistics of the operations in files."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from otel_ops.analysis import CSVAnalysisExporter, JSONAnalysisExporter, OperationAnalyzer
from otel_ops.cli.parsing import FILE_HELP, subcommand
from otel_ops.cli.reading import Reading

if TYPE_CHECKING:
    from otel_ops.analysis import OperationAnalysis, OperationStatistics
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops analyze .otel_ops/*.jsonl
  otel-ops analyze run.jsonl --format json | jq '.operations[0]'
  otel-ops analyze run.jsonl.gz --format csv > statistics.csv
"""
_EXPORTERS = {"json": JSONAnalysisExporter, "csv": CSVAnalysisExporter}


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(subparsers, "analyze", run, "tell where the time went and what failed", _EXAMPLES)
    parser.add_argument("files", nargs="+", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")


def run(options: argparse.Namespace) -> int:
    """Print the statistics of each operation, the one with the most self time first."""
    reading = Reading(options.files)
    analysis = OperationAnalyzer.from_records(reading).analyze()
    analysis = dataclasses.replace(analysis, broken=reading.broken)
    if options.format == "table":
        print_table(analysis)
    else:
        sys.stdout.write(_EXPORTERS[options.format]().export(analysis))
    reading.report()
    return reading.exit_code


