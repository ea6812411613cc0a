"""A minute in which Jaeger is away and the collector is killed, while a program goes on: what has come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import NEWEST, Collector, collector
from tests.back_ends.jaeger import Jaeger, jaeger
from tests.back_ends.opensearch import OpenSearch
from tests.back_ends.proxy import Proxy, proxy
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.watching import Watched, running

OPERATIONS, SECONDS = 100_000, 60
ANSWERS_TO_LOSE = 2
DOCUMENTS, SERVICE = "traces-otel_ops.otel-default", "resource.attributes.service.name.keyword"

ACCEPTED, QUEUED = "otelcol_receiver_accepted_spans", "otelcol_exporter_queue_size"

_NOWHERE = "http://127.0.0.1:9"
ROOM = {"OTEL_BSP_MAX_QUEUE_SIZE": "50000", "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
"""So that the SDK drops nothing while there is no collector: what it drops, no collector can keep."""

_DEADLINE = 150
"""Seconds after which something will not come any more; a collector waits up to 30 before it tries again."""


@dataclass(frozen=True)
class Outage:
    """What a program produced, and where it was afterwards.

    Attributes:
        watched: The program.
        stored_meanwhile: How many of its spans the store had while Jaeger was still away.
        in_jaeger: Ids of the spans that Jaeger had in the end, as often as it had them.
        in_store: Ids of the spans that the store had in the end, as often as it had them.
        answers_lost: How many requests the store executed whose answers got lost.
        failed: How many spans the collector counted that it could not queue or send.
    """

    watched: Watched
    stored_meanwhile: int
    in_jaeger: Sequence[str]
    in_store: Sequence[str]
    answers_lost: int
    failed: float


@contextmanager
def pair(folder: Path, *overlays: str, name: str = NEWEST, **environment: str) -> Iterator[tuple[Collector, Jaeger]]:
    """Run a Jaeger that can be taken away, and a collector before it."""
    try:
        with jaeger(folder, _NOWHERE) as traces:
            places = {"JAEGER_ENDPOINT": traces.grpc, **environment}
            with collector(folder, "jaeger", *overlays, name=name, environment=places) as entrance:
                yield entrance, traces
    except NotMadeError as error:
        pytest.skip(str(error))


def live_through(folder: Path, store: OpenSearch) -> Outage:
    """Have a program run operations for a minute, at a pace that its queue holds.

    Jaeger is away until the end; the collector is killed meanwhile, with a full queue; and the store loses answers.
    """
    with (
        proxy(store.address) as way,
        pair(folder, "elasticsearch", ELASTICSEARCH_ENDPOINT=way.address) as (entrance, traces),
    ):
        traces.server.stop()
        pace = OPERATIONS / SECONDS
        with running(folder, entrance, OPERATIONS, "--per-second", pace, program="many.py", **ROOM) as watched:
            failed = _kill_meanwhile(entrance, way)
        stored = eventually(partial(_count, store, watched), lambda count: count >= len(watched.span_ids), _DEADLINE)
        traces.server.start()
        in_jaeger = arrived(traces, watched)
        eventually(partial(entrance.total, QUEUED), lambda size: size == 0)
        in_store = store.values(DOCUMENTS, "span_id", {SERVICE: watched.service})
        return Outage(watched, stored, in_jaeger, in_store, way.lost, failed + failures(entrance))


def _kill_meanwhile(entrance: Collector, way: Proxy) -> float:
    """Kill the collector once it has taken most of it, and start it again; give what it had failed at until then."""
    way.answers_to_lose = ANSWERS_TO_LOSE
    accepted = partial(entrance.total, ACCEPTED)
    eventually(accepted, lambda number: number >= OPERATIONS * 0.8, _DEADLINE)
    failed = failures(entrance)
    entrance.server.kill()
    entrance.server.start()
    return failed


def _count(store: OpenSearch, watched: Watched) -> int:
    return store.count(DOCUMENTS, {SERVICE: watched.service})


def arrived(traces: Jaeger, watched: Watched, missing: int | None = None) -> list[str]:
    """Wait until Jaeger has a run but for what is missing: the dropped spans; give the ids of all that it has of it."""
    trace_ids = {record.trace_id for record in watched.records}
    expected = len(watched.span_ids) - (watched.dropped if missing is None else missing)
    return eventually(
        lambda: [span.span_id for trace_id in trace_ids for span in traces.spans(trace_id)],
        lambda found: len(set(found)) >= expected,
        seconds=_DEADLINE,
    )


def failures(entrance: Collector) -> float:
    """Tell how many spans a collector has counted that it could not queue, or that were refused for good."""
    reasons = ("enqueue_failed", "send_failed")
    return sum(entrance.total(f"otelcol_exporter_{reason}_spans") for reason in reasons)
