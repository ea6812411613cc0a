"""What arrives where something is away, or is killed, meanwhile: all that the collector has acknowledged."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otel_ops.span_record import SpanRecord
from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector, collector
from tests.back_ends.jaeger import Jaeger, jaeger
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

OPERATIONS = 100_000
NOWHERE = "http://127.0.0.1:9"
ROOM = {"OTEL_BSP_MAX_QUEUE_SIZE": "200000", "OTEL_BSP_SCHEDULE_DELAY": "200"}
"""So that the SDK drops nothing: what it drops, no collector can keep."""

ACCEPTED = "otelcol_receiver_accepted_spans"


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Collector, Jaeger]]:
    """Run a Jaeger that can be taken away, and a collector before it."""
    try:
        with jaeger(folder, NOWHERE) as traces:
            with collector(folder, "jaeger", environment={"JAEGER_ENDPOINT": traces.grpc}) as entrance:
                yield entrance, traces
    except NotMadeError as error:
        pytest.skip(str(error))


def arrived(traces: Jaeger, watched: Watched) -> list[SpanRecord]:
    """Wait until Jaeger has each span of a run, and give all that it has of it."""
    ids = {log.trace_id for log in watched.logs}
    expected = len(watched.spans)
    return eventually(
        lambda: [span for trace_id in ids for span in traces.spans(trace_id)],
        lambda found: len({span.span_id for span in found}) >= expected,
    )


def test_a_back_end_that_is_away_gets_all_when_it_is_back(tmp_path: Path) -> None:
    """What was sent while Jaeger was away waits in the collector, and arrives once it is back."""
    with pair(tmp_path) as (entrance, traces):
        traces.server.stop()
        watched = run_watched(tmp_path, entrance, OPERATIONS, program="many.py", **ROOM)
        sent = {log.span_id for log in watched.spans}
        assert len(sent) == entrance.total(ACCEPTED)
        traces.server.start()
        assert sent == {span.span_id for span in arrived(traces, watched)}


def test_what_waits_outlives_a_killed_collector(tmp_path: Path) -> None:
    """A collector that is killed with a full queue sends, started again, all that it had acknowledged."""
    with pair(tmp_path) as (entrance, traces):
        traces.server.stop()
        watched = run_watched(tmp_path, entrance, OPERATIONS, program="many.py", **ROOM)
        sent = {log.span_id for log in watched.spans}
        assert len(sent) == entrance.total(ACCEPTED)
        entrance.server.kill()
        traces.server.start()
        entrance.server.start()
        assert sent == {span.span_id for span in arrived(traces, watched)}
