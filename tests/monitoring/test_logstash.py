"""The overlay for Logstash, and what our pipeline makes of what it sends.

Logstash itself is not run here: a server takes the requests of a real collector, and the filter of the pipeline is run
by JRuby, as Logstash runs it.
"""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector, collector
from tests.back_ends.logstash import documents_of
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.by_hand import line, new_service, send_lines
from tests.monitoring.watching import run_watched
from tests.stores import logstash

pytestmark = pytest.mark.back_ends


def sending_to(url: str, folder: Path) -> AbstractContextManager[Collector]:
    return collector(folder, "logstash", environment={"LOGSTASH_ENDPOINT": url})


def test_each_record_is_a_document_with_its_id(tmp_path: Path) -> None:
    """What a program logs stands in documents as the collector's exporter writes them; twice the same is one id."""
    try:
        with logstash([200]) as store, sending_to(store.url, tmp_path) as one:
            watched = run_watched(tmp_path, one)
            for _ in range(2):
                send_lines(one, new_service(), line({"log.record.uid": "twice"}))
            eventually(lambda: one.total("otelcol_exporter_sent_log_records"), lambda count: count >= 7)
        documents = documents_of(store.received)
    except NotMadeError as error:
        pytest.skip(str(error))
    (root,) = watched.logs
    found = [each for each in documents.values() if each.get("trace_id") == root.trace_id]
    assert (6, 5) == (len(documents), len(found))
    assert all(key == each["attributes"]["log.record.uid"] for key, each in documents.items())
    loads = {
        log.span_id: f"loading {log.attributes['ops.arg.rate']} K/min" for log in root.walk() if log.name == "load"
    }
    assert loads == {each["span_id"]: each["body"]["text"] for each in found if each["severity_text"] == "INFO"}
    keys = {"@timestamp", "attributes", "body", "data_stream", "resource", "scope", "severity_number", "severity_text"}
    assert [keys | {"span_id", "trace_id"}] * 5 == [set(each) for each in found]
    assert {("ada", "run 0", 0)} == {
        tuple(each["attributes"][key] for key in ("user.id", "ops.series", "ops.meta.batch")) for each in found
    }
    assert {watched.service} == {each["resource"]["attributes"]["service.name"] for each in found}
