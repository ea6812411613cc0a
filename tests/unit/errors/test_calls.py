"""Calls of a handler: one after the other, on a thread of its own, and no harm to anybody else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from otel_ops import current_operation, operation
from otel_ops.errors import calls as module
from otel_ops.errors.calls import Call, Calls
from otel_ops.faults import diagnostics
from otel_ops.testing import Recorder


@pytest.fixture
def calls() -> Iterator[Calls]:
    """Give the calls of a handler with nothing to do when it is idle."""
    made = Calls("Handler", lambda: None)
    yield made
    made.close(lambda: None)
    made.join(10)


def fail() -> None:
    """Be a handler that is broken."""
    raise RuntimeError("broken handler")


def test_calls_are_made_in_order_on_one_thread_of_their_own(calls: Calls) -> None:
    """Whoever adds a call does not wait for it, and the first that is added is the first that is made."""
    made: list[tuple[int, str]] = []

    def keep(number: int) -> None:
        made.append((number, threading.current_thread().name))

    for number in range(100):
        calls.add(Call(partial(keep, number), ""))

    assert calls.flush(10)
    assert [(number, "otel_ops Handler") for number in range(100)] == made


def test_a_call_that_hangs_holds_up_nobody(calls: Calls) -> None:
    """Adding goes on, flushing gives up after its time, and one that waits in vain is counted at the end."""
    released = threading.Event()
    calls.add(Call(released.wait, ""))
    calls.add(Call(lambda: None, ""))

    assert not calls.flush(0.05)
    calls.close(lambda: None)
    assert not calls.join(0.05)
    assert 1 <= diagnostics()["error_handler.given_up"]
    released.set()


def test_calls_that_close_are_made_once(calls: Calls) -> None:
    """A handler may shut itself down, more than once, while others wait; it may be called again."""
    made: list[int] = []

    def close(number: int) -> None:
        made.append(number)
        calls.close(lambda: None)
        calls.close(lambda: None)

    for number in range(3):
        calls.add(Call(partial(close, number), ""))
    assert calls.flush(10)
    calls.add(Call(partial(made.append, 3), ""))

    assert calls.flush(10)
    assert [0, 1, 2, 3] == made


@pytest.mark.usefixtures("quiet")
def test_more_than_can_wait_are_counted(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that is full takes no more; what is left out is counted, and told once."""
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    released, begun, made = threading.Event(), threading.Event(), list[int]()

    def wait() -> None:
        begun.set()
        released.wait(10)

    calls.add(Call(wait, ""))
    begun.wait(10)
    for number in range(5):
        calls.add(Call(partial(made.append, number), ""))
    released.set()

    assert calls.flush(10)
    assert [0, 1] == made
    assert 3 == diagnostics()["error_handler.queue_full"]


@pytest.mark.usefixtures("quiet")
def test_after_repeated_faults_a_handler_rests_and_is_tried_again(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken handler is not called for a while; then it is, and works as before where it was mended."""
    monkeypatch.setattr(module, "REST_SECONDS", 0.2)
    made: list[str] = []
    for _ in range(module.MAX_FAULTS):
        calls.add(Call(fail, ""))
    calls.add(Call(lambda: made.append("while it rests"), ""))
    assert calls.flush(10)
    time.sleep(0.3)
    calls.add(Call(lambda: made.append("later"), ""))

    assert calls.flush(10)
    assert ["later"] == made
    counts = diagnostics()
    assert (module.MAX_FAULTS, 1, 1) == (
        counts["error_handler.failed"],
        counts["error_handler.resting"],
        counts["error_handler.rested"],
    )


@pytest.mark.usefixtures("quiet")
def test_what_a_handler_had_waiting_is_told_at_the_end_although_it_rests(calls: Calls) -> None:
    """The end is the last occasion."""
    made: list[str] = []
    for _ in range(module.MAX_FAULTS):
        calls.add(Call(fail, ""))
    calls.close(lambda: made.append("last"))

    assert calls.join(10)
    assert ["last"] == made


@pytest.mark.usefixtures("quiet")
def test_an_exit_in_a_handler_ends_nothing(calls: Calls) -> None:
    """A handler cannot end its thread, or the program."""
    made: list[str] = []
    calls.add(Call(lambda: (_ for _ in ()).throw(SystemExit(3)), ""))
    calls.add(Call(lambda: made.append("next"), ""))

    assert calls.flush(10)
    assert ["next"] == made


def test_what_a_handler_runs_is_not_recorded(calls: Calls, recorder: Recorder) -> None:
    """Operations of handlers leave no spans, whether they end well or not."""
    seen: list[str] = []

    def handle() -> None:
        with operation("inside"):
            seen.append(current_operation().name)

    calls.add(Call(handle, ""))

    assert calls.flush(10)
    assert [""] == seen
    assert [] == recorder.spans.names


def test_after_its_end_it_can_be_used_again(calls: Calls) -> None:
    """The same handler may be configured once more."""
    made: list[str] = []
    calls.close(lambda: made.append("end"))
    calls.add(Call(lambda: made.append("again"), ""))

    assert calls.flush(10)
    assert ["end", "again"] == made


def test_idle_handlers_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any failure, a handler has its turn."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    asked = threading.Event()
    calls = Calls("Handler", asked.set)
    calls.start()

    assert asked.wait(10)
    calls.close(lambda: None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_none_of_its_parents_calls(calls: Calls) -> None:
    """What waits at a fork is the parent's; the child's own calls are made in the child."""
    released, begun = threading.Event(), threading.Event()
    reading, writing = os.pipe()

    def wait() -> None:
        begun.set()
        released.wait(10)

    calls.add(Call(wait, ""))
    begun.wait(10)
    calls.add(Call(lambda: os.write(writing, b"parent's "), ""))
    child = os.fork()
    if child == 0:
        calls.add(Call(lambda: os.write(writing, b"child's "), ""))
        os._exit(0 if calls.flush(10) else 1)
    assert 0 == os.waitpid(child, 0)[1]
    released.set()

    assert calls.flush(10)
    assert b"child's parent's " == os.read(reading, 100)
    os.close(reading)
    os.close(writing)
