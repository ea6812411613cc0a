"""Pools of processes: each task stands below the operation that submitted it; all else is as without otel_ops."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from otel_ops.span_record import SpanRecord
from tests.integration.carriers.programs import METHODS, parents_in, run_file, written_in
from tests.integration.collector import Collector

pytestmark = pytest.mark.carrier("process pools")

JOBS = """
import json, multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
from otel_ops import OperationContext, configure, diagnostics, operation, set_detail, shutdown

def job(name, other=None):
    with operation(name), operation(f"inside {name}"):
        return name

def fail(name):
    with operation(name):
        raise LookupError(name)

def begin(name):
    with operation(f"{name} {os.getpid()}"):
        pass
"""

ALL_METHODS = """
def of_pool(context):
    with operation("makes the pool"):
        pool = context.Pool(2, initializer=begin, initargs=("begins",), maxtasksperchild=3)
    with operation("apply"): print(pool.apply(job, ("a",)))
    with operation("apply_async"): print(pool.apply_async(job, ("b",), {"other": 1}).get())
    with operation("map"): print(pool.map(job, ["c", "d"]))
    with operation("map_async"): print(pool.map_async(job, ["e"]).get())
    with operation("imap"): print(list(pool.imap(job, ["f", "g", "h"], chunksize=2)))
    with operation("imap_unordered"): print(sorted(pool.imap_unordered(job, ["i", "j"])))
    with operation("starmap"): print(pool.starmap(job, [("k", 1), ("l", 2)]))
    with operation("starmap_async"): print(pool.starmap_async(job, [("m", 1)]).get())
    pool.close(); pool.join()

def of_executor(context):
    with operation("makes the executor"):
        pool = ProcessPoolExecutor(2, mp_context=context, initializer=begin, initargs=("starts",))
        print(pool.submit(job, "n").result())
    with operation("submit"): print(pool.submit(job, name="o", other=2).result())
    with operation("executor's map"): print(list(pool.map(job, ["p", "q", "r"], chunksize=2)))
    print(pool.submit(job, "s").result())
    pool.shutdown()

if __name__ == "__main__":
    configure(trace_file="{pid}.jsonl", flush_seconds=3600)
    context = multiprocessing.get_context(sys.argv[1])
    with OperationContext("run", user="ada", batch=7):
        of_pool(context)
        of_executor(context)
    print(diagnostics())
"""

TOLD = """a
b
['c', 'd']
['e']
['f', 'g', 'h']
['i', 'j']
['k', 'l']
['m']
n
o
['p', 'q', 'r']
s
{}
"""

PARENTS = {
    "a": "apply",
    "b": "apply_async",
    **dict.fromkeys("cd", "map"),
    "e": "map_async",
    **dict.fromkeys("fgh", "imap"),
    **dict.fromkeys("ij", "imap_unordered"),
    **dict.fromkeys("kl", "starmap"),
    "m": "starmap_async",
    "n": "makes the executor",
    "o": "submit",
    **dict.fromkeys("pqr", "executor's map"),
    "s": "run",
}


class Ran(NamedTuple):
    """What a program said and wrote."""

    folder: Path
    code: int
    out: str
    err: str
    spans: list[SpanRecord]
    parents: dict[str, str]


@pytest.fixture(scope="session", params=METHODS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Use every method of both pools, once for each way to start a process."""
    folder = tmp_path_factory.mktemp(request.param)
    done = run_file(folder, JOBS + ALL_METHODS, request.param)
    return Ran(folder, done.returncode, done.stdout, done.stderr, written_in(folder), parents_in(folder))


def test_tasks_stand_below_what_submitted_them(ran: Ran) -> None:
    """Whichever method submits it, and whenever its worker was made, a task's parent is the operation at submit."""
    found = {name: parent for name, parent in ran.parents.items() if len(name) == 1}

    assert PARENTS == found
    assert {f"inside {name}": name for name in PARENTS} == {
        name: parent for name, parent in ran.parents.items() if name.startswith("inside")
    }


def test_the_program_does_not_differ(ran: Ran) -> None:
    """Results, their order and the exit code are as without otel_ops; one line says where the trace is."""
    told = [line for line in ran.err.splitlines() if "operations are written to" in line]

    assert (0, TOLD) == (ran.code, ran.out)
    assert (1, 1) == (len(told), len(ran.err.splitlines()))


def test_tasks_begin_as_process_roots(ran: Ran) -> None:
    """The first operation of a task is a suboperation below an operation, else an operation, and tells its process."""
    tasks = {record.name: record.attributes for record in ran.spans if record.name in PARENTS}
    inside = [record.attributes for record in ran.spans if record.name.startswith("inside")]

    assert [True] * len(PARENTS) == [attributes.get("ops.process_root") for attributes in tasks.values()]
    assert [None] * len(PARENTS) == [attributes.get("ops.process_root") for attributes in inside]
    assert {name: "operation" if name == "s" else "suboperation" for name in PARENTS} == {
        name: attributes["ops.kind"] for name, attributes in tasks.items()
    }


def test_the_values_of_the_context_are_on_every_span(ran: Ran) -> None:
    """What `OperationContext` tells stands on the spans of all workers."""
    tasks = [record.attributes for record in ran.spans if not record.name.startswith("begins ")]

    assert {("ada", 7)} == {(attributes["user.id"], attributes["ops.meta.batch"]) for attributes in tasks}
    assert 1 == len({attributes["session.id"] for attributes in tasks})


def test_each_worker_has_the_file_of_its_own_process(ran: Ran) -> None:
    """``{pid}`` in the path of the trace file is the worker's, also where it was forked."""
    pids = {
        (path.stem, str(record.attributes["process.pid"]))
        for path in ran.folder.glob("*.jsonl")
        for record in _spans_of(path)
        if "process.pid" in record.attributes
    }
    assert len(pids) >= 4
    assert all(stem == pid for stem, pid in pids)


def _spans_of(path: Path) -> list[SpanRecord]:
    from tests.integration.programs import records_in

    return records_in(path)


def test_workers_that_the_pool_recycles_lose_nothing(ran: Ran) -> None:
    """With ``maxtasksperchild`` a worker is ended after three tasks; what each began with is written, too.

    All workers, and those that take their place, too, belong to the operation that made the pool.
    """
    begun = {name: parent for name, parent in ran.parents.items() if name.startswith("begins ")}

    assert len(begun) > 2
    assert {"makes the pool"} == set(begun.values())


BARE = """
import pickle

class Unwilling:
    def __reduce__(self):
        raise ZeroDivisionError("not to be pickled")

def give(value): return value
def give_lambda(): return lambda: None
def die(): os.kill(os.getpid(), 9)
def leave(): sys.exit(3)

def local():
    def inside(): pass
    return inside

def outcomes(context):
    with ProcessPoolExecutor(1, mp_context=context) as pool, context.Pool(1) as other:
        for submit in (pool.submit, lambda function, *args: _Result(other.apply_async(function, args))):
            yield from (told(submit, fail, "no"), told(submit, lambda: 1), told(submit, local()))
            yield from (told(submit, give, Unwilling()), told(submit, give_lambda), told(submit, 5))
        yield told(pool.submit, leave)
        yield told(lambda: _Result(other.map_async(fail, ["x", "y"])))
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        yield told(pool.submit, die)
        yield told(pool.submit, give, 1)

class _Result:
    def __init__(self, result): self.result = result.get

def told(submit, *args):
    try:
        return repr(submit(*args).result())
    except BaseException as error:
        return [type(error).__module__, type(error).__qualname__, str(error), repr(type(error.__cause__)),
            str(error.__cause__)]

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    before = list(outcomes(context))
    configure(trace_file="trace.jsonl", announce=False)
    with operation("all"):
        after = list(outcomes(context))
    print(json.dumps([before, after]))
"""


@pytest.mark.parametrize("method", METHODS)
def test_what_goes_wrong_goes_wrong_as_before(tmp_path: Path, method: str) -> None:
    """Exceptions keep their type, text, cause and remote traceback; what cannot be pickled, and dead workers, too."""
    done = run_file(tmp_path, JOBS + BARE, method)
    before, after = json.loads(_without_addresses(done.stdout))

    assert (0, before) == (done.returncode, after)
    assert ["LookupError", "AttributeError", "ZeroDivisionError"] == [_type_of(before, index) for index in (0, 2, 3)]
    assert ["BrokenProcessPool", "BrokenProcessPool"] == [_type_of(before, -2), _type_of(before, -1)]


def _without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def _type_of(told: list[Any], index: int) -> str:
    return str(told[index][1])


TERMINATED = """
if __name__ == "__main__":
    configure(trace_file="trace.jsonl", flush_seconds=3600, announce=False)
    context = multiprocessing.get_context(sys.argv[1])
    with operation("all"), context.Pool(2) as pool:
        names = pool.map(job, map(str, range(20)))
    print(len(names), {process.exitcode for process in pool._pool} <= {0, -15}, diagnostics())
"""


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_that_is_terminated_has_written_what_it_has_done(tmp_path: Path, method: str) -> None:
    """``with Pool() as pool`` ends by SIGTERM to workers that wait: all that they have done is in the file."""
    done = run_file(tmp_path, JOBS + TERMINATED, method)
    parents = parents_in(tmp_path)

    assert (0, "20 True {}\n", "") == (done.returncode, done.stdout, done.stderr)
    assert ["all"] * 20 == [parents[str(number)] for number in range(20)]


KILLED = """
import signal, time

def die(name):
    with operation("before"):
        pass
    with operation(name):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    configure(trace_file="trace.jsonl", flush_seconds=0.01, announce=False)
    context = multiprocessing.get_context(sys.argv[1])
    with operation("all"):
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            for name in ("killed", "next"):
                try:
                    pool.submit(die, name).result()
                except Exception as error:
                    print(type(error).__name__)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            print(pool.submit(job, "after").result())
    print(diagnostics())
"""


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_killed_in_the_midst_of_an_operation(tmp_path: Path, method: str) -> None:
    """The pool breaks as ever, the parent goes on, and what the worker has ended before is in the file."""
    done = run_file(tmp_path, JOBS + KILLED, method)

    assert (0, "") == (done.returncode, done.stderr)
    assert ["BrokenProcessPool", "BrokenProcessPool", "after", "{}"] == done.stdout.splitlines()
    assert {"before": "all", "after": "all", "inside after": "after", "all": ""} == parents_in(tmp_path)


NESTED = """
import threading
from opentelemetry import baggage
from opentelemetry.context import attach, detach

def told():
    return baggage.get_baggage("team")

def outer(name):
    with operation(name), ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(sys.argv[1])) as pool:
        return pool.submit(job, f"{name} {name}").result()

def slow(name):
    import time
    time.sleep(0.2)
    return job(name)

if __name__ == "__main__":
    configure(trace_file="trace.jsonl", announce=False)
    context = multiprocessing.get_context(sys.argv[1])
    with operation("all"):
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            print(pool.submit(outer, "nested").result())
            token = attach(baggage.set_baggage("team", "dsc"))
            print(pool.submit(told).result())
            detach(token)
        pool = ProcessPoolExecutor(1, mp_context=context)
        futures = [pool.submit(slow, str(number)) for number in range(10)]
        futures[0].result()
        pool.shutdown(cancel_futures=True)
        print(futures[-1].cancelled())
    print(diagnostics())
"""


@pytest.mark.parametrize("method", METHODS)
def test_pools_in_pools_and_tasks_that_are_cancelled(tmp_path: Path, method: str) -> None:
    """A worker may have a pool of its own; baggage goes along; tasks that are cancelled leave nothing behind."""
    done = run_file(tmp_path, JOBS + NESTED, method)
    parents = parents_in(tmp_path)

    assert (0, ["nested nested", "dsc", "True", "{}"], "") == (done.returncode, done.stdout.splitlines(), done.stderr)
    assert ("all", "nested") == (parents["nested"], parents["nested nested"])
    assert ("all", None) == (parents["0"], parents.get("9"))


BUSY = """
import threading, time

def busy(stop):
    while not stop.is_set():
        with OperationContext(), operation("busy"):
            time.sleep(1e-4)

if __name__ == "__main__":
    configure(trace_file="trace.jsonl", outputs=["tree", {"format": "table", "to": "table.txt"}, {"format": "json",
        "to": "{operation}.json"}], flush_seconds=0.001, announce=False)
    stop = threading.Event()
    threads = [threading.Thread(target=busy, args=(stop,), daemon=True) for _ in range(3)]
    for thread in threads: thread.start()
    context = multiprocessing.get_context("fork")
    codes = set()
    with operation("all"):
        for batch in range(int(sys.argv[1])):
            started = [context.Process(target=job, args=(f"{batch} {number}",)) for number in range(4)]
            for process in started: process.start()
            for process in started: process.join(30)
            codes |= {process.exitcode for process in started}
    stop.set()
    for thread in threads: thread.join()
    print(codes)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_no_lock_of_another_thread_holds_a_forked_child_up(tmp_path: Path) -> None:
    """While threads record, format and export over the network, forked children begin, work and end."""
    with Collector() as collector:
        done = run_file(tmp_path, JOBS + BUSY, "10", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
        sent = [name for name in collector.spans if name[0].isdigit()]
    written = {record.name for record in written_in(tmp_path) if record.name[0].isdigit()}

    assert (0, "{0}\n") == (done.returncode, done.stdout)
    assert {f"{batch} {number}" for batch in range(10) for number in range(4)} == written
    assert written == set(sent)
