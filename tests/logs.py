"""Operation logs for tests: one made by hand, and a hypothesis strategy of any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from otel_ops.detail import Detail
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.span_record import EventRecord, LinkRecord, LogRecord, ResourceRecord, ScopeRecord
from otel_ops.testing import START_NS, make_log

START = START_NS
MS = 1_000_000


def failure(message: str = "no such row", origin: str = "load") -> dict[str, Any]:
    """Give the fields of a failed log."""
    return {
        "outcome": "error",
        "failure": OperationFailure("pkg.BrokenError", message, "00ff00ff00ff00ff", origin, "…"),
    }


def report() -> OperationLog:
    """Make a log with a context, attributes, a failure that passes through, and a span of somebody else's."""
    context = {"user.id": "ada", "session.id": "0123456789abcdef", "file.path": "run1.csv"}
    return make_log(
        "report",
        0,
        100,
        make_log("load", 0, 25, context=context, attributes={"ops.arg.path": "run1.csv", "rows": 600}),
        make_log("GET /fit", 25, 40, kind="foreign", scope=ScopeRecord("http.client")),
        make_log(
            "fit",
            40,
            99.5,
            make_log("step", 41, 42, context=context, **failure(origin="step")),
            context=context,
            **failure(),
        ),
        kind="operation",
        context=context,
        **failure(),
    )


_hex = {length: st.text("0123456789abcdef", min_size=length, max_size=length) for length in (16, 32)}
_outcomes = st.sampled_from(["ok", "ok", "cancelled", "abandoned", "recovered"])


class _Strategies:
    """Strategies for the parts of logs whose texts are of these characters."""

    def __init__(self, characters: st.SearchStrategy[str], numbers: st.SearchStrategy[float]) -> None:
        self.texts = texts = st.text(characters, max_size=12)
        self.names = names = st.text(characters, min_size=1, max_size=30)
        scalars = st.none() | st.booleans() | numbers | texts | st.binary(max_size=9)
        keys = texts | st.sampled_from(["$bytes", "$object"])
        self.values = st.recursive(
            scalars,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
            max_leaves=5,
        )
        self.attributes = attributes = st.dictionaries(texts, self.values, max_size=3)
        failure_id = _hex[16]
        self.failures = st.builds(
            OperationFailure, type=names, message=texts, id=failure_id, origin=texts, stacktrace=texts
        )
        self.resources = st.builds(ResourceRecord, attributes=attributes, schema_url=texts)
        self.scopes = st.builds(ScopeRecord, name=texts, version=texts, attributes=attributes)
        self.events = st.builds(EventRecord, name=names, time_ns=st.integers(0, 2**62), attributes=attributes)
        self.links = st.builds(
            LinkRecord, trace_id=_hex[32], span_id=_hex[16], attributes=attributes, trace_state=texts
        )
        self.log_records = st.builds(
            LogRecord,
            body=texts,
            time_ns=st.integers(0, 2**62),
            severity_number=st.integers(0, 24),
            severity_text=texts,
            logger=texts,
            attributes=attributes,
        )
        self.unknown = st.dictionaries(self.texts.map(_pointer), self.values, max_size=2)

    def logs(self) -> st.SearchStrategy[OperationLog]:
        """Give any operation log, with suboperations."""
        return st.recursive(_one(self), lambda inside: _one(self, inside), max_leaves=6)


def _pointer(text: str) -> str:
    return f"/new {text.replace('~', '~0').replace('/', '~1')}"


@st.composite
def _one(draw: st.DrawFn, part: _Strategies, inside: st.SearchStrategy[OperationLog] | None = None) -> OperationLog:
    failed = draw(st.none() | part.failures)
    start = draw(st.integers(0, 2**62))
    return OperationLog(
        name=draw(part.names),
        kind=draw(st.sampled_from(["context", "operation", "suboperation", "foreign"])),
        detail=draw(st.sampled_from(Detail)),
        outcome="error" if failed else draw(_outcomes),
        trace_id=draw(_hex[32]),
        span_id=draw(_hex[16]),
        parent_id=draw(st.just("") | _hex[16]),
        start_ns=start,
        end_ns=start + draw(st.integers(-5, 10**13)),
        attributes=draw(part.attributes),
        context=draw(part.attributes),
        failure=failed,
        events=tuple(draw(st.lists(part.events, max_size=2))),
        links=tuple(draw(st.lists(part.links, max_size=1))),
        log_records=tuple(draw(st.lists(part.log_records, max_size=2))),
        dropped_log_records=draw(st.integers(0, 9)),
        suboperations=tuple(draw(st.lists(inside, max_size=4))) if inside is not None else (),
        status_message=draw(part.texts),
        process_root=draw(st.booleans()),
        partial=draw(st.booleans()),
        late_of=draw(st.just("") | _hex[16]),
        lost=draw(st.integers(0, 9)),
        scope=draw(part.scopes),
        resource=draw(part.resources),
        unknown=draw(part.unknown),
    )


_of_spans = _Strategies(st.characters(codec="utf-8"), st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False))
texts, names, values, attributes = _of_spans.texts, _of_spans.names, _of_spans.values, _of_spans.attributes
logs = _of_spans.logs()
"""Any operation log that spans can give, with suboperations."""

_odd_characters = st.characters() | st.sampled_from(
    "\x00\x0b\x1f\x7f\x85\r\n\t\ud800\udfff\ufffe\uffff\u2028\\u00419d&<>\"'"
)
odd_logs = _Strategies(_odd_characters, st.integers() | st.integers(2**64, 2**90) | st.floats(allow_nan=False)).logs()
"""Any operation log that can be made, of any code points and numbers."""
