"""What nobody will take, a wrong key or a huge attribute, is dropped and counted; the rest goes on."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector, collector
from tests.back_ends.recipes import NotMadeError
from tests.integration.vendors.server import VendorServer
from tests.monitoring.archive import archived
from tests.monitoring.outage import QUEUED, arrived, failures, pair
from tests.monitoring.watching import Watched, run_watched, running

pytestmark = pytest.mark.back_ends

BATCH = 10
SMALL_BATCHES = {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": str(BATCH)}
LIMITED = {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "65536"}


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[VendorServer]:
    """Be any vendor, who knows none of our keys."""
    with VendorServer(tmp_path) as server:
        server.status = 401
        yield server


@pytest.fixture
def archiving(tmp_path: Path, vendor: VendorServer) -> Iterator[Collector]:
    """Run a collector that sends to a vendor, and keeps everything in files."""
    places = {**vendor.environment, "HONEYCOMB_API_KEY": "wrong", "OPS_ARCHIVE_DIR": str(tmp_path / "archive")}
    try:
        with collector(tmp_path, "honeycomb", "archive", environment=places) as entrance:
            yield entrance
    except NotMadeError as error:
        pytest.skip(str(error))


def test_a_wrong_key_costs_what_is_sent_there_and_no_more(
    tmp_path: Path, vendor: VendorServer, archiving: Collector
) -> None:
    """The collector counts each span that a vendor refuses with 401, and gives it up; the archive has it."""
    watched = run_watched(tmp_path, archiving, times=3)
    expected = len(watched.span_ids)
    failed = partial(archiving.total, "otelcol_exporter_send_failed_spans")
    assert expected == eventually(failed, lambda number: number >= expected)
    assert {"wrong"} == {request.headers["x-honeycomb-team"] for request in vendor.requests}
    assert watched.span_ids == eventually(lambda: archived(tmp_path / "archive"), lambda found: len(found) >= expected)


def test_a_program_with_a_wrong_key_counts_what_it_loses(
    tmp_path: Path, vendor: VendorServer, archiving: Collector
) -> None:
    """One that exports without a collector counts all that is refused; its trace file has it."""
    place = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://api.honeycomb.io", **vendor.environment}
    watched = run_watched(tmp_path, archiving, 1_000, program="many.py", **place)
    assert {"exporter.refused": len(watched.span_ids)} == watched.diagnostics
    assert 1_001 == len(watched.span_ids)


def run_huge(folder: Path, entrance: Collector, *arguments: object, **variables: str) -> Watched:
    with running(folder, entrance, *arguments, program="huge.py", **variables) as watched:
        return watched


def test_a_huge_attribute_of_an_operation_is_cut(tmp_path: Path) -> None:
    """One of 30 MB is cut by the program, which counts that; every span arrives."""
    with pair(tmp_path) as (entrance, traces):
        watched = run_huge(tmp_path, entrance, 30)
        found = arrived(traces, watched)
    assert ({"attribute.cut": 1}, watched.span_ids) == (watched.diagnostics, set(found))


def test_a_huge_attribute_of_others_costs_its_batch(tmp_path: Path) -> None:
    """A request of more than 20 MB is refused: the program counts its batch, and every other one arrives."""
    with pair(tmp_path) as (entrance, traces):
        watched = run_huge(tmp_path, entrance, 30, "--foreign", **SMALL_BATCHES)
        found = arrived(traces, watched)
    assert {"exporter.refused": BATCH} == watched.diagnostics
    assert len(watched.span_ids) == len(set(found)) + BATCH


def test_what_is_too_big_for_one_back_end_is_lost_there_only(tmp_path: Path) -> None:
    """A span of 5 MB is in the archive. Jaeger lacks it, and spans behind it in its batch: only a difference tells."""
    with pair(tmp_path, "archive", OPS_ARCHIVE_DIR=str(tmp_path / "archive")) as (entrance, traces):
        watched = run_huge(tmp_path, entrance, 5, "--foreign", **SMALL_BATCHES)
        kept = eventually(lambda: archived(tmp_path / "archive"), lambda found: len(found) >= len(watched.span_ids))
        eventually(partial(entrance.total, QUEUED), lambda size: size == 0)
        found = set(arrived(traces, watched, BATCH))
        sent = entrance.total("otelcol_exporter_sent_spans", 'exporter="otlp_grpc/jaeger"')
        assert (len(found), 0) == (sent, failures(entrance))
    assert ({}, watched.span_ids) == (watched.diagnostics, kept)
    missing = [record.name for record in watched.records if record.span_id not in found]
    assert "huge" in missing
    assert len(missing) <= BATCH


def test_a_limit_of_opentelemetry_saves_them(tmp_path: Path) -> None:
    """With its variable for the longest value, every span arrives, whoever set the attribute."""
    with pair(tmp_path) as (entrance, traces):
        watched = run_huge(tmp_path, entrance, 30, "--foreign", **LIMITED)
        found = arrived(traces, watched)
    assert ({}, watched.span_ids) == (watched.diagnostics, set(found))
