"""``otel-ops collector``: configurations of the OpenTelemetry Collector, and the vendors that it sends to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_ops.cli.parsing import CommandParser, subcommand

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector render prometheus jaeger --to collector.yaml
  otel-ops collector check prometheus jaeger
  otel-ops collector run prometheus jaeger
  otel-ops collector files compose --folder monitoring
  otel-ops collector vendors
  otel-ops collector env honeycomb --region eu
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand and those below it."""
    summary = "send to vendors and other back ends, through the OpenTelemetry Collector or without"
    parser = subcommand(subparsers, "collector", lambda _: _help(parser), summary, _EXAMPLES)
    parser.complete = lambda: _add_below(parser)


def _add_below(parser: CommandParser) -> None:
    from otel_ops.cli import (  # noqa: PLC0415 - only for those who ask for them
        collector_check,
        collector_files,
        collector_list,
        collector_render,
        collector_run,
        collector_vendors,
    )

    below = parser.add_subparsers(title="commands", metavar="COMMAND")
    for one in (collector_list, collector_render, collector_check, collector_run, collector_files, collector_vendors):
        one.add_to(below)


def _help(parser: CommandParser) -> int:
    parser.print_help()
    return 0
