"""The example program: its science is right, and its data are what its generator makes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

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


@pytest.mark.usefixtures("example")
def test_the_energy_is_the_one_that_the_curves_were_made_with() -> None:
    """Each fit finds the true energy and order within one per cent, Kissinger's method within two."""
    truth = module("make_data").TRUTH
    results, energy = module("thermal_analysis").analyse()
    assert [5, 10, 20, 40] == [result.rate for result in results]
    for result in results:
        assert truth.energy == pytest.approx(result.kinetics.energy, rel=0.01)
        assert truth.order == pytest.approx(result.kinetics.order, rel=0.01)
    assert truth.energy == pytest.approx(energy, rel=0.02)


@pytest.mark.usefixtures("example")
def test_the_broken_series_says_what_is_wrong() -> None:
    """The series with decimal commas raises the program's own error, caused by the conversion."""
    program = module("thermal_analysis")
    with pytest.raises(program.BrokenSeriesError, match=r"80_K_per_min\.csv") as caught:
        program.load(EXAMPLE / "data" / "80_K_per_min.csv")
    assert isinstance(caught.value.__cause__, TypeError | ValueError)


@pytest.mark.usefixtures("example")
def test_the_data_are_those_of_the_generator() -> None:
    """The files in the folder are what the generator makes, byte for byte."""
    made = module("make_data").files()
    assert made == {path.name: path.read_text(encoding="utf-8") for path in (EXAMPLE / "data").iterdir()}
