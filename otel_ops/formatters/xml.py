"""XML: the versioned form of an operation log, which reads back as an equal one."""

from __future__ import annotations

from otel_ops.formatters.base import OutputFormatter
from otel_ops.operation_log import OperationLog
from otel_ops.schema import to_xml


class XMLFormatter(OutputFormatter):
    r"""Gives a log as one XML document, with the same content as JSON; `read_operation_log` gives it back.

    The schema is ``otel_ops/schema/operation_log_v1.xsd``. Characters that XML lacks stand as ``\uXXXX``.

    Args:
        indent: Spaces for each level; None puts the document on one line.
    """

    def __init__(self, *, indent: int | None = None) -> None:
        self._indent = indent

    @property
    def is_document(self) -> bool:
        """Whether nothing may follow: XML has one element around everything."""
        return True

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give the document, with a line break at its end."""
        return to_xml(operation_log, indent=self._indent) + "\n"
