"""OperationAnalyzer on a made-up file against a plain computation with the json module and numpy.

``python -m tests.benchmarks.analyzer [SPANS]`` also tells of memory; each way runs in a process of its own there.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from otel_ops.analysis import OperationAnalyzer
from otel_ops.analysis.sources import SpanSource
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import ResourceRecord, ScopeRecord, SpanRecord
from tests.benchmarks.harness import Case, Side, Sides, clocked

SPANS = 100_000
SPANS_OF_CASE = 10_000
SPANS_OF_TRACE = 10
SPANS_OF_LINE = 500
NAMES = 135

Result = dict[str, tuple[int, int, int, float]]


def made_up_spans(number: int) -> Iterator[SpanRecord]:
    """Make traces of ten spans with nine attributes each; some spans fail, overlap or outlive their parents."""
    chance = random.Random(4711)
    scope, made_by = ScopeRecord("otel_ops.standard"), ResourceRecord({"service.name": "shop", "host.name": "a"})
    attributes = {f"ops.arg.name_{index}": f"value {index}" for index in range(7)}
    for trace in range(number // SPANS_OF_TRACE):
        ids = [f"{chance.getrandbits(64):016x}" for _ in range(SPANS_OF_TRACE)]
        for index, span_id in enumerate(ids):
            start = 1_700_000_000_000_000_000 + trace * 1_000_000 + index * 1_000
            yield SpanRecord(
                trace_id=f"{trace + 1:032x}",
                span_id=span_id,
                parent_id=ids[(index - 1) // 3] if index else "",
                name=f"operation {chance.randrange(NAMES)}",
                kind=1,
                start_ns=start,
                end_ns=start + chance.randrange(100_000),
                attributes=attributes | {"ops.kind": "operation", "rows": trace},
                status=2 if chance.random() < 0.03 else 0,
                scope=scope,
                resource=made_by,
            )


def write(path: Path, number: int) -> None:
    """Write a file with as many spans."""
    with path.open("wb") as file:
        batch: list[SpanRecord] = []
        for span in made_up_spans(number):
            batch.append(span)
            if len(batch) == SPANS_OF_LINE:
                file.write(encode_line(batch))
                batch = []
        if batch:
            file.write(encode_line(batch))


def only_read(path: str) -> Result:
    """Read the spans and drop them."""
    for _ in SpanSource([path]):
        pass
    return {}


def analyzed(path: str) -> Result:
    """Use OperationAnalyzer."""
    operations = OperationAnalyzer.from_files([path]).operations()
    return {found.name: (found.count, found.errors, found.self_ns, found.p99_ns) for found in operations}


def plain(path: str) -> Result:
    """Use the json module and numpy."""
    traces: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for span in spans_of(path):
        traces[span["traceId"]][span["spanId"]] = span
    calls: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for trace in traces.values():
        children = defaultdict(list)
        for span in trace.values():
            children[span.get("parentSpanId", "")].append(times(span))
        for span in trace.values():
            failed = span.get("status", {}).get("code") == 2
            calls[span["name"]].append((duration(span), own_time(span, children[span["spanId"]]), failed))
    return {name: summed(np.array(of_operation, dtype=np.int64)) for name, of_operation in calls.items()}


def spans_of(path: str) -> Iterator[dict[str, Any]]:
    """Read the spans as they stand in the file."""
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            for of_resource in json.loads(line)["resourceSpans"]:
                for of_scope in of_resource["scopeSpans"]:
                    yield from of_scope["spans"]


def times(span: dict[str, Any]) -> tuple[int, int]:
    """Give start and end."""
    return int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])


def duration(span: dict[str, Any]) -> int:
    """Give the duration."""
    start, end = times(span)
    return end - start


def own_time(span: dict[str, Any], children: list[tuple[int, int]]) -> int:
    """Give the time that no child covers."""
    start, end = times(span)
    covered, reached = 0, start
    for child_start, child_end in sorted(children):
        covered += max(0, min(child_end, end) - max(child_start, reached))
        reached = max(reached, child_end)
    return end - start - covered


def summed(calls: Any) -> tuple[int, int, int, float]:
    """Sum up the calls of one operation."""
    return len(calls), int(calls[:, 2].sum()), int(calls[:, 1].sum()), float(np.percentile(calls[:, 0], 99))


def timed(way: Callable[[str], Result], path: str) -> tuple[float, float, Result]:
    """Give the seconds that a way took, the most memory that its process had in MiB, and the result."""
    start = time.perf_counter()
    result = way(path)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, result


def in_own_process(way: Callable[[str], Result], path: str) -> tuple[float, float, Result]:
    """Run a way where nothing else used memory before."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(timed, (way, path))


def check(found: Result, expected: Result) -> None:
    """Stop where two ways disagree."""
    if found.keys() != expected.keys() or not all(np.allclose(found[name], expected[name]) for name in found):
        sys.exit("OperationAnalyzer and the plain computation disagree")


@contextmanager
def analysis() -> Iterator[Sides]:
    """Compare the analyzer with the plain computation, which holds all spans in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spans.jsonl")
        write(path, SPANS_OF_CASE)
        check(analyzed(str(path)), plain(str(path)))

        def side(way: Callable[[str], Result]) -> Side:
            return lambda calls: clocked(lambda _: way(str(path)))(calls) * calls / SPANS_OF_CASE

        yield Sides(side(analyzed), side(plain))


INFORMATION = (
    Case(
        "analyzer",
        "analyzer, a span, against json, numpy",
        analysis,
        calls=SPANS_OF_CASE,
        rounds=5,
    ),
)


def main() -> None:
    """Print seconds, speed and memory of each way, and how they compare."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else SPANS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spans.jsonl")
        write(path, number)
        ways = {way.__name__: in_own_process(way, str(path)) for way in (only_read, analyzed, plain)}
        print(f"{number} spans, {path.stat().st_size / 2**20:.0f} MiB")
    for name, (seconds, memory, _) in ways.items():
        print(f"{name:10} {seconds:7.2f} s {number / seconds:10,.0f} spans/s {memory:6.0f} MiB")
    check(ways["analyzed"][2], ways["plain"][2])
    analyzed_s, read_s, plain_s = (ways[name][0] for name in ("analyzed", "only_read", "plain"))
    print(f"statistics on top of reading: {number / (analyzed_s - read_s):,.0f} spans/s")
    print(f"plain / analyzed: {plain_s / analyzed_s:.2f} x the time")


if __name__ == "__main__":
    main()
