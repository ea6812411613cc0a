"""Programs that a program starts go on with its trace, through their environment, where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from otel_ops.core.tokens import VARIABLE
from tests.integration.carriers.programs import parents_in, run_file, written_in

pytestmark = pytest.mark.carrier("subprocess")

RUN = """
import asyncio, json, os, subprocess, sys
from otel_ops import OperationContext, configure, context_variables, diagnostics, operation, shutdown

CHILD = '''
import sys
from otel_ops import configure, operation
configure(trace_file=sys.argv[1] + ".jsonl", announce=False)
with operation(sys.argv[1]), operation(f"inside {sys.argv[1]}"):
    pass
'''

def command(name):
    return [sys.executable, "-c", CHILD, name]

def names_in_environment(**how):
    names = ("TRACEPARENT", "TRACESTATE", "BAGGAGE", "_OTEL_OPS_CONTEXT")
    listing = f"import os, json; print(json.dumps({{key: os.environ[key] for key in {names} if key in os.environ}}))"
    return json.loads(subprocess.run([sys.executable, "-c", listing], stdout=subprocess.PIPE, check=True, **how).stdout)
"""

ASKED = """
async def begun(name):
    process = await asyncio.create_subprocess_exec(*command(name))
    await process.wait()

configure(trace_file="parent.jsonl", announce=False, environment_context=True)
with OperationContext("run", user="ada", batch=7):
    with operation("run()"): subprocess.run(command("a"), check=True)
    with operation("Popen"): subprocess.Popen(command("b"), env=os.environ.copy()).wait()
    with operation("place"): subprocess.call(command("c"), -1, *[None] * 5, True, False, None, {**os.environ})
    with operation("asyncio"): asyncio.run(begun("d"))
    with operation("bytes"): subprocess.run(command("e"), check=True, env=os.environb)
subprocess.run(command("outside"), check=True)
print(diagnostics())
"""


def test_a_program_that_is_started_goes_on_where_the_setting_asks_for_it(tmp_path: Path) -> None:
    """However it is started, with an environment of its own or without, its operations stand below the starting one."""
    done = run_file(tmp_path, RUN + ASKED)
    found = {name: parent for name, parent in parents_in(tmp_path).items() if len(name) == 1 or name == "outside"}
    records = {record.name: record for record in written_in(tmp_path)}

    assert (0, "{}\n", "") == (done.returncode, done.stdout, done.stderr)
    assert {"a": "run()", "b": "Popen", "c": "place", "d": "asyncio", "e": "bytes", "outside": ""} == found
    assert {("ada", 7)} == {
        (records[name].attributes.get("user.id"), records[name].attributes.get("ops.meta.batch")) for name in "abcde"
    }
    assert {"operation"} == {records[name].attributes["ops.kind"] for name in "abcde"}
    assert {"suboperation"} == {records[f"inside {name}"].attributes["ops.kind"] for name in "abcde"}


BY_HAND = """
configure(trace_file="parent.jsonl", announce=False, environment_context=bool(sys.argv[1:]))
print(context_variables())
with OperationContext("run", user="ada"):
    variables = context_variables()
    with operation("current"):
        print(names_in_environment(env={**os.environ, **variables}) == variables)
        subprocess.run(command("a"), env={**os.environ, **variables}, check=True)
print(diagnostics())
"""


@pytest.mark.parametrize("asked", [(), ("yes",)])
def test_the_variables_can_be_handed_over_by_hand(tmp_path: Path, asked: tuple[str, ...]) -> None:
    """What `context_variables` gives is heeded by a child, and stays as it is where the setting is on, too."""
    done = run_file(tmp_path, RUN + BY_HAND, *asked)

    assert (0, ["{}", "True", "{}"], "") == (done.returncode, done.stdout.splitlines(), done.stderr)
    assert "run" == parents_in(tmp_path)["a"]


NOT_ASKED = """
configure(trace_file="parent.jsonl", announce=False)
with OperationContext("run", user="ada"), operation("current"):
    print(names_in_environment())
    subprocess.run(command("a"), check=True)
"""


def test_nothing_crosses_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Without the setting, the environment of a child is what it would be, and it begins a trace of its own."""
    done = run_file(tmp_path, RUN + NOT_ASKED)

    assert (0, "{}\n") == (done.returncode, done.stdout)
    assert "" == parents_in(tmp_path)["a"]


TOLD = """
configure(trace_file="a.jsonl", announce=False, environment_context=bool(sys.argv[1:]))
with operation("a"):
    pass
configure(trace_file="a.jsonl", announce=False, environment_context=True)
with operation("b"):
    pass
print(diagnostics())
"""
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("asked", "parent", "parents"),
    [
        (["yes"], PARENT, [SPAN, SPAN]),
        (["yes"], PARENT.upper().replace("-01", ""), ["", ""]),
        (["yes"], "", ["", ""]),
        ([], PARENT, ["", SPAN]),
    ],
)
def test_the_trace_of_another_program_is_gone_on_with_when_asked_for(
    tmp_path: Path, asked: list[str], parent: str, parents: list[str]
) -> None:
    """``TRACEPARENT`` of a program that is not ours counts with the setting alone; a wrong one is none."""
    done = run_file(tmp_path, RUN + TOLD, *asked, TRACEPARENT=parent)

    assert (0, "{}\n", "") == (done.returncode, done.stdout, done.stderr)
    assert parents == [record.parent_id for record in written_in(tmp_path)]


@pytest.mark.parametrize("token", ["ops1.broken", "ops9.AAAA", "x" * 100_000])
def test_a_broken_token_is_told_and_left(tmp_path: Path, token: str) -> None:
    """What cannot be read is one warning; ``TRACEPARENT`` counts all the same."""
    environment: dict[str, Any] = {VARIABLE: token, "TRACEPARENT": PARENT}
    done = run_file(tmp_path, RUN + TOLD, **environment)

    assert (0, "{'environment.unreadable': 1}\n") == (done.returncode, done.stdout)
    assert VARIABLE in done.stderr
    assert [SPAN, SPAN] == [record.parent_id for record in written_in(tmp_path)]


LONG = """
configure(trace_file="parent.jsonl", announce=False)
import random
notes = {f"notes{each}": random.randbytes(3_000).hex() for each in range(4)}
with OperationContext("run", **notes), operation("current"):
    variables = context_variables()
    subprocess.run(command("a"), env={**os.environ, **variables}, check=True)
    print(max(map(len, variables.values())) < 8_192, diagnostics())
"""


def test_values_that_are_too_long_are_left_out_and_told(tmp_path: Path) -> None:
    """An environment is bounded: the trace goes on, without the values, and one warning names them."""
    done = run_file(tmp_path, RUN + LONG)

    assert (0, "True {'environment.cut': 1}\n") == (done.returncode, done.stdout)
    assert "ops.meta.notes3" in done.stderr
    assert "current" == parents_in(tmp_path)["a"]
