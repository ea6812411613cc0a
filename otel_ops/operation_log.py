"""OperationLog: the immutable record of one finished operation and its suboperations, built from spans."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec.structs import replace

from otel_ops.detail import Detail
from otel_ops.fingerprints import fingerprint_of
from otel_ops.semconv import FAILED_OUTCOMES, PROCESS_PID, SESSION_ID, THREAD_ID, THREAD_NAME, Kind, Outcome
from otel_ops.span_record import EventRecord, LinkRecord, LogRecord, ResourceRecord, ScopeRecord

FOREIGN = "foreign"
"""Kind of the log of a span that is not ours; the others are those of `otel_ops.semconv.Kind`."""


MAIN_THREAD = "MainThread"
"""Name of the thread that spans say nothing of; Python's own."""

_INSTANCE = "service.instance.id"


class Whereabouts(NamedTuple):
    """Where an operation ran.

    Attributes:
        thread: Name of the thread; empty where it is not known.
        thread_id: Its identifier; None for the main thread, and where it is not known.
        process: Id of the process; None for the one in which the trace began, of which spans do not tell it.
        session: Session of its context; empty where it has none.
        instance: What tells the process from others of its service, ``service.instance.id``; empty where nothing does.
    """

    thread: str = ""
    thread_id: int | None = None
    process: int | None = None
    session: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class OperationFailure:
    """Why an operation failed.

    Attributes:
        type: Qualified class of the exception, or ``_OTHER`` where there was none.
        message: What it says.
        id: The same for every operation that the failure passed; empty where the span is not ours.
        origin: Name of the operation in which it began.
        stacktrace: The traceback as text; only on the operation that recorded the exception, else empty.
    """

    type: str
    message: str = ""
    id: str = ""
    origin: str = ""
    stacktrace: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for failures of one kind, see ``otel_ops.fingerprints``."""
        return fingerprint_of(self.type, self.stacktrace, self.message, self.origin)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OperationLog:
    """One finished operation with everything that ran inside it.

    Attributes:
        name: Name of the operation.
        kind: ``context``, ``operation``, ``suboperation``, or ``foreign`` for a span that is not ours.
        detail: Its level of detail.
        outcome: One of `otel_ops.semconv.Outcome`.
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        parent_id: Span id of the parent, also of one that is not in this tree; empty where there is none.
        start_ns: Start, in nanoseconds since the epoch.
        end_ns: End, in nanoseconds since the epoch.
        attributes: What the operation was given or captured, by attribute name.
        context: Values of its `OperationContext`, by attribute name (``session.id``, ``ops.meta.batch``).
        failure: Why it failed, or None.
        events: What happened inside, without the exception that `failure` tells.
        links: Spans of other traces that it points to.
        log_records: What was logged in it, in order, as far as the settings ``log_level`` and ``log_records`` let it be
            kept; with those of suboperations that were pruned.
        dropped_log_records: How many were not kept, for there were too many: the oldest.
        suboperations: What ran inside, by start.
        status_message: Description of the span's status.
        process_root: Whether the enclosing operation ran in another process.
        partial: Whether this is the part of an operation that another process completes.
        late_of: Span id of the operation after whose end this one ended; empty where it ended in time.
        lost: How many spans of this tree were given up for lack of room.
        scope: The instrumentation scope.
        resource: What produced the span.
        unknown: Fields of the document this was read from that have no meaning here, such as those of a newer version;
            writing puts them back. The key is their JSON pointer below the operation, such as ``/colour``,
            ``/events/0/colour`` or, beside the operation, ``../colour``.
    """

    name: str
    kind: str
    trace_id: str
    span_id: str
    start_ns: int
    end_ns: int
    detail: Detail = Detail.STANDARD
    outcome: str = Outcome.OK
    parent_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    failure: OperationFailure | None = None
    events: tuple[EventRecord, ...] = ()
    links: tuple[LinkRecord, ...] = ()
    log_records: tuple[LogRecord, ...] = ()
    dropped_log_records: int = 0
    suboperations: tuple[OperationLog, ...] = ()
    status_message: str = ""
    process_root: bool = False
    partial: bool = False
    late_of: str = ""
    lost: int = 0
    scope: ScopeRecord = field(default_factory=ScopeRecord)
    resource: ResourceRecord = field(default_factory=ResourceRecord)
    unknown: dict[str, Any] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        """Compare everything, suboperations included, however deep they are nested."""
        if not isinstance(other, OperationLog):
            return NotImplemented
        pairs = zip_longest(self.walk_with_depth(), other.walk_with_depth())
        return all(one and two and _comparable(*one) == _comparable(*two) for one, two in pairs)

    def __hash__(self) -> int:
        """Hash by identity of the span."""
        return hash((self.trace_id, self.span_id))

    @property
    def duration_ns(self) -> int:
        """Time from start to end, in nanoseconds; 0 where the clock ran backwards."""
        return max(0, self.end_ns - self.start_ns)

    @property
    def self_ns(self) -> int:
        """Nanoseconds in which no suboperation ran: overlapping suboperations count once."""
        spans = ((child.start_ns, child.end_ns) for child in self.suboperations)
        return self_time(self.start_ns, self.end_ns, spans)

    @property
    def failed(self) -> bool:
        """Whether the outcome is a failure: error or timed_out."""
        return self.outcome in FAILED_OUTCOMES

    def whereabouts(self, around: Whereabouts | None = None) -> Whereabouts:
        """Tell where it ran: what its span does not say is as it is around it.

        Args:
            around: Where the enclosing operation ran; None for one that stands at the top.
        """
        told = Whereabouts(
            _text(self.attributes.get(THREAD_NAME)),
            _number(self.attributes.get(THREAD_ID)),
            _number(self.attributes.get(PROCESS_PID, self.resource.attributes.get(PROCESS_PID))),
            _text(self.context.get(SESSION_ID)),
            _text(self.resource.attributes.get(_INSTANCE)),
        )
        outer = around or Whereabouts()
        is_elsewhere = bool(told.instance and outer.instance and told.instance != outer.instance)
        if told.thread == "" and told.thread_id is None:
            thread = MAIN_THREAD if is_elsewhere or self._is_on_main_thread(around) else outer.thread
            told = told._replace(thread=thread, thread_id=None if thread == MAIN_THREAD else outer.thread_id)
        process = outer.process if told.process is None and not is_elsewhere else told.process
        return told._replace(
            process=process, session=told.session or outer.session, instance=told.instance or outer.instance
        )

    def _is_on_main_thread(self, around: Whereabouts | None) -> bool:
        """Tell whether an operation that says nothing of its thread did not take over the one around it."""
        stands_alone = self.process_root or self.kind == Kind.CONTEXT
        return stands_alone or (around is None and self.kind != FOREIGN and not self.late_of)

    def walk(self) -> Iterator[OperationLog]:
        """Give this log and all below it, parents before children, in order of start."""
        for _, log in self.walk_with_depth():
            yield log

    def walk_with_depth(self) -> Iterator[tuple[int, OperationLog]]:
        """Give each log of `walk` with its depth below this one, which is at depth 0."""
        waiting: list[tuple[int, OperationLog]] = [(0, self)]
        while waiting:
            depth, log = waiting.pop()
            yield depth, log
            waiting.extend((depth + 1, child) for child in reversed(log.suboperations))

    def find(self, name: str) -> OperationLog | None:
        """Give the first log of `walk` with this name, or None."""
        return next((log for log in self.walk() if log.name == name), None)

    def pruned(self, detail: Detail) -> OperationLog:
        """Give a copy with only what is of this level or a lower one.

        Children of what goes, and what was logged in it, move up to the nearest kept ancestor. This log itself stays,
        and so do failures.
        """
        kept: dict[int, tuple[OperationLog, ...]] = {}
        moving: dict[int, _Logged] = {}
        for log in reversed(list(self.walk())):
            inside = by_start(below for child in log.suboperations for below in kept[id(child)])
            logged = _Logged.of(log, [moving[id(child)] for child in log.suboperations if id(child) in moving])
            if log is self or log.detail <= detail or log.failed:
                kept[id(log)] = (_with(log, inside, logged),)
            else:
                kept[id(log)], moving[id(log)] = inside, logged.of_thread(log)
        return kept[id(self)][0]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


class _Logged(NamedTuple):
    """What was logged in an operation, with what moves up to it."""

    records: tuple[LogRecord, ...]
    dropped: int

    @classmethod
    def of(cls, log: OperationLog, moved: Sequence[_Logged]) -> _Logged:
        if not any(moved):
            return cls(log.log_records, log.dropped_log_records)
        records = [*log.log_records, *(record for each in moved for record in each.records)]
        dropped = log.dropped_log_records + sum(each.dropped for each in moved)
        return cls(tuple(sorted(records, key=attrgetter("time_ns"))), dropped)

    def of_thread(self, log: OperationLog) -> _Logged:
        """Have the records tell the thread of the operation that they leave, if that tells it."""
        thread = {key: log.attributes[key] for key in (THREAD_ID, THREAD_NAME) if key in log.attributes}
        if not thread:
            return self
        told = (replace(record, attributes={**thread, **record.attributes}) for record in self.records)
        return self._replace(records=tuple(told))


def _comparable(depth: int, log: OperationLog) -> tuple[object, ...]:
    return (depth, *_own_fields(log))


_own_fields = attrgetter(*(each.name for each in dataclasses.fields(OperationLog) if each.name != "suboperations"))


def _with(log: OperationLog, suboperations: tuple[OperationLog, ...], logged: _Logged) -> OperationLog:
    same = len(suboperations) == len(log.suboperations) and all(map(_is, suboperations, log.suboperations))
    if same and len(logged.records) == len(log.log_records) and logged.dropped == log.dropped_log_records:
        return log
    return dataclasses.replace(
        log, suboperations=suboperations, log_records=logged.records, dropped_log_records=logged.dropped
    )


def _is(one: object, other: object) -> bool:
    return one is other


def by_start(logs: Iterable[OperationLog]) -> tuple[OperationLog, ...]:
    """Sort logs by their start."""
    return tuple(sorted(logs, key=lambda log: (log.start_ns, log.end_ns, log.trace_id, log.span_id)))


def self_time(start_ns: int, end_ns: int, inside: Iterable[tuple[int, int]]) -> int:
    """Give the part of an interval that none of the intervals inside covers.

    Args:
        start_ns: Start of the interval, in nanoseconds.
        end_ns: End of the interval; one before the start counts as an empty interval.
        inside: Start and end of other intervals; parts that lie outside are ignored, overlaps count once.

    Returns:
        Nanoseconds, never negative.
    """
    free, reached = 0, start_ns
    for start, end in sorted(inside):
        if start > reached:
            free += max(0, min(start, end_ns) - reached)
        reached = max(reached, start, end)
    return free + max(0, end_ns - reached)
