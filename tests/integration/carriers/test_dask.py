"""dask.distributed: each task stands below the operation that submitted it, on whatever worker it runs."""

from pathlib import Path

import pytest

from otel_ops.span_record import SpanRecord
from tests.integration.carriers.programs import parents_in, run_file, written_in

pytestmark = pytest.mark.carrier("dask")

JOBS = """
from dask.distributed import worker_client
from otel_ops import operation

def job(name):
    with operation(name):
        return name

async def wait(name):
    with operation(name):
        return name

def fail(name):
    with operation(name):
        raise LookupError(name)

def nest(name):
    with operation(name), worker_client() as client:
        return client.gather(client.map(job, [name + "0", name + "1"]))
"""

PROGRAM = """
import logging, sys, threading, warnings
warnings.simplefilter("default")  # dask's own warnings are not ours
logging.disable()  # dask logs what tasks raise
import dask
from dask.distributed import Client, LocalCluster
from jobs import fail, job, nest, wait
from otel_ops import OperationContext, configure, diagnostics, operation

called = threading.Event()

def call(future):
    job("called")
    called.set()

@operation
def decorated():  # of the program itself: pickled by value
    return "o"

def main(processes):
    configure(trace_file="{pid}.jsonl", announce=False, flush_seconds=3600)
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=None)
    with cluster, Client(cluster) as client, OperationContext(user="ada"):
        with operation("submit"): print(client.submit(job, "a").result())
        with operation("map"): print(client.gather(client.map(job, ["b", "c"])))
        with operation("delayed"): print(*dask.compute(dask.delayed(job)("d"), dask.delayed(job)("e")))
        with operation("coroutine"): print(client.submit(wait, "f").result())
        with operation("fails"): print(repr(client.submit(fail, "g").exception()))
        with operation("again"): kept = client.submit(job, "h")
        with operation("and again"): print(client.submit(job, "h").key == kept.key)
        kept.result()
        with operation("decorates"): print(client.submit(decorated).result())
        with operation("nests"): print(client.submit(nest, "n").result())
        with operation("calls"):
            future = client.submit(job, "i")
            future.add_done_callback(call)
        called.wait(60)
    print(diagnostics())

if __name__ == "__main__":
    main(sys.argv[1] == "processes")
"""


@pytest.fixture(scope="module", params=["processes", "threads"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the program on a cluster of processes, and on one of threads."""
    place = tmp_path_factory.mktemp("dask")
    (place / "jobs.py").write_text(JOBS, encoding="utf-8")
    done = run_file(place, PROGRAM, request.param)
    (place / "told.txt").write_text(done.stdout, encoding="utf-8")
    (place / "kind.txt").write_text(request.param, encoding="utf-8")
    assert not done.returncode, done.stderr
    return place


def of_jobs(folder: Path) -> list[SpanRecord]:
    return [record for record in written_in(folder) if len(record.name) == 1]


def test_every_task_stands_below_what_submitted_it(folder: Path) -> None:
    """However it was submitted, by a task, too; one that is known already belongs to who submitted it first."""
    assert {
        **dict.fromkeys(["submit", "map", "delayed", "coroutine", "fails", "again", "and again", "nests", "calls"], ""),
        "decorates": "",
        "a": "submit",
        "b": "map",
        "c": "map",
        "d": "delayed",
        "e": "delayed",
        "f": "coroutine",
        "g": "fails",
        "h": "again",
        "decorated": "decorates",
        "n": "nests",
        "n0": "n",
        "n1": "n",
        "i": "calls",
        "called": "calls",
    } == parents_in(folder)


def test_results_errors_and_keys_are_as_without(folder: Path) -> None:
    """What is the same task is recognized as that."""
    lines = ["a", "['b', 'c']", "d e", "f", "LookupError('g')", "True", "o", "['n0', 'n1']", "{}"]
    assert lines == (folder / "told.txt").read_text("utf-8").splitlines()


def test_workers_are_set_up_as_their_parent(folder: Path) -> None:
    """The values of the context are there, and workers of their own process write at their end what they have done."""
    assert {"ada"} == {record.attributes["user.id"] for record in of_jobs(folder)}
    roots = [record for record in of_jobs(folder) if record.attributes.get("ops.process_root")]
    in_processes = (folder / "kind.txt").read_text("utf-8") == "processes"
    assert (10 if in_processes else 0) == len(roots)
