"""Links from a failure to its trace in Jaeger, or wherever traces are looked at."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from otel_ops.errors.story.templates import Template
from otel_ops.operation_log import OperationLog

PLACEHOLDERS = ("trace_id", "span_id", "operation", "service")

_SAMPLE = "http://localhost:16686/trace/{trace_id}"


class TraceLink:
    """Makes the address of a trace.

    Args:
        template: Such as ``http://localhost:16686/trace/{trace_id}``; empty for no links. ``{span_id}``,
            ``{operation}`` and ``{service}`` may stand in it, too.

    Raises:
        TypeError: It is no text.
        ValueError: It is no address of the web, or has a placeholder that there is not.
    """

    def __init__(self, template: str = "") -> None:
        self._template = Template("trace_link", template, PLACEHOLDERS)
        if template and urlsplit(template).scheme not in {"http", "https"}:
            msg = f"trace_link = {template!r}: must begin with http:// or https://, as in {_SAMPLE}"
            raise ValueError(msg)

    def to(self, log: OperationLog) -> str:
        """Give the address of an operation's trace; empty where there are no links."""
        values = {
            "trace_id": log.trace_id,
            "span_id": log.span_id,
            "operation": log.name,
            "service": str(log.resource.attributes.get("service.name", "")),
        }
        return self._template.fill(values, lambda value: quote(value, safe="", errors="replace"))
