"""The suites for formatters and handlers: ours pass, and what is wrong is found."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from otel_ops import Detail
from otel_ops.errors import ErrorHandler
from otel_ops.formatters import JSONFormatter, OutputFormatter
from otel_ops.log_tree import MAX_DEPTH
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.testing import FormatterCompatibilitySuite, HandlerCompatibilitySuite, make_log, sample_logs
from tests.live import Failures


class TestFailures(HandlerCompatibilitySuite):
    def make_handler(self) -> ErrorHandler:
        return Failures()


numbers = itertools.count()


def formatter(format_log: Callable[[OperationLog], Any]) -> FormatterCompatibilitySuite:
    """Make the suite of a formatter that does this."""

    class Formatter(OutputFormatter):
        def format_operation_log(self, operation_log: OperationLog) -> str:
            return format_log(operation_log)  # type: ignore[no-any-return] # some do not

    class Suite(FormatterCompatibilitySuite):
        def make_formatter(self) -> OutputFormatter:
            return Formatter()

    return Suite()


def spoil(log: OperationLog) -> str:
    log.attributes["seen"] = True
    return "\n"


@pytest.mark.parametrize(
    ("suite", "test", "message"),
    [
        (formatter(lambda log: f"{1 / log.duration_ns}\n"), "test_any_log_is_formatted", "division by zero"),
        (formatter(lambda log: log.name), "test_any_log_is_formatted", "'plain' does not end with a line break"),
        (formatter(lambda log: b""), "test_any_log_is_formatted", "'plain' is a bytes"),
        (formatter(lambda log: "\ud800\n"), "test_texts_can_be_written", "surrogates"),
        (formatter(spoil), "test_logs_are_left_alone", "'plain' was changed"),
        (formatter(lambda log: f"{next(numbers)}\n"), "test_a_text_depends_on_its_log_only", "another"),
        (formatter(lambda log: f"{next(numbers)}\n"), "test_threads_do_not_disturb_each_other", "another"),
        (formatter(lambda log: f"{next(numbers)}\n"), "test_a_copy_is_as_good", "another"),
        (formatter(lambda log: f"{1 / 0}\n"), "test_it_can_be_configured", "division by zero"),
    ],
)
def test_a_wrong_formatter_is_found(suite: FormatterCompatibilitySuite, test: str, message: str) -> None:
    """The message says which log it was."""
    with pytest.raises(Exception, match=message):
        getattr(suite, test)()


@pytest.mark.parametrize(
    "test",
    [
        name
        for name in dir(HandlerCompatibilitySuite)
        if name.startswith("test_") and not name.endswith(("quietly", "by_its_name", "are_heeded", "not_shown"))
    ],
)
def test_a_broken_handler_is_found(test: str) -> None:
    """Every test that calls the handler fails where it raises."""

    class Broken(Failures):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            raise LookupError("broken")

        def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: object) -> None:
            raise LookupError("broken")

    class Suite(HandlerCompatibilitySuite):
        def make_handler(self) -> ErrorHandler:
            return Broken()

    with pytest.raises((LookupError, AssertionError, AttributeError), match=r"broken|came out|Can't pickle"):
        getattr(Suite(), test)()


def test_a_name_that_gives_another_is_found() -> None:
    """Where the class has a name, that is tried, too."""

    class Suite(FormatterCompatibilitySuite):
        format_name = "tree"

        def make_formatter(self) -> OutputFormatter:
            return JSONFormatter()

    with pytest.raises(AssertionError, match="tree is a TreeFormatter"):
        Suite().test_it_is_found_by_its_name()


def test_samples_are_of_every_kind_level_and_outcome() -> None:
    """What a formatter may be given is among them."""
    logs = [log for sample in sample_logs().values() for log in sample.walk()]

    assert {"context", "operation", "suboperation", "foreign"} == {log.kind for log in logs}
    assert {"ok", "error", "timed_out", "cancelled", "interrupted", "abandoned", "recovered"} <= {
        log.outcome for log in logs
    }
    assert Detail.DETAILED in {log.detail for log in logs}


def test_samples_are_as_deep_as_logs_are() -> None:
    """The deepest sample is the deepest log that there is: a formatter that passes may recurse."""
    deepest = max(depth for log in sample_logs().values() for depth, _ in log.walk_with_depth())
    assert MAX_DEPTH == deepest


def test_logs_made_by_hand() -> None:
    """Times are milliseconds; what is inside an operation is a suboperation; a failure is an error."""
    failure = OperationFailure("ValueError")
    log = make_log("fit", 1, 2.5, make_log("step", 1, 2, failure=failure), detail=Detail.DEBUG)
    context = make_log("run", 0, 3, make_log("fit", 1, 2), kind="context")

    assert ("operation", "ok", 1_500_000, Detail.DEBUG) == (log.kind, log.outcome, log.duration_ns, log.detail)
    assert [("suboperation", "error")] == [(each.kind, each.outcome) for each in log.suboperations]
    assert ["operation"] == [each.kind for each in context.suboperations]
    with pytest.raises(TypeError, match="level"):
        make_log("fit", 0, 1, level=3)
