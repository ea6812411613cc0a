"""What waits on disk for a collector that runs here."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_ops.doctor import Level
from tests.unit.doctor.conftest import Examine, found


def test_without_a_collector_there_is_none(examined: Examine, bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is told of it, nor made."""
    bare.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert [] == found(examined(), "queue")
    assert not (tmp_path / "state").exists()


def test_what_it_holds_is_told(examined: Examine, bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The files of `otel-ops collector run`, with their size and the room."""
    folder = tmp_path / "otel_ops" / "collector" / "queue"
    folder.mkdir(parents=True)
    (folder / "exporter_otlp_grpc_jaeger_traces").write_bytes(bytes(3 << 20))
    bare.setenv("XDG_STATE_HOME", str(tmp_path))
    (finding,) = found(examined(), "queue")
    assert (Level.OK, 3 << 20) == (finding.level, finding.data["held_bytes"])
    assert finding.text.startswith(f"the collector's queue {folder}: can be written, ")
    assert finding.text.endswith(" are free; its files have 3 MiB")


def test_a_folder_that_cannot_be_written_is_told(examined: Examine, tmp_path: Path) -> None:
    """That which a variable names counts."""
    (tmp_path / "file").touch()
    (finding,) = found(examined(OPS_QUEUE_DIR=str(tmp_path / "file" / "queue")), "queue")
    assert Level.ERROR == finding.level
