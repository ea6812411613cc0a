"""PrometheusTextfile: a file that node_exporter can read at any time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client.parser import text_string_to_metric_families

from otel_ops.exporters.prometheus import PrometheusTextfile
from otel_ops.faults import diagnostics


@contextmanager
def counting(to: Path, number: int = 3, interval_seconds: float = 60) -> Iterator[PrometheusTextfile]:
    """Count something that is to be written."""
    reader = PrometheusTextfile(to=os.fspath(to), interval_seconds=interval_seconds)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    reader.start()
    counter = provider.get_meter("lab").create_counter("runs")
    for _ in range(number):
        counter.add(1, {"name": "load"})
    try:
        yield reader
    finally:
        provider.shutdown()


def series_in(path: Path) -> list[tuple[dict[str, str], float]]:
    """Read labels, but for those of the scope, and values of the counter."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return [
        ({key: value for key, value in sample.labels.items() if not key.startswith("otel_")}, sample.value)
        for family in families
        for sample in family.samples
        if sample.name == "runs_total"
    ]


def test_the_file_is_there_at_the_end_and_stays(tmp_path: Path) -> None:
    """Its folder is made, and nothing else is left that node_exporter would read."""
    path = tmp_path / "metrics" / "job.prom"
    with counting(path):
        assert not path.exists()

    assert [({"name": "load"}, 3.0)] == series_in(path)
    assert [path] == [found for found in path.parent.iterdir() if not found.name.startswith(".")]


def test_the_next_run_replaces_it(tmp_path: Path) -> None:
    """A cron job has the same series each time."""
    for number in (5, 2):
        with counting(tmp_path / "job.prom", number):
            pass

    assert [({"name": "load"}, 2.0)] == series_in(tmp_path / "job.prom")


def test_it_is_written_now_and_then_and_always_whole(tmp_path: Path) -> None:
    """Whoever reads meanwhile never sees half of it."""
    path, seen = tmp_path / "job.prom", set[float]()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            if path.exists():
                seen.add(series_in(path)[0][1])

    thread = threading.Thread(target=read)
    with counting(path, interval_seconds=0.001) as reader:
        thread.start()
        for _ in range(100):
            assert reader.force_flush()
        over.set()
        thread.join()

    assert {3.0} == seen


def _write(to: str) -> None:
    with counting(Path(to), 1):
        pass


def test_another_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Named by its id, and with a label that tells its series from those of the first one."""
    path = tmp_path / "job.prom"
    with counting(path):
        process = get_context("spawn").Process(target=_write, args=(os.fspath(path),))
        process.start()
        process.join(60)
    ((labels, value),) = series_in(tmp_path / f"job-{process.pid}.prom")

    assert [({"name": "load"}, 3.0)] == series_in(path)
    assert ({"name", "service_instance_id"}, 1.0) == (set(labels), value)


def test_one_configuration_hands_the_file_on_to_the_next(tmp_path: Path) -> None:
    """The process stays the one that it belongs to."""
    path = tmp_path / "job.prom"
    with counting(path, 1), counting(path, 7):
        pass

    assert ["job.prom"] == [found.name for found in tmp_path.iterdir() if not found.name.startswith(".")]


def test_a_path_may_have_the_process_in_it(tmp_path: Path) -> None:
    """Then each series tells of its process, too."""
    with counting(tmp_path / "job-{pid}.prom"):
        pass
    ((labels, _),) = series_in(tmp_path / f"job-{os.getpid()}.prom")

    assert {"name", "service_instance_id"} == labels.keys()


@pytest.mark.usefixtures("quiet")
def test_what_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The program goes on, and the message names the path."""
    (tmp_path / "file").touch()
    with counting(tmp_path / "file" / "job.prom") as reader:
        reader.force_flush()

    assert {"metrics.unwritten": 2} == diagnostics()
    assert f"metrics cannot be written to '{tmp_path}/file/job.prom': " in caplog.text


def test_wrong_options_are_told(tmp_path: Path) -> None:
    """The message names the option, its value, and what would be right; the path stays free."""
    with pytest.raises(ValueError, match=r"to = 'job.txt': must end in .prom"):
        PrometheusTextfile(to="job.txt")
    with pytest.raises(ValueError, match="interval_seconds = 0: must be more than 0"):
        PrometheusTextfile(to=str(tmp_path / "job.prom"), interval_seconds=0)
    assert [] == list(tmp_path.iterdir())
