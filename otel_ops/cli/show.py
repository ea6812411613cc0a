"""``otel-ops show``: the operations of files as trees, tables or JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from otel_ops.cli.parsing import FILE_HELP, add_format, level, subcommand
from otel_ops.cli.reading import Reading
from otel_ops.detail import Detail
from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters import FormattedSpanExporter, formatter_named
from otel_ops.log_builder import logs_of

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers
    from otel_ops.span_record import SpanRecord

_EXAMPLES = """  otel-ops show .otel_ops/2026-01-31-4242.jsonl
  otel-ops show run.jsonl.gz --format table --detail STANDARD
  otel-ops show run.jsonl --trace 5b8efff7
  kubectl cp pod:/traces.jsonl - | otel-ops show -
"""


_MAX_NAMED = 3


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(subparsers, "show", run, "show the operations of files as trees, tables or JSON", _EXAMPLES)
    parser.add_argument("files", nargs="+", metavar="FILE", help=FILE_HELP)
    add_format(parser, "tree", "table", "json")
    parser.add_argument("--detail", type=level, default=Detail.DEBUG, help="hide what is finer; default: DEBUG")
    parser.add_argument("--trace", metavar="ID", help="only the trace whose id begins so")


def run(options: argparse.Namespace) -> int:
    """Print the operations of the files, oldest first."""
    reading = Reading(options.files)
    records = _of_trace(reading, options.trace) if options.trace else reading
    exporter = FormattedSpanExporter(formatter_named(options.format), sys.stdout, detail=options.detail)
    for log in logs_of(records):
        exporter.write(log)
    reading.report()
    return reading.exit_code


def _of_trace(records: Iterable[SpanRecord], trace_id: str) -> Iterator[SpanRecord]:
    beginning, others = trace_id.lower(), set()
    found = False
    for record in records:
        if record.trace_id.startswith(beginning):
            found = True
            yield record
        else:
            others.add(record.trace_id)
    if not found and others:
        known = ", ".join(sorted(others)[:_MAX_NAMED])
        msg = f"no trace begins with {trace_id!r}; the input has {known}{' …' if len(others) > _MAX_NAMED else ''}"
        raise UnreadableInputError(msg)
