"""``otel-ops analyze``: statistics of the operations in files."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from otel_ops.analysis import CSVAnalysisExporter, JSONAnalysisExporter, OperationAnalyzer
from otel_ops.cli.parsing import FILE_HELP, subcommand
from otel_ops.cli.reading import Reading
from otel_ops.formatters import page_of, wording

if TYPE_CHECKING:
    from otel_ops.analysis import OperationAnalysis, OperationStatistics
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops analyze .otel_ops/*.jsonl
  otel-ops analyze run.jsonl --format json | jq '.operations[0]'
  otel-ops analyze run.jsonl.gz --format csv > statistics.csv
"""
_BAR = "▇"
_BAR_WIDTH = 12
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


def print_table(analysis: OperationAnalysis) -> None:
    """Print a table for people, and which errors there were."""
    console = Console(width=page_of(sys.stdout).width, highlight=False, markup=False, emoji=False)
    if not analysis.operations:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("operation", no_wrap=True, overflow="ellipsis")
    for name in ("count", "errors", "total", "self", "mean", "p50", "p95", "p99"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("share of self time", no_wrap=True)
    whole = sum(found.self_ns for found in analysis.operations) or 1
    for found in analysis.operations:
        table.add_row(*_cells(found, found.self_ns / whole))
    console.print(table)
    for found in analysis.operations:
        for type_, number in found.error_types.items():
            console.print(Text.assemble(("✗ ", "red"), f"{wording.safe(found.name)}: {number} × {wording.safe(type_)}"))


def _cells(found: OperationStatistics, share: float) -> tuple[Text, ...]:
    times = (found.total_ns, found.self_ns, found.mean_ns, found.p50_ns, found.p95_ns, found.p99_ns)
    return (
        Text(wording.safe(found.name), "bold red" if found.errors else ""),
        Text(str(found.count)),
        Text(str(found.errors or ""), "bold red"),
        *(Text(wording.duration(time)) for time in times),
        Text.assemble((_BAR * max(1, round(share * _BAR_WIDTH)), "cyan"), f" {share:.0%}"),
    )
