"""What another format cannot hold: found by reading back what was written, and comparing field by field."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from otel_ops.cli.streams import tell
from otel_ops.operation_log import OperationLog
from otel_ops.schema import read_operation_log, to_json
from otel_ops.span_record import SpanRecord

_WHOLE = ""
_INSIDE = "suboperations"
_OF_LOGS = tuple(field.name for field in dataclasses.fields(OperationLog) if field.name != _INSIDE)
_OF_SPANS = SpanRecord.__struct_fields__


class Losses:
    """Counts the fields that differ.

    Args:
        form: What is written.
    """

    def __init__(self, form: str) -> None:
        self._form = form
        self._counts: Counter[tuple[str, str]] = Counter()

    def compare_logs(self, root: OperationLog, read: Iterable[OperationLog]) -> None:
        """Compare the operations of a log with those that are read back."""
        again = {_identity(log): log for tree in read for log in tree.walk()}
        for log in root.walk():
            twin = again.pop(_identity(log), None)
            if twin is None:
                self._counts["operations", _WHOLE] += 1
                continue
            self._compare("operations", _OF_LOGS, log, twin)
            if _names(log.suboperations) != _names(twin.suboperations):
                self._counts["operations", _INSIDE] += 1

    def compare_unknown(self, root: OperationLog) -> None:
        """Compare a log with what is read back, where it has unknown fields: known ones of another type are lost."""
        if any(log.unknown for log in root.walk()):
            self.compare_logs(root, [read_operation_log(to_json(root))])

    def compare_spans(self, spans: Iterable[SpanRecord], read: Iterable[SpanRecord]) -> None:
        """Compare spans with those that logs give again."""
        again = {_identity(span): span for span in read}
        for span in spans:
            twin = again.pop(_identity(span), None)
            if twin is None:
                self._counts["spans", _WHOLE] += 1
            else:
                self._compare("spans", _OF_SPANS, span, twin)

    def _compare(self, what: str, fields: Iterable[str], one: object, other: object) -> None:
        for field in fields:
            if not _same(getattr(one, field), getattr(other, field)):
                self._counts[what, field] += 1

    def report(self) -> None:
        """Say on stderr what is lost, a line for each field."""
        for line in self.lines():
            tell(line)

    def lines(self) -> Iterator[str]:
        """Give a line for each field, with the number of operations or spans that it is lost of."""
        for (what, field), count in sorted(self._counts.items()):
            number = f"{count} {what if count > 1 else what[:-1]}"
            told = number if field == _WHOLE else f"{field} of {number}"
            yield f"{self._form} does not hold: {told}"


def _identity(item: OperationLog | SpanRecord) -> tuple[str, str]:
    return item.trace_id, item.span_id


def _names(logs: Iterable[OperationLog]) -> list[tuple[str, str]]:
    return list(map(_identity, logs))


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same; NaN is like itself."""
    return bool(one == other) or repr(one) == repr(other)
