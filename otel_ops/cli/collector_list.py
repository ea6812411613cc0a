"""``otel-ops collector overlays``: what can be added to the base."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from rich.table import Table

from otel_ops.cli.parsing import subcommand
from otel_ops.collector.sources import overlay_names, source_of
from otel_ops.collector.vendors import vendor_names
from otel_ops.formatters import page_of
from otel_ops.formatters.rendering import rendered

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector overlays
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    subcommand(subparsers, "overlays", run, "tell what can be added to base.yaml", _EXAMPLES)


def run(_: argparse.Namespace) -> int:
    """Print all overlays, with what each does."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name in overlay_names():
        table.add_row(name, source_of(name).summary)
    table.add_row("vendors", f"{', '.join(vendor_names())}: see otel-ops collector vendors")
    sys.stdout.write(rendered((table,), page_of(sys.stdout)))
    return 0
