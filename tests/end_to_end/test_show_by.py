"""``otel-ops show --by``: the operations of real threads and processes in lanes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Command

PROGRAM = """
import sys, threading, time
from otel_ops import OperationContext, configure, operation, shutdown

files = {"format": "json", "to": "logs/{thread}-{operation}.json"}
configure(trace_file="{pid}.jsonl", announce=False, outputs=[files])

def work():
    with operation("fit"), operation("solve"):
        time.sleep(0.01)

threads = [threading.Thread(target=work, name=f"worker {number}") for number in range(int(sys.argv[1]))]
with OperationContext("run", session=sys.argv[2]):
    with operation("read"):
        pass
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
shutdown()
"""


def run(folder: Path, threads: int, session: str) -> None:
    """Run the program, with few files that it may have open at once."""
    limited = f"ulimit -n 40; exec {sys.executable} -c '{PROGRAM}' {threads} {session}"
    subprocess.run(["sh", "-c", limited], cwd=folder, check=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that limits open files")
def test_threads_and_sessions(tmp_path: Path, otel_ops: Command) -> None:
    """Each thread has a lane and a file of its own, however few files may be open; sessions of two runs stand apart."""
    run(tmp_path, 64, "first")
    run(tmp_path, 1, "second")

    shown = otel_ops("show", *tmp_path.glob("*.jsonl"), "--by", "thread", COLUMNS="100").stdout
    assert 65 == len(set(re.findall(r"^unknown_.*?(worker \d+|MainThread) ", shown, re.MULTILINE)))
    assert 65 == sum(file.name.endswith("-fit.json") for file in (tmp_path / "logs").iterdir()) + 1
    by_session = otel_ops("show", *tmp_path.glob("*.jsonl"), "--by", "session", "--format", "table").stdout
    assert {"first", "second"} <= set(re.findall(r"^\w+", by_session, re.MULTILINE))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--by", "colour"), "--by colour: no such group; use one of thread, process, session"),
        (("--by", "treads"), "--by treads: no such group; did you mean thread?"),
        (("--by", "thread", "--json"), "--by thread: json has no groups; leave it out, or say --format tree or table"),
    ],
)
def test_groups_that_there_are_not(otel_ops: Command, arguments: tuple[str, ...], told: str) -> None:
    """The error names option, value and remedy, before anything is read."""
    done = otel_ops("show", "none.jsonl", *arguments)

    assert (2, "", f"otel-ops: {told}\n") == (done.returncode, done.stdout, done.stderr)
