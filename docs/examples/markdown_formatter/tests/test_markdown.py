"""The formatter passes the suite of otel_ops, and writes what Markdown understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops_markdown import MarkdownFormatter
from otel_ops.formatters import OutputFormatter
from otel_ops.operation_log import OperationFailure
from otel_ops.testing import FormatterCompatibilitySuite, make_log


class TestMarkdownFormatter(FormatterCompatibilitySuite):
    """Every log becomes text, whatever is in it; settings find the formatter by its name."""

    format_name = "markdown"

    def make_formatter(self) -> OutputFormatter:
        return MarkdownFormatter()

    def options(self) -> Mapping[str, Any]:
        return {"heading": 2, "context": False}


def test_a_log_is_a_nested_list() -> None:
    """What failed is bold, with its reason; what Markdown would take for its own is escaped."""
    step = make_log("fit *all*", 30, 90, failure=OperationFailure("ValueError", "row 7"))
    log = make_log("report", 0, 100, make_log("load", 0, 25), step, context={"user.id": "ada"})

    assert (
        "- report 100.0 ms\n  - load 25.0 ms\n  - **fit \\*all\\* 60.0 ms**, ValueError: row 7\n\nuser\\.id = ada\n\n"
    ) == MarkdownFormatter().format_operation_log(log)
