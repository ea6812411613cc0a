"""Failures: which outcome an exception is, and its record, made once on the innermost recorded span."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from types import CodeType, TracebackType

from opentelemetry.trace import Span, Status, StatusCode

from otel_ops import faults, semconv
from otel_ops.attributes import clean_text
from otel_ops.hooks import HOOKS, Failure
from otel_ops.ids import new_id
from otel_ops.semconv import FAILED_OUTCOMES, Outcome

_MARK = "__otel_ops_failure__"
_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"
_OWN_FOLDER = os.path.dirname(__file__) + os.sep

MAX_FRAMES = 100
"""Most frames of one traceback that are told, the outermost and the innermost ones."""

MAX_CHAIN = 10
"""Most exceptions of a chain of causes that are told."""


def outcome_of(error: BaseException) -> str:
    """Classify an exception that leaves an operation; see `Outcome`."""
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            return outcome
    if isinstance(error, SystemExit):
        return Outcome.OK if error.code in (None, 0) else Outcome.ERROR
    return _outcome_of_waiting(error)


def _outcome_of_waiting(error: BaseException) -> str:
    for module_name in ("asyncio", "concurrent.futures"):
        module = sys.modules.get(module_name)
        if module is not None and isinstance(error, module.CancelledError):
            return Outcome.CANCELLED
        if module is not None and isinstance(error, module.TimeoutError):
            return Outcome.TIMED_OUT
    return Outcome.ERROR


_OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, Outcome.TIMED_OUT),
    (KeyboardInterrupt, Outcome.INTERRUPTED),
    (GeneratorExit, Outcome.ABANDONED),
)


def failure_from_text(text: str, operation: str) -> Failure:
    """Describe a failure for which there is no exception."""
    return Failure(new_id(), operation, semconv.ERROR_TYPE_OTHER, clean_text(text), None, recorded=False)


def failure_from(error: BaseException, trace_id: int, operation: str) -> Failure:
    """Describe an exception, knowing it again where an operation of the same trace has seen it.

    The id is kept on the exception, so that it survives pickling; ``raise … from`` inherits it.
    """
    mark = _mark_of(error, trace_id)
    recorded = mark is not None
    mark = mark or _mark_of(error.__cause__, trace_id) or (new_id(), trace_id, operation)
    if not recorded:
        _put_mark(error, mark)
    return Failure(mark[0], mark[2], _type_name(type(error)), _message(error), error, recorded)


def _mark_of(error: BaseException | None, trace_id: int) -> tuple[str, int, str] | None:
    mark = getattr(error, "__dict__", {}).get(_MARK)
    return mark if mark is not None and mark[1] == trace_id else None


def _put_mark(error: BaseException, mark: tuple[str, int, str]) -> None:
    try:
        error.__dict__[_MARK] = mark
    except (AttributeError, TypeError):
        faults.count("failure.unmarked")


def record(span: Span, failure: Failure) -> None:
    """Record the exception on a span: the only function that does so."""
    attributes = {
        semconv.EXCEPTION_TYPE: failure.type,
        semconv.EXCEPTION_MESSAGE: failure.message,
        semconv.FAILURE_ID: failure.id,
    }
    if failure.exception is not None:
        attributes[semconv.EXCEPTION_STACKTRACE] = clean_text(stack_text(failure.exception))
    if _name_of(span) != failure.origin:
        attributes[semconv.FAILURE_ORIGIN] = failure.origin
    span.add_event(semconv.EXCEPTION_EVENT, attributes)


def fail_span(span: Span, failure: Failure, outcome: str, operation: str) -> None:
    """Make an operation's span one that failed, and tell everybody who listens."""
    _stamp(span, failure, outcome, operation)
    tell(failure, span)


def _stamp(span: Span, failure: Failure, outcome: str, operation: str) -> None:
    """Give a span the exception, unless another has it, the status ERROR, the outcome, and the origin."""
    if not failure.recorded:
        record(span, failure)
    attributes = {
        semconv.OUTCOME: outcome,
        semconv.ERROR_TYPE: failure.type,
        semconv.FAILURE_ID: failure.id,
    }
    if failure.origin != operation:
        attributes[semconv.FAILURE_ORIGIN] = failure.origin
    span.set_attributes(attributes)
    span.set_status(Status(StatusCode.ERROR, _description(failure)))


def conclude(span: Span, error: BaseException, operation: str) -> None:
    """Give a context's span the outcome of the exception that leaves its block."""
    outcome = outcome_of(error)
    if outcome in FAILED_OUTCOMES:
        _stamp(span, failure_from(error, span.get_span_context().trace_id, operation), outcome, operation)
    elif outcome != Outcome.OK:
        span.set_attribute(semconv.OUTCOME, outcome)


def tell(failure: Failure, span: Span) -> None:
    """Tell everybody who listens of a failure, with its live exception, and of the span that tells of it."""
    for listener in HOOKS.listeners:
        with faults.guarded("failure.listener"):
            listener.seen(failure, span)


def _description(failure: Failure) -> str:
    if failure.exception is None:
        return failure.message
    name = type(failure.exception).__name__
    return f"{name}: {failure.message}" if failure.message else name


def _name_of(span: Span) -> str | None:
    return getattr(span, "name", None)


def _type_name(kind: type[BaseException]) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return clean_text(str(error))
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        return "<exception str() failed>"


def stack_text(error: BaseException) -> str:
    """Format an exception with its causes as Python does, without our own frames and without carets.

    Carets cost more than everything else together: they parse the source line of each frame.
    """
    parts: list[str] = []
    for link, current in _chain(error):
        parts.insert(0, _one(current) + link)
    return "".join(parts)


def _chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Go from the exception to its causes; each comes with the text that stands behind it."""
    seen: set[int] = set()
    current, link = error, ""
    while id(current) not in seen and len(seen) < MAX_CHAIN:
        seen.add(id(current))
        yield link, current
        if current.__cause__ is not None:
            current, link = current.__cause__, _CAUSE
        elif current.__context__ is not None and not current.__suppress_context__:
            current, link = current.__context__, _CONTEXT


def _one(error: BaseException) -> str:
    if hasattr(error, "exceptions"):
        return "".join(traceback.format_exception(type(error), error, error.__traceback__, chain=False))
    last = "".join(traceback.format_exception_only(type(error), error))
    frames = list(_frames(error.__traceback__))
    return f"Traceback (most recent call last):\n{''.join(_middle_cut(frames))}{last}" if frames else last


def _middle_cut(frames: list[str]) -> list[str]:
    left_out = len(frames) - MAX_FRAMES
    if left_out <= 0:
        return frames
    half = MAX_FRAMES // 2
    return [*frames[:half], f"  … {left_out} frames …\n", *frames[-half:]]


def _frames(link: TracebackType | None) -> Iterator[str]:
    while link is not None:
        code = link.tb_frame.f_code
        if not code.co_filename.startswith(_OWN_FOLDER):
            yield _frame_text(code, link.tb_lineno)
        link = link.tb_next


_frame_texts: dict[tuple[CodeType, int], str] = {}
_MAX_FRAME_TEXTS = 10_000


def _frame_text(code: CodeType, line_number: int) -> str:
    key = (code, line_number)
    text = _frame_texts.get(key)
    if text is None:
        if len(_frame_texts) >= _MAX_FRAME_TEXTS:
            _frame_texts.clear()
        text = _frame_texts[key] = _make_frame_text(code, line_number)
    return text


def _make_frame_text(code: CodeType, line_number: int) -> str:
    import linecache  # noqa: PLC0415 - only when something fails

    place = f'  File "{code.co_filename}", line {line_number}, in {code.co_name}\n'
    source = linecache.getline(code.co_filename, line_number).strip()
    return f"{place}    {source}\n" if source else place
