"""What the parsers of several subcommands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from otel_ops.detail import Detail

if TYPE_CHECKING:
    Subparsers: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

FILE_HELP = "OTLP JSON file, such as those in .otel_ops; may be gzipped; - reads stdin"


def subcommand(
    subparsers: Subparsers, name: str, run: Callable[[argparse.Namespace], int], summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add a subcommand whose help ends with examples."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def level(text: str) -> Detail:
    """Read a level of detail from the command line."""
    try:
        return Detail.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
