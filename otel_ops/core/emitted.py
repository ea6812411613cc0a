"""Log records of the standard library: each learns which span it was emitted in, and open spans keep their latest.

What is kept is as it was emitted; whoever reads the span that has ended makes of it what it needs.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry import trace

from otel_ops import faults, semconv
from otel_ops.attributes import clean_text
from otel_ops.core.exception_parts import message_of, type_name
from otel_ops.core.frame import FRAME_KEY, PROCESS, Frame, current_context
from otel_ops.core.recording import RECORDING, SUPPRESSED
from otel_ops.faults import shortened
from otel_ops.foreign import is_users, name_of

if TYPE_CHECKING:
    from opentelemetry.context import Context

MAX_BODY = 1_000
"""Longest body that is kept, in characters."""

MAX_SPANS = 10_000
"""Most open spans of which log records are kept; beyond that, those of the span that began to log first go."""

EMITTED = "_otel_ops_emitted"
"""Attribute of an ended span: its `LatestRecords`."""

_get_pid = os.getpid
_NANOSECONDS = 1_000_000_000


class EmittedRecord(NamedTuple):
    """One log record as it was emitted."""

    time_ns: int
    level: int
    level_name: str
    logger: str
    body: str
    attributes: dict[str, Any]

    def as_event(self) -> dict[str, Any]:
        """Give the attributes of the same as an event of a span."""
        own = {semconv.LOG_MESSAGE: self.body, semconv.LOG_LEVEL: self.level_name, semconv.LOG_LOGGER: self.logger}
        return {**{key: clean_text(text) for key, text in own.items()}, **self.attributes}


class LatestRecords:
    """The latest log records of one span.

    Attributes:
        kept: The records, oldest first.
        dropped: How many were not kept, once it is closed.
        exceptions: Those of exceptions, which are kept beside.
    """

    __slots__ = ("_numbers", "dropped", "exceptions", "kept")

    def __init__(self, number: int) -> None:
        self.kept: deque[EmittedRecord] = deque(maxlen=number)
        self.dropped = 0
        self.exceptions: list[EmittedRecord] = []
        self._numbers = count()

    def add(self, record: EmittedRecord) -> None:
        """Keep a record; the oldest one goes where there are too many."""
        next(self._numbers)
        self.kept.append(record)

    def close(self) -> None:
        """Count what was not kept; several threads may have added without a lock."""
        self.dropped = next(self._numbers) - len(self.kept)


class Keeping:
    """Whose log records are kept: none, until somebody asks for them.

    Attributes:
        level: Level of logging from which on they are; None for none.
        number: Most of one span.
        exceptions: Whether those of exceptions are, which tell why an operation failed.
        events: Whether what is kept is an event of the span, too.
    """

    __slots__ = ("_of_spans", "events", "exceptions", "level", "number")

    def __init__(self) -> None:
        self.ask(None, 0)

    def ask(self, level: int | None, number: int, *, exceptions: bool = False, events: bool = False) -> None:
        """Keep so many records of each span, from a level on, None for none; those of exceptions; as events, too."""
        self.level = level
        self.number = number
        self.exceptions = exceptions
        self.events = events
        if level is None:
            self.forget()

    def forget(self) -> None:
        """Forget what open spans have kept."""
        self._of_spans: dict[int, LatestRecords] = {}

    def keep(self, record: logging.LogRecord, context: Context, span: trace.Span) -> None:
        """Keep a record, if it was emitted in a span that is open."""
        frame: Frame | None = context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        if not span.is_recording() or (frame is not None and frame.process != PROCESS.id):
            return
        kept = EmittedRecord(
            int(record.created * _NANOSECONDS),
            record.levelno,
            str(record.levelname or ""),
            str(record.name or ""),
            shortened(message_of_record(record), MAX_BODY),
            _attributes(record, frame),
        )
        self._latest_of(span.get_span_context().span_id).add(kept)
        if self.events:
            span.add_event(semconv.LOG_EVENT, kept.as_event(), kept.time_ns)

    def keep_exception(self, span: trace.Span, record: EmittedRecord) -> None:
        """Keep the record of an exception of a span that is open."""
        if self.exceptions and span.is_recording():
            self._latest_of(span.get_span_context().span_id).exceptions.append(record)

    def _latest_of(self, span_id: int) -> LatestRecords:
        latest = self._of_spans.get(span_id)
        if latest is None:
            if len(self._of_spans) >= MAX_SPANS:
                faults.count("log_record.given_up", self._given_up())
            latest = self._of_spans.setdefault(span_id, LatestRecords(self.number))
        return latest

    def _given_up(self) -> int:
        """Forget what the span that began to log first has kept; tell how much that was."""
        given_up = self._of_spans.pop(next(iter(self._of_spans)), None)
        return 0 if given_up is None else len(given_up.kept) + len(given_up.exceptions)

    def taken(self, span_id: int) -> LatestRecords | None:
        """Take out what a span that has ended has kept."""
        latest = self._of_spans.pop(span_id, None)
        if latest is not None:
            latest.close()
        return latest


KEEPING = Keeping()
"""What is kept in this process."""

ASKING: set[int] = set()
"""The threads that ask somebody's object for its text now: what that logs meanwhile is not asked in turn."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=KEEPING.forget)
    os.register_at_fork(after_in_child=ASKING.clear)


class Bridge:
    """Where log records go to beside the handlers of logging, such as OTLP; nowhere, until something is put in.

    Attributes:
        emit: Takes each record, with its logger and the Context that it was emitted in.
    """

    __slots__ = ("emit",)

    def __init__(self) -> None:
        self.emit: Callable[[logging.LogRecord, logging.Logger, Context], None] | None = None


BRIDGE = Bridge()
"""The one of this process."""


def emitted(logger: logging.Logger, record: logging.LogRecord) -> None:
    """Take a record that a logger is about to give to its handlers.

    One that comes from another thread or process, as those of a queue do, was emitted in no span that is known here.
    """
    context = current_context()
    span = trace.get_current_span(context)
    is_here = record.thread in {None, get_ident()} and record.process in {None, _get_pid()}
    if "otelTraceID" not in record.__dict__:
        _stamp(record, span if is_here else trace.INVALID_SPAN)
    if not is_here or get_ident() in RECORDING:
        return
    if KEEPING.level is not None and record.levelno >= KEEPING.level and not context.get(SUPPRESSED):
        KEEPING.keep(record, context, span)
    if BRIDGE.emit is not None:
        BRIDGE.emit(record, logger, context)


def _stamp(record: logging.LogRecord, span: trace.Span) -> None:
    """Put the ids of its span on a record, under the names that OpenTelemetry's own instrumentation gives them."""
    trace_id, span_id, _, flags, _, is_valid = span.get_span_context()
    record.__dict__.update(
        otelTraceID=f"{trace_id:032x}" if is_valid else "0",
        otelSpanID=f"{span_id:016x}" if is_valid else "0",
        otelTraceSampled=is_valid and flags.sampled,
        otelServiceName=_service_name(getattr(span, "resource", None)),
    )


class _Service:
    """The name of the service of the latest resource that was asked for."""

    resource: Any = None
    name = ""


def _service_name(resource: Any) -> str:
    if resource is None:
        resource = getattr(trace.get_tracer_provider(), "resource", None)
    if resource is not _Service.resource:
        name = "" if resource is None else str(resource.attributes.get("service.name", ""))
        _Service.name, _Service.resource = name, resource
    return _Service.name


def message_of_record(record: logging.LogRecord) -> str:
    """Give the message of a record; as it stands in the program where its arguments do not fit into it."""
    message = record.msg
    as_it_stands = message if isinstance(message, str) else f"<unreadable {name_of(type(message))}>"
    return _asked(record.getMessage, as_it_stands)


def _asked(read: Callable[[], str], instead: str) -> str:
    """Ask for a text; where it cannot be read, or asks for itself by what it logs, something else stands for it."""
    thread = get_ident()
    if thread in ASKING:
        return instead
    ASKING.add(thread)
    try:
        return read()
    except BaseException as error:  # logging tells of it where a handler comes upon it
        if is_users(error):
            raise
        return instead
    finally:
        ASKING.discard(thread)


def _attributes(record: logging.LogRecord, frame: Frame | None) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if frame is not None and frame.thread != record.thread and record.thread is not None:
        attributes = {semconv.THREAD_ID: record.thread, semconv.THREAD_NAME: record.threadName or ""}
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        attributes[semconv.EXCEPTION_TYPE] = type_name(type(error))
        attributes[semconv.EXCEPTION_MESSAGE] = shortened(_asked(lambda: message_of(error), ""), MAX_BODY)
    return attributes
