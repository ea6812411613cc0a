"""Queues: what is handed over by one's own means, bound to an operation, or beside a token."""

from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from otel_ops import OperationContext, current_operation, operation
from otel_ops.testing import Recorder, assert_tree, node

pytestmark = pytest.mark.carrier("queues")


@operation
def work(number: int) -> int:
    """Do a part of something."""
    return number * number


@operation
async def wait(number: int) -> int:
    """Do a part of something, in a while."""
    await asyncio.sleep(0)
    return number * number


def consume(tasks: queue.Queue[Callable[[], object] | None]) -> list[object]:
    """Do what is in the queue, in a thread that was there before."""
    done: list[object] = []

    def run() -> None:
        while (task := tasks.get()) is not None:
            done.append(task())
            assert "" == current_operation().name

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    return done


class TestBound:
    """In one process: `OperationContext.bind`."""

    def test_queue(self, recorder: Recorder) -> None:
        """What is done stands below the operation that handed it over, with the values of its context."""
        tasks: queue.Queue[Callable[[], object] | None] = queue.Queue()
        for user in ("ada", "bob"):
            with OperationContext(user=user) as context, operation(f"produce for {user}"):
                for number in range(2):
                    tasks.put(context.bind(partial(work, number)))
        tasks.put(None)
        assert [0, 1, 0, 1] == consume(tasks)
        parents = {span.attributes["user.id"]: span.parent for span in recorder.spans if span.name == "work"}  # type: ignore[index]
        for user in ("ada", "bob"):
            produced = recorder.spans.named(f"produce for {user}").context
            assert produced is not None
            assert produced.span_id == parents[user].span_id  # type: ignore[union-attr]
        works = [span for span in recorder.spans if span.name == "work"]
        assert ["suboperation"] * 4 == [(span.attributes or {})["ops.kind"] for span in works]

    async def test_asyncio_queue(self, recorder: Recorder) -> None:
        """So with coroutines, by workers that were there before."""
        tasks: asyncio.Queue[Any] = asyncio.Queue()

        async def run() -> None:
            while (task := await tasks.get()) is not None:
                await task()
                assert "" == current_operation().name

        workers = [asyncio.create_task(run()) for _ in range(2)]
        with OperationContext("campaign") as context, operation("produce"):
            bound = context.bind(wait)
            for number in range(4):
                tasks.put_nowait(partial(bound, number))
        for _ in workers:
            tasks.put_nowait(None)
        await asyncio.gather(*workers)
        assert_tree(recorder, node("campaign", node("produce", *["wait"] * 4)))

    def test_what_is_done_fails(self, recorder: Recorder) -> None:
        """The exception is the consumer's to catch, unchanged; the failure is told where it began."""
        tasks: queue.Queue[Callable[[], object] | None] = queue.Queue()

        @operation("fail")
        def fail() -> None:
            raise ValueError("too hot")

        with OperationContext() as context, operation("produce"):
            tasks.put(context.bind(fail))
        with pytest.raises(ValueError, match="too hot"):
            tasks.get_nowait()()  # type: ignore[misc] # is no None
        assert {"fail": "produce", "produce": None} == recorder.spans.parents
        assert ("error", None) == (recorder.spans.failure("fail")[0], recorder.spans.failure("produce")[0])

    def test_without_an_operation(self, recorder: Recorder) -> None:
        """In a context alone, what is done is an operation of that context."""
        tasks: queue.Queue[Callable[[], object] | None] = queue.Queue()
        with OperationContext("campaign", user="ada") as context:
            tasks.put(context.bind(partial(work, 2)))
        tasks.put(None)
        assert [4] == consume(tasks)
        assert_tree(recorder, node("campaign", node("work", kind="operation", context={"user.id": "ada"})))


CONSUMER = """
import json, sys
from otel_ops import OperationContext, configure, operation, shutdown

configure(trace_file=False, announce=False)
for line in sys.stdin:
    message = json.loads(line)
    with OperationContext.from_token(message["token"]) as context, operation("consume") as consuming:
        span = consuming._span
        print(json.dumps([span.context.trace_id, span.parent.span_id, dict(span.attributes)]), flush=True)
shutdown()
"""


class TestTokens:
    """Through any queue: a token beside the data."""

    def test_in_one_process(self, recorder: Recorder) -> None:
        """What is done joins the trace of the producer, below its operation, and is an operation again."""
        messages: queue.Queue[tuple[str, int]] = queue.Queue()
        with OperationContext("campaign", user="ada") as context, operation("produce"):
            messages.put((context.to_token(), 3))
        token, number = messages.get()
        with OperationContext.from_token(token), operation("consume"):
            assert 9 == work(number)
        assert {
            "campaign": None,
            "produce": "campaign",
            "consume": "produce",
            "work": "consume",
        } == recorder.spans.parents
        assert ("operation", "ada") == (
            recorder.spans.kinds["consume"],
            recorder.spans.attributes("consume")["user.id"],
        )

    async def test_asyncio_queue(self, recorder: Recorder) -> None:
        """A worker goes from one message to the next, and keeps nothing of any."""
        messages: asyncio.Queue[Any] = asyncio.Queue()

        async def run() -> None:
            while (message := await messages.get()) is not None:
                token, number = message
                with OperationContext.from_token(token):
                    await wait(number)
                assert OperationContext.current() is None

        worker = asyncio.create_task(run())
        for user in ("ada", "bob"):
            with OperationContext(user=user) as context, operation(user):
                messages.put_nowait((context.to_token(), 3))
        messages.put_nowait(None)
        await worker
        waits = [span for span in recorder.spans if span.name == "wait"]
        assert ["ada", "bob"] == [(span.attributes or {})["user.id"] for span in waits]
        producers = [recorder.spans.named(user).context for user in ("ada", "bob")]
        assert [each and each.span_id for each in producers] == [span.parent and span.parent.span_id for span in waits]

    def test_a_batch_points_to_its_producers(self, recorder: Recorder) -> None:
        """One operation has one parent, and as many links as there are messages."""
        messages: list[tuple[str, int]] = []
        for number in range(3):
            with OperationContext(user="ada") as context, operation(f"produce {number}"):
                messages.append((context.to_token(), number))
        with operation("consume all") as consuming:
            for token, number in messages:
                consuming.link(token)
                work(number)
        produced = [recorder.spans.named(f"produce {number}").context for number in range(3)]
        links = recorder.spans.named("consume all").links
        assert [each and (each.trace_id, each.span_id) for each in produced] == [
            (link.context.trace_id, link.context.span_id) for link in links
        ]

    def test_to_another_process(self, recorder: Recorder) -> None:
        """The trace goes on there, with all values of the context."""
        import json

        with OperationContext("campaign", user="ada", batch=7) as context, operation("produce") as producing:
            message = json.dumps({"token": context.to_token()})
        command = [sys.executable, "-W", "error", "-c", CONSUMER]
        done = subprocess.run(command, input=message, capture_output=True, text=True, timeout=60, check=False)
        assert ("", 0) == (done.stderr, done.returncode)
        trace_id, parent_id, attributes = json.loads(done.stdout)
        span = recorder.spans.named(producing.name).context
        assert span is not None
        assert (span.trace_id, span.span_id) == (trace_id, parent_id)
        assert ("operation", "ada", 7) == tuple(attributes[key] for key in ("ops.kind", "user.id", "ops.meta.batch"))
