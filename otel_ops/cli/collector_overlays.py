"""What the subcommands share that take overlays."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from otel_ops.cli.parsing import CommandParser
from otel_ops.collector.merging import Configuration, merged
from otel_ops.collector.older_names import Version, parsed_version
from otel_ops.collector.sources import base_and, source_of
from otel_ops.exceptions import CollectorError

_HELP = "a name (see `otel-ops collector overlays`), or a file of your own that ends in .yaml"


def add_overlays(parser: CommandParser) -> None:
    """Add overlays, and the option that leaves the base out."""
    parser.add_argument("overlays", nargs="*", metavar="OVERLAY", help=_HELP)
    parser.add_argument("--no-base", action="store_true", help="only the named files, without base.yaml")


def add_version(parser: CommandParser) -> None:
    """Add the version of the collector that names are for."""
    parser.add_argument(
        "--collector-version", type=_version, metavar="VERSION", help="with the names of an older collector, as 0.141"
    )


def configuration_of(options: argparse.Namespace) -> Configuration:
    """Merge the base and what was named.

    Raises:
        CollectorError: There is no such overlay, or a file is no YAML.
    """
    overlays: Sequence[str] = options.overlays
    if not options.no_base:
        return merged(base_and(overlays))
    if not overlays:
        msg = "--no-base: there is no file then; name one"
        raise CollectorError(msg)
    return merged([source_of(overlay) for overlay in overlays])


def _version(text: str) -> Version:
    try:
        return parsed_version(text)
    except CollectorError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
