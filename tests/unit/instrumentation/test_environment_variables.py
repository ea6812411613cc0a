"""The flags of ``opentelemetry-instrument`` that are ours."""

from __future__ import annotations

import subprocess
import sys

from otel_ops.settings import setting_variables
from otel_ops_instrumentation import environment_variables


def test_every_variable_of_ours_has_a_flag() -> None:
    """Each stands there under its own name, in the order of the settings: add a new one, take out one that is gone."""
    told = {name: value for name, value in vars(environment_variables).items() if name.startswith("OTEL_")}
    assert setting_variables() == list(told) == list(told.values())


def test_the_command_loads_nothing_else_of_ours() -> None:
    """For it starts each program anew, which loads what it needs."""
    program = "import sys, otel_ops_instrumentation.environment_variables; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [] == [name for name in done.stdout.split() if name.partition(".")[0] == "otel_ops"]
