"""Files of operation logs: JSON a line or pretty-printed, XML one after the other or in one element, broken ones."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_ops.analysis import OperationAnalyzer, input_file, xml_documents
from otel_ops.analysis.content import Item
from otel_ops.analysis.sources import InputSource, SpanSource
from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters import JSONFormatter, XMLFormatter
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import ScopeRecord
from otel_ops.testing import make_log

SCOPE = ScopeRecord("otel_ops.standard")
LOGS = [
    make_log(
        "load",
        0,
        5,
        make_log("inner", 1, 2, scope=SCOPE, parent_id="6c6f616400000000"),
        scope=SCOPE,
        attributes={"text": "a\n\n</operation_log>"},
    ),
    make_log("fit", 5, 9, scope=SCOPE),
    make_log("plot", 9, 10, scope=SCOPE),
]
JSON, JSON_PRETTY = JSONFormatter(), JSONFormatter(indent=2)
XML, XML_PRETTY = XMLFormatter(), XMLFormatter(indent=2)
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "logs"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def text(formatter: JSONFormatter | XMLFormatter, *logs: OperationLog) -> str:
    return "".join(map(formatter.format_operation_log, logs))


def read(path: Path) -> tuple[list[Item], list[str]]:
    """Give what is in a file, and what was broken without the name of the file."""
    source = InputSource([path])
    items = list(source.items())
    return items, [message.removeprefix(f"{path}:") for message in source.broken]


ALL = {
    "JSON": text(JSON, *LOGS),
    "JSON, pretty-printed": text(JSON_PRETTY, *LOGS),
    "JSON, pretty-printed and not": text(JSON_PRETTY, LOGS[0]) + text(JSON, LOGS[1]) + text(JSON_PRETTY, LOGS[2]),
    "a list": f"[{','.join(text(JSON, log) for log in LOGS)}]",
    "a pretty-printed list": json.dumps([json.loads(text(JSON, log)) for log in LOGS], indent=1),
    "sorted keys": "".join(f"{json.dumps(json.loads(text(JSON, log)), sort_keys=True)}\n" for log in LOGS),
    "XML": text(XML, *LOGS),
    "XML, pretty-printed": text(XML_PRETTY, *LOGS),
    "several on a line": "".join(text(XML, log).strip() for log in LOGS),
    "one element": f'<?xml version="1.0"?>\n<!-- logs -->\n<operation_logs>\n{text(XML, *LOGS)}</operation_logs>\n',
    "one element, pretty-printed": f"<operation_logs more='1'>{text(XML_PRETTY, *LOGS)}\n\n</operation_logs>",
    "declarations": "".join(f'<?xml version="1.0" encoding="UTF-8"?>{text(XML_PRETTY, log)}' for log in LOGS),
    "raw line breaks": text(XML, *LOGS).replace("&#10;", "\n"),
    "a byte order mark": "\ufeff" + text(XML, *LOGS),
}


@pytest.mark.parametrize("content", ALL.values(), ids=ALL.keys())
def test_every_document_is_read(write: Write, content: str) -> None:
    """However documents stand in a file, compressed or not, each one is read as it was."""
    assert (LOGS, []) == read(write(content))
    assert (LOGS, []) == read(write(gzip.compress(content.encode())))


@pytest.mark.parametrize("content", ALL.values(), ids=ALL.keys())
def test_as_spans_they_are_the_same_trees(write: Write, content: str) -> None:
    """Where spans are asked for, each log gives those that it was built from; statistics count them."""
    path = write(content)
    assert LOGS == logs_of(SpanSource([path]))
    assert (4, 1) == ((found := OperationAnalyzer.from_files([path]).analyze()).spans, found.traces)


def test_spans_and_logs_in_one_file(write: Write) -> None:
    """A file may hold both."""
    spans = list(SpanSource([write(text(JSON, LOGS[0]))]))
    content = text(JSON, LOGS[1]).encode() + encode_line(spans) + text(JSON, LOGS[2]).encode()
    assert ([LOGS[1], *spans, LOGS[2]], []) == read(write(content))


@pytest.mark.parametrize(
    ("content", "expected", "broken"),
    [
        (text(XML, *LOGS)[:-9], LOGS[:2], ["3: the last line is cut"]),
        (text(XML, LOGS[0])[:100] + "\n" + text(XML, *LOGS[1:]), LOGS[1:], ["1: the last line is cut"]),
        (text(XML_PRETTY, LOGS[0])[:100] + "\n" + text(XML_PRETTY, *LOGS[1:]), LOGS[1:], ["1: the last line is cut"]),
        (
            text(XML, LOGS[0]).replace("start_ns", "begin") + text(XML, LOGS[1]),
            LOGS[1:2],
            ["1: no operation log in XML"],
        ),
        (
            text(XML, LOGS[0]) + "<html/>\n" + text(XML, LOGS[1]),
            LOGS[:2],
            ["3: is no operation log: b'<html/>' stands"],
        ),
        (text(XML, LOGS[0]) + "\n\nthe end", LOGS[:1], ["4: is no operation log: b'the end' stands"]),
        ("<!DOCTYPE operation_log [<!ENTITY a 'b'>]>\n" + text(XML, LOGS[0]), LOGS[:1], ["2: has a document type"]),
        (text(JSON, *LOGS)[:-9], LOGS[:2], ["3: the last line is cut"]),
        (
            text(JSON, LOGS[0]).replace("start_ns", "begin") + text(JSON, LOGS[1]),
            LOGS[1:2],
            ["1: no operation log in JSON"],
        ),
        (
            text(JSON_PRETTY, LOGS[1]) + text(JSON_PRETTY, LOGS[2])[:-9],
            LOGS[1:2],
            [f"{len(text(JSON_PRETTY, LOGS[1]).splitlines()) + 1}: the last line is cut"],
        ),
        (
            f"[{text(JSON, LOGS[0])},{text(JSON, LOGS[1]).replace('start_ns', 'begin')}]",
            LOGS[:1],
            [" no operation log"],
        ),
        (text(XML, *LOGS).replace(' version="1"', ' version="7"', 1), LOGS[1:], ["1: version=7"]),
    ],
)
def test_what_is_broken_costs_only_itself(
    write: Write, content: str, expected: list[OperationLog], broken: list[str]
) -> None:
    """A document that is cut, damaged or newer is told with its line; the others are read."""
    items, messages = read(write(content))
    assert expected == items
    assert [True] * len(broken) == [told.startswith(start) for told, start in zip(messages, broken, strict=True)]


@pytest.mark.parametrize("content", ["<html><body/></html>", "<operation_logs_of_others/>", "<", "<operation_log>"])
def test_other_xml_is_refused(write: Write, content: str) -> None:
    """A file of XML without any operation log is an error of one line."""
    with pytest.raises(UnreadableInputError) as caught:
        list(InputSource([write(content)]).items())
    assert 1 == len(str(caught.value).splitlines())


def test_newer_documents_are_read_where_reading_is_lenient(write: Write) -> None:
    """As far as they are understood."""
    for formatter in (JSON, XML):
        content = text(formatter, LOGS[1]).replace('"version":1', '"version":9').replace('version="1"', 'version="9"')
        assert [LOGS[1]] == list(InputSource([write(content)], lenient=True).items())


def test_a_document_that_is_too_long_is_left_out(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pretty-printed document, too, what is held is bounded."""
    monkeypatch.setattr(xml_documents, "MAX_LINE", 2_000)
    monkeypatch.setattr(input_file, "MAX_LINE", 2_000)
    long = make_log("long", 0, 1, attributes={f"key {number}": "x" * 100 for number in range(100)})
    items, broken = read(write(text(XML_PRETTY, LOGS[1], long, LOGS[2])))
    assert [LOGS[1], LOGS[2]] == items
    assert "is longer than" in broken[0]


def test_only_what_is_asked_for_is_read(write: Write) -> None:
    """A form other than the one that is asked for is refused."""
    path = write(text(XML, *LOGS))
    assert LOGS == list(InputSource([path], form="xml").items())
    with pytest.raises(UnreadableInputError, match=":1: is xml, not otlp"):
        list(InputSource([path], form="otlp").items())
