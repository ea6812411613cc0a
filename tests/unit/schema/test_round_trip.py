"""JSON and XML: two texts with the same content, which read back as equal logs."""

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_ops.formatters import JSONFormatter, OutputFormatter, XMLFormatter, read_operation_log
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.schema.escapes import escaped_for_json, unescaped
from otel_ops.schema.xml_form import escaped_for_xml
from otel_ops.span_record import EventRecord
from otel_ops.testing import make_log
from tests.logs import odd_logs

FORMATTERS: list[OutputFormatter] = [JSONFormatter(), JSONFormatter(indent=2), XMLFormatter(), XMLFormatter(indent=2)]


def log_with(value: Any) -> OperationLog:
    return make_log("work", 0, 1, attributes={"value": value, "more": [value, {"inside": value}]})


@given(root=odd_logs)
def test_any_log_reads_back_equal(root: OperationLog) -> None:
    """Whatever code points, numbers and nesting it has, each text gives an equal log, also as bytes."""
    for formatter in FORMATTERS:
        text = formatter.format_operation_log(root)
        assert root == read_operation_log(text) == read_operation_log(text.encode())


@given(root=odd_logs)
def test_both_texts_have_the_same_content(root: OperationLog) -> None:
    """What goes from JSON to XML and back is the same text as before, in the same order."""
    json, xml = (formatter.format_operation_log(root) for formatter in (JSONFormatter(), XMLFormatter()))
    assert xml == XMLFormatter().format_operation_log(read_operation_log(json))
    assert json == JSONFormatter().format_operation_log(read_operation_log(xml))


@given(root=odd_logs)
def test_without_indent_there_is_one_line(root: OperationLog) -> None:
    """A document stands on one line, whatever line breaks its texts have, so that documents can be appended."""
    for formatter in (JSONFormatter(), XMLFormatter()):
        text = formatter.format_operation_log(root)
        assert (1, 0) == (text.count("\n"), text.count("\r"))
        assert text.endswith("\n")


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_every_code_point_survives(formatter: OutputFormatter) -> None:
    """All 1,114,112 of them, in values, keys and fields."""
    everything = "".join(map(chr, range(0x110000)))
    log = make_log("all", 0, 1, attributes={everything: everything}, status_message=everything)
    assert log == read_operation_log(formatter.format_operation_log(log))


@given(st.text(st.sampled_from("\\u0041dfbc\ud800\x00")))
@example("\\u005cu0041")
@example("\\\x00\\u\\u0\\u00\\u000\\u0000")
def test_escapes_are_unambiguous(text: str) -> None:
    """Text that looks like an escape is told from one, in both texts."""
    assert text == unescaped(escaped_for_json(text)) == unescaped(escaped_for_xml(text))


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_numbers_that_are_not_finite(formatter: OutputFormatter) -> None:
    """NaN and the infinities come back."""
    nan, *infinities = read_operation_log(
        formatter.format_operation_log(make_log("odd", 0, 1, attributes={"a": [math.nan, math.inf, -math.inf]}))
    ).attributes["a"]
    assert math.isnan(nan)
    assert [math.inf, -math.inf] == infinities


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize(
    "value", [True, 1, 1.0, "1", b"1", None, "", b"", [], {}, -0.0, 2**64, -(2**200), "true", " a\n"]
)
def test_values_keep_their_type(formatter: OutputFormatter, value: Any) -> None:
    """Equal values of other types, empty ones, and such beyond 64 bits are told apart."""
    read = read_operation_log(formatter.format_operation_log(log_with(value)))
    assert repr(log_with(value)) == repr(read)


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_keys_keep_their_order(formatter: OutputFormatter) -> None:
    """Attributes stand in the order in which they were set."""
    keys = ["b", "a", "", "c", "$bytes", "name"]
    read = read_operation_log(formatter.format_operation_log(make_log("x", 0, 1, attributes=dict.fromkeys(keys, 0))))
    assert keys == list(read.attributes)


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_deep_trees(formatter: OutputFormatter) -> None:
    """A chain deeper than the builder makes any reads back equal."""
    chain = make_log("end", 0, 1)
    for number in range(200):
        chain = dataclasses.replace(make_log(f"level {number}", 0, 1), suboperations=(chain,))
    assert chain == read_operation_log(formatter.format_operation_log(chain))


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_values_of_a_context_keep_their_type_beside_equal_ones(formatter: OutputFormatter) -> None:
    """True in a context stays True where the context around has 1."""
    root = make_log("outer", 0, 1, make_log("inner", 0, 1, context={"ops.meta.n": True}), context={"ops.meta.n": 1})
    (inner,) = read_operation_log(formatter.format_operation_log(root)).suboperations
    assert inner.context["ops.meta.n"] is True


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_texts_of_records_are_escaped(formatter: OutputFormatter) -> None:
    """Failures and events may hold a lone surrogate or NUL, as names may."""
    odd = "\ud800\x00\\u0041"
    log = make_log(
        "x", 0, 1, failure=OperationFailure(odd, odd, odd, odd, odd), events=(EventRecord(odd, 1, {odd: odd}),)
    )
    assert log == read_operation_log(formatter.format_operation_log(log))
