"""The overlay for Elasticsearch, against a real Lucene store.

That store is OpenSearch, behind a proxy that leaves out the one parameter which it does not know: Elasticsearch itself
is not to be had as a library. Of the templates, what OpenSearch does not know is left out, too; the lifecycle policy is
not run here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from otel_ops.collector.folder import configuration_folder
from tests.back_ends.answers import eventually, get, post
from tests.back_ends.collector import Collector, collector
from tests.back_ends.opensearch import OpenSearch
from tests.back_ends.proxy import Proxy, proxy
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.by_hand import line, new_service, send_lines, send_spans, span
from tests.monitoring.saved_objects import fields_of, fields_shown
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

SPANS, LINES = "traces-otel_ops.otel-default", "logs-otel_ops.otel-default"
SERVICE = "resource.attributes.service.name.keyword"
OPERATIONS = 20_000
ROOM = {"OTEL_BSP_MAX_QUEUE_SIZE": "200000", "OTEL_BSP_SCHEDULE_DELAY": "200"}


@contextmanager
def before(store: OpenSearch, folder: Path) -> Iterator[tuple[Collector, Proxy]]:
    """Run a collector that sends to a store by way of a proxy."""
    try:
        with proxy(store.address) as way:
            places = {"ELASTICSEARCH_ENDPOINT": way.address}
            with collector(folder, "elasticsearch", environment=places) as entrance:
                yield entrance, way
    except NotMadeError as error:
        pytest.skip(str(error))


def count_of(store: OpenSearch, watched: Watched) -> int:
    return store.count(SPANS, {SERVICE: watched.service})


def test_each_span_is_a_document(opensearch: OpenSearch, tmp_path: Path) -> None:
    """Every span is there, under an id made of its own, with name, parent and context."""
    with before(opensearch, tmp_path) as (entrance, _):
        watched = run_watched(tmp_path, entrance)
        expected = {log.span_id: (log.name, log.parent_id, log.context.get("user.id")) for log in watched.spans}
        eventually(lambda: count_of(opensearch, watched), lambda count: count >= len(expected))
    found = opensearch.find(SPANS, {SERVICE: watched.service})
    assert len(expected) == len(found)
    assert expected == {
        each["span_id"]: (each["name"], each.get("parent_span_id", ""), each["attributes"].get("user.id"))
        for each in found
    }


def test_lines_are_found_by_trace_user_and_series(opensearch: OpenSearch, tmp_path: Path) -> None:
    """What was logged in a series is found by its trace, and by user and series; so are the exceptions of its spans."""
    with before(opensearch, tmp_path) as (entrance, _):
        watched = run_watched(tmp_path, entrance, times=2)
        eventually(lambda: opensearch.count(LINES, {SERVICE: watched.service}), lambda count: count >= 12)
    root = next(log for log in watched.logs if log.context["ops.series"] == "run 1")
    of_series = {"attributes.user.id.keyword": "ada", "attributes.ops.series.keyword": "run 1"}
    found = opensearch.find(LINES, {"trace_id.keyword": root.trace_id})
    expected = {*(f"loading {rate} K/min" for rate in (5, 10, 20, 80)), "left out"}
    assert expected == {each["body"]["text"] for each in found if "body" in each}
    assert ["exception"] == [each["event_name"] for each in found if "body" not in each]
    assert ids_of(found) == ids_of(opensearch.find(LINES, {SERVICE: watched.service, **of_series}))


def ids_of(documents: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return sorted((each["span_id"], each["@timestamp"]) for each in documents)


def test_a_request_that_comes_twice_is_written_once(opensearch: OpenSearch, tmp_path: Path) -> None:
    """Spans, their events, and log records have an id each; what is there already is no error."""
    service, fit, row = new_service(), span(failed=True), line({"log.record.uid": new_service()})
    with before(opensearch, tmp_path) as (entrance, _):
        for _ in range(2):
            send_spans(entrance, service, fit)
            send_lines(entrance, service, row)
        eventually(lambda: entrance.total("otelcol_exporter_sent_log_records"), lambda count: count >= 2)
        eventually(lambda: entrance.total("otelcol_exporter_sent_spans"), lambda count: count >= 2)
        assert 0 == entrance.total("otelcol_exporter_send_failed_spans")
    assert 1 == opensearch.count(SPANS, {SERVICE: service})
    lines = opensearch.find(LINES, {SERVICE: service})
    assert (2, {"exception", None}) == (len(lines), {each.get("event_name") for each in lines})


def test_the_templates_are_in_force(opensearch: OpenSearch, tmp_path: Path) -> None:
    """They are taken, but for what only Elasticsearch has; streams have types for which any value of a key will do."""
    for path, body in understood().items():
        post(f"{opensearch.address}/{path}", body)
    with before(opensearch, tmp_path) as (entrance, _):
        watched = run_watched(tmp_path, entrance, OTEL_RESOURCE_ATTRIBUTES="data_stream.namespace=shipped")
        spans = eventually(
            lambda: opensearch.find("traces-otel_ops.otel-shipped", {"name": "load"}), lambda found: len(found) >= 4
        )
        lines = eventually(
            lambda: opensearch.find("logs-otel_ops.otel-shipped", {"trace_id": watched.logs[0].trace_id}),
            lambda found: len(found) >= 6,
        )
    assert (4, 6) == (len(spans), len(lines))
    (index,) = get(f"{opensearch.address}/traces-otel_ops.otel-shipped").values()
    keys = index["mappings"]["properties"]["attributes"]["properties"]
    batch, rate = (
        keys["ops"]["properties"][kind]["properties"][key] for kind, key in (("meta", "batch"), ("arg", "rate"))
    )
    assert ("keyword", "keyword", "double") == (batch["type"], rate["type"], keys["value"]["type"])


def understood() -> dict[str, Any]:
    """Give the templates as far as OpenSearch knows them, for a namespace that no other test writes to.

    Elasticsearch's own components, which make texts keywords and times dates, are replaced by a few words.
    """
    folder = configuration_folder() / "elasticsearch"
    component = json.loads((folder / "_component_template/otel_ops@mappings.json").read_text("utf-8"))
    put: dict[str, Any] = {"_component_template/otel_ops@mappings": component, "_component_template/own": OWN}
    for path in sorted((folder / "_index_template").glob("*.json")):
        body = json.loads(path.read_text("utf-8"))
        del body["ignore_missing_component_templates"]
        del body["template"]["settings"]["index.lifecycle.name"]
        del body["template"]["settings"]["index.mapping.total_fields.ignore_dynamic_beyond_limit"]
        body["index_patterns"] = [pattern.replace("*", "shipped") for pattern in body["index_patterns"]]
        body["composed_of"] = ["otel_ops@mappings", "own"]
        put[f"_index_template/{path.stem}"] = body
    return put


OWN = {
    "template": {
        "mappings": {
            "dynamic_templates": [{"texts": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}],
            "properties": {"@timestamp": {"type": "date"}},
        }
    }
}


def test_kibana_finds_the_fields_that_it_shows(opensearch: OpenSearch, tmp_path: Path) -> None:
    """Each field of the saved objects stands in a document that the exporter has written."""
    with before(opensearch, tmp_path) as (entrance, _):
        watched = run_watched(tmp_path, entrance)
        eventually(lambda: count_of(opensearch, watched), lambda count: count >= len(watched.spans))
        eventually(lambda: opensearch.count(LINES, {SERVICE: watched.service}), lambda count: count >= 6)
    documents = [each for index in (SPANS, LINES) for each in opensearch.find(index, {SERVICE: watched.service})]
    assert set() == fields_shown() - {field for each in documents for field in fields_of(each)}


def test_a_document_that_is_refused_is_told(opensearch: OpenSearch, tmp_path: Path) -> None:
    """A key that is a text in one span and has keys below it in the next: the collector tells, the rest goes on."""
    service = new_service()
    key = service.replace(" ", "")
    with before(opensearch, tmp_path) as (entrance, _):
        send_spans(entrance, service, span({key: "a text"}))
        eventually(lambda: opensearch.count(SPANS, {SERVICE: service}), bool)
        send_spans(entrance, service, span({f"{key}.below": "no text"}), span(), span())
        log = eventually(entrance.server.log.read_text, lambda text: "failed to index document" in text)
        assert "failed to index document" in log
        assert 3 == eventually(lambda: opensearch.count(SPANS, {SERVICE: service}), lambda count: count >= 3)
        refused = [value for series, value in entrance.counts().items() if "mapper_parsing_exception" in series]
        assert ([1], 0) == (refused, entrance.total("otelcol_exporter_send_failed_spans"))


def test_what_is_sent_twice_stands_there_once(opensearch: OpenSearch, tmp_path: Path) -> None:
    """A store that is away, then loses answers, and a collector killed meanwhile: each span is a document, once."""
    with before(opensearch, tmp_path) as (entrance, way):
        way.status = HTTPStatus.SERVICE_UNAVAILABLE
        watched = run_watched(tmp_path, entrance, OPERATIONS, program="many.py", **ROOM)
        expected = len(watched.spans)
        assert expected == entrance.total("otelcol_receiver_accepted_spans")
        way.answers_to_lose = 2
        way.status = None
        eventually(lambda: way.lost, bool)
        entrance.server.kill()
        entrance.server.start()
        eventually(lambda: count_of(opensearch, watched), lambda count: count >= expected)
        eventually(lambda: entrance.total("otelcol_exporter_queue_size"), lambda size: size == 0)
        assert way.lost
        assert expected == count_of(opensearch, watched)


def test_a_wrong_key_is_counted(opensearch: OpenSearch, tmp_path: Path) -> None:
    """What the store refuses for its key is dropped: the collector counts each span."""
    with before(opensearch, tmp_path) as (entrance, way):
        way.status = HTTPStatus.UNAUTHORIZED
        watched = run_watched(tmp_path, entrance)
        expected = len(watched.spans)
        failed = eventually(
            lambda: entrance.total("otelcol_exporter_send_failed_spans"), lambda count: count >= expected
        )
        assert expected == failed
        assert 0 == entrance.total("otelcol_exporter_queue_size")
