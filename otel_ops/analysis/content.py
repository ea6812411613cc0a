"""What a document of a file held: spans or operation logs, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from otel_ops.exceptions import UnreadableInputError
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json import SpanLog
from otel_ops.schema import read_operation_log
from otel_ops.span_logs import joined
from otel_ops.span_record import SpanRecord

Item: TypeAlias = SpanRecord | OperationLog | SpanLog
"""What is read: a span, a whole log of an operation, or a log record of a span that stands elsewhere."""

MARGIN = b"\xef\xbb\xbf \t\r\n"
"""What may stand around a document: the mark of UTF-8, and blanks."""

LOGS = "otlp logs"
"""Form of what holds log records of spans."""

CUT_SHORT = "the last line is cut short: its writer was stopped, or is still writing"


class OtherSignalError(UnreadableInputError):
    """There are no spans in the input, but OTLP of another signal, which may stand beside the files of spans."""


class Content(NamedTuple):
    """What a document held.

    Attributes:
        items: What could be read, in the order of the document.
        broken: For each other part a message that names key and value.
        form: ``"otlp"`` or `LOGS`; ``"json"`` and ``"xml"`` are operation logs.
    """

    items: list[Item]
    broken: list[str]
    form: str = "otlp"

    def refused_unless(self, form: str | None) -> Content:
        """Give the content, or that it is of another form than one that is asked for."""
        is_asked_for = form in {None, self.form, self.form.removesuffix(" logs")}
        return self if is_asked_for or not self.items else nothing(f"is {self.form}, not {form}")


def nothing(problem: str) -> Content:
    """Give the content of a document that cannot be read."""
    return Content([], [problem])


def log_content(documents: Iterable[bytes], form: str, *, lenient: bool) -> Content:
    """Read operation logs, each of which may be broken."""
    content = Content([], [], form)
    for document in documents:
        try:
            content.items.append(read_operation_log(document, lenient=lenient))
        except UnreadableInputError as error:
            content.broken.append(str(error))
    return content


def sorted_out(items: Iterable[Item]) -> tuple[list[SpanRecord], list[OperationLog]]:
    """Give the spans, each with what was logged in it, and the operation logs."""
    spans: list[SpanRecord] = []
    operation_logs: list[OperationLog] = []
    span_logs: list[SpanLog] = []
    for item in items:
        if isinstance(item, SpanRecord):
            spans.append(item)
        elif isinstance(item, OperationLog):
            operation_logs.append(item)
        else:
            span_logs.append(item)
    return joined(spans, span_logs), operation_logs
