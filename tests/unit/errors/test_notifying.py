"""Handlers that tell a person: the first failure of a kind at once, the rest counted."""

from __future__ import annotations

import gc
import pickle
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from otel_ops import operation
from otel_ops.errors import ErrorData, FailureFilter, NotifyingErrorHandler, Report
from otel_ops.errors import notifying as module
from otel_ops.faults import diagnostics
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.testing import Recorder, make_log


class Telling(NotifyingErrorHandler):
    """A handler that keeps what it tells, unless it cannot tell anything."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.batches: list[Sequence[Report]] = []
        self.is_broken = False

    def notify(self, report: Report) -> None:
        raise NotImplementedError

    def notify_all(self, reports: Sequence[Report]) -> None:
        if self.is_broken:
            raise ConnectionError("nobody there")
        self.batches.append(reports)

    @property
    def told(self) -> list[tuple[str, int]]:
        """Message of the first failure and number of each report."""
        return [(report.first.error_data.message, report.count) for batch in self.batches for report in batch]


class LabError(Exception):
    """A failure that can be referred to weakly."""


def failed(kind: str, message: str, name: str = "load") -> OperationLog:
    """Make the log of an operation that failed, always at the same place."""
    stack = 'Traceback (most recent call last):\n  File "/lab/load.py", line 1, in load\n'
    failure = OperationFailure(kind, message, origin=name, stacktrace=stack)
    return make_log(name, 0, 10, outcome="error", failure=failure)


def handle(handler: NotifyingErrorHandler, kind: str, *messages: str) -> None:
    """Have the handler called for failures of one kind."""
    for message in messages:
        handler.handle_operation_error(failed(kind, message), None)


def test_the_first_failure_of_a_kind_is_told_at_once() -> None:
    """Nobody waits for a window to end to learn of the first failure; other kinds have windows of their own."""
    handler = Telling()
    handle(handler, "KeyError", "one", "two", "three")
    handle(handler, "OSError", "four")

    assert [("one", 1), ("four", 1)] == handler.told


def test_what_comes_within_the_window_is_told_together_after_it() -> None:
    """The next report has the number of failures, the first and the last of them."""
    handler = Telling(window_seconds=0.05)
    handle(handler, "KeyError", "one", "two", "three", "four")
    time.sleep(0.06)
    handler.on_idle()
    handler.on_idle()

    assert [("one", 1), ("two", 3)] == handler.told
    assert "four" == handler.batches[-1][0].last.error_data.message
    assert "load failed: KeyError: four (3 times in 0 ns)" == handler.batches[-1][0].title


def test_what_waits_is_told_at_the_end() -> None:
    """The end of the program ends all windows; nothing is told twice."""
    handler = Telling()
    handle(handler, "KeyError", "one", "two")
    handler.on_close()
    handler.on_close()

    assert [("one", 1), ("two", 1)] == handler.told


def test_a_digest_tells_several_kinds_together() -> None:
    """All kinds share one window."""
    handler = Telling(digest=True, window_seconds=0.05)
    handle(handler, "KeyError", "one", "two")
    handle(handler, "OSError", "three")
    time.sleep(0.06)
    handler.on_idle()

    assert [[("one", 1)], [("two", 1), ("three", 1)]] == [
        [(report.first.error_data.message, report.count) for report in batch] for batch in handler.batches
    ]


def test_what_could_not_be_told_is_told_later() -> None:
    """A report that raises is put back, before what came since."""
    handler = Telling(window_seconds=0.05)
    handler.is_broken = True
    with pytest.raises(ConnectionError):
        handle(handler, "KeyError", "one")
    handler.is_broken = False
    handle(handler, "KeyError", "two")
    handler.on_close()

    assert [("one", 2)] == handler.told


@pytest.mark.parametrize(
    ("levels", "told"), [(("operation",), 1), ("suboperation", 1), (("operation", "suboperation"), 2)]
)
def test_a_failure_of_both_levels_is_told_for_the_operation(levels: Sequence[str], told: int) -> None:
    """By default a person is told once of what a suboperation began and an operation ended with."""
    handler, whole = Telling(levels=levels), failed("KeyError", "one")
    inner = make_log("parse", 0, 5, kind="suboperation", outcome="error", failure=whole.failure)
    assert whole.failure is not None
    handler.handle_suboperation_error(inner, ErrorData(whole.failure, None, whole))
    handler.handle_operation_error(whole, None)

    assert told == len(handler.told)


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        (("operation",), ["load failed"]),
        (("suboperation",), ["parse failed"]),
        (("suboperation", "operation"), ["parse failed", "load failed"]),
    ],
)
def test_a_filter_that_names_levels_says_what_is_told(
    recorder: Recorder, levels: tuple[str, ...], told: list[str]
) -> None:
    """Who asks for suboperations in a filter, as the key `level` of settings does, need not ask in `levels`, too."""
    handler = Telling()
    handler.only = FailureFilter(levels=levels)
    recorder.provider.add_span_processor(handler)
    with suppress(ValueError), operation("load"), operation("parse"):
        raise ValueError("row 7")
    handler.force_flush()

    assert told == [report.title.partition(":")[0] for batch in handler.batches for report in batch]


def test_a_constructor_that_forgets_ours_is_told() -> None:
    """The message says what is missing, rather than which of our attributes."""

    class Forgetful(Telling):
        def __init__(self) -> None:
            """Call nothing."""

    with pytest.raises(TypeError, match=r"Forgetful.__init__ does not call super\(\).__init__\(\), as it has to"):
        handle(Forgetful(), "KeyError", "one")


@pytest.mark.usefixtures("quiet")
def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each failure is of another kind, memory is bounded, and what is left out is counted."""
    monkeypatch.setattr(module, "MAX_KINDS", 3)
    handler = Telling()
    handler.is_broken = True
    for number in range(5):
        with suppress(ConnectionError):
            handle(handler, f"Error{number}", "one")
    handler.is_broken = False
    handler.on_close()

    assert 3 == len(handler.told)
    assert 2 == diagnostics()["error_handler.too_many_kinds"]


def test_kinds_that_were_told_make_room() -> None:
    """More kinds than are remembered are told all the same, each once."""
    handler = Telling()
    for number in range(2 * module.MAX_KINDS):
        handle(handler, f"Error{number}", "one")

    assert 2 * module.MAX_KINDS == len(handler.told)


def test_exceptions_are_not_kept_alive() -> None:
    """What waits for its window holds no exception, and so nothing that its frames refer to."""
    handler, error = Telling(), LabError()
    kept = weakref.ref(error)
    for _ in range(2):
        handler.handle_operation_error(failed("KeyError", "one"), error)
    del error
    gc.collect()

    assert kept() is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"window_seconds": -1}, "window_seconds = -1: must be"),
        ({"window_seconds": float("nan")}, "window_seconds = nan"),
        ({"levels": ["step"]}, r"levels = \['step'\]: must be of operation, suboperation"),
    ],
)
def test_arguments_that_cannot_be_used_are_told(arguments: dict[str, object], told: str) -> None:
    """By name, value and remedy."""
    with pytest.raises(ValueError, match=told):
        Telling(**arguments)


def test_threads_lose_nothing() -> None:
    """Where several threads fail at once, and the handler is called on each of them, every failure is in one report."""
    handler = Telling(window_seconds=0.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: handle(handler, f"Error{number % 7}", "one", "two"), range(400)))
    handler.on_close()

    assert 800 == sum(count for _, count in handler.told)


def test_another_process_begins_with_nothing_to_tell() -> None:
    """What waits is told once, where it failed."""
    handler = Telling()
    handle(handler, "KeyError", "one", "two")
    sent = pickle.loads(pickle.dumps(handler))
    sent.batches.clear()
    sent.on_close()
    handle(sent, "KeyError", "three")

    assert [("three", 1)] == sent.told
