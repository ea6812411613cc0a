"""``otel-ops show``: the operations of files as trees, tables, JSON or XML."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from otel_ops.analysis.content import Item, sorted_out
from otel_ops.cli.parsing import FILE_HELP, add_format, level, subcommand
from otel_ops.cli.reading import Reading
from otel_ops.detail import Detail
from otel_ops.exceptions import OtelOpsError, UnreadableInputError
from otel_ops.formatters import FormattedSpanExporter, TableFormatter, TreeFormatter, formatter_named, page_of
from otel_ops.formatters.grouping import GROUPS
from otel_ops.formatters.laid_out import LaidOutFormatter
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationLog, by_start
from otel_ops.settings.values import unknown

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops show .otel_ops/2026-01-31-4242.jsonl
  otel-ops show run.jsonl.gz --format table --detail STANDARD
  otel-ops show .otel_ops --by thread
  otel-ops show run.jsonl --trace 5b8efff7
  kubectl cp pod:/traces.jsonl - | otel-ops show -
"""

_BY_HELP = f"{', '.join(GROUPS)}: a lane each, with what ran beside what"
_LAID_OUT: dict[str, type[LaidOutFormatter]] = {"tree": TreeFormatter, "table": TableFormatter}
_MAX_NAMED = 3


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    summary = "show the operations of files as trees, tables, JSON or XML"
    parser = subcommand(subparsers, "show", run, summary, _EXAMPLES)
    parser.add_argument("files", nargs="+", metavar="FILE", help=FILE_HELP)
    add_format(parser, "tree", "table", "json", "xml")
    parser.add_argument("--detail", type=level, default=Detail.DEBUG, help="hide what is finer; default: DEBUG")
    parser.add_argument("--by", metavar="GROUP", help=_BY_HELP)
    parser.add_argument("--trace", metavar="ID", help="only the trace whose id begins so")


def run(options: argparse.Namespace) -> int:
    """Print the operations of the files, oldest first."""
    _check_group(options)
    reading = Reading(options.files)
    logs = logs_in(_of_trace(reading, options.trace) if options.trace else reading)
    if options.by is None:
        _print_each(logs, options)
    elif logs:
        formatter = _LAID_OUT[options.format](detail=options.detail, page=page_of(sys.stdout), by=options.by)
        sys.stdout.write(formatter.format_together(logs))
    reading.report()
    return reading.exit_code


def _print_each(logs: Iterable[OperationLog], options: argparse.Namespace) -> None:
    exporter = FormattedSpanExporter(formatter_named(options.format), sys.stdout, detail=options.detail)
    for log in logs:
        exporter.write(log)


def _check_group(options: argparse.Namespace) -> None:
    """Refuse groups that there are not, and formats that have none."""
    if options.by is not None and options.by not in GROUPS:
        msg = f"--by {options.by}: {unknown('group', options.by, GROUPS)}"
        raise OtelOpsError(msg)
    if options.by is not None and options.format not in _LAID_OUT:
        msg = f"--by {options.by}: {options.format} has no groups; leave it out, or say --format tree or table"
        raise OtelOpsError(msg)


def logs_in(items: Iterable[Item]) -> list[OperationLog]:
    """Give whole trees of spans, and logs as they are, but for those that stand in another tree, too."""
    spans, read = sorted_out(items)
    logs = logs_of(spans)
    known = {identity for log in logs for identity in _identities(log)}
    for log in sorted(read, key=_start_and_length):
        if (log.trace_id, log.span_id) not in known:
            known.update(_identities(log))
            logs.append(log)
    return list(by_start(logs))


def _identities(root: OperationLog) -> Iterator[tuple[str, str]]:
    return ((log.trace_id, log.span_id) for log in root.walk())


def _start_and_length(log: OperationLog) -> tuple[int, int]:
    return log.start_ns, -log.end_ns


def _of_trace(items: Iterable[Item], trace_id: str) -> Iterator[Item]:
    beginning, others = trace_id.lower(), set()
    found = False
    for item in items:
        if item.trace_id.startswith(beginning):
            found = True
            yield item
        else:
            others.add(item.trace_id)
    if not found and others:
        known = ", ".join(sorted(others)[:_MAX_NAMED])
        msg = f"no trace begins with {trace_id!r}; the input has {known}{' …' if len(others) > _MAX_NAMED else ''}"
        raise UnreadableInputError(msg)
