"""Entry point of the command ``otel-ops``: finds the subcommand, and turns errors into one line."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Sequence

from otel_ops.cli import analyze, demo, show, version
from otel_ops.exceptions import OtelOpsError

_SUBCOMMANDS = (show, analyze, demo, version)
_EXAMPLES = """examples:
  otel-ops demo                                   see what it looks like
  otel-ops show .otel_ops/*.jsonl                 operations as trees
  otel-ops analyze .otel_ops/*.jsonl              where the time went
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands behind ``otel-ops``; by default that of the command line.

    Returns:
        The exit code: 0, 2 for an error, 130 after Ctrl-C, 141 where nobody reads the output any more.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except OtelOpsError as error:
        print(f"otel-ops: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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


def _help(parser: argparse.ArgumentParser, _: argparse.Namespace) -> int:
    parser.print_help()
    return 0
