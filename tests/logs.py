"""Operation logs for tests: one made by hand, and a hypothesis strategy of any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from otel_ops.detail import Detail
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.span_record import EventRecord, LinkRecord, ResourceRecord, ScopeRecord
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


texts = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
_hex = {length: st.text("0123456789abcdef", min_size=length, max_size=length) for length in (16, 32)}
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=9)
)
values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts | st.sampled_from(["$bytes", "$object"]), inner, max_size=3)
    ),
    max_leaves=5,
)
attributes = st.dictionaries(texts, values, max_size=3)
_failures = st.builds(OperationFailure, type=names, message=texts, id=_hex[16], origin=texts, stacktrace=texts)
_resources = st.builds(ResourceRecord, attributes=attributes, schema_url=texts)
_scopes = st.builds(ScopeRecord, name=texts, version=texts, attributes=attributes)
_events = st.builds(EventRecord, name=names, time_ns=st.integers(0, 2**62), attributes=attributes)
_links = st.builds(LinkRecord, trace_id=_hex[32], span_id=_hex[16], attributes=attributes, trace_state=texts)
_outcomes = st.sampled_from(["ok", "ok", "cancelled", "abandoned", "recovered"])


@st.composite
def _one(draw: st.DrawFn, inside: st.SearchStrategy[OperationLog] | None = None) -> OperationLog:
    failed = draw(st.none() | _failures)
    start = draw(st.integers(0, 2**62))
    return OperationLog(
        name=draw(names),
        kind=draw(st.sampled_from(["context", "operation", "suboperation", "foreign"])),
        detail=draw(st.sampled_from(Detail)),
        outcome="error" if failed else draw(_outcomes),
        trace_id=draw(_hex[32]),
        span_id=draw(_hex[16]),
        parent_id=draw(st.just("") | _hex[16]),
        start_ns=start,
        end_ns=start + draw(st.integers(-5, 10**13)),
        attributes=draw(attributes),
        context=draw(attributes),
        failure=failed,
        events=tuple(draw(st.lists(_events, max_size=2))),
        links=tuple(draw(st.lists(_links, max_size=1))),
        suboperations=tuple(draw(st.lists(inside, max_size=4))) if inside is not None else (),
        status_message=draw(texts),
        process_root=draw(st.booleans()),
        partial=draw(st.booleans()),
        late_of=draw(st.just("") | _hex[16]),
        lost=draw(st.integers(0, 9)),
        scope=draw(_scopes),
        resource=draw(_resources),
    )


logs = st.recursive(_one(), _one, max_leaves=6)
"""Any operation log, with suboperations."""
