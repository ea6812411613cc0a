"""Programs that record at full speed from many threads or processes, and an account of what their files hold.

Run as ``python -m tests.exactness threads 64 20000 FOLDER``; prints the account as JSON. The files are read by a JSON
parser alone, not by what is tested.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from otel_ops import OperationContext, configure, diagnostics, operation, shutdown

PER_BLOCK = 100
"""Operations of one block: the block itself, and those inside."""


@operation("step", capture=["worker", "block"])
def step(worker: int, block: int) -> None:
    """Be one of many."""


@operation("block", capture=["worker", "block"])
def run_block(worker: int, block: int) -> None:
    """Run the steps of a block."""
    for _ in range(PER_BLOCK - 1):
        step(worker, block)


def work(worker: int, number: int) -> None:
    """Run so many operations, in a context of the worker's own."""
    with OperationContext(series=str(worker)):
        for block in range(number // PER_BLOCK):
            run_block(worker, block)


def in_threads(workers: int, number: int) -> None:
    """Run all at once in threads."""
    _together(threading.Thread, workers, number)


def in_processes(workers: int, number: int) -> None:
    """Run all at once in forked processes."""
    _together(multiprocessing.get_context("fork").Process, workers, number)


def _together(make: Callable[..., Any], workers: int, number: int) -> None:
    started = [make(target=work, args=(worker, number)) for worker in range(workers)]
    for each in started:
        each.start()
    for each in started:
        each.join()


def spans_in(folder: Path) -> Iterator[dict[str, Any]]:
    """Read every span of a file, or of a folder's files."""
    for path in [folder] if folder.is_file() else folder.glob("*.jsonl"):
        with path.open("rb") as lines:
            for line in lines:
                for of_resource in msgspec.json.decode(line).get("resourceSpans", ()) if line.strip() else ():
                    for of_scope in of_resource["scopeSpans"]:
                        yield from of_scope["spans"]


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    """Give the attributes of a span; numbers are text, as OTLP has them."""
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


def account(folder: Path) -> dict[str, Any]:
    """Count what the files hold: operations by worker, and how many of them are double or in a wrong place."""
    ids: set[str] = set()
    by_worker: Counter[int] = Counter()
    above: dict[str, tuple[int, int]] = {}
    below: Counter[tuple[str, tuple[int, int]]] = Counter()
    outermost: Counter[str] = Counter()
    number, root, strangers = 0, "", 0
    for span in spans_in(folder):
        number += 1
        ids.add(span["spanId"])
        if span["name"] == "all":
            root = span["spanId"]
            continue
        held = attributes_of(span)
        place = int(held["ops.arg.worker"]), int(held["ops.arg.block"])
        strangers += held["ops.series"] != str(place[0])
        by_worker[place[0]] += 1
        if span["name"] == "block":
            above[span["spanId"]] = place
            outermost[span.get("parentSpanId", "")] += 1
        else:
            below[span["parentSpanId"], place] += 1
    wrong = sum(count for (parent, place), count in below.items() if above.get(parent) != place)
    wrong += sum(count for parent, count in outermost.items() if parent != root)
    return {
        "spans": number,
        "double": number - len(ids),
        "of_each": sorted(set(by_worker.values())),
        "workers": len(by_worker),
        "wrong_parents": wrong,
        "of_other_contexts": strangers,
    }


def main(how: str, workers: str, number: str, folder: str) -> None:
    """Run, and print the account."""
    configure(trace_file=f"{folder}/{{pid}}.jsonl", outputs=[], announce=False, exit_seconds=60)
    with OperationContext("all"):
        {"threads": in_threads, "processes": in_processes}[how](int(workers), int(number))
    shutdown()
    print(json.dumps({**account(Path(folder)), "diagnostics": diagnostics()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
