"""``otel-ops collector render``: base and overlays as the configuration of a collector."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from otel_ops.cli.collector_overlays import add_overlays, add_version, configuration_of
from otel_ops.cli.parsing import subcommand
from otel_ops.cli.replacing import make_folder, replaced
from otel_ops.cli.streams import tell
from otel_ops.collector.merging import Configuration
from otel_ops.collector.older_names import newer_keys
from otel_ops.collector.rendering import as_files, as_text

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector render prometheus jaeger --to collector.yaml
  otel-ops collector render honeycomb mine.yaml | otelcol-contrib --config /dev/stdin
  otel-ops collector render prometheus --collector-version 0.141
  otel-ops collector render prometheus jaeger --folder /etc/otelcol
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    summary = "write the configuration of a collector, of base.yaml and overlays"
    parser = subcommand(subparsers, "render", run, summary, _EXAMPLES)
    add_overlays(parser)
    add_version(parser)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--to", metavar="FILE", help="replaced as a whole; default: stdout")
    place.add_argument("--folder", type=Path, help="write each file by itself in there, and print the --config options")


def run(options: argparse.Namespace) -> int:
    """Write it; tell what an older collector does not know."""
    configuration = configuration_of(options)
    version = options.collector_version
    if options.folder:
        _write_files(options.folder, as_files(configuration, version))
    else:
        with replaced(options.to) as write:
            write(as_text(configuration, version).encode())
    _tell_left_out(configuration, options)
    return 0


def _write_files(folder: Path, texts: dict[str, str]) -> None:
    make_folder(folder)
    for name, text in texts.items():
        with replaced(str(folder / name)) as write:
            write(text.encode())
    print(" ".join(f"--config {folder / name}" for name in texts))


def _tell_left_out(configuration: Configuration, options: argparse.Namespace) -> None:
    if options.collector_version:
        for path in newer_keys(configuration.content, options.collector_version):
            tell(f"{'.'.join(path)}: left out, for this version of the collector does not know it")
