"""Groups operations by where they ran: by thread, process or session, a lane each."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from otel_ops.operation_log import OperationLog, Whereabouts, by_start, self_time
from otel_ops.semconv import PROCESS_PID, THREAD_ID, THREAD_NAME, Kind

By: TypeAlias = Literal["thread", "process", "session"]
"""What operations can be grouped by."""

GROUPS: tuple[By, ...] = get_args(By)

MAX_LANES = 100
"""Most lanes; those with failures come first, and then those in which most time was spent."""

_TOLD_BY_LANE = {"thread": {THREAD_NAME, THREAD_ID, PROCESS_PID}, "process": {PROCESS_PID}, "session": set[str]()}


class Place(NamedTuple):
    """What tells lanes apart: service and process, thread and its identifier, or the session; empty where unasked.

    The instance of the service stands for the process where no span tells its id.
    """

    process: str = ""
    thread: str = ""
    thread_id: int | None = None
    session: str = ""
    instance: str = ""


class Lane(NamedTuple):
    """What ran in one place.

    Attributes:
        log: Stands for the lane: its name, its time from the first start to the last end, and what ran inside.
        number: How many operations these are.
        busy_ns: How long one of them was running, in nanoseconds.
        failed: Whether one of them failed.
    """

    log: OperationLog
    number: int
    busy_ns: int
    failed: bool


class Grouping:
    """Logs in lanes.

    Args:
        logs: At least one.
        by: What they are grouped by.

    Attributes:
        by: What they are grouped by.
        whole: In whose time all stand: from the first start to the last end.
        lanes: By their first start.
        lanes_left_out: How many there are beyond `MAX_LANES`, with so many operations (`left_out`).
    """

    def __init__(self, logs: Sequence[OperationLog], by: By) -> None:
        self.by = by
        self.whole = _around("", logs)
        parts = _parts(logs, by)
        names = _names_of(parts)
        lanes = [_lane(names[place], inside) for place, inside in parts.items()]
        lanes.sort(key=lambda lane: (not lane.failed, -lane.busy_ns))
        self.lanes = sorted(lanes[:MAX_LANES], key=_by_start)
        self.lanes_left_out = len(lanes) - len(self.lanes)
        self.left_out = sum(lane.number for lane in lanes[MAX_LANES:])


def _by_start(lane: Lane) -> tuple[int, int, str]:
    return lane.log.start_ns, -lane.log.end_ns, lane.log.name


def _lane(name: str, logs: Sequence[OperationLog]) -> Lane:
    log = _around(name, logs)
    times = [(each.start_ns, each.end_ns) for each in _at_top(logs)]
    return Lane(
        log=log,
        number=sum(each.kind != Kind.CONTEXT for each in log.walk()),
        busy_ns=log.duration_ns - self_time(log.start_ns, log.end_ns, times),
        failed=any(each.failed for each in log.walk()),
    )


def _around(name: str, logs: Sequence[OperationLog]) -> OperationLog:
    """Make a log that stands around others, with what their contexts have in common."""
    first, *others = logs
    common = {
        key: value for key, value in first.context.items() if all(log.context.get(key) == value for log in others)
    }
    times = list(_at_top(logs)) or logs
    return OperationLog(
        name=name,
        kind=Kind.CONTEXT,
        trace_id=first.trace_id,
        span_id="",
        start_ns=min(log.start_ns for log in times),
        end_ns=max(log.end_ns for log in times),
        context=common,
        suboperations=by_start(logs),
    )


def _at_top(logs: Iterable[OperationLog]) -> Iterator[OperationLog]:
    """Give the outermost operations; contexts only group."""
    for log in logs:
        if log.kind == Kind.CONTEXT:
            yield from _at_top(log.suboperations)
        else:
            yield log


def _parts(logs: Iterable[OperationLog], by: By) -> dict[Place, list[OperationLog]]:
    """Take trees apart: what ran in each place, under the nearest around it that ran there, too."""
    parts: defaultdict[Place, list[OperationLog]] = defaultdict(list)
    for root in logs:
        places = dict(_places(root, by))
        inside: dict[int, Mapping[Place, list[OperationLog]]] = {}
        for log in reversed(list(root.walk())):
            below = _joined(inside.pop(id(child)) for child in log.suboperations)
            inside[id(log)] = _put(_without(log, _TOLD_BY_LANE[by]), places[id(log)], below)
        for place, found in inside[id(root)].items():
            parts[place] += found
    return dict(parts)


def _put(log: OperationLog, place: Place, below: Mapping[Place, list[OperationLog]]) -> dict[Place, list[OperationLog]]:
    """Put a log around what ran below it in its place; a context stands in each place in which something ran."""
    if log.kind == Kind.CONTEXT and below:
        return {other: [_with(log, found)] for other, found in below.items()}
    return {**below, place: [_with(log, below.get(place, ()))]}


def _joined(parts: Iterable[Mapping[Place, list[OperationLog]]]) -> dict[Place, list[OperationLog]]:
    joined: defaultdict[Place, list[OperationLog]] = defaultdict(list)
    for part in parts:
        for place, logs in part.items():
            joined[place] += logs
    return dict(joined)


def _with(log: OperationLog, suboperations: Iterable[OperationLog]) -> OperationLog:
    return dataclasses.replace(log, suboperations=by_start(suboperations))


def _without(log: OperationLog, told: set[str]) -> OperationLog:
    if told.isdisjoint(log.attributes):
        return log
    attributes: dict[str, Any] = {key: value for key, value in log.attributes.items() if key not in told}
    return dataclasses.replace(log, attributes=attributes)


def _places(root: OperationLog, by: By) -> Iterator[tuple[int, Place]]:
    """Give the place of each log of a tree, by its identity."""
    waiting: list[tuple[OperationLog, Whereabouts | None]] = [(root, None)]
    while waiting:
        log, around = waiting.pop()
        where = log.whereabouts(around)
        yield id(log), _place(log, where, by)
        waiting.extend((child, where) for child in log.suboperations)


def _place(log: OperationLog, where: Whereabouts, by: By) -> Place:
    if by == "session":
        return Place(session=where.session or "no session")
    service = log.resource.attributes.get("service.name", "process")
    known = where.process is not None
    process, instance = (f"{service} {where.process}", "") if known else (f"{service}", where.instance)
    if by == "process":
        return Place(process, instance=instance)
    return Place(process, where.thread or "unknown thread", where.thread_id, instance=instance)


def _names_of(places: Iterable[Place]) -> dict[Place, str]:
    """Name places: threads by their process, too, where there are several, and by their identifier where they clash."""
    found = list(places)
    processes = {(place.process, place.instance) for place in found}
    instances = Counter(process for process, _ in processes)
    numbers = Counter((place.process, place.instance, place.thread) for place in found)
    return {
        place: _name_of(
            place,
            _name_of_process(place, instances[place.process] > 1) if len(processes) > 1 or not place.thread else "",
            numbers[place.process, place.instance, place.thread] > 1,
        )
        for place in found
    }


def _name_of_process(place: Place, with_instance: bool) -> str:
    return f"{place.process} {place.instance[:8]}".rstrip() if with_instance else place.process


def _name_of(place: Place, process: str, with_id: bool) -> str:
    number = f"{place.thread_id}" if with_id and place.thread_id is not None else ""
    return place.session or " ".join(filter(None, (process, place.thread, number)))
