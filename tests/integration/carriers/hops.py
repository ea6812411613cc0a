"""Servers of the tests of hops: each tells its clients what it saw of their calls."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.conftest import APART, REPOSITORY, TIME

PATHS = os.pathsep.join([str(REPOSITORY), str(APART / "contrib")])
"""Where programs find otel_ops, and OpenTelemetry's own instrumentations."""

SEES = """
import json
from opentelemetry import trace
from otel_ops import configure, current_operation, operation

def seen(headers):
    span, server = trace.get_current_span(), SERVER.get()
    return json.dumps({
        "headers": [[name, text] for name, text in headers if name in ("baggage", "traceparent")],
        "kind": span.attributes["ops.kind"],
        "session": [span.attributes.get("session.id"), server.attributes.get("session.id")],
        "is child": span.parent.span_id == server.context.span_id,
        "trace": server.context.trace_id,
        "parent": server.parent.span_id if server.parent else None,
        "context": sorted(key for key in span.attributes if key.startswith(("user", "file", "ops.meta", "ops.series"))),
    })

from contextvars import ContextVar
SERVER = ContextVar("server")
configure(trace_file=False, announce=False)
"""
"""What a server begins with; the function tells what it saw of a call, in the operation that answers it."""


@contextmanager
def serving(folder: Path, source: str) -> Iterator[str]:
    """Run a server, which prints its port, until the end of the block."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SEES + textwrap.dedent(source)],
        cwd=folder,
        env={**kept, "PYTHONPATH": PATHS},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
        process.terminate()
        process.wait(TIME)
    finally:
        process.kill()
        process.communicate()


def baggage_of(seen: dict[str, Any]) -> str | None:
    """Give the header that a server saw."""
    return dict(seen["headers"]).get("baggage")
