"""HTTP: from a client that requests instruments to a server that ASGI's middleware does, over a real connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.carriers.hops import PATHS, baggage_of, serving
from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN, records_in

SERVER = """
import socket, uvicorn
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

@operation
async def answer(headers):
    return seen(headers).encode()

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    SERVER.set(trace.get_current_span())
    place = scope["path"].removeprefix("/to/")
    headers = [(name.decode(), text.decode()) for name, text in scope["headers"]]
    status, more = (200, []) if place == scope["path"] else (307, [(b"location", f"http://{place}/".encode())])
    body = await answer(headers)
    await send({"type": "http.response.start", "status": status, "headers": more})
    await send({"type": "http.response.body", "body": body})

listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
server = uvicorn.Server(uvicorn.Config(OpenTelemetryMiddleware(app), log_level="error", lifespan="off"))
server.run(sockets=[listening])
"""

CLIENT = """
import sys, requests
from opentelemetry import baggage, context
from opentelemetry.instrumentation.requests import RequestsInstrumentor

configure(trace_file="client.jsonl", announce=False)
RequestsInstrumentor().instrument()
if len(sys.argv) > 2:
    context.attach(baggage.set_baggage("tenant", "7"))

def get(path):
    with operation("call"):
        print(requests.get(path.replace("PORT", sys.argv[1]), timeout=30).text)

with OperationContext("run", session="s, 1", user="ada", file="f", series="x", batch=7, detail="DEBUG"):
    get("http://127.0.0.1:PORT/")
    get("http://localhost:PORT/")
    get("http://127.0.0.1:PORT/to/localhost:PORT")
    get("http://localhost:PORT/to/127.0.0.1:PORT")
with operation("call"):
    get("http://127.0.0.1:PORT/")
shutdown()
"""

LISTED = {"OTEL_OPS_BAGGAGE_HOSTS": "127.0.0.*"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the server."""
    with serving(tmp_path_factory.mktemp("server"), SERVER) as port:
        yield port


@pytest.fixture
def call(run_program: RunProgram, port: str) -> Any:
    """Run the client; give what the server saw of its calls."""

    def call(*arguments: str, **environment: str) -> list[dict[str, Any]]:
        done = run_program(RUN + CLIENT, port, *arguments, PYTHONPATH=PATHS, **environment)
        assert ("", 0) == (done.stderr, done.returncode)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return call


@pytest.mark.carrier("HTTP")
@pytest.mark.parametrize("conventions", ["", "http", "http/dup"])
def test_only_listed_context_crosses_to_listed_hosts(call: Any, tmp_path: Any, conventions: str) -> None:
    """The trace goes on everywhere; the session reaches the listed host only, also behind a redirect; nothing else."""
    seen = call(**LISTED, OTEL_SEMCONV_STABILITY_OPT_IN=conventions)
    assert ["session.id=s%2C+1", None, None, None, None] == [baggage_of(each) for each in seen]
    assert [["s, 1", "s, 1"], *[[None, None]] * 4] == [each["session"] for each in seen]
    assert [[]] * 5 == [each["context"] for each in seen]
    assert [("operation", True)] * 5 == [(each["kind"], each["is child"]) for each in seen]
    clients = {record.span_id: record for record in records_in(tmp_path / "client.jsonl")}
    parents = [clients[f"{each['parent']:016x}"] for each in seen]
    assert [int(parent.trace_id, 16) for parent in parents] == [each["trace"] for each in seen]
    assert {"call"} == {clients[str(parent.parent_id)].name for parent in parents}


@pytest.mark.parametrize("environment", [{}, {**LISTED, "OTEL_OPS_BAGGAGE": "[]"}, {"OTEL_OPS_BAGGAGE_HOSTS": "*.lab"}])
def test_what_is_not_listed_stays(call: Any, environment: dict[str, str]) -> None:
    """By default no host is; the program's own baggage goes where it always went."""
    assert ["tenant=7"] * 5 == [baggage_of(each) for each in call("tenant", **environment)]


def test_more_may_be_listed(call: Any) -> None:
    """The level, too, and metadata; beside the program's own baggage."""
    seen = call("tenant", **LISTED, OTEL_OPS_BAGGAGE="ops.detail,ops.meta.batch,user.id")
    assert "tenant=7,ops.detail=DEBUG,ops.meta.batch=7,user.id=ada" == baggage_of(seen[0])
    assert ["tenant=7"] * 4 == [baggage_of(each) for each in seen[1:]]


def test_without_a_propagator_for_baggage(call: Any) -> None:
    """None is sent."""
    assert [None] * 5 == [baggage_of(each) for each in call(**LISTED, OTEL_PROPAGATORS="tracecontext")]
