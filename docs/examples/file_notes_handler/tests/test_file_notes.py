"""The handler passes the suite of otel_ops, and writes notes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ops_file_notes import FileNotesErrorHandler
from otel_ops.errors import ErrorHandler
from otel_ops.operation_log import OperationFailure
from otel_ops.testing import HandlerCompatibilitySuite, make_log


class TestFileNotes(HandlerCompatibilitySuite):
    """It does what any handler does; settings find it by its name."""

    handler_name = "file-notes"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = str(tmp_path)

    def make_handler(self) -> ErrorHandler:
        return FileNotesErrorHandler(folder=self.folder)

    def options(self) -> Mapping[str, Any]:
        return {"folder": self.folder, "window_seconds": 60.0}


def test_a_note_has_title_tree_and_stack(tmp_path: Path) -> None:
    """One file for each kind of failure."""
    handler = FileNotesErrorHandler(folder=str(tmp_path / "notes"))
    for number in 1, 2:
        failure = OperationFailure("ValueError", f"row {number}", stacktrace="Traceback …\n")
        handler.handle_operation_error(make_log("load", 0, 100, failure=failure), None)
    handler.on_close()

    (note,) = (tmp_path / "notes").iterdir()
    assert note.read_text(encoding="utf-8").startswith("load failed: ValueError: row 2\n\n✗ load")
    assert note.read_text(encoding="utf-8").endswith("\nTraceback …\n")
