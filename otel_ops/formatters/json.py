"""JSON: the versioned form of an operation log, which reads back as an equal one."""

from __future__ import annotations

import msgspec

from otel_ops.formatters.base import OutputFormatter
from otel_ops.operation_log import OperationLog
from otel_ops.schema import to_json


class JSONFormatter(OutputFormatter):
    """Gives a log as one JSON document; `read_operation_log` gives it back.

    The schema is ``otel_ops/schema/operation_log_v1.schema.json``.

    Args:
        indent: Spaces for each level; None puts the document on one line.
    """

    def __init__(self, *, indent: int | None = None) -> None:
        self._indent = indent

    @property
    def is_document(self) -> bool:
        """Whether it is laid out on several lines; on one line, documents may stand one below the other."""
        return self._indent is not None

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give the document, with a line break at its end."""
        text = to_json(operation_log)
        if self._indent is not None:
            text = msgspec.json.format(text, indent=self._indent)
        return text.decode("utf-8") + "\n"
