"""Fields that are not known: read from JSON and XML, written again, in the other text, too."""

import dataclasses
import json
from typing import Any

import pytest

from otel_ops.detail import Detail
from otel_ops.formatters import JSONFormatter, XMLFormatter, read_operation_log
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.schema.unknown import pointer_to
from otel_ops.span_record import EventRecord, LinkRecord, ResourceRecord, ScopeRecord
from otel_ops.testing import make_log

RECORDS = {
    "events": (EventRecord("first", 1), EventRecord("second", 2)),
    "links": (LinkRecord("0a" * 16, "0b" * 8),),
    "failure": OperationFailure("ValueError"),
    "scope": ScopeRecord("otel_ops.standard"),
    "resource": ResourceRecord({"service.name": "kiln"}),
}
PLACES = ["", "/events/0", "/events/1", "/links/0", "/failure", "/scope", "/resource"]
VALUES: list[Any] = [
    "red",
    "",
    3,
    2.5,
    True,
    None,
    [1, {"a": "b"}],
    {"deep": {"er": []}},
    {"bytes": b"\x00"},
    "a\x00\n",
]
NAMES = [
    "colour",
    "a b",
    "a/b~c",
    "~1",
    "",
    "xmlns",
    "xml:id",
    "x:y",
    "é",
    "<colour>",
    "more",
    "context ",
    "$bytes",
    "{u}a",
    "new \ud800",
]


def log_with(unknown: dict[str, Any]) -> OperationLog:
    """Give a log in which an inner and an outer operation have unknown fields."""
    inner = make_log("inner", 1, 2, **RECORDS, unknown=unknown)
    return make_log("outer", 0, 3, inner, **RECORDS, unknown=unknown)


def again(log: OperationLog) -> list[OperationLog]:
    """Give what is read of the log's JSON, its XML, and those of each other."""
    formatters = (JSONFormatter(), XMLFormatter(), XMLFormatter(indent=2))
    once = [read_operation_log(formatter.format_operation_log(log)) for formatter in formatters]
    return [*once, *(read_operation_log(each.format_operation_log(read)) for read in once for each in formatters)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", PLACES)
def test_fields_survive_at_every_record(place: str, name: str) -> None:
    """Whatever their name and value, fields of operations and of all their records are written again."""
    for value in VALUES:
        log = log_with({pointer_to(place, name): value, pointer_to(place, "other"): "x"})
        assert [log] * 12 == again(log)


@pytest.mark.parametrize("place", ["/scope", "/resource"])
def test_fields_of_a_record_that_has_no_others_survive(place: str) -> None:
    """So do those of a record of which nothing else is known."""
    inner = make_log("inner", 1, 2, unknown={f"{place}/colour": "red"})
    log = make_log("outer", 0, 3, inner, unknown={f"{place}/colour": "blue"})
    assert [log] * 12 == again(log)


@pytest.mark.parametrize("value", VALUES)
def test_fields_beside_the_operation_survive(value: Any) -> None:
    """So do those of the document itself."""
    log = make_log("x", 0, 1, unknown={"../generator": value, "/generator": value})
    assert [log] * 12 == again(log)


def test_they_stand_where_they_stood() -> None:
    """In JSON, a field that was read stands at the same place after writing."""
    document = json.loads(JSONFormatter().format_operation_log(log_with({})))
    document["generator"] = {"name": "tomorrow"}
    document["operation"]["colour"] = 1
    document["operation"]["events"][1]["severity"] = "WARN"
    inner = document["operation"]["suboperations"][0]
    inner["failure"]["hint"] = ["again"]
    inner["scope"] = {**document["operation"]["scope"], "stable": False}
    read = read_operation_log(json.dumps(document))
    assert document == json.loads(JSONFormatter().format_operation_log(read))
    assert {"../generator": {"name": "tomorrow"}, "/colour": 1, "/events/1/severity": "WARN"} == read.unknown


XML = """<operation_log version="1" generator="tomorrow"><operation name="x" kind="operation" \
trace_id="0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a" span_id="0b0b0b0b0b0b0b0b" start_ns="0" end_ns="0" colour="red">\
<context/><events><event name="row" time_ns="1" severity="WARN"><cost unit="s">5<b/>&lt;&amp;</cost></event></events>\
<scope/><resource/><cost>1</cost><cost>2 \\u0041&#10;</cost><more><int name="size">3</int></more></operation>\
</operation_log>
"""


def test_attributes_and_elements_of_xml_survive() -> None:
    """In XML, attributes and elements that are not known are written again as they were; through JSON, too."""
    log = read_operation_log(XML)
    assert {
        "../generator": "tomorrow",
        "/colour": "red",
        "/<cost>": "<cost>1</cost><cost>2 \\u0041&#10;</cost>",
        "/size": 3,
        "/events/0/severity": "WARN",
        "/events/0/<cost>": '<cost unit="s">5<b />&lt;&amp;</cost>',
    } == log.unknown
    expected = log.unknown
    for read in again(log):
        assert expected == read.unknown
    written = XMLFormatter().format_operation_log(read_operation_log(JSONFormatter().format_operation_log(log)))
    assert "<cost>1</cost><cost>2 \\u0041&#10;</cost>" in written
    assert ' colour="red"' in written


def test_elements_of_other_namespaces_survive() -> None:
    """Also where their prefix is declared further out."""
    text = XML.replace("<operation_log ", '<operation_log xmlns:k="urn:kiln" ').replace(
        "<cost>1</cost>", '<k:cost k:unit="s"><k:part/></k:cost>'
    )
    log = read_operation_log(text)
    assert "/<{urn:kiln}cost>" in log.unknown
    assert [log] * 12 == again(log)


@pytest.mark.parametrize(
    "value",
    [
        "<a>",
        "text",
        "<a/>text",
        "<b/>",
        "<a></a>",
        "<a/><!-- -->",
        "<!DOCTYPE a><a/>",
        "<a>&b;</a>",
        "<k:a/>",
        "<a\n/>",
        5,
    ],
)
def test_what_only_looks_like_an_element_stays_text(value: Any) -> None:
    """A JSON field named as elements of XML are, with any value, comes back and breaks nothing."""
    log = make_log("x", 0, 1, unknown={"/<a>": value, "/<operation>": "<operation />", "/<more>": "<more />"})
    assert [log] * 12 == again(log)


def test_fields_of_records_that_are_gone_go_with_them() -> None:
    """A log whose events were taken away, or that has unknown fields under known names, is written without these."""
    log = make_log("x", 0, 1, unknown={"/events/0/a": 1, "/failure/a": 1, "/detail": "LOUD", "/a": 2})
    for read in again(log):
        assert dataclasses.replace(log, unknown={"/a": 2}) == read


def test_they_count_in_comparison_and_stay_when_pruned() -> None:
    """Logs that differ in them only are not equal."""
    log = make_log("x", 0, 1, make_log("y", 0, 1, detail=Detail.DEBUG), unknown={"/a": 1})
    assert log != dataclasses.replace(log, unknown={})
    assert {"/a": 1} == log.pruned(Detail.STANDARD).unknown
