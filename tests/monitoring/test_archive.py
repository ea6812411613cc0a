"""What a collector has archived: read by ``otel-ops show``, and played into a second collector, it is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from otel_ops.analysis import OperationAnalyzer
from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector, collector
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.prometheus import Prometheus
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.archive import archived
from tests.monitoring.outage import ROOM, arrived
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

ROTATING = "exporters: {file/traces: {rotation: {max_megabytes: 1}}}\n"
CALLS = "traces_span_metrics_calls_total"


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Collector]:
    """Run a collector that does nothing but archive, in files of 1 MB."""
    (tmp_path / "first").mkdir()
    mine = tmp_path / "mine.yaml"
    mine.write_text(ROTATING, encoding="utf-8")
    places = {"OPS_ARCHIVE_DIR": str(tmp_path / "archive")}
    try:
        with collector(tmp_path / "first", "archive", str(mine), environment=places) as running:
            yield running
    except NotMadeError as error:
        pytest.skip(str(error))


@pytest.fixture
def second(tmp_path: Path, jaeger: Jaeger, prometheus: Prometheus) -> Iterator[Collector]:
    """Run another one, which plays the archive into Jaeger and Prometheus, and archives it again."""
    (tmp_path / "second").mkdir()
    places = {
        "OPS_REPLAY_DIR": str(tmp_path / "archive"),
        "OPS_ARCHIVE_DIR": str(tmp_path / "again"),
        "JAEGER_ENDPOINT": jaeger.grpc,
        "PROMETHEUS_ENDPOINT": prometheus.otlp,
        "SPAN_METRICS_INTERVAL": "500ms",
    }
    with collector(tmp_path / "second", "replay", "archive", "jaeger", "prometheus", environment=places) as running:
        yield running


def archive_of(folder: Path, watched: Watched) -> Path:
    """Wait until everything of a run is in the archive."""
    archive = folder / "archive"
    assert watched.span_ids == eventually(partial(archived, archive), lambda ids: len(ids) >= len(watched.span_ids))
    return archive


def shown(place: Path) -> list[Any]:
    """Give the logs that are shown of a file or folder."""
    command = [str(Path(sys.executable).with_name("otel-ops")), "show", "--json", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_show_reads_the_archive(first: Collector, tmp_path: Path) -> None:
    """What is shown of it is what is shown of the program's own trace file; of the folder, what was logged, too."""
    watched = run_watched(tmp_path, first, times=3)
    archive = archive_of(tmp_path, watched)
    assert shown(watched.trace_file) == shown(archive / "traces.jsonl")
    lines = Counter(line for log in shown(archive) for line in logged_in(log["operation"]))
    assert {"left out": 3, **{f"loading {rate} K/min": 3 for rate in (5, 10, 20, 80)}} == lines


def logged_in(operation: dict[str, Any]) -> Iterator[str]:
    """Give what was logged in an operation and in those below."""
    yield from (record["body"] for record in operation.get("log_records", ()))
    for each in operation.get("suboperations", ()):
        yield from logged_in(each)


def test_the_archive_is_played_to_the_same_counts(
    first: Collector, request: pytest.FixtureRequest, prometheus: Prometheus, jaeger: Jaeger, tmp_path: Path
) -> None:
    """Jaeger has each span once, Prometheus and a second archive the same counts of each operation, as the analyzer."""
    watched = run_watched(tmp_path, first, times=3)
    archive_of(tmp_path, watched)
    request.getfixturevalue("second")
    expected = {name: each.count for name, each in watched.operations.items()} | {"thermal run": 3}
    assert expected == eventually(partial(counted, prometheus, watched), partial(dict.__eq__, expected))
    assert Counter(watched.span_ids) == Counter(arrived(jaeger, watched, missing=0))
    assert watched.operations == operations_in(tmp_path / "again")


def counted(prometheus: Prometheus, watched: Watched) -> dict[str, float]:
    query = f'sum by (span_name) ({CALLS}{{service_name="{watched.service}"}})'
    return dict(prometheus.values(query, "span_name"))


def operations_in(folder: Path) -> dict[str, object]:
    return {each.name: each for each in OperationAnalyzer.from_files([folder / "traces.jsonl"]).operations()}


def test_files_that_were_put_away_are_played_too(
    first: Collector, request: pytest.FixtureRequest, jaeger: Jaeger, tmp_path: Path
) -> None:
    """An archive in several files is shown and played as one."""
    watched = run_watched(tmp_path, first, 5_000, program="many.py", **ROOM)
    archive = archive_of(tmp_path, watched)
    assert len(list(archive.glob("traces*.jsonl"))) > 1
    assert watched.logs == list(logs_of(SpanSource([archive])))
    request.getfixturevalue("second")
    assert Counter(watched.span_ids) == Counter(arrived(jaeger, watched))
