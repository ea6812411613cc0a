"""``otel-ops analyze``: statistics of the operations in files."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from otel_ops.analysis import CSVAnalysisExporter, JSONAnalysisExporter, OperationAnalyzer
from otel_ops.analysis.sources import spans_of
from otel_ops.cli.parsing import FILE_HELP, add_format, subcommand
from otel_ops.cli.reading import Reading
from otel_ops.durations import duration_in_words
from otel_ops.formatters import page_of, wording
from otel_ops.formatters.rendering import rendered

if TYPE_CHECKING:
    from otel_ops.analysis import OperationAnalysis, OperationStatistics
    from otel_ops.cli.parsing import Subparsers

_NAMES = ("analyze", "analyse")
_EXAMPLES = """  otel-ops analyze .otel_ops
  otel-ops analyze run.jsonl --format json | jq '.operations[0]'
  otel-ops analyze run.jsonl.gz --format csv > statistics.csv
"""
_BAR = "▇"
_BAR_WIDTH = 8
_GAP = 2
_NAME_WIDTH = 12
_TIMES = ("total", "self", "mean", "p50", "p95", "p99")
_SHARE = "share of self"
_WIDTHS = {"count": 5, "errors": 6, **dict.fromkeys(_TIMES, 7), _SHARE: _BAR_WIDTH + 6}
_DISPENSABLE = ("mean", "p99", "p50", _SHARE, "p95")
_EXPORTERS = {"json": JSONAnalysisExporter, "csv": CSVAnalysisExporter}


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand, under both spellings of its name."""
    for name in _NAMES:
        summary = "tell where the time went and what failed"
        parser = subcommand(subparsers, name, run, summary, _EXAMPLES, is_listed=name == _NAMES[0])
        parser.add_argument("files", nargs="+", metavar="FILE", help=FILE_HELP)
        add_format(parser, "table", "json", "csv")


def run(options: argparse.Namespace) -> int:
    """Print the statistics of each operation, the one with the most self time first."""
    reading = Reading(options.files)
    analysis = OperationAnalyzer.from_records(spans_of(reading)).analyze()
    analysis = dataclasses.replace(analysis, broken=reading.broken)
    if options.format == "table":
        print_table(analysis)
    else:
        sys.stdout.write(_EXPORTERS[options.format]().export(analysis))
    reading.report()
    return reading.exit_code


def print_table(analysis: OperationAnalysis) -> None:
    """Print a table for people, and which errors there were."""
    if analysis.operations:
        page = page_of(sys.stdout)
        sys.stdout.write(rendered((_table(analysis, _columns(page.width)), "", *_errors(analysis)), page))


def _table(analysis: OperationAnalysis, columns: list[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("operation", no_wrap=True, overflow="ellipsis", min_width=12)
    for name in columns:
        table.add_column(name, no_wrap=True, justify="left" if name == _SHARE else "right", min_width=_WIDTHS[name])
    whole = sum(found.self_ns for found in analysis.operations)
    for found in analysis.operations:
        cells = _cells(found, whole)
        table.add_row(Text(wording.safe(found.name), "bold red" if found.errors else ""), *map(cells.get, columns))
    return table


def _columns(width: int) -> list[str]:
    """Choose the columns that a page has room for beside the names; the dearest stay."""
    columns = list(_WIDTHS)
    for name in _DISPENSABLE:
        if _NAME_WIDTH + sum(_WIDTHS[column] + _GAP for column in columns) > width:
            columns.remove(name)
    return columns


def _errors(analysis: OperationAnalysis) -> Iterator[Text]:
    for found in analysis.operations:
        shorts = Counter(map(wording.error_type, found.error_types))
        for full, number in found.error_types.items():
            short = wording.error_type(full)
            told = short if shorts[short] == 1 else wording.safe(full)
            yield Text.assemble(("✗ ", "red"), f"{wording.safe(found.name)}: {number} × {told}")


def _cells(found: OperationStatistics, whole: int) -> dict[str, Text]:
    bar = _BAR * round(found.self_ns * _BAR_WIDTH / max(1, whole))
    return {
        "count": Text(str(found.count)),
        "errors": Text(str(found.errors or ""), "bold red"),
        **{name: Text(duration_in_words(getattr(found, f"{name}_ns"))) for name in _TIMES},
        _SHARE: Text.assemble((bar.ljust(_BAR_WIDTH), "cyan"), f" {wording.share(found.self_ns, whole):>5}"),
    }
