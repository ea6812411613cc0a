"""The subcommands, and the parser that finds them."""

from __future__ import annotations

import argparse
import functools

from otel_ops.cli import analyze, collector, convert, demo, doctor, merge, run, settings, show, version
from otel_ops.cli.parsing import CommandParser

_SUBCOMMANDS = (run, show, analyze, convert, merge, settings, doctor, collector, demo, version)
_EXAMPLES = """examples:
  otel-ops demo                                   see what it looks like
  otel-ops run simulation.py                      watch a program
  otel-ops show .otel_ops                         operations as trees
  otel-ops analyze .otel_ops                      where the time went
  otel-ops convert run.jsonl run.xml              the same in another format
  otel-ops merge .otel_ops --to run.jsonl         many processes' files as one
  otel-ops settings                               what is set, and where
  otel-ops doctor                                 what would happen to an operation now
  otel-ops collector env honeycomb                how to export to a vendor
"""


def command_parser() -> CommandParser:
    """Make the parser of the whole command; ``run`` of what it gives is the function of the subcommand."""
    parser = CommandParser(
        prog="otel-ops",
        description="See the operations of Python programs: trees, tables and statistics from their spans.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="store_const", const=version.run, dest="run", help="print the versions in use"
    )
    parser.set_defaults(run=functools.partial(_help, parser))
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for subcommand in _SUBCOMMANDS:
        subcommand.add_to(subparsers)
    return parser


def _help(parser: CommandParser, _: argparse.Namespace) -> int:
    parser.print_help()
    return 0
