"""Spans of many files as one sequence: sorted, each once, in as little memory as there is."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.analysis.merging import Merge, lines_of
from otel_ops.analysis.packing import packed, unpacked
from otel_ops.analysis.sorting import SpanSorter
from otel_ops.log_builder import logs_of
from otel_ops.otlp_json import SpanLog
from otel_ops.otlp_json.reading import decode, decode_logs
from otel_ops.span_record import EventRecord, LinkRecord, LogRecord, ResourceRecord, ScopeRecord, SpanRecord

IDS = [f"{number:016x}" for number in range(1, 9)]
PARENTS = st.sampled_from([*IDS, "ff" * 8])
VALUES: Any = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.binary() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(st.text(), VALUES, max_size=3)
NANOSECONDS = st.integers(0, 2**64 - 1)
SPANS = st.builds(
    SpanRecord,
    trace_id=st.sampled_from(["0a" * 16, "0b" * 16]),
    span_id=st.sampled_from(IDS),
    name=st.text(),
    start_ns=NANOSECONDS,
    end_ns=NANOSECONDS,
    parent_id=st.just("") | PARENTS,
    attributes=ATTRIBUTES,
    events=st.lists(st.builds(EventRecord, st.text(), NANOSECONDS, ATTRIBUTES), max_size=2).map(tuple),
    links=st.lists(st.builds(LinkRecord, st.just("0c" * 16), PARENTS), max_size=2).map(tuple),
    scope=st.builds(ScopeRecord, st.sampled_from(["otel_ops.standard", "http.client", ""])),
    resource=st.builds(ResourceRecord, ATTRIBUTES),
)


def span(number: int, start_ns: int, end_ns: int = 2**60, **fields: Any) -> SpanRecord:
    """Make a span by its number."""
    return SpanRecord("0a" * 16, f"{number:016x}", "fit", start_ns, end_ns, **fields)


@given(SPANS)
def test_a_span_is_the_same_after_packing(record: SpanRecord) -> None:
    """Whatever a span holds comes out of its packed form again."""
    assert record == unpacked(packed(record))


def test_numbers_that_are_none_stay_so() -> None:
    """NaN, which equals nothing, is packed, too."""
    assert math.isnan(unpacked(packed(span(1, 0, attributes={"x": math.nan}))).attributes["x"])


@given(st.lists(SPANS, max_size=30), st.sampled_from([1, 500, 10**6]))
def test_trees_are_those_of_all_files(records: list[SpanRecord], max_held: int) -> None:
    """The spans stand by their start, none twice, and give the trees that the many gave; however little is held."""
    merge = Merge(max_held=max_held)
    merged = [read for line in lines_of(merge.merged(records)) for read in decode(line).spans]

    assert all(one.start_ns <= other.start_ns for one, other in pairwise(merged))
    assert len({(record.trace_id, record.span_id) for record in records}) == len(merged) == merge.number
    assert len(records) == merge.number + merge.doubles
    assert logs_of(records) == logs_of(merged)


def test_of_twins_the_longest_stays() -> None:
    """Also where they do not begin at the same time, and where both are as long, in whatever order they come."""
    twins = [span(1, 5, 9), span(1, 4, 9, attributes={"a": 1}), span(1, 4, 9, attributes={"a": 2})]

    assert [twins[2]] == list(Merge().merged(twins)) == list(Merge().merged(reversed(twins)))


def test_log_records_of_one_time_stay_in_their_order() -> None:
    """As often as they were logged, where clocks are coarse."""
    one, bodies = span(1, 1), ["b", "a", "a", *map(str, range(300))]
    logs = [SpanLog(one.trace_id, one.span_id, LogRecord(body, 2), ResourceRecord()) for body in bodies]
    (merged,) = Merge(max_held=500).merged([*logs, one])

    assert bodies == [record.body for record in merged.log_records]


def test_runs_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans that are longer than what is read at once come out whole; nothing is left in the folder."""
    monkeypatch.setattr("otel_ops.analysis.sorting._MIN_BUFFER", 7)
    monkeypatch.setattr("otel_ops.analysis.sorting._MAX_BUFFERS", 7)
    records = [span(number, 100 - number, attributes={"text": "x" * number}) for number in range(100)]

    assert records[::-1] == list(SpanSorter(lambda record: record.start_ns, tmp_path, 900).sorted(records))
    assert [] == list(tmp_path.iterdir())


def test_lines_have_one_origin_each() -> None:
    """Spans of two processes that alternate stay in their order."""
    resources = [ResourceRecord({"service.name": name}) for name in ("a", "b")]
    records = [span(number, number, resource=resources[number % 2]) for number in range(1, 7)]
    lines = list(lines_of(iter(records)))

    assert 6 == len(lines)
    assert records == [read for line in lines for read in decode(line).spans]


def test_what_was_logged_stays_with_its_span() -> None:
    """Wherever it comes, by time; of spans that came twice each record stands once; the homeless are counted."""
    records = [LogRecord(f"line {number}", number) for number in range(3)]
    one, other = span(1, 5), span(2, 6)
    logs = [SpanLog(one.trace_id, one.span_id, record, ResourceRecord()) for record in reversed(records)]
    stray = SpanLog(one.trace_id, "0f" * 8, records[0], ResourceRecord())
    merge = Merge()
    merged = list(merge.merged([*logs, one, stray, other, one, *logs]))

    assert [tuple(records), ()] == [each.log_records for each in merged]
    assert (1, 1) == (merge.doubles, merge.homeless)
    found = [decode_logs(line) for each in lines_of(merged) for line in each.splitlines(keepends=True)]
    assert records == [log.record for each in found if each is not None for log in each.logs]
