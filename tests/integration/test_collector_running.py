"""What our configurations do in a real collector."""

import functools
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from otel_ops.collector.running import RunningCollector
from otel_ops.exceptions import CollectorError
from tests.back_ends.answers import eventually
from tests.back_ends.server import WITH_US, answers
from tests.collectors import archived, collector, free_places, kill, page_of, running, send, send_log, span, wait_for
from tests.stores import elasticsearch, logstash

_CALLS = re.compile(r"^traces_span_metrics_calls_total\{(.*)\} 7(?:\.0)?(?: .*)?$", re.MULTILINE)


def _attributes(one: dict[str, object]) -> dict[str, object]:
    attributes = one.get("attributes", [])
    assert isinstance(attributes, list)
    return {entry["key"]: next(iter(entry["value"].values())) for entry in attributes}


def _waits(one: RunningCollector) -> bool:
    traffic = one.traffic()
    return traffic is not None and bool(traffic.waiting)


def test_spans_arrive_as_they_are(tmp_path: Path) -> None:
    """Nothing is added to a span or changed in it; what is counted agrees."""
    sent = [span(number, {"ops.kind": "operation", "user.id": "ada@lab.example"}) for number in range(50)]
    with running(tmp_path, ["archive"]) as one:
        send(one.addresses.receiving["http"], sent)
        wait_for(lambda: len(archived(tmp_path)) >= 50)
        traffic = one.traffic()
    assert sent == archived(tmp_path)
    assert traffic
    assert ({"spans": 50}, 0, 50) == (traffic.received, traffic.refused, traffic.exporters["file/traces"].sent)


def test_credentials_are_masked(tmp_path: Path) -> None:
    """By name, and by what they look like; words that only contain such a name stay."""
    hidden = {"password": "x1", "db.api_key": "x2", "note": "Bearer x3x3x3x3x3x3x3"}
    shown = {"input_tokens": "17", "passwords_changed": "no", "keyboard": "x4"}
    with running(tmp_path, ["archive"]) as one:
        send(one.addresses.receiving["http"], [span(1, hidden | shown)])
        wait_for(lambda: len(archived(tmp_path)) == 1)
    attributes = _attributes(archived(tmp_path)[0])
    assert dict.fromkeys(hidden, "****") == {key: attributes[key] for key in hidden}
    assert shown == {key: attributes[key] for key in shown}
    assert "3" == attributes["redaction.masked.count"]


def test_strict_redaction_keeps_what_is_known_to_be_harmless(tmp_path: Path) -> None:
    """Users, files, arguments and messages are gone; kinds, outcomes and types stay."""
    kept = {"ops.kind": "operation", "error.type": "ValueError"}
    gone = {"user.id": "ada", "file.path": "/home/ada/run.csv", "ops.arg.path": "x", "ops.meta.batch": "7"}
    with running(tmp_path, ["archive", "redaction-strict"]) as one:
        send(one.addresses.receiving["http"], [span(1, kept | gone, failed=True)])
        wait_for(lambda: len(archived(tmp_path)) == 1)
    (arrived,) = archived(tmp_path)
    assert kept == {key: value for key, value in _attributes(arrived).items() if not key.startswith("redaction.")}
    assert {"code": 2} == arrived["status"]


def test_a_queue_outlives_an_end_and_a_kill(tmp_path: Path) -> None:
    """While the back end is away, the collector ends, starts, and is killed: everything arrives later, each once."""
    back_end = running(tmp_path / "back_end", ["archive"])
    variables = {"JAEGER_ENDPOINT": back_end.addresses.receiving["grpc"], "OPS_QUEUE_DIR": str(tmp_path / "queue")}
    ends: Sequence[Callable[[RunningCollector], object]] = (RunningCollector.stop, kill)
    for number, end in enumerate(ends):
        with running(tmp_path / str(number), ["jaeger"], **variables) as one:
            send(one.addresses.receiving["http"], [span(number * 100 + index) for index in range(100)])
            wait_for(functools.partial(_waits, one))
            end(one)
    with back_end, running(tmp_path / "last", ["jaeger"], **variables):
        wait_for(lambda: len(archived(tmp_path / "back_end")) >= 200)
    ids = [one["spanId"] for one in archived(tmp_path / "back_end")]
    assert [f"{number + 1:016x}" for number in range(200)] == sorted(ids)


def test_a_back_end_that_is_away_holds_up_no_other(tmp_path: Path) -> None:
    """The archive gets everything while Jaeger is away."""
    with running(tmp_path, ["archive", "jaeger"], JAEGER_ENDPOINT="127.0.0.1:1") as one:
        for number in range(20):
            send(one.addresses.receiving["http"], [span(number)])
        wait_for(lambda: len(archived(tmp_path)) == 20)


def test_tail_sampling_keeps_failures_in_stores_and_everything_in_the_archive(tmp_path: Path) -> None:
    """Of 200 traces, those that failed arrive, and few others; nothing is missing in the archive."""
    back_end = running(tmp_path / "back_end", ["archive"])
    variables = {"JAEGER_ENDPOINT": back_end.addresses.receiving["grpc"], "TAIL_SAMPLING_WAIT": "1s"}
    failed = {f"{number + 1:016x}" for number in range(5)}
    with back_end, running(tmp_path / "first", ["archive", "jaeger", "tail-sampling"], **variables) as one:
        send(one.addresses.receiving["http"], [span(number, failed=number < 5) for number in range(200)])
        wait_for(lambda: failed <= {one["spanId"] for one in archived(tmp_path / "back_end")})
    assert 200 == len(archived(tmp_path / "first"))
    assert 100 > len(archived(tmp_path / "back_end"))


def test_an_archive_is_played_again_once(tmp_path: Path) -> None:
    """A second collector reads the files of the first, and has the same spans; a restart reads on."""
    sent = [span(number, {"ops.kind": "operation"}, failed=number % 2 == 0) for number in range(101)]
    second, folder = tmp_path / "second", {"OPS_REPLAY_DIR": str(tmp_path / "first" / "archive")}
    with running(tmp_path / "first", ["archive"]) as one:
        send(one.addresses.receiving["http"], sent[:100])
        wait_for(lambda: len(archived(tmp_path / "first")) == 100)
        with running(second, ["archive", "replay"], **folder):
            wait_for(lambda: len(archived(second)) == 100)
        send(one.addresses.receiving["http"], sent[100:])
        with running(second, ["archive", "replay"], **folder):
            wait_for(lambda: len(archived(second)) > 100)
    assert sent == archived(second)


def test_a_collector_that_cannot_start_is_told_with_its_reason(tmp_path: Path) -> None:
    """What it said last, and where its log is."""
    with running(tmp_path / "first", []) as one:
        port = one.addresses.receiving["http"].rpartition(":")[2]
        with pytest.raises(CollectorError, match="address already in use") as raised:
            with running(tmp_path / "second", [], OPS_HTTP_PORT=port):
                pass
    assert f"its log is {tmp_path}/second/collector.log" in str(raised.value)


def test_a_gateway_gets_everything(tmp_path: Path) -> None:
    """The agent sends each trace to a gateway, of which there is one here."""
    gateway = running(tmp_path / "gateway", ["archive"])
    port = gateway.addresses.receiving["grpc"].rpartition(":")[2]
    sent = [span(number, {"ops.kind": "operation"}) for number in range(50)]
    with gateway, running(tmp_path / "agent", ["gateway"], GATEWAY_PORT=port) as agent:
        send(agent.addresses.receiving["http"], sent)
        wait_for(lambda: len(archived(tmp_path / "gateway")) == 50)
    assert sent == sorted(archived(tmp_path / "gateway"), key=lambda one: str(one["spanId"]))


def test_metrics_of_spans_are_scraped(tmp_path: Path) -> None:
    """Calls by name, status and outcome, with the collector's own id, and with buckets."""
    port = free_places()["OPS_GRPC_PORT"]
    variables = {"PROMETHEUS_SCRAPE_PORT": port, "SPAN_METRICS_INTERVAL": "100ms", "OPS_COLLECTOR_ID": "first"}
    with running(tmp_path, ["prometheus-scrape"], **variables) as one:
        send(
            one.addresses.receiving["http"],
            [span(number, {"ops.outcome": "error"}, failed=True) for number in range(7)],
        )
        wait_for(lambda: bool(_CALLS.search(page_of(f"http://127.0.0.1:{port}/metrics"))))
        page = page_of(f"http://127.0.0.1:{port}/metrics")
    (calls,) = _CALLS.findall(page)
    for label in ('collector_instance_id="first"', 'ops_outcome="error"', 'service_name="lab"', 'span_name="fit"'):
        assert label in calls
    assert 'status_code="STATUS_CODE_ERROR"' in calls
    assert "traces_span_metrics_duration_seconds_bucket{" in page


def test_logs_reach_an_input_that_answers_as_logstash_does(tmp_path: Path) -> None:
    """It is sent OTLP JSON, again after it was busy, and its answer, a plain word, is taken."""
    with logstash([503, 200]) as store, running(tmp_path, ["logstash"], LOGSTASH_ENDPOINT=store.url) as one:
        send_log(one.addresses.receiving["http"], "reading run1.csv")
        wait_for(lambda: len(store.received) == 2)
        wait_for(lambda: not _waits(one))
        traffic = one.traffic()
    assert store.received[0] == store.received[1]
    (record,) = store.received[1]["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert {"stringValue": "reading run1.csv"} == record["body"]
    assert traffic
    assert (1, 0) == traffic.exporters["otlp_http/logstash"][:2]


def test_documents_in_elasticsearch_have_ids(tmp_path: Path) -> None:
    """What is sent again after the store was busy has the same ids, of trace and span, and of the log record."""
    with elasticsearch([503, 503, 200]) as store:
        with running(tmp_path, ["elasticsearch"], ELASTICSEARCH_ENDPOINT=store.url) as one:
            send(one.addresses.receiving["http"], [span(1)])
            wait_for(lambda: len(store.received) == 3)
            send_log(one.addresses.receiving["http"], "reading run1.csv", uid="u1")
            wait_for(lambda: len(store.received) == 4)
    *spans, logs = [[action["create"] for action, _ in batch] for batch in store.received]
    expected = {"_index": "traces-otel_ops.otel-default", "_id": f"{2:032x}-{2:016x}"}
    assert [[expected]] * 3 == [[_chosen(action, expected) for action in batch] for batch in spans]
    expected = {"_index": "logs-otel_ops.otel-default", "_id": "u1"}
    assert [expected] == [_chosen(action, expected) for action in logs]
    document = store.received[2][0][1]
    assert ("fit", "elasticsearch.document_id" in document.get("attributes", {})) == (document["name"], False)


def test_a_timeout_of_the_elasticsearch_exporter_would_lose_what_waits(tmp_path: Path) -> None:
    """The overlay has none: with one, a batch is lost when it ends, though the store is only busy."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("exporters: {elasticsearch/ops: {timeout: 1s}}\n", "utf-8")
    with elasticsearch([503]) as store:
        with running(tmp_path, ["elasticsearch", str(mine)], ELASTICSEARCH_ENDPOINT=store.url) as one:
            send(one.addresses.receiving["http"], [span(1)])
            wait_for(lambda: _lost(one, "elasticsearch/ops") == 1)


def _lost(one: RunningCollector, exporter: str) -> int:
    traffic = one.traffic()
    return traffic.exporters[exporter].lost if traffic and exporter in traffic.exporters else 0


def _chosen(content: dict[str, object], keys: Iterable[str]) -> dict[str, object]:
    return {key: content[key] for key in keys}


@pytest.mark.skipif(not WITH_US, reason="only setpriv, of Linux, has programs end with others")
def test_a_collector_of_tests_ends_with_them(tmp_path: Path) -> None:
    """Where the tests are killed, the collectors that they have started end, too."""
    collector()
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        address = starter.stdout.readline().strip()
        assert answers(address)
        starter.kill()
    assert not eventually(lambda: answers(address), lambda up: not up)


STARTER = """
import sys, time
from pathlib import Path
from tests.collectors import running
with running(Path(sys.argv[1]), []) as one:
    print(one.addresses.health, flush=True)
    time.sleep(60)
"""
