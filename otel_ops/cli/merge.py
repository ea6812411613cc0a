"""``otel-ops merge``: the trace files of many processes as one."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from otel_ops.analysis.input_file import STDIN, files_at
from otel_ops.analysis.merging import Merge, lines_of
from otel_ops.cli.parsing import subcommand
from otel_ops.cli.progress import bar_of_spans
from otel_ops.cli.reading import Reading
from otel_ops.cli.replacing import is_same, replaced
from otel_ops.cli.streams import tell
from otel_ops.exceptions import OtelOpsError, UnreadableInputError

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers
    from otel_ops.span_record import SpanRecord

_EXAMPLES = """  otel-ops merge .otel_ops --to run.jsonl
  otel-ops merge host-*.jsonl.gz --to all.jsonl.gz
  otel-ops merge worker-*.jsonl | otel-ops show -
"""
_FILE_HELP = "OTLP JSON lines, or folder of such, as .otel_ops; may be gzipped; - reads stdin"
_STEP = 1_000


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    summary = "join the trace files of many processes into one"
    parser = subcommand(subparsers, "merge", run, summary, _EXAMPLES)
    parser.add_argument("files", nargs="+", metavar="FILE", help=_FILE_HELP)
    parser.add_argument("--to", metavar="OUT", help="none of the files; replaced as a whole; stdout by default")


def run(options: argparse.Namespace) -> int:
    """Write the spans of all files in order of time, each once."""
    _refuse_input(options.files, options.to)
    reading = Reading(options.files, form="otlp")
    merge = Merge(_folder_of(options.to))
    with replaced(options.to) as write:
        for line in lines_of(_shown(merge, reading)):
            write(line)
        reading.refuse_if_nothing_was_read()
    reading.report()
    if merge.doubles:
        tell(f"{merge.doubles} span(s) were there more than once")
    if merge.homeless:
        tell(f"{merge.homeless} log record(s) were left out: their spans are in none of the files")
    return reading.exit_code


def _refuse_input(paths: Iterable[str], target: str | None) -> None:
    """Refuse to replace what is read."""
    if any(is_same(file, target) for path in paths for file in _files_at(path)):
        msg = f"--to {target}: is one of the files that are merged; name another file"
        raise OtelOpsError(msg)


def _files_at(path: str) -> list[str]:
    try:
        return files_at(path)
    except UnreadableInputError:  # as reading will tell
        return []


def _folder_of(target: str | None) -> Path | None:
    """Give the folder of the result, which has room where the system's place for temporary files may have none."""
    folder = Path(target).parent if target and target != STDIN else None
    return folder if folder is None or folder.is_dir() else None


def _shown(merge: Merge, reading: Reading) -> Iterator[SpanRecord]:
    """Merge, and show how far writing is."""
    with bar_of_spans("writing") as bar:
        for record in merge.merged(reading):
            if merge.number % _STEP == 0:
                bar.advance(merge.number, reading.found - merge.doubles)
            yield record
