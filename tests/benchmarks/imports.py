"""What importing the names of otel_ops takes beyond `import opentelemetry.trace`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.harness import MILLISECONDS, Case, Side, Sides

_OURS = "from otel_ops import Detail, OperationContext, current_operation, diagnostics, operation, set_detail"
"""The names that a library uses; the package itself loads them when they are asked for."""

_PROGRAM = """
import time
start = time.process_time()
{statement}
print(time.process_time() - start)
"""


def importing(statement: str) -> Side:
    """Import in a fresh process; what counts is the CPU time, which the load of the machine leaves alone."""

    def side(calls: int) -> float:
        return sum(_seconds(_PROGRAM.format(statement=statement)) for _ in range(calls))

    return side


def _seconds(program: str) -> float:
    return float(subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True).stdout)


@contextmanager
def imported() -> Iterator[Sides]:
    """Compare the imports; the round that warms up has written the bytecode."""
    yield Sides(importing(_OURS), importing("import opentelemetry.trace"))


CASES = (
    Case(
        "import",
        "import, over opentelemetry.trace",
        imported,
        MILLISECONDS,
        target=8.0,
        calls=1,
        rounds=41,
    ),
)
