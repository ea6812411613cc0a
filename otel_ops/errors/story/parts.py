"""What is to be told of a failure, before it becomes text or HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from otel_ops.durations import duration_in_words
from otel_ops.errors.reported import stacks_in, with_stack
from otel_ops.errors.story.excerpts import line_of, lines_of
from otel_ops.errors.story.links import TraceLink
from otel_ops.errors.story.tree import StoryTree
from otel_ops.formatters.wording import number
from otel_ops.operation_log import OperationLog
from otel_ops.semconv import CONTEXT_KEYS, META_PREFIX, PROCESS_PID

if TYPE_CHECKING:
    from otel_ops.errors.error_data import ErrorData
    from otel_ops.errors.report import Occurrence, Report

MAX_TOLD = 20
"""Most values of a context that are told."""

MAX_TITLES = 100
"""Most titles of which no more is told."""

_CONTEXT_NAMES = {attribute: key for key, attribute in CONTEXT_KEYS.items()}
_UNKNOWN = "unknown_service"
_RESOURCE_NAMES = {"service.name": "service", "host.name": "host", PROCESS_PID: "process"}


class Fact(NamedTuple):
    """One thing that is known: its name, what it is, and where a link leads."""

    label: str
    text: str
    link: str = ""


class Section(NamedTuple):
    """A part of a story.

    Attributes:
        heading: What it is about.
        body: Facts, a tree, or a text of several lines such as a stack.
    """

    heading: str
    body: tuple[Fact, ...] | StoryTree | str


class Story(NamedTuple):
    """What is told of one report: a line, what is known, and what led to it."""

    title: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]


def some_of(titles: Sequence[str]) -> list[str]:
    """Give titles; of very many the first ones, and how many more there are."""
    left_out = len(titles) - MAX_TITLES
    return [*titles[:MAX_TITLES], *([f"… {number(left_out)} more"] if left_out > 0 else [])]


def story_of(report: Report, link: TraceLink | None = None) -> Story:
    """Tell a report: the last example in full and, where there are several, the first one beside it.

    Args:
        report: The failures, of one fingerprint.
        link: Makes links to traces; None for none.
    """
    link = link or TraceLink()
    last = report.last
    return Story(
        title=line_of(report.title),
        facts=(Fact("When", _when(report)), *_facts(last, link)),
        sections=tuple(_filled(_sections(report, link))),
    )


def _sections(report: Report, link: TraceLink) -> Iterator[Section]:
    last, several = report.last, report.count > 1
    yield Section("Context", _context_of(last.log))
    yield Section("Operation, last time" if several else "Operation", StoryTree(last.operation_log, last.log))
    yield Section("Stack", lines_of(_stack_of(last)))
    if several:
        first = report.first
        yield Section("First time", (Fact("When", time_in_words(first.time_ns)), *_facts(first, link)))
        yield Section("Context, first time", _context_of(first.log))
        yield Section("Operation, first time", StoryTree(first.operation_log, first.log))


def _filled(sections: Iterable[Section]) -> Iterator[Section]:
    return (section for section in sections if section.body)


def _when(report: Report) -> str:
    if report.count == 1:
        return time_in_words(report.last.time_ns)
    since, until = time_in_words(report.since_ns), time_in_words(report.until_ns)
    when = f"at {since}" if since == until else f"from {since} to {until}"
    return f"{number(report.count)} times {when}"


def time_in_words(time_ns: int) -> str:
    """Give a moment in local time, with its distance from UTC."""
    try:
        return datetime.fromtimestamp(time_ns / 1e9, timezone.utc).astimezone().isoformat(" ", "seconds")
    except (OverflowError, OSError, ValueError):
        return f"{time_ns} ns after 1970"


def _facts(told: Occurrence, link: TraceLink) -> Iterator[Fact]:
    log, data = told.log, told.error_data
    yield Fact("Operation", line_of(_way_of(told)))
    yield Fact("Error", _error(data))
    if data.origin not in {"", log.name}:
        yield Fact("Began in", line_of(data.origin))
    if log.duration_ns:
        yield Fact("Failed after", duration_in_words(log.duration_ns))
    if data.attempt is not None and data.attempt > 1:
        yield Fact("Attempt", str(data.attempt))
    known = told.operation_log.resource.attributes
    where = _named({key: known[key] for key in _RESOURCE_NAMES if _is_told(known.get(key))}, _RESOURCE_NAMES)
    if where:
        yield Fact("Where", ", ".join(f"{fact.label} {fact.text}" for fact in where))
    if log.trace_id.strip("0"):
        yield Fact("Trace", log.trace_id, link.to(log))


def _way_of(told: Occurrence) -> str:
    inside = told.log is not told.operation_log and told.log.name != told.operation_log.name
    return f"{told.log.name} in {told.operation_log.name}" if inside else told.log.name


def _error(data: ErrorData) -> str:
    return line_of(f"{data.type}: {data.message}" if data.message else data.type)


def _stack_of(told: Occurrence) -> str:
    """Give the stack, which the operation that recorded the exception has."""
    return with_stack(told.error_data.failure, stacks_in(told.operation_log)).stacktrace


def _is_told(value: object) -> bool:
    return value is not None and not str(value).startswith(_UNKNOWN)


def _context_of(log: OperationLog) -> tuple[Fact, ...]:
    return _named(log.context, _CONTEXT_NAMES)


def _named(values: Mapping[str, object], names: Mapping[str, str]) -> tuple[Fact, ...]:
    """Give values under the names that people know."""
    return tuple(
        Fact(line_of(names.get(key, key.removeprefix(META_PREFIX))), line_of(value, key))
        for key, value in list(values.items())[:MAX_TOLD]
    )
