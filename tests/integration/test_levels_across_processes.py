"""A context's level in other processes: in a token to our own, in baggage over HTTP to those that accept it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import REPOSITORY, RunProgram
from tests.integration.programs import RUN, names_in, records_in

SERVER = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry import context, propagate
from otel_ops import configure, operation, shutdown

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        token = context.attach(propagate.extract({name.lower(): value for name, value in self.headers.items()}))
        with operation("serve"), operation("parse", detail="DEBUG"):
            pass
        context.detach(token)
        self.send_response(200)
        self.end_headers()
        shutdown() if self.path == "/last" else None

    def log_message(self, *_): ...

configure(trace_file=sys.argv[1], announce=False)
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
for _ in range(int(sys.argv[2])):
    server.handle_request()
"""

CLIENT = """
import sys
from urllib.request import Request, urlopen
from opentelemetry import propagate, trace
from otel_ops import set_detail

def get(path="/"):
    tracer, address = trace.get_tracer("client"), {"server.address": "127.0.0.1"}
    with tracer.start_as_current_span("GET", kind=trace.SpanKind.CLIENT, attributes=address):
        headers = {}
        propagate.inject(headers)
        urlopen(Request(f"http://127.0.0.1:{sys.argv[1]}{path}", headers=headers)).close()

configure(trace_file="client.jsonl", announce=False)
with OperationContext("a run", detail=sys.argv[2] or None) as context, operation("call"):
    get()
with OperationContext("another run") as context, operation("call"):
    set_detail("DEBUG", context=context)
    get("/last")
"""


class Server:
    """A process that serves two requests and writes its spans into a file."""

    def __init__(self, path: Path, **environ: str) -> None:
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(path), "2"],
            cwd=path.parent,
            env={"PYTHONPATH": str(REPOSITORY), **environ},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()

    def names(self) -> list[str]:
        """Name what it has recorded, when it has ended."""
        assert self._process.wait(30) == 0
        return sorted(names_in(self._path))

    def close(self) -> None:
        """End it, if it has not ended."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers; end them after the test."""
    servers: list[Server] = []

    def serve(**environ: str) -> Server:
        servers.append(Server(tmp_path / "server.jsonl", **environ))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


SENDS = {"OTEL_OPS_BAGGAGE": "ops.detail", "OTEL_OPS_BAGGAGE_HOSTS": "127.0.0.*"}
ACCEPTS = {"OTEL_OPS_ACCEPTED_DETAIL": "DEBUG"}


@pytest.mark.parametrize(
    ("names", "first", "client", "server"),
    [
        (["parse", "parse", "serve", "serve"], "DEBUG", SENDS, ACCEPTS),
        (["parse", "serve", "serve"], "", SENDS, ACCEPTS),
        (["serve", "serve"], "DEBUG", {}, ACCEPTS),
        (["serve", "serve"], "DEBUG", {**SENDS, "OTEL_OPS_BAGGAGE_HOSTS": "*.lab"}, ACCEPTS),
        (["serve", "serve"], "DEBUG", SENDS, {}),
    ],
)
def test_a_level_crosses_a_hop(
    run_program: RunProgram,
    tmp_path: Path,
    serve: Callable[..., Server],
    names: list[str],
    first: str,
    client: dict[str, str],
    server: dict[str, str],
) -> None:
    """The server records as the client's context asks, where one sends and the other accepts."""
    served = serve(**server)
    done = run_program(RUN + CLIENT, served.port, first, **client)
    assert ("", 0) == (done.stderr, done.returncode)
    assert names == served.names()
    traces = [{record.trace_id for record in records_in(tmp_path / name)} for name in ("client.jsonl", "server.jsonl")]
    assert traces[0] == traces[1]


def test_a_level_is_in_the_token(run_program: RunProgram, tmp_path: Path) -> None:
    """What a token's context asks for holds in the process that reads it, in threads as well; without, nothing does."""
    make = """
import sys, threading, contextvars
configure(trace_file=sys.argv[1], announce=False)
def detailed(name):
    with operation(name, detail="DEBUG"):
        pass
"""
    give = (
        make
        + """
from otel_ops import set_detail
with OperationContext("asks", detail="DEBUG") as outer, OperationContext() as inner:
    print(inner.to_token())
with OperationContext("asks later") as context:
    set_detail("DETAILED", context=context)
    print(context.to_token())
with OperationContext("does not") as context:
    print(context.to_token())
"""
    )
    take = (
        make
        + """
for token in sys.argv[2:]:
    with OperationContext.from_token(token):
        detailed("here")
        thread = threading.Thread(target=contextvars.copy_context().run, args=(detailed, "in a thread"))
        thread.start()
        thread.join()
        run("always")
"""
    )
    tokens = run_program(RUN + give, "give.jsonl").stdout.split()
    done = run_program(RUN + take, "take.jsonl", *tokens)
    assert ("", 0) == (done.stderr, done.returncode)
    assert ["always", "always", "always", "here", "in a thread"] == sorted(names_in(tmp_path / "take.jsonl"))
