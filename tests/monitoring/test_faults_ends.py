"""What a collector still holds when it ends, or is killed: all that it has queued stays, what is in memory does not."""

from functools import partial
from operator import le
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually, get_bytes
from tests.back_ends.collector import NEWEST, WITH_OPENSEARCH, Collector
from tests.back_ends.server import free_ports
from tests.monitoring.archive import archived
from tests.monitoring.outage import ACCEPTED, QUEUED, arrived, pair
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

TIMES = 20
SAMPLING = {"TAIL_SAMPLING_WAIT": "60s"}
"""So long that nothing is decided on before the end; all traces have failures, so that all are to be kept."""


def run_until_taken(folder: Path, entrance: Collector) -> Watched:
    watched = run_watched(folder, entrance, TIMES)
    assert len(watched.span_ids) == entrance.total(ACCEPTED)
    return watched


@pytest.mark.parametrize("name", [NEWEST, WITH_OPENSEARCH])
def test_an_end_keeps_what_waits(tmp_path: Path, name: str) -> None:
    """A collector that ends in order while Jaeger is away sends after its next start what it said that it dropped."""
    with pair(tmp_path, name=name) as (entrance, traces):
        traces.server.stop()
        watched = run_until_taken(tmp_path, entrance)
        eventually(partial(entrance.total, QUEUED), bool)
        entrance.server.stop()
        entrance.server.start()
        traces.server.start()
        assert watched.span_ids == set(arrived(traces, watched, missing=0))


def test_an_end_decides_on_what_is_sampled(tmp_path: Path) -> None:
    """A collector that ends in order while it holds traces to decide on sends those that are to be kept."""
    with pair(tmp_path, "tail-sampling", **SAMPLING) as (entrance, traces):
        watched = run_until_taken(tmp_path, entrance)
        entrance.server.stop()
        entrance.server.start()
        assert watched.span_ids == set(arrived(traces, watched, missing=0))


def test_a_kill_costs_what_is_sampled(tmp_path: Path) -> None:
    """One that is killed loses every trace that it held to decide on, and counts none; the archive has them."""
    folder = tmp_path / "archive"
    with pair(tmp_path, "archive", "tail-sampling", OPS_ARCHIVE_DIR=str(folder), **SAMPLING) as (entrance, traces):
        watched = run_until_taken(tmp_path, entrance)
        entrance.server.kill()
        entrance.server.start()
        assert watched.span_ids == archived(folder)
        later = run_until_taken(tmp_path, entrance)
        entrance.server.stop()
        entrance.server.start()
        assert later.span_ids == set(arrived(traces, later, missing=0))
        assert [] == arrived(traces, watched, missing=len(watched.span_ids))


def test_a_kill_costs_what_was_counted(tmp_path: Path) -> None:
    """Metrics of spans begin at 0 after a kill: what was counted before is not there any more."""
    port = str(free_ports(1)[0])
    places = {"PROMETHEUS_SCRAPE_PORT": port, "SPAN_METRICS_INTERVAL": "100ms"}
    with pair(tmp_path, "prometheus-scrape", **places) as (entrance, _):
        for end in (entrance.server.kill, entrance.server.stop):
            watched = run_until_taken(tmp_path, entrance)
            assert len(watched.span_ids) == eventually(partial(calls, port), partial(le, len(watched.span_ids)))
            end()
            entrance.server.start()


def calls(port: str) -> float:
    """Sum up the calls that a collector's page for Prometheus has."""
    lines = get_bytes(f"http://127.0.0.1:{port}/metrics").decode().splitlines()
    return sum(float(line.split("} ")[1].split()[0]) for line in lines if line.startswith("traces_span_metrics_calls_"))
