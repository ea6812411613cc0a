"""``otel-ops demo``: a thermal analysis, its operations as they end, and what its trace file tells afterwards."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.environment_variables import OTEL_SDK_DISABLED

from otel_ops.analysis import OperationAnalyzer
from otel_ops.analysis.sources import SpanSource
from otel_ops.cli import interrupts
from otel_ops.cli.analyze import print_table
from otel_ops.cli.parsing import level, subcommand
from otel_ops.detail import Detail
from otel_ops.exceptions import MissingExtraError, OtelOpsError, SettingsError
from otel_ops.exporters import OWN_FOLDER
from otel_ops.formatters import FormattedSpanExporter, TableFormatter, TreeFormatter, page_of
from otel_ops.log_builder import logs_of
from otel_ops.sdk import configure, shutdown
from otel_ops.settings.otel_variables import is_disabled

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops demo
  otel-ops demo --detail DEBUG --slow
  otel-ops demo --folder demo && otel-ops show demo/trace.jsonl --detail STANDARD
"""
_PACKAGE = Path(__file__).parent.parent
_EXAMPLE = Path("examples", "thermal_analysis")
_NEEDED = ("numpy", "scipy")


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
    _refuse_disabled_sdk()
    program = _program()
    trace, logs = (_emptied(options.folder, name) for name in ("trace.jsonl", "operations.jsonl"))
    stdout = _Stdout()
    configure(
        service_name="thermal analysis",
        detail=options.detail,
        outputs=[stdout.exporter(), {"format": "json", "to": str(logs)}],
        trace_file=str(trace),
        announce=False,
    )
    results, energy = program.analyse(slow=options.slow)
    shutdown()
    stdout.check()
    if not options.only_tree:
        print(f"\nWhat the program found\n\n{program.summary(results, energy)}\n")
        _print_table(trace)
        _print_statistics(trace)
        print(f"Written: {trace} (OTLP JSON lines) and {logs} (operation logs)")
        print(f"Read the trace again: {_command()} show {trace}; {_command()} analyze {trace} --format json")
    return 0


class _Stdout:
    """Prints trees as they come, and keeps the error of a stdout that fails for the one who asked for the demo."""

    def __init__(self) -> None:
        self._error: OSError | None = None

    def exporter(self) -> FormattedSpanExporter:
        return FormattedSpanExporter(TreeFormatter().on(page_of(sys.stdout)), self._print)

    def _print(self, text: str) -> None:
        try:
            print(text, end="", flush=True)
        except OSError as error:
            self._error = error

    def check(self) -> None:
        if self._error is not None:
            raise self._error


def _refuse_disabled_sdk() -> None:
    if is_disabled(os.environ):
        msg = f"{OTEL_SDK_DISABLED} = true (environment): there are no spans, so nothing to show; unset it for the demo"
        raise SettingsError(msg)


def _program() -> Any:
    """Import the example, from the installed package or from a checkout."""
    places = (_PACKAGE / _EXAMPLE, _PACKAGE.parent / "docs" / _EXAMPLE)
    sys.path.insert(0, str(next(place for place in places if place.is_dir())))
    try:
        with interrupts.exiting():
            return importlib.import_module("thermal_analysis")
    except ModuleNotFoundError as error:
        if error.name in _NEEDED:
            raise MissingExtraError(error.name, "demo", _NEEDED) from None
        raise
    finally:
        del sys.path[0]


def _command() -> str:
    """Give what to type for this command, here."""
    return "otel-ops" if shutil.which("otel-ops") else os.path.relpath(sys.argv[0])


def _emptied(folder: Path, name: str) -> Path:
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"--folder {folder}: {name} cannot be written there: {reason}; name another folder"
        raise OtelOpsError(msg) from error
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
