"""The overlay for Elasticsearch, against a real Lucene store.

That store is OpenSearch, behind a proxy that leaves out the one parameter which it does not know: Elasticsearch itself
is not to be had as a library. So index templates and data streams are not tested here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector, collector
from tests.back_ends.opensearch import OpenSearch
from tests.back_ends.proxy import Proxy, proxy
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

SPANS = "traces-otel_ops.otel-default"
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
    return store.count(SPANS, {"resource.attributes.service.name.keyword": watched.service})


def test_each_span_is_a_document(opensearch: OpenSearch, tmp_path: Path) -> None:
    """Every span is there, under an id made of its own, with name, parent and context."""
    with before(opensearch, tmp_path) as (entrance, _):
        watched = run_watched(tmp_path, entrance)
        expected = {log.span_id: (log.name, log.parent_id, log.context.get("user.id")) for log in watched.spans}
        eventually(lambda: count_of(opensearch, watched), lambda count: count >= len(expected))
    found = opensearch.find(SPANS, {"resource.attributes.service.name.keyword": watched.service})
    assert len(expected) == len(found)
    assert expected == {
        each["span_id"]: (each["name"], each.get("parent_span_id", ""), each["attributes"].get("user.id"))
        for each in found
    }


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
