"""``otel-ops version``."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from otel_ops.cli.parsing import subcommand
from otel_ops.version import VERSION

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    subcommand(subparsers, "version", run, "print the versions in use", "  otel-ops version\n")


def run(_: argparse.Namespace) -> int:
    """Print the versions of otel_ops, OpenTelemetry and Python."""
    print(f"otel-ops {VERSION} (OpenTelemetry {version('opentelemetry-sdk')}, Python {platform.python_version()})")
    return 0
