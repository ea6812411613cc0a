"""gRPC: calls of every kind, synchronous and asynchronous, to a server in another process over a real connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.carriers.hops import PATHS, baggage_of, serving
from tests.integration.conftest import RunProgram
from tests.integration.programs import records_in

HANDLERS = """
import grpc

def handlers(unary, stream):
    kinds = {
        "uu": grpc.unary_unary_rpc_method_handler(unary),
        "us": grpc.unary_stream_rpc_method_handler(stream),
        "su": grpc.stream_unary_rpc_method_handler(unary),
        "ss": grpc.stream_stream_rpc_method_handler(stream),
    }
    return (grpc.method_handlers_generic_handler("lab.Kiln", kinds),)

@operation
def answer(context):
    return seen(context.invocation_metadata()).encode()
"""

SERVER = (
    HANDLERS
    + """
from concurrent.futures import ThreadPoolExecutor
from opentelemetry.instrumentation.grpc import GrpcInstrumentorServer

GrpcInstrumentorServer().instrument()

def unary(_, context):
    SERVER.set(trace.get_current_span())
    return answer(context)

def stream(_, context):
    SERVER.set(trace.get_current_span())
    yield answer(context)

server = grpc.server(ThreadPoolExecutor(2), handlers=handlers(unary, stream))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""
)

ASYNCHRONOUS_SERVER = (
    HANDLERS
    + """
import asyncio
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorServer

GrpcAioInstrumentorServer().instrument()

async def unary(_, context):
    SERVER.set(trace.get_current_span())
    return answer(context)

async def stream(_, context):
    SERVER.set(trace.get_current_span())
    yield answer(context)

async def main():
    server = grpc.aio.server(handlers=handlers(unary, stream))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()

asyncio.run(main())
"""
)

CALLS = """
import sys
from opentelemetry import baggage, context
from otel_ops import OperationContext, configure, operation, shutdown

port, order, *tenant = sys.argv[1:]
if order == "late":
    INSTRUMENTOR.instrument()
configure(trace_file="client.jsonl", announce=False)
if order == "early":
    INSTRUMENTOR.instrument()
if tenant:
    context.attach(baggage.set_baggage("tenant", tenant[0]))
SESSION = OperationContext("run", session="s, 1", user="ada", file="f", series="x", batch=7, detail="DEBUG")
"""

CLIENT = (
    """
import grpc
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient
INSTRUMENTOR = GrpcInstrumentorClient()
"""
    + CALLS
    + """
def call(target):
    with grpc.insecure_channel(target) as channel, operation("call"):
        many = lambda: iter([b"request"])
        kinds = [getattr(channel, kind)(f"/lab.Kiln/{kind[0]}{kind.rpartition('_')[2][0]}") for kind in (
            "unary_unary", "unary_stream", "stream_unary", "stream_stream")]
        print(kinds[0](b"request").decode())
        print(kinds[0].with_call(b"request", 30, (("mine", "1"),))[0].decode())
        print(kinds[0].future(request=b"request", metadata=[("mine", "1")]).result().decode())
        print(next(iter(kinds[1](b"request"))).decode())
        print(kinds[2](many()).decode())
        print(next(iter(kinds[3](many(), metadata=(("mine", "1"),)))).decode())

with SESSION:
    call(f"127.0.0.1:{port}")
    call(f"dns:///localhost:{port}")
shutdown()
"""
)

ASYNCHRONOUS_CLIENT = (
    """
import asyncio, grpc.aio
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorClient
INSTRUMENTOR = GrpcAioInstrumentorClient()
"""
    + CALLS
    + """
async def call(target):
    async def many():
        yield b"request"

    async with grpc.aio.insecure_channel(target) as channel:
        with operation("call"):
            print((await channel.unary_unary("/lab.Kiln/uu")(b"request")).decode())
            print((await channel.unary_unary("/lab.Kiln/uu")(b"request", metadata=(("mine", "1"),))).decode())
            async for answer in channel.unary_stream("/lab.Kiln/us")(b"request"):
                print(answer.decode())
            print((await channel.stream_unary("/lab.Kiln/su")(many())).decode())
            async for answer in channel.stream_stream("/lab.Kiln/ss")(many(), metadata=(("mine", "1"),)):
                print(answer.decode())

async def main():
    with SESSION:
        await call(f"127.0.0.1:{port}")
        await call(f"dns:///localhost:{port}")

asyncio.run(main())
shutdown()
"""
)

LISTED = {"OTEL_OPS_BAGGAGE_HOSTS": "127.0.0.*"}
KINDS = {"synchronous": (CLIENT, SERVER, 6), "asynchronous": (ASYNCHRONOUS_CLIENT, ASYNCHRONOUS_SERVER, 5)}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run both servers."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, SERVER) as port, serving(folder, ASYNCHRONOUS_SERVER) as asynchronous:
        yield {"synchronous": port, "asynchronous": asynchronous}


@pytest.fixture
def call(run_program: RunProgram, ports: dict[str, str]) -> Callable[..., list[dict[str, Any]]]:
    """Run a client; give what the server saw of its calls."""

    def call(kind: str, *arguments: str, **environment: str) -> list[dict[str, Any]]:
        done = run_program(KINDS[kind][0], ports[kind], *arguments, PYTHONPATH=PATHS, **environment)
        assert ("", 0) == (done.stderr, done.returncode)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return call


@pytest.mark.carrier("gRPC")
@pytest.mark.parametrize("order", ["early", "late"])
@pytest.mark.parametrize("kind", KINDS)
def test_only_listed_context_crosses_to_listed_hosts(
    call: Callable[..., list[dict[str, Any]]], tmp_path: Path, kind: str, order: str
) -> None:
    """The trace goes on; the session reaches the listed host only; whichever was instrumented first."""
    seen, number = call(kind, order, **LISTED), KINDS[kind][2]
    assert [*["session.id=s%2C+1"] * number, *[None] * number] == [baggage_of(each) for each in seen]
    assert [*[["s, 1", "s, 1"]] * number, *[[None, None]] * number] == [each["session"] for each in seen]
    assert [[]] * 2 * number == [each["context"] for each in seen]
    assert [("operation", True)] * 2 * number == [(each["kind"], each["is child"]) for each in seen]
    clients = {record.span_id: record for record in records_in(tmp_path / "client.jsonl")}
    parents = [clients[f"{each['parent']:016x}"] for each in seen]
    assert [int(parent.trace_id, 16) for parent in parents] == [each["trace"] for each in seen]
    assert {"call"} == {clients[str(parent.parent_id)].name for parent in parents}


@pytest.mark.parametrize("kind", KINDS)
def test_the_programs_own_baggage_stays(call: Callable[..., list[dict[str, Any]]], kind: str) -> None:
    """It goes where it always went, beside what is listed, or alone."""
    seen, number = call(kind, "early", "7", **LISTED, OTEL_OPS_BAGGAGE="user.id,ops.meta.batch"), KINDS[kind][2]
    both = "tenant=7,user.id=ada,ops.meta.batch=7"
    assert [*[both] * number, *["tenant=7"] * number] == [baggage_of(each) for each in seen]


@pytest.mark.parametrize("kind", KINDS)
def test_calls_that_nobody_instruments(call: Callable[..., list[dict[str, Any]]], kind: str) -> None:
    """They are left as they are."""
    assert [[]] * 2 * KINDS[kind][2] == [each["headers"] for each in call(kind, "never", **LISTED)]
