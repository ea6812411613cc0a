"""What a program under ``opentelemetry-instrument`` takes longer with us, beside opentelemetry-distro.

It does nothing, so that its whole life counts: the command that makes flags of the settings, the setup before the
program's first line, and the end. Without us there stand modules in our place that do nothing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.harness import MILLISECONDS, Case, Side, Sides

_DISTRO = Path(sys.prefix, "apart", "opentelemetry")
_COMMAND = [str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable, "-c", "pass"]
_NOTHING = "class OtelOpsInstrumentor:\n    def instrument(self, **_): pass\n"
_EXPORTERS = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}


def starting(*places: Path) -> Side:
    """Run the command; what counts is the CPU time, which the load of the machine leaves alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "PYTHON"))}
    environ = {**kept, **_EXPORTERS, "PYTHONPATH": os.pathsep.join(map(str, (*places, _DISTRO)))}

    def side(calls: int) -> float:
        before = _seconds_of_children()
        for _ in range(calls):
            subprocess.run(_COMMAND, env=environ, check=True)
        return _seconds_of_children() - before

    return side


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def started() -> Iterator[Sides]:
    """Compare the starts; the round that warms up has written the bytecode."""
    if not _DISTRO.is_dir():
        msg = "opentelemetry-distro is not installed beside"
        raise ImportError(msg)
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "otel_ops_instrumentation")
        package.mkdir()
        for module, text in (("__init__", ""), ("environment_variables", ""), ("instrumentor", _NOTHING)):
            (package / f"{module}.py").write_text(text, encoding="utf-8")
        yield Sides(starting(), starting(Path(folder)))


CASES = (
    Case(
        "start",
        "start of a program, over stock",
        started,
        MILLISECONDS,
        target=60.0,
        calls=1,
        rounds=21,
    ),
)
"""Start and end of a program."""
