"""``otel-ops demo``: a thermal analysis, its operations as they end, and what its trace file tells afterwards."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_ops.analysis import OperationAnalyzer
from otel_ops.analysis.sources import SpanSource
from otel_ops.cli.analyze import print_table
from otel_ops.cli.parsing import level, subcommand
from otel_ops.detail import Detail
from otel_ops.exceptions import MissingExtraError
from otel_ops.exporters import OWN_FOLDER
from otel_ops.formatters import FormattedSpanExporter, TableFormatter
from otel_ops.log_builder import logs_of
from otel_ops.sdk import configure, shutdown

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops demo
  otel-ops demo --detail DEBUG --slow
  otel-ops demo --folder demo && otel-ops show demo/trace.jsonl --detail STANDARD
"""
_PACKAGE = Path(__file__).parent.parent
_EXAMPLE = Path("examples", "thermal_analysis")


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(subparsers, "demo", run, "run a thermal analysis and watch its operations", _EXAMPLES)
    parser.add_argument("--detail", type=level, default=Detail.DETAILED, help="level of detail; default: DETAILED")
    parser.add_argument("--slow", action="store_true", help="with the optional slow step, a bootstrap")
    parser.add_argument(
        "--folder", type=Path, default=Path(OWN_FOLDER, "demo"), help=f"where its files go; default: {OWN_FOLDER}/demo"
    )
    parser.add_argument("--only-tree", action="store_true", help="nothing but the tree")


def run(options: argparse.Namespace) -> int:
    """Run the program under watch, then read its trace file back."""
    program = _program()
    trace, logs = (_emptied(options.folder / name) for name in ("trace.jsonl", "operations.jsonl"))
    configure(
        service_name="thermal analysis",
        detail=options.detail,
        outputs=[{"format": "tree", "to": "stdout"}, {"format": "json", "to": str(logs)}],
        trace_file=str(trace),
        announce=False,
    )
    results, energy = program.analyse(slow=options.slow)
    shutdown()
    if not options.only_tree:
        print(f"\nWhat the program found\n\n{program.summary(results, energy)}\n")
        _print_table(trace)
        _print_statistics(trace)
        print(f"Written: {trace} (OTLP JSON lines) and {logs} (operation logs)")
        print(f"Read the trace again: {_command()} show {trace}; {_command()} analyze {trace} --format json")
    return 0


def _program() -> Any:
    """Import the example, from the installed package or from a checkout."""
    places = (_PACKAGE / _EXAMPLE, _PACKAGE.parent / "docs" / _EXAMPLE)
    sys.path.insert(0, str(next(place for place in places if place.is_dir())))
    try:
        return importlib.import_module("thermal_analysis")
    except ModuleNotFoundError as error:
        if error.name in {"numpy", "scipy"}:
            raise MissingExtraError(error.name, "demo") from None
        raise
    finally:
        del sys.path[0]


def _command() -> str:
    """Give what to type for this command, here."""
    return "otel-ops" if shutil.which("otel-ops") else os.path.relpath(sys.argv[0])


def _emptied(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


def _print_table(trace: Path) -> None:
    print("The whole run as a table, at level STANDARD, read back from the trace file")
    exporter = FormattedSpanExporter(TableFormatter(), "stdout", detail=Detail.STANDARD)
    for log in logs_of(SpanSource([trace])):
        exporter.write(log)


def _print_statistics(trace: Path) -> None:
    print("Where the time went, read back from the trace file")
    print_table(OperationAnalyzer.from_files([trace]).analyze())
    print()
