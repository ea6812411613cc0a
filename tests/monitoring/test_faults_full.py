"""Queues that are full, by their limit or because the disk is: what is dropped is counted to the last span."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector
from tests.monitoring.archive import archived
from tests.monitoring.many import PRODUCED
from tests.monitoring.outage import ACCEPTED, QUEUED, arrived, pair
from tests.monitoring.small_disk import small_disk
from tests.monitoring.watching import Watched, running

pytestmark = pytest.mark.back_ends

ENQUEUE_FAILED = "otelcol_exporter_enqueue_failed_spans"
BATCH = 512
"""Most spans that a program sends at once, and so the most that are under way."""

PATIENT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
"""A program that waits for the collector rather than give a batch up."""

IMPATIENT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_BSP_MAX_QUEUE_SIZE": "50000"}
"""One whose queue holds everything, and that gives a batch up after a second, rather than to try again."""


def test_a_full_queue_holds_up_and_outlives_a_kill(tmp_path: Path) -> None:
    """The collector takes no more than one queue holds, for the archive either; killed, it sends later what it took.

    What the program's own queue could not hold meanwhile, the program has counted.
    """
    archive = tmp_path / "archive"
    places = {"JAEGER_QUEUE_BYTES": "1000000", "OPS_ARCHIVE_DIR": str(archive)}
    with pair(tmp_path, "archive", **places) as (entrance, traces):
        traces.server.stop()
        with running(tmp_path, entrance, 20_000, program="many.py", **PATIENT) as watched:
            eventually(partial(watched.has_printed, PRODUCED), bool)
            taken = accepted_at_last(entrance)
            assert 0 < entrance.total(QUEUED) <= 1_000_000
            assert taken <= len(archived(archive)) <= taken + BATCH
            entrance.server.kill()
            entrance.server.start()
            assert 0 < entrance.total(QUEUED) <= 1_000_000
            traces.server.start()
        found = arrived(traces, watched)
    assert 0 < taken < len(set(found)) < 20_000
    assert archived(archive) == set(found)
    assert {"exporter.dropped"} == watched.diagnostics.keys()
    assert len(watched.span_ids) == len(set(found)) + watched.dropped


def accepted_at_last(entrance: Collector) -> float:
    """Wait until a collector takes nothing more; give how many spans it took."""
    numbers: Iterator[tuple[float, float]] = pairwise(iter(partial(entrance.total, ACCEPTED), None))
    _, taken = eventually(lambda: next(numbers), lambda pair: pair[0] == pair[1])
    return taken


def test_a_full_disk_refuses_and_loses_nothing_that_it_took(tmp_path: Path) -> None:
    """The program counts what the disk has no room for. What was taken arrives, and then there is room again."""
    with (
        small_disk(tmp_path / "disk") as disk,
        pair(tmp_path, OPS_QUEUE_DIR=str(disk)) as (entrance, traces),
    ):
        traces.server.stop()
        first = run_big(tmp_path, entrance)
        assert {"exporter.refused"} == first.diagnostics.keys()
        assert first.dropped <= entrance.total(ENQUEUE_FAILED)
        assert len(first.span_ids) == entrance.total(ACCEPTED) + first.dropped
        traces.server.start()
        found = arrived(traces, first)
        second = run_big(tmp_path, entrance)
        found_later = arrived(traces, second)
    assert len(first.span_ids) == len(set(found)) + first.dropped
    assert (second.span_ids, {}) == (set(found_later), second.diagnostics)


def test_a_full_disk_of_the_archive_costs_the_archive_only(tmp_path: Path) -> None:
    """The program counts what the archive has no room for, though every other back end has got it."""
    with (
        small_disk(tmp_path / "disk") as disk,
        pair(tmp_path, "archive", OPS_ARCHIVE_DIR=str(disk)) as (entrance, traces),
    ):
        watched = run_big(tmp_path, entrance)
        found = arrived(traces, watched, missing=0)
        kept = archived(disk)
    assert {"exporter.refused"} == watched.diagnostics.keys()
    assert len(watched.span_ids) == len(kept) + watched.dropped
    assert watched.span_ids == set(found)


def test_what_a_program_gives_up_it_counts(tmp_path: Path) -> None:
    """Where there is no collector for longer than it tries, a program counts each span that it could not send."""
    with pair(tmp_path) as (entrance, _):
        entrance.server.kill()
        watched = run_big(tmp_path, entrance)
    assert {"exporter.refused": len(watched.span_ids)} == watched.diagnostics


def run_big(folder: Path, entrance: Collector) -> Watched:
    with running(folder, entrance, 5_000, "--characters", 5_000, program="many.py", **IMPATIENT) as watched:
        return watched
