"""``otel-ops collector``: configurations of the OpenTelemetry Collector, and the vendors that it sends to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_ops.cli import collector_check, collector_list, collector_render, collector_vendors
from otel_ops.cli.parsing import CommandParser, subcommand

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector render prometheus jaeger --to collector.yaml
  otel-ops collector check prometheus jaeger
  otel-ops collector vendors
  otel-ops collector env honeycomb --region eu
"""
_SUBCOMMANDS = (collector_list, collector_render, collector_check, collector_vendors)


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand and those below it."""
    summary = "send to vendors and other back ends, through the OpenTelemetry Collector or without"
    parser = subcommand(subparsers, "collector", lambda _: _help(parser), summary, _EXAMPLES)
    below = parser.add_subparsers(title="commands", metavar="COMMAND")
    for one in _SUBCOMMANDS:
        one.add_to(below)


def _help(parser: CommandParser) -> int:
    parser.print_help()
    return 0
