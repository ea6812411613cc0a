"""An analysis as text."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.analysis import (
    AnalysisExporter,
    CSVAnalysisExporter,
    JSONAnalysisExporter,
    OperationAnalysis,
    OperationStatistics,
)

COLUMNS = ["name", "count", "errors", "total_ns", "self_ns", "mean_ns", "p50_ns", "p95_ns", "p99_ns"]


def statistics(name: str, **error_types: int) -> OperationStatistics:
    """Make the statistics of three calls."""
    return OperationStatistics(
        name=name,
        count=3,
        error_types=error_types,
        total_ns=16,
        self_ns=9,
        min_ns=2,
        max_ns=10,
        p50_ns=4.0,
        p95_ns=9.4,
        p99_ns=9.88,
    )


ANALYSIS = OperationAnalysis(
    operations=(statistics("fit", ValueError=1, KeyError=1), statistics("load")),
    spans=7,
    traces=2,
    duplicates=1,
    broken=4,
    messages=("a.jsonl:3: cut off",),
)


def test_json_holds_exactly_the_published_keys() -> None:
    """The JSON document has version 1 and for each operation the published keys, in their order."""
    document = json.loads(JSONAnalysisExporter().export(ANALYSIS))

    assert 1 == document["version"]
    assert ["version", "operations", "error_types", "input"] == list(document)
    assert [COLUMNS, COLUMNS] == [list(operation) for operation in document["operations"]]
    assert ["fit", 3, 2, 16, 9, 16 / 3, 4.0, 9.4, 9.88] == list(document["operations"][0].values())


def test_json_tells_errors_by_type_and_what_was_read() -> None:
    """Errors stand by type under those operations that failed, and the input is counted."""
    document = json.loads(JSONAnalysisExporter().export(ANALYSIS))

    assert {"fit": {"ValueError": 1, "KeyError": 1}} == document["error_types"]
    assert {"spans": 7, "traces": 2, "duplicates": 1, "broken": 4} == document["input"]


def test_csv_has_a_header_and_a_row_for_each_operation() -> None:
    """The CSV text has the published columns, and the rows in the order of the analysis."""
    header, *rows = csv.reader(io.StringIO(CSVAnalysisExporter().export(ANALYSIS)))

    assert COLUMNS == header
    assert ["fit", "3", "2", "16", "9", str(16 / 3), "4.0", "9.4", "9.88"] == rows[0]
    assert ["fit", "load"] == [row[0] for row in rows]


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_any_name_survives(names: list[str]) -> None:
    """Names with separators, quotes, line breaks or any other character are read back as they were."""
    analysis = OperationAnalysis(operations=tuple(map(statistics, names)))
    rows = csv.DictReader(io.StringIO(CSVAnalysisExporter().export(analysis), newline=""))

    assert [name.replace("\0", "\ufffd") for name in names] == [row["name"] for row in rows]
    assert names == [row["name"] for row in json.loads(JSONAnalysisExporter().export(analysis))["operations"]]


@pytest.mark.parametrize("exporter", [JSONAnalysisExporter(), CSVAnalysisExporter()])
def test_exported_text_is_whole_lines(exporter: AnalysisExporter) -> None:
    """The text ends with one line break, also where there is no operation."""
    for text in (exporter.export(ANALYSIS), exporter.export(OperationAnalysis())):
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
