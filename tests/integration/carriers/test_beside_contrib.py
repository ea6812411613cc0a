"""Beside contrib's ThreadingInstrumentor: whichever comes first, and goes first, each parent is the right one."""

from __future__ import annotations

import json
import os

import pytest

from tests.integration.carriers import hand_overs
from tests.integration.conftest import APART, REPOSITORY, RunProgram

PROGRAM = """
import json, sys
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from otel_ops import configure, shutdown
from otel_ops.sdk import carriers
from otel_ops.testing import Recorder
from tests.integration.carriers import hand_overs

THEIRS = (ThreadingInstrumentor().instrument, ThreadingInstrumentor().uninstrument)
OURS = (lambda: carriers.put_in(()), carriers.take_out)
come, go = sys.argv[1:]
sides = {"ours": OURS, "theirs": THEIRS}

def parents(through, way):
    with Recorder() as recorder:
        through(way)
    return recorder.spans.parents

def all_parents():
    threads = {name: parents(hand_overs.through_thread, way) for name, way in hand_overs.THREADS.items()}
    pools = {name: parents(hand_overs.through_pool, way()) for name, way in hand_overs.POOLS.items()}
    return {**threads, **pools}

from concurrent.futures import ThreadPoolExecutor
import threading
STARTS = "_start_joinable_thread" if hasattr(threading, "_start_joinable_thread") else "_start_new_thread"
before = [threading.Thread.start, threading.Thread.run, getattr(threading, STARTS), ThreadPoolExecutor.submit]

sides[come][0]()
sides["theirs" if come == "ours" else "ours"][0]()
both = all_parents()
sides[go][1]()
one = all_parents() if go == "theirs" else {}
sides["theirs" if go == "ours" else "ours"][1]()
after = [threading.Thread.start, threading.Thread.run, getattr(threading, STARTS), ThreadPoolExecutor.submit]
print(json.dumps({"both": both, "one": one, "same": before == after}))
"""
SIDES = ("ours", "theirs")


@pytest.mark.parametrize("goes", SIDES)
@pytest.mark.parametrize("comes", SIDES)
def test_every_parent_is_right(run_program: RunProgram, comes: str, goes: str) -> None:
    """So it is for all ways with both in place, and with ours alone; and afterwards all is as it was."""
    done = run_program(PROGRAM, comes, goes, PYTHONPATH=os.pathsep.join([str(REPOSITORY), str(APART / "contrib")]))
    assert "" == done.stderr
    told = json.loads(done.stdout)
    right = dict.fromkeys(hand_overs.THREADS, hand_overs.THROUGH_THREAD)
    right |= dict.fromkeys(hand_overs.POOLS, hand_overs.THROUGH_POOL)

    assert right == told["both"]
    assert told["one"] in ({}, right)
    assert told["same"]
