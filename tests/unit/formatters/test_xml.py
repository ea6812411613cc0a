"""The XML formatter; `tests/unit/schema` is about its content."""

from collections.abc import Mapping
from typing import Any

from otel_ops.formatters import OutputFormatter, XMLFormatter
from otel_ops.testing import FormatterCompatibilitySuite, make_log
from tests.logs import report


class TestCompatibility(FormatterCompatibilitySuite):
    format_name = "xml"

    def options(self) -> Mapping[str, Any]:
        return {"indent": 2}

    def make_formatter(self) -> OutputFormatter:
        return XMLFormatter()


def test_a_text_is_a_whole_document() -> None:
    """Files of XML are replaced, so that they are well-formed at any time."""
    assert XMLFormatter().is_document


def test_a_document_in_full() -> None:
    """Fields are attributes; values are elements of their type."""
    log = make_log(
        "fit", 0, 1, context={"user.id": "ada"}, attributes={"rows": 3, "path": "a\n<b>"}, parent_id="0b" * 8
    )
    assert XMLFormatter(indent=2).format_operation_log(log) == (
        '<operation_log version="1">\n'
        '  <operation name="fit" kind="operation" trace_id="5b8efff798038103d269b633813fc60c"'
        ' span_id="6669740000000000" parent_id="0b0b0b0b0b0b0b0b" start_ns="1700000000000000000"'
        ' end_ns="1700000000001000000" duration_ns="1000000" self_ns="1000000">\n'
        "    <context>\n"
        '      <text name="user.id">ada</text>\n'
        "    </context>\n"
        "    <attributes>\n"
        '      <int name="rows">3</int>\n'
        '      <text name="path">a&#10;&lt;b&gt;</text>\n'
        "    </attributes>\n"
        "    <scope/>\n"
        "    <resource/>\n"
        "  </operation>\n"
        "</operation_log>\n"
    )


def test_what_is_as_around_is_told_once() -> None:
    """Trace id, context, scope and resource stand on suboperations only where they differ."""
    text = XMLFormatter().format_operation_log(report())
    assert (1, 1) == (text.count(" trace_id="), text.count("<resource"))
    assert (2, 2) == (text.count("<context"), text.count("<scope"))
