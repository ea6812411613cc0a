"""Failures: the record of an exception, made once on the innermost recorded span."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from threading import get_ident
from types import CodeType, TracebackType
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode

from otel_ops import faults, semconv
from otel_ops.attributes import Stamp, clean_text
from otel_ops.core.hooks import HOOKS, Failure
from otel_ops.core.outcomes import outcome_of, without_group
from otel_ops.core.recording import HANDLING
from otel_ops.foreign import is_users, name_of, traceback_of
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


def failure_from_text(reason: object, operation: str) -> Failure:
    """Describe a failure for which there is no exception."""
    text = _text_of(reason, str, "<reason unreadable>")
    return Failure(new_id(), operation, semconv.ERROR_TYPE_OTHER, text, None, recorded=False)


def failure_from(error: BaseException, trace_id: int, operation: str) -> Failure:
    """Describe an exception, knowing it again where an operation of the same trace has seen it.

    The id is kept on the exception, so that it survives pickling; ``raise … from`` inherits it. A group in which only
    one exception is a failure is that one.
    """
    error = without_group(error)
    mark = _mark_of(error, trace_id)
    recorded = mark is not None
    mark = mark or _mark_of(_cause_of(error), trace_id) or (new_id(), trace_id, operation)
    if not recorded:
        _put_mark(error, mark)
    return Failure(mark[0], mark[2], type_name(type(error)), message_of(error), error, recorded)


_dict_of = BaseException.__dict__["__dict__"].__get__
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__
_suppresses_context = BaseException.__dict__["__suppress_context__"].__get__
_module_of = type.__dict__["__module__"].__get__
_qualified_name_of: Callable[[type], str] = type.__dict__["__qualname__"].__get__


def _mark_of(error: BaseException | None, trace_id: int) -> tuple[str, int, str] | None:
    """Read the mark; a class may define ``__dict__`` or ``__cause__`` as something that raises, so we do not ask it."""
    mark = None if error is None else _dict_of(error).get(_MARK)
    return mark if mark is not None and mark[1] == trace_id else None


def _put_mark(error: BaseException, mark: tuple[str, int, str]) -> None:
    _dict_of(error)[_MARK] = mark


def forget(error: BaseException) -> None:
    """Take the failure off an exception that was repaired: where the same object is raised again, it is another one."""
    _dict_of(without_group(error)).pop(_MARK, None)


def record(span: Span, failure: Failure) -> None:
    """Record the exception on a span: the only function that does so."""
    attributes = {
        semconv.EXCEPTION_TYPE: failure.type,
        semconv.EXCEPTION_MESSAGE: failure.message,
        semconv.FAILURE_ID: failure.id,
    }
    if failure.exception is not None:
        attributes[semconv.EXCEPTION_STACKTRACE] = _text_of(failure.exception, stack_text, "<stack unreadable>")
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
    attributes = {semconv.OUTCOME: outcome, semconv.ERROR_TYPE: failure.type, semconv.FAILURE_ID: failure.id}
    if failure.origin != operation:
        attributes[semconv.FAILURE_ORIGIN] = failure.origin
    span.set_attributes(Stamp(attributes))
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
    listeners = HOOKS.listeners
    if not listeners or failure.exception is None or get_ident() in HANDLING:
        return
    span_id = span.get_span_context().span_id
    for listener in listeners:
        try:
            listener.seen(failure, span_id)
        except Exception as error:  # noqa: BLE001 - as `faults.guarded`, at a tenth of the cost
            faults.swallow("failure.listener", error)


def tell_own(on_error: Any, failure: Failure, span: Span) -> None:
    """Have called, later, what an operation has for its own failures."""
    if HOOKS.own_handling is not None:
        with faults.guarded("failure.listener"):
            HOOKS.own_handling.failed(on_error, failure, span)


def _description(failure: Failure) -> str:
    return failure.message if failure.exception is None else _told(name_of(type(failure.exception)), failure.message)


def _told(name: str, message: str) -> str:
    return f"{name}: {message}" if message else name


def _name_of(span: Span) -> str | None:
    return getattr(span, "name", None)


def type_name(kind: type[BaseException]) -> str:
    """Give the qualified name of an exception's class."""
    module, name = _module_of(kind), _qualified_name_of(kind)
    return name if module == "builtins" else f"{module}.{name}"


def message_of(error: BaseException) -> str:
    """Give what an exception says, as far as it can be read."""
    return _text_of(error, str, "<exception str() failed>")


def _text_of(said: Any, read: Callable[[Any], str], instead: str) -> str:
    """Read what somebody else's object says; where it cannot be read, something else stands for it."""
    try:
        return clean_text(read(said))
    except BaseException as error:
        if is_users(error):
            raise
        return instead


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
        cause, context = _cause_of(current), _context_of(current)
        if cause is not None:
            current, link = cause, _CAUSE
        elif context is not None and not _suppresses_context(current):
            current, link = context, _CONTEXT


def _one(error: BaseException) -> str:
    if isinstance(getattr(error, "exceptions", None), tuple):
        return "".join(traceback.format_exception(type(error), error, traceback_of(error), chain=False))
    frames = list(_frames(traceback_of(error)))
    last = _last_lines(error)
    return f"Traceback (most recent call last):\n{''.join(_middle_cut(frames))}{last}" if frames else last


def _last_lines(error: BaseException) -> str:
    if isinstance(error, SyntaxError) or "__notes__" in _dict_of(error):
        return "".join(traceback.format_exception_only(type(error), error))
    return _told(type_name(type(error)), message_of(error)) + "\n"


def _middle_cut(frames: list[str]) -> list[str]:
    left_out = len(frames) - MAX_FRAMES
    if left_out <= 0:
        return frames
    half = MAX_FRAMES // 2
    return [*frames[:half], f"  … {left_out} frames …\n", *frames[-half:]]


def _frames(link: TracebackType | None) -> Iterator[str]:
    while link is not None:
        text = _frame_text(link.tb_frame.f_code, link.tb_lineno)
        if text:
            yield text
        link = link.tb_next


_frame_texts: dict[tuple[int, int], tuple[CodeType, str]] = {}
_MAX_FRAME_TEXTS = 10_000


def _frame_text(code: CodeType, line_number: int) -> str:
    """Give the text of a line of code, or nothing for our own; by identity, since hashing code costs more than all."""
    key = (id(code), line_number)
    known = _frame_texts.get(key)
    if known is None:
        if len(_frame_texts) >= _MAX_FRAME_TEXTS:
            _frame_texts.clear()
        known = _frame_texts[key] = (code, _make_frame_text(code, line_number))
    return known[1]


def _make_frame_text(code: CodeType, line_number: int) -> str:
    import linecache  # noqa: PLC0415 - only when something fails

    if code.co_filename.startswith(_OWN_FOLDER):
        return ""
    place = f'  File "{code.co_filename}", line {line_number}, in {code.co_name}\n'
    source = linecache.getline(code.co_filename, line_number).strip()
    return f"{place}    {source}\n" if source else place
