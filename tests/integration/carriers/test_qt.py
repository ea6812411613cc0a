"""Qt: what a thread or a task runs stands below the operation at its start; queued slots run what was bound."""

import gc
import os
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6 import QtCore

from otel_ops import OperationContext, operation
from otel_ops.testing import Recorder

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytestmark = pytest.mark.carrier("Qt")


@pytest.fixture(autouse=True)
def application(carrying: Recorder) -> Iterator[object]:
    """Have an event loop that can be run."""
    yield QtCore.QCoreApplication.instance() or QtCore.QCoreApplication([])
    QtCore.QThreadPool.globalInstance().waitForDone()


def job(name: str) -> None:
    with operation(name):
        pass


class Thread(QtCore.QThread):
    def run(self) -> None:
        job("job")


class Task(QtCore.QRunnable):
    def run(self) -> None:
        job("job")


class Machine(QtCore.QObject):
    told = QtCore.Signal(object)

    def hear(self, said: object) -> None:
        if callable(said):
            said()
        else:
            job(str(said))


def wait(thread: QtCore.QThread) -> None:
    assert thread.wait(10_000)


def test_a_thread_that_overrides_run(recorder: Recorder) -> None:
    """Each start has the operation of its own."""
    thread = Thread()
    for name in "first", "second":
        with operation(name):
            thread.start()
            wait(thread)
    assert [("job", "first"), ("first", None), ("job", "second"), ("second", None)] == parents(recorder)


def test_a_thread_that_is_started_outside_of_everything(recorder: Recorder) -> None:
    """It does not stand below what an earlier start did."""
    thread = Thread()
    with operation("first"):
        thread.start()
        wait(thread)
    thread.start()
    wait(thread)
    assert [("job", "first"), ("first", None), ("job", None)] == parents(recorder)


@pytest.mark.parametrize("method", ["start", "tryStart"])
def test_tasks_of_a_pool(recorder: Recorder, method: str) -> None:
    """Objects and callables, also long after the pool was made."""
    pool = QtCore.QThreadPool()
    with operation("earlier"):
        pool.start(Task())
        pool.waitForDone()
    with operation("later"):
        for task in Task(), lambda: job("callable"):
            getattr(pool, method)(task)
            pool.waitForDone()
    pool.start(lambda: job("outside"))
    pool.waitForDone()
    assert [
        ("job", "earlier"),
        ("earlier", None),
        ("job", "later"),
        ("callable", "later"),
        ("later", None),
        ("outside", None),
    ] == parents(recorder)


def test_what_is_given_by_name(recorder: Recorder) -> None:
    """Priorities, as Qt takes them."""
    thread, pool = Thread(), QtCore.QThreadPool()
    with operation("outer"):
        thread.start(priority=QtCore.QThread.Priority.LowPriority)
        wait(thread)
        pool.start(Task(), priority=1)
        pool.waitForDone()
    assert [("job", "outer"), ("job", "outer"), ("outer", None)] == parents(recorder)


def test_the_thread_is_told(recorder: Recorder) -> None:
    """What Qt's thread did, says so."""
    with operation("outer"):
        thread = Thread()
        thread.start()
        wait(thread)
    assert "thread.id" in recorder.spans.attributes("job")


def test_a_slot_that_is_called_directly(recorder: Recorder) -> None:
    """It runs inside of what emits."""
    machine = Machine()
    machine.told.connect(machine.hear)
    with operation("emits"):
        machine.told.emit("job")
    assert [("job", "emits"), ("emits", None)] == parents(recorder)


def test_a_queued_slot_calls_what_was_bound(recorder: Recorder, application: QtCore.QCoreApplication) -> None:
    """A bound callable that is sent runs below what emitted it; a slot by itself stands where Qt calls it."""
    machine = Machine()
    machine.told.connect(machine.hear, QtCore.Qt.ConnectionType.QueuedConnection)
    with OperationContext("run") as context, operation("emits"):
        machine.told.emit(context.bind(partial(job, "bound")))
        machine.told.emit("by itself")
    application.processEvents()
    assert [("emits", "run"), ("run", None), ("bound", "emits"), ("by itself", None)] == parents(recorder)


def test_a_queued_slot_in_another_thread(recorder: Recorder, application: QtCore.QCoreApplication) -> None:
    """It runs there, below what emitted in this one."""
    thread, machine, here = QtCore.QThread(), Machine(), Machine()
    machine.moveToThread(thread)
    here.told.connect(machine.hear)
    thread.start()
    with OperationContext() as context, operation("emits"):
        here.told.emit(context.bind(partial(job, "bound")))
    here.told.emit(thread.quit)
    wait(thread)
    assert {("emits", None), ("bound", "emits")} == set(parents(recorder))
    assert "thread.id" in recorder.spans.attributes("bound")


def test_nothing_is_kept_alive() -> None:
    """A thread that has run is collected like any other."""
    with operation("outer"):
        thread = Thread()
        thread.start()
        wait(thread)
    gone = weakref.ref(thread)
    del thread
    gc.collect()
    assert gone() is None


def test_a_method_that_stands_on_the_object_already(recorder: Recorder) -> None:
    """It is run, not that of the class."""
    thread = Thread()
    thread.run = lambda: job("own")  # type: ignore[method-assign] # as some programs do
    with operation("outer"):
        for _ in range(2):
            thread.start()
            wait(thread)
    assert [("own", "outer"), ("own", "outer"), ("outer", None)] == parents(recorder)


def parents(recorder: Recorder) -> list[tuple[str, str | None]]:
    """Give the names of spans and of their parents, in the order of their end."""
    spans = list(recorder.spans)
    names = {span.context.span_id: span.name for span in spans}
    return [(span.name, None if span.parent is None else names[span.parent.span_id]) for span in spans]
