"""What `import otel_ops` takes beyond `import opentelemetry.trace`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.harness import MILLISECONDS, Case, Side, Sides

_PROGRAM = """
import time
start = time.process_time()
import {module}
print(time.process_time() - start)
"""


def importing(module: str) -> Side:
    """Import a module in a fresh process; what counts is the CPU time, which the load of the machine leaves alone."""

    def side(calls: int) -> float:
        return sum(_seconds(_PROGRAM.format(module=module)) for _ in range(calls))

    return side


def _seconds(program: str) -> float:
    return float(subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True).stdout)


@contextmanager
def imported() -> Iterator[Sides]:
    """Compare the imports; the round that warms up has written the bytecode."""
    yield Sides(importing("otel_ops"), importing("opentelemetry.trace"))


CASES = (
    Case(
        "import",
        "import otel_ops, over opentelemetry.trace",
        imported,
        MILLISECONDS,
        target=8.0,
        calls=1,
        rounds=41,
    ),
)
