"""Operations and what is logged in them, in a real OpenSearch, with the pipelines and templates that are shipped.

Its build has no Index State Management: the lifecycle policy is not run here.
"""

from pathlib import Path

import pytest

from tests.back_ends.answers import eventually, get
from tests.back_ends.collector import WITH_OPENSEARCH, Collector, collector
from tests.back_ends.opensearch import OpenSearch
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.by_hand import line, new_service, send_lines, send_spans, span
from tests.monitoring.pages import asked_on
from tests.monitoring.watching import run_watched

pytestmark = pytest.mark.back_ends

SPANS, LINES = "ss4o_traces-otel_ops-*", "ss4o_logs-otel_ops-*"
SERVICE = "resource.service.name"


def test_each_span_is_a_document(collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path) -> None:
    """Every span of the program is there once, with its name, parent, status, context values, and time."""
    watched = run_watched(tmp_path, collector_to_opensearch)
    expected = {
        log.span_id: (log.name, log.parent_id, "Error" if log.failure else "Unset", log.context.get("user.id"))
        for log in watched.spans
    }
    found = eventually(
        lambda: opensearch.find(SPANS, {SERVICE: watched.service}), lambda documents: len(documents) >= len(expected)
    )
    assert len(expected) == len(found)
    assert expected == {
        each["spanId"]: (each["name"], each["parentSpanId"], each["status"]["code"], each["attributes"].get("user.id"))
        for each in found
    }
    assert [each["startTime"] for each in found] == [each["@timestamp"] for each in found]


def test_lines_are_found_by_trace_and_span(
    collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path
) -> None:
    """What was logged in an operation is found by its trace, and tells in which span it was logged."""
    watched = run_watched(tmp_path, collector_to_opensearch)
    (root,) = watched.logs
    loads = [log for log in root.walk() if log.name == "load"]
    expected = {log.span_id: f"loading {log.attributes['ops.arg.rate']} K/min" for log in loads}
    found = eventually(
        lambda: opensearch.find(LINES, {"traceId": root.trace_id}), lambda lines: len(lines) > len(loads)
    )
    assert expected == {line["spanId"]: line["body"] for line in found if line["severity"]["text"] == "INFO"}
    assert ["left out"] == [line["body"] for line in found if line["severity"]["text"] == "ERROR"]


def test_both_are_found_by_user_series_and_metadata(
    collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path
) -> None:
    """Operations of one series of a user, and lines, are found by the values of their context, and no others."""
    watched = run_watched(tmp_path, collector_to_opensearch, times=3)
    wanted = {log.span_id for log in watched.spans if log.context.get("ops.series") == "run 1"}
    terms = {
        SERVICE: watched.service,
        "attributes.user.id": "ada",
        "attributes.ops.series": "run 1",
        "attributes.ops.meta.batch": 1,
    }
    found = eventually(lambda: opensearch.find(SPANS, terms), lambda documents: len(documents) >= len(wanted))
    assert wanted == {each["spanId"] for each in found}
    lines = eventually(lambda: opensearch.find(LINES, terms), lambda documents: len(documents) >= 5)
    assert 5 == len(lines)
    assert {each["spanId"] for each in lines} <= wanted


def test_what_is_sent_twice_stands_there_once(collector_to_opensearch: Collector, opensearch: OpenSearch) -> None:
    """By the ids that the pipelines give: those of a span, and the id of a log record."""
    service, fit, row = new_service(), span(), line({"log.record.uid": new_service()})
    before = collector_to_opensearch.total("otelcol_exporter_sent_log_records")
    for _ in range(2):
        send_spans(collector_to_opensearch, service, fit)
        send_lines(collector_to_opensearch, service, row)
    last = span()
    send_spans(collector_to_opensearch, service, last)
    eventually(lambda: opensearch.count(SPANS, {"traceId": last["traceId"]}), bool)
    eventually(lambda: collector_to_opensearch.total("otelcol_exporter_sent_log_records") - before, lambda n: n >= 2)
    assert 2 == opensearch.count(SPANS, {SERVICE: service})
    assert 1 == opensearch.count(LINES, {SERVICE: service})


def test_a_line_without_an_id_is_taken(collector_to_opensearch: Collector, opensearch: OpenSearch) -> None:
    """Those of other programs need none; each is a document then."""
    service = new_service()
    for _ in range(2):
        send_lines(collector_to_opensearch, service, line({}))
    assert 2 == eventually(lambda: opensearch.count(LINES, {SERVICE: service}), lambda count: count >= 2)


def test_values_of_any_type_are_taken(collector_to_opensearch: Collector, opensearch: OpenSearch) -> None:
    """Metadata, arguments and results may be a number here and a text there; a number first whole, then not."""
    service = new_service()
    for value in ({"intValue": "7"}, {"stringValue": "seven"}, {"doubleValue": 7.5}, {"boolValue": True}):
        keys = ("ops.meta.batch", "ops.arg.rate", "ops.result", "lab.temperature")
        send_spans(
            collector_to_opensearch, service, {**span(), "attributes": [{"key": key, "value": value} for key in keys]}
        )
    assert 4 == eventually(lambda: opensearch.count(SPANS, {SERVICE: service}), lambda count: count >= 4)
    assert 1 == opensearch.count(SPANS, {SERVICE: service, "attributes.lab.temperature": 7.5})
    assert 1 == opensearch.count(SPANS, {SERVICE: service, "attributes.ops.meta.batch": "seven"})


def test_a_document_that_is_refused_is_told(collector_to_opensearch: Collector, opensearch: OpenSearch) -> None:
    """A key that is a text in one span and has keys below it in the next: the collector tells, the rest goes on."""
    service, failed = new_service(), "otelcol_exporter_send_failed_spans"
    key = service.replace(" ", "")
    before = collector_to_opensearch.total(failed)
    send_spans(collector_to_opensearch, service, span({key: "a text"}))
    eventually(lambda: opensearch.count(SPANS, {SERVICE: service}), bool)
    send_spans(collector_to_opensearch, service, span({f"{key}.below": "no text"}), span(), span())
    assert before + 3 == eventually(lambda: collector_to_opensearch.total(failed), lambda count: count > before)
    assert 3 == eventually(lambda: opensearch.count(SPANS, {SERVICE: service}), lambda count: count >= 3)
    log = collector_to_opensearch.server.log.read_text(encoding="utf-8")
    assert f"attributes.{key}" in log


def test_what_is_sent_while_the_store_is_away_is_lost(tmp_path: Path) -> None:
    """The exporter calls it final that nobody answers, whatever retries it is told to make: each span is counted."""
    places, failed = {"OPENSEARCH_ENDPOINT": "http://127.0.0.1:9"}, "otelcol_exporter_send_failed_spans"
    try:
        with collector(tmp_path, "opensearch", name=WITH_OPENSEARCH, environment=places) as entrance:
            send_spans(entrance, new_service(), span(), span())
            assert 2 == eventually(lambda: entrance.total(failed), lambda count: count >= 2)
            assert 0 == entrance.total("otelcol_exporter_queue_size")
    except NotMadeError as error:
        pytest.skip(str(error))


def test_the_templates_are_in_force(collector_to_opensearch: Collector, opensearch: OpenSearch) -> None:
    """All but the policy is taken; an index that is made has types, pipeline and tolerance as they say."""
    told = opensearch.install().stdout.splitlines()
    assert ["_plugins/_ism/policies/otel_ops.json"] == [each.split()[-1] for each in told if "REFUSED" in each]
    service = new_service()
    send_spans(collector_to_opensearch, service, span({"user.id": "ada"}))
    eventually(lambda: opensearch.count(SPANS, {SERVICE: service}), bool)
    (index,) = get(f"{opensearch.address}/{SPANS}").values()
    types, settings = index["mappings"]["properties"], index["settings"]["index"]
    user = types["attributes"]["properties"]["user"]["properties"]["id"]
    assert ("date_nanos", "keyword", "keyword") == (types["@timestamp"]["type"], types["name"]["type"], user["type"])
    assert ("otel_ops_traces", "true") == (settings["default_pipeline"], settings["mapping"]["ignore_malformed"])


def test_what_the_page_asks_is_answered(
    collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path
) -> None:
    """The queries of the how-to find what they are said to find."""
    watched = run_watched(tmp_path, collector_to_opensearch, times=2)
    log = next(log for log in watched.logs if log.context["ops.series"] == "run 1")
    of_trace, of_series, operations, failures = (
        query.replace("…", log.trace_id).replace("10 K/min", "run 1") for query in asked_on("opensearch.md").values()
    )
    here = f' AND {SERVICE}:"{watched.service}"'
    found = eventually(lambda: opensearch.found(LINES, of_trace), lambda found: len(found) >= 5)
    assert {"loading 5 K/min", "left out"} <= {line["body"] for line in found}
    assert found == opensearch.found(LINES, of_series + here)
    found = eventually(lambda: opensearch.found(SPANS, operations + here), lambda found: len(found) >= 21)
    assert {each.span_id for each in log.walk()} == {each["spanId"] for each in found}
    assert {each.span_id for each in watched.spans if each.failure} == {
        each["spanId"] for each in opensearch.found(SPANS, failures + here)
    }
