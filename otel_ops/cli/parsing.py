"""What the parsers of several subcommands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from otel_ops.detail import Detail

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    Subparsers: TypeAlias = argparse._SubParsersAction["CommandParser"]

FILE_HELP = (
    "OTLP JSON, or operation logs in JSON or XML, or folder of such, as .otel_ops; may be gzipped; - reads stdin"
)


class CommandParser(argparse.ArgumentParser):
    """Parser whose help fails where it cannot be written; argparse would keep that to itself.

    Attributes:
        complete: Adds what the parser lacks when it is first used: a program must start fast.
    """

    complete: Callable[[], None] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, with everything that the parser is to have."""
        complete, self.complete = self.complete, None
        if complete is not None:
            complete()
        return super().parse_known_args(args, namespace)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help, on stdout unless a file is given."""
        print(self.format_help(), end="", file=file)


def subcommand(
    subparsers: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    examples: str,
    *,
    is_listed: bool = True,
) -> CommandParser:
    """Add a subcommand whose help ends with examples; the command's own help lists it unless it is a second name."""
    listed: dict[str, Any] = {"help": summary} if is_listed else {}
    parser = subparsers.add_parser(
        name,
        **listed,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_format(parser: CommandParser, *choices: str) -> None:
    """Add the option ``--format``, and ``--json`` in short; the first choice is the default."""
    parser.add_argument("--format", choices=choices, default=choices[0], help=f"default: {choices[0]}")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def level(text: str) -> Detail:
    """Read a level of detail from the command line."""
    try:
        return Detail.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
