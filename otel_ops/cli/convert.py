"""``otel-ops convert``: operations from one format to another."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from otel_ops.analysis.content import Item
from otel_ops.analysis.merging import SPANS_OF_LINE
from otel_ops.cli.losses import Losses
from otel_ops.cli.parsing import FILE_HELP, subcommand
from otel_ops.cli.reading import Reading
from otel_ops.cli.replacing import is_same, replaced
from otel_ops.exceptions import OtelOpsError
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json import SpanLog, encode_line, encode_logs, logs_in
from otel_ops.otlp_json.reading import decode
from otel_ops.schema import to_json, to_xml
from otel_ops.span_logs import joined
from otel_ops.span_record import SpanRecord
from otel_ops.spans_of_logs import records_of

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops convert run.jsonl run.xml
  otel-ops convert run.xml run.json
  otel-ops convert operations.jsonl --to otlp | otel-ops analyze -
  otel-ops convert run.xml.gz run.otlp.jsonl.gz
"""
_ENDINGS = {
    ".otlp.jsonl": "otlp",
    ".otlp.json": "otlp",
    ".otlp": "otlp",
    ".jsonl": "json",
    ".json": "json",
    ".xml": "xml",
}


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    summary = "turn operation logs and traces into JSON, XML or OTLP JSON lines"
    parser = subcommand(subparsers, "convert", run, summary, _EXAMPLES)
    parser.add_argument("input", metavar="IN", help=FILE_HELP)
    parser.add_argument("output", metavar="OUT", nargs="?", help="replaced as a whole; stdout by default")
    parser.add_argument("--to", choices=_TARGETS, help="told from OUT by default: .json, .jsonl, .xml, .otlp.jsonl")
    parser.add_argument("--from", choices=_TARGETS, dest="form", help="refuse other input; told from IN by default")
    parser.add_argument("--lenient", action="store_true", help="read newer versions as far as they are understood")


def run(options: argparse.Namespace) -> int:
    """Convert a file, and say what the other format cannot hold."""
    target = options.to or _told_from(options.output)
    reading = Reading([options.input], lenient=options.lenient, form=_NAMES.get(options.form, options.form))
    losses = Losses(target)
    with replaced(options.output) as write:
        for text in _TARGETS[target](_checked(reading), losses):
            write(text)
        _refuse_to_lose(reading, options)
    losses.report()
    reading.report()
    return reading.exit_code


def _refuse_to_lose(reading: Reading, options: argparse.Namespace) -> None:
    """Leave a file that was to be replaced by itself as it is, where a part of it could not be read."""
    if reading.broken and is_same(options.input, options.output):
        reading.report()
        msg = f"{options.output}: stays as it is, for what was skipped would be lost; name another file"
        raise OtelOpsError(msg)


def _checked(reading: Reading) -> Iterator[Item]:
    yield from reading
    reading.refuse_if_nothing_was_read()


def _told_from(path: str | None) -> str:
    name = (path or "").lower().removesuffix(".gz")
    for ending, target in _ENDINGS.items():
        if name.endswith(ending):
            return target
    msg = f"--to is missing, and {path or 'stdout'} does not tell the format; say --to {', '.join(_TARGETS)}"
    raise OtelOpsError(msg)


def _json(items: Iterable[Item], losses: Losses) -> Iterator[bytes]:
    return (to_json(log) + b"\n" for log in _logs(items, losses))


def _xml(items: Iterable[Item], losses: Losses) -> Iterator[bytes]:
    """Write one log as a document, several in one element."""
    texts = (f"{to_xml(log)}\n".encode() for log in _logs(items, losses))
    first = list(islice(texts, 2))
    if len(first) == 1:
        return iter(first)
    return chain((b"<operation_logs>\n",), first, texts, (b"</operation_logs>\n",))


def _logs(items: Iterable[Item], losses: Losses) -> Iterator[OperationLog]:
    """Give logs as they come, and in the end those of the spans."""
    spans: list[SpanRecord] = []
    span_logs: list[SpanLog] = []
    for item in items:
        if isinstance(item, OperationLog):
            losses.compare_unknown(item)
            yield item
        elif isinstance(item, SpanRecord):
            spans.append(item)
        else:
            span_logs.append(item)
    spans = joined(spans, span_logs)
    logs = logs_of(spans)
    losses.compare_spans(spans, (record for log in logs for record in records_of(log)))
    yield from logs


def _otlp(items: Iterable[Item], losses: Losses) -> Iterator[bytes]:
    spans: list[SpanRecord] = []
    span_logs: list[SpanLog] = []
    for item in items:
        if isinstance(item, OperationLog):
            yield _lines_of(item, losses)
        elif isinstance(item, SpanRecord):
            spans.append(item)
        else:
            span_logs.append(item)
        if SPANS_OF_LINE in {len(spans), len(span_logs)}:
            yield _lines(spans, span_logs)
            spans.clear()
            span_logs.clear()
    yield _lines(spans, span_logs)


def _lines(spans: list[SpanRecord], span_logs: list[SpanLog]) -> bytes:
    return (encode_line(spans) if spans else b"") + encode_logs(span_logs)


def _lines_of(log: OperationLog, losses: Losses) -> bytes:
    """Write a log as a line, and another one with what was logged; what would be unreadable there is left out."""
    records = list(records_of(log))
    line, span_logs = encode_line(records), list(logs_in(records))
    spans, broken = decode(line)
    losses.compare_logs(log, logs_of(joined(spans, span_logs)))
    return (encode_line(spans) if broken else line) + encode_logs(span_logs)


_TARGETS: dict[str, Callable[[Iterable[Item], Losses], Iterator[bytes]]] = {
    "json": _json,
    "jsonl": _json,
    "xml": _xml,
    "otlp": _otlp,
}
_NAMES = {"jsonl": "json"}
