"""From version 0 to version 1: fields had other names, times were milliseconds, and the failure was no object.

The schema is ``operation_log_v0.schema.json``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_NS_PER_MS = 1_000_000
_NAMES = {
    "title": "name",
    "type": "kind",
    "level": "detail",
    "status": "outcome",
    "trace": "trace_id",
    "span": "span_id",
    "parent": "parent_id",
}
_OF_FAILURE = {
    "error_type": "type",
    "error_message": "message",
    "error_id": "id",
    "error_origin": "origin",
    "traceback": "stacktrace",
}


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """Give a document of version 1."""
    root = _operation(document["operation"])
    waiting = [root]
    for operation in waiting:
        inside = operation["suboperations"] = list(map(_operation, operation.pop("children", ())))
        waiting.extend(inside)
    return {**document, "version": 1, "operation": root}


def _operation(old: dict[str, Any]) -> dict[str, Any]:
    new = {_NAMES.get(name, name): value for name, value in old.items() if name not in _OF_FAILURE}
    start = _milliseconds(new.pop("start_ms"))
    new["start_ns"], new["end_ns"] = _nanoseconds(start), _nanoseconds(start + _milliseconds(new.pop("duration_ms")))
    if failure := {name: old[former] for former, name in _OF_FAILURE.items() if former in old}:
        new["failure"] = failure
    if "events" in new:
        new["events"] = list(map(_event, new["events"]))
    if "links" in new:
        new["links"] = list(map(_renamed, new["links"]))
    return new


def _event(old: dict[str, Any]) -> dict[str, Any]:
    new = dict(old)
    new["time_ns"] = _nanoseconds(_milliseconds(new.pop("at_ms")))
    return new


def _renamed(old: dict[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name, name): value for name, value in old.items()}


def _milliseconds(value: float | str) -> Decimal:
    return Decimal(str(value))


def _nanoseconds(milliseconds: Decimal) -> int:
    return int(milliseconds * _NS_PER_MS)
