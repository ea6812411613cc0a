"""Operation logs made by hand, for tests of formatters, handlers and whatever else is given logs."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from otel_ops.detail import Detail
from otel_ops.log_tree import MAX_DEPTH
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog
from otel_ops.semconv import Kind, Outcome
from otel_ops.span_record import EventRecord, LinkRecord, ScopeRecord
from otel_ops.testing.deterministic import START_NS

TRACE_ID = "5b8efff798038103d269b633813fc60c"
"""The trace that logs made by hand belong to."""

_MS = 1_000_000
_MANY = 1_000


def make_log(name: str, start_ms: float, end_ms: float, *inside: OperationLog, **fields: Any) -> OperationLog:
    """Make the log of an operation.

    Args:
        name: Its name; the span id is made from it.
        start_ms: Start, in milliseconds after `START_NS`.
        end_ms: End, in milliseconds after `START_NS`.
        *inside: What ran inside; of these, operations become suboperations, unless this is a context.
        **fields: Other fields of `OperationLog`; with a `failure`, the outcome is ``error`` unless it is given.

    Raises:
        TypeError: `OperationLog` has no such field.
    """
    kind = fields.get("kind", Kind.OPERATION)
    made = {
        "kind": kind,
        "trace_id": TRACE_ID,
        "span_id": name.encode("utf-8", "surrogatepass").hex()[:16].ljust(16, "0"),
        "outcome": Outcome.ERROR if fields.get("failure") else Outcome.OK,
        "suboperations": inside if kind == Kind.CONTEXT else tuple(map(_as_suboperation, inside)),
        "start_ns": START_NS + int(start_ms * _MS),
        "end_ns": START_NS + int(end_ms * _MS),
    }
    return OperationLog(name=name, **{**made, **fields})


def _as_suboperation(log: OperationLog) -> OperationLog:
    return dataclasses.replace(log, kind=Kind.SUBOPERATION) if log.kind == Kind.OPERATION else log


def sample_logs() -> dict[str, OperationLog]:
    """Give logs of every kind, odd ones among them, by what is special about them."""
    failure = OperationFailure(
        "pkg.BadRowError", "row 7\nis\tbad \x1b[31m", "00ff00ff00ff00ff", "step", "Traceback …\n"
    )
    step = make_log("step", 41, 42, failure=failure)
    return {
        "plain": make_log("report", 0, 100, make_log("load", 0, 25), make_log("fit", 30, 90)),
        "context": make_log("run", 0, 9, make_log("work", 1, 8), kind=Kind.CONTEXT, context={"user.id": "ada"}),
        "failed": make_log("fit", 40, 99.5, step, failure=failure, context={"user.id": "ada", "ops.meta.batch": 7}),
        "without a reason": make_log("fit", 0, 1, outcome=Outcome.TIMED_OUT, failure=OperationFailure("_OTHER")),
        "other outcomes": make_log("all", 0, 9, *(make_log(each, 1, 2, outcome=each) for each in _OUTCOMES)),
        "foreign": make_log("GET /fit", 0, 1, kind=FOREIGN, scope=ScopeRecord("http.client"), detail=Detail.DETAILED),
        "values of every type": make_log("values", 0, 1, attributes=_attributes()),
        "events and links": make_log("told", 0, 1, events=_events(), links=(LinkRecord("0a" * 16, "0b" * 8),)),
        "parts of one": make_log("part", 0, 1, partial=True, process_root=True, lost=3, late_of="0c" * 8),
        "no time at all": make_log("instant", 0, 0),
        "a clock that was set back": make_log("back", 5, -5, make_log("later", 9, 8)),
        "before 1970": make_log("old", 0, 0, start_ns=0, end_ns=-1),
        "odd names": make_log("", 0, 1, make_log("a\nb\t\x00\x1b]0;x\x07", 0, 1), make_log("名前 🦉 \u202e", 0, 1)),
        "markup": make_log(_MARKUP, 0, 1, attributes={_MARKUP: _MARKUP}, context={"ops.meta.note": _MARKUP}),
        "lone surrogates": make_log("\ud800", 0, 1, attributes={"\udfff": "a\udc80b"}, context={"user.id": "\ud800"}),
        "metadata that leads elsewhere": make_log(
            "fit", 0, 1, context={"user.id": "../" * 9, "ops.meta.a": "\0/" * 2_500}
        ),
        "a long name": make_log("n" * 256, 0, 1),
        "deep": _deep(MAX_DEPTH),
        "wide": make_log("all", 0, _MANY, *(make_log("step", each, each + 1) for each in range(_MANY))),
    }


_MARKUP = "<b a='1'>&amp;]]> --> | `*_#[](x) \\ %s {0} {{}} $1 [red]no[/red] \r\n"
_OUTCOMES = (Outcome.CANCELLED, Outcome.INTERRUPTED, Outcome.ABANDONED, Outcome.RECOVERED, "an outcome of tomorrow")


def _attributes() -> dict[str, Any]:
    return {
        "text": "a 'b' \"c\"\n",
        "empty": "",
        "long": "x" * 10_000,
        "whole": -(2**63),
        "number": 1e-300,
        "no number": math.nan,
        "infinite": math.inf,
        "yes": True,
        "nothing": None,
        "bytes": b"\x00\xff",
        "list": [1, "a", None, [2.5]],
        "table": {"a": {"b": []}},
        "": "no key",
    }


def _events() -> tuple[EventRecord, ...]:
    return tuple(EventRecord(f"event {number}", START_NS + number, {"row": number}) for number in range(9))


def _deep(depth: int) -> OperationLog:
    log = make_log(f"level {depth}", 0, 1)
    for level in reversed(range(depth)):
        log = make_log(f"level {level}", 0, 1, log)
    return log
