"""``otel-ops collector vendors`` and ``env``: what vendors take, and how to export to one without a collector."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.table import Table

from otel_ops.cli.parsing import add_format, subcommand
from otel_ops.collector.vendors import Vendor, chosen, environment_block, vendor_named, vendor_names
from otel_ops.formatters import page_of
from otel_ops.formatters.rendering import rendered

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_VENDORS_EXAMPLES = """  otel-ops collector vendors
  otel-ops collector vendors honeycomb --json
"""
_ENV_EXAMPLES = """  otel-ops collector env honeycomb
  otel-ops collector env honeycomb --region eu --protocol grpc > honeycomb.sh
  HONEYCOMB_API_KEY=… sh -c '. ./honeycomb.sh; exec otel-ops run program.py'
"""
_MIN_WIDTH = 100


def add_to(subparsers: Subparsers) -> None:
    """Add both subcommands."""
    _add_vendors(subparsers)
    _add_env(subparsers)


def _add_vendors(subparsers: Subparsers) -> None:
    parser = subcommand(subparsers, "vendors", run_vendors, "tell what vendors take, and where", _VENDORS_EXAMPLES)
    parser.add_argument("names", nargs="*", metavar="VENDOR", help="only these")
    add_format(parser, "table", "json")


def _add_env(subparsers: Subparsers) -> None:
    summary = "print the environment variables that export to a vendor without a collector"
    parser = subcommand(subparsers, "env", run_env, summary, _ENV_EXAMPLES)
    parser.add_argument("vendor", metavar="VENDOR", help="as `otel-ops collector vendors` lists them")
    parser.add_argument("--region", help="region of the vendor; default: what its variable says")
    parser.add_argument("--protocol", help="http/protobuf or grpc; default: the one that the vendor prefers")
    add_format(parser, "shell", "dotenv", "json")


def run_env(options: argparse.Namespace) -> int:
    """Print the block; secrets are named, not printed."""
    choice = chosen(vendor_named(options.vendor), options.protocol, options.region)
    sys.stdout.write(environment_block(choice, options.format))
    return 0


def run_vendors(options: argparse.Namespace) -> int:
    """Print what is known of vendors."""
    vendors = [vendor_named(name) for name in options.names or vendor_names()]
    sys.stdout.write(_json(vendors) if options.format == "json" else _table(vendors))
    return 0


def _json(vendors: Iterable[Vendor]) -> str:
    document = {"version": 1, "vendors": {vendor.name: _entry(vendor) for vendor in vendors}}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entry(vendor: Vendor) -> dict[str, Any]:
    return {
        "title": vendor.title,
        "signals": vendor.signals,
        "protocols": {protocol: vendor.signals_over(protocol) for protocol in vendor.routes},
        "temporality": vendor.temporality,
        "regions": vendor.regions,
        "without_collector": not vendor.without_collector,
        "limits": vendor.limits,
        "notes": vendor.notes,
        "source": vendor.source,
        "as_of": vendor.as_of.isoformat(),
    }


def _table(vendors: Iterable[Vendor]) -> str:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("vendor", style="bold", no_wrap=True)
    for name in ("signals", "protocols", "metrics", "regions", "no collector"):
        table.add_column(name)
    for vendor in vendors:
        table.add_row(vendor.name, *_cells(vendor))
    page = page_of(sys.stdout)
    return rendered((table,), page._replace(width=max(page.width, _MIN_WIDTH)))


def _cells(vendor: Vendor) -> Iterable[str]:
    yield " ".join(vendor.signals)
    yield " ".join(vendor.routes)
    yield " ".join(vendor.temporality) or ("not told" if "metrics" in vendor.signals else "none")
    yield " ".join(vendor.regions)
    yield "no" if vendor.without_collector else "yes"
