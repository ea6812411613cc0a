"""The example program: its science is right, its data are what its generator makes, and it runs by itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from otel_ops import OperationLog
from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from otel_ops.testing import assert_tree, node
from tests.end_to_end.conftest import run_example

pytest.importorskip("scipy")

EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "examples" / "thermal_analysis"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the example's modules importable."""
    monkeypatch.syspath_prepend(EXAMPLE)
    yield
    for name in ("kinetics", "make_data", "thermal_analysis"):
        sys.modules.pop(name, None)


def module(name: str) -> ModuleType:
    return __import__(name)


def run_program(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run_example(EXAMPLE / "thermal_analysis.py", folder, *arguments)


def steps(log: OperationLog) -> list[str]:
    return [step.name for step in log.suboperations]


@pytest.mark.usefixtures("example")
def test_the_energy_is_the_one_that_the_curves_were_made_with() -> None:
    """Each fit finds the true energy and order within one per cent, Kissinger's method within two."""
    truth = module("make_data").TRUTH
    results, energy = module("thermal_analysis").analyse()
    assert [5, 10, 20, 40] == [result.rate for result in results]
    for result in results:
        assert truth.energy == pytest.approx(result.kinetics.energy, rel=0.01)
        assert truth.log_factor == pytest.approx(result.kinetics.log_factor, rel=0.01)
        assert truth.order == pytest.approx(result.kinetics.order, rel=0.01)
    assert truth.energy == pytest.approx(energy, rel=0.02)


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("order", [0.5, 1.0, 1.0 + 1e-7, 2.0])
def test_the_model_solves_its_differential_equation(order: float) -> None:
    """The slope of the conversion is (A / b) exp(-E / RT) (1 - a)^n, at every order."""
    kinetics, np = module("kinetics"), module("numpy")
    parameters = kinetics.Kinetics(150.0, 12.0, order)
    temperature = np.linspace(560.0, 640.0, 4_001)
    converted = kinetics.conversion(temperature, 10.0, parameters)
    speed = 10**12 / 10.0 * np.exp(-150_000 / (kinetics.GAS_CONSTANT * temperature)) * (1 - converted) ** order
    np.testing.assert_allclose(np.gradient(converted, temperature)[1:-1], speed[1:-1], rtol=1e-4)


@pytest.mark.usefixtures("example")
def test_cleaning_takes_out_what_the_generator_put_in() -> None:
    """Of each curve just the gap, the row written twice and the outliers go."""
    program, removed = module("thermal_analysis"), module("make_data").OUTLIERS + 2
    for rate in module("make_data").RATES:
        series = program.load(program.DATA / f"{rate:02d}_K_per_min.csv")
        assert removed == series.mass.size - program.clean(series).mass.size


@pytest.mark.usefixtures("example")
def test_the_broken_series_says_what_is_wrong() -> None:
    """The series with decimal commas raises the program's own error, with the line, caused by the conversion."""
    program = module("thermal_analysis")
    with pytest.raises(program.BrokenSeriesError, match=r"80_K_per_min\.csv, line 251 reads '138,72;") as caught:
        program.load(EXAMPLE / "data" / "80_K_per_min.csv")
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.usefixtures("example")
def test_the_data_are_those_of_the_generator() -> None:
    """The files in the folder are what the generator makes, byte for byte, and small."""
    made = module("make_data").files()
    assert made == {path.name: path.read_bytes() for path in (EXAMPLE / "data").iterdir()}
    assert max(map(len, made.values())) < 25_000


def test_the_program_tells_results_on_stdout_and_operations_on_stderr(tmp_path: Path) -> None:
    """Run by itself it ends with 0, writes the report that it prints, and keeps its operations out of stdout."""
    done = run_program(tmp_path, "--out", "out")
    report = (tmp_path / "out" / "report.txt").read_text(encoding="utf-8")
    assert (0, report) == (done.returncode, done.stdout)
    assert 5 == len(report.splitlines())
    assert "✗ load" in done.stderr
    assert "BrokenSeriesError: 80_K_per_min.csv, line 251" in done.stderr


def test_the_operations_of_the_program(tmp_path: Path) -> None:
    """At DEBUG with the slow step each series has all its steps; the broken one fails in load, alone."""
    run_program(tmp_path, "--detail", "DEBUG", "--slow", "--out", "out")
    *series, broken, comparison, report = logs_of(SpanSource([tmp_path / "trace.jsonl"]), unit="operation")
    assert 4 == len(series)
    for log in series:
        fitted = log.find("fit kinetics")
        models = ["compute model"] * len(fitted.suboperations if fitted else ())
        assert_tree(
            log,
            node(
                log.name,
                *("load", "clean", "normalize"),
                node("find peak", "differentiate"),
                node("fit kinetics", *models),
                node("bootstrap", *["fit again"] * 40),
                outcome="ok",
            ),
            exact=True,
        )
        clean = log.find("clean")
        assert clean is not None
        assert ["point removed"] * 5 == [event.name for event in clean.events]
    assert_tree(broken, node(broken.name, node("load", failure="BrokenSeriesError"), outcome="error"), exact=True)
    assert_tree([comparison, report], "compare series", "write report")


def test_a_hidden_step_stays_hidden(tmp_path: Path) -> None:
    """At MINIMAL whole series and the comparison are told, and of their steps only the one that failed."""
    run_program(tmp_path, "--detail", "MINIMAL")
    *series, broken, comparison = logs_of(SpanSource([tmp_path / "trace.jsonl"]), unit="operation")
    assert [[]] * 4 == [steps(log) for log in series]
    assert ("error", "ok") == (broken.outcome, comparison.outcome)
