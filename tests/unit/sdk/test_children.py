"""What a spawned child is sent: the settings in force, as far as they can be pickled, and the levels as they are."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import pytest

from otel_ops import Detail, configure, diagnostics, set_detail, shutdown
from otel_ops.detail import GATE
from otel_ops.errors import ErrorHandler
from otel_ops.sdk.children import inheritance, set_up_as_parent
from otel_ops.sdk.setup import SETUP


class Plain(ErrorHandler):
    """One that can be pickled."""

    def handle_operation_error(self, *_: object) -> None: ...

    def handle_suboperation_error(self, *_: object) -> None: ...


class Locked(Plain):
    """One that cannot."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def test_nothing_is_sent_where_nothing_is_set_up() -> None:
    """Without `configure` there is nothing to inherit."""
    assert None is inheritance()


@pytest.mark.usefixtures("provider", "quiet")
def test_what_is_in_force_arrives(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Settings, levels changed since, and objects that can be pickled are put in force; the rest is told once."""
    handlers = [Plain(), Locked()]
    settings = configure(trace_file=str(tmp_path / "a.jsonl"), service_name="lab", error_handlers=handlers, watch=False)
    set_detail("DEBUG")
    set_detail("MINIMAL", operation="noisy*")
    given = inheritance()
    sent = pickle.dumps(given)
    shutdown()
    set_up_as_parent(pickle.loads(sent))
    arrived = SETUP.in_force

    assert arrived is not None
    assert ("lab", settings.trace_file) == (arrived.settings.service_name, arrived.settings.trace_file)
    assert [Plain] == [type(each.handler) for each in arrived.settings.error_handlers]
    assert (Detail.DEBUG, ["noisy*"]) == (GATE.level, [entry.rule.operation for entry in GATE.rules().entries])
    assert {"child.settings": 1} == diagnostics()
    assert "error_handlers[1] (TypeError" in caplog.text
    shutdown()


@pytest.mark.usefixtures("provider")
def test_what_a_process_has_set_up_by_itself_stays() -> None:
    """`configure` of its own code wins over what its parent sends."""
    configure(trace_file=False, detail="DEBUG", announce=False)
    given = inheritance()
    configure(trace_file=False, detail="MINIMAL", announce=False)
    assert given is not None
    set_up_as_parent(given)

    assert Detail.MINIMAL is GATE.level
    shutdown()
