"""Thermal analysis: how much energy it takes to decompose a salt, from curves measured at several heating rates.

A program as scientists write them, watched by otel_ops: each step is an operation, each file a context. Run it with
``python thermal_analysis.py``; what it does is told on stderr, what it finds on stdout.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from kinetics import Array, Kinetics, conversion, fit, kissinger
from otel_ops import Detail, OperationContext, configure, current_operation, operation, shutdown

DATA = Path(__file__).parent / "data"
BOOTSTRAPS = 40

watched_conversion = operation("compute model", detail="DEBUG")(conversion)
"""The model that each fit computes many times: somebody else's function, watched from outside."""


class BrokenSeriesError(ValueError):
    """A file holds something that is no measurement."""


@dataclass(frozen=True)
class Series:
    """One curve: times in s, temperatures in K, masses in mg, heating rate in K/min."""

    name: str
    rate: float
    time: Array
    temperature: Array
    mass: Array

    def only(self, good: NDArray[np.bool_]) -> Series:
        """Keep some of the points."""
        return Series(self.name, self.rate, self.time[good], self.temperature[good], self.mass[good])


@dataclass(frozen=True)
class Result:
    """What one series tells: the kinetics, and the temperature of the fastest conversion in K."""

    series: str
    rate: float
    kinetics: Kinetics
    peak: float
    uncertainty: float | None


@operation(capture=["path.name"])
def load(path: Path) -> Series:
    """Read a file of the instrument."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = dict(line.strip("# ").split(": ", 1) for line in lines if line.startswith("#"))
    rate = float(header["heating rate"].split()[0])
    rows = lines[len(header) + 1 :]
    current_operation().set(rows=len(rows))
    points = [_point(row, f"{path.name}, line {number}") for number, row in enumerate(rows, len(header) + 2)]
    return Series(f"{rate:g} K/min", rate, *np.array(points).T)


def _point(row: str, place: str) -> tuple[float, float, float]:
    try:
        time, temperature, mass = map(float, row.split(","))
    except ValueError as error:
        raise BrokenSeriesError(f"{place} reads {row!r}") from error
    return time, temperature, mass


@operation(capture=["series.name"])
def clean(series: Series) -> Series:
    """Take out gaps, points written twice, and points far from their neighbours."""
    good = np.isfinite(series.mass) & (np.diff(series.time, prepend=-1.0) > 0)
    filled = np.interp(series.time, series.time[good], series.mass[good])
    middle = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(filled, 3, mode="edge"), 7), axis=1)
    good &= np.abs(filled - middle) < 0.1
    current_operation().set(removed=int(np.sum(~good)))
    for index in np.flatnonzero(~good):
        current_operation().event("point removed", temperature=series.temperature[index])
    return series.only(good)


@operation("normalize", detail="DETAILED")
def degree_of_conversion(series: Series) -> Array:
    """Turn masses into the conversion, from 0 to 1."""
    before, after = series.mass[:30].mean(), series.mass[-30:].mean()
    return np.asarray((before - series.mass) / (before - after))


@operation("differentiate", detail="DETAILED")
def speed_of(series: Series, converted: Array) -> tuple[Array, Array]:
    """Get temperatures and the smoothed numerical derivative there, by Savitzky and Golay."""
    grid = np.linspace(series.temperature[0], series.temperature[-1], 600)
    return grid, savgol_filter(np.interp(grid, series.temperature, converted), 41, 3, deriv=1)


@operation("find peak", record_result=True)
def fastest_at(series: Series, converted: Array) -> float:
    """Find the temperature of the fastest conversion."""
    grid, speed = speed_of(series, converted)
    top = int(np.argmax(speed))
    near = slice(top - 15, top + 16)
    curvature, slope, _ = np.polyfit(grid[near] - grid[top], speed[near], 2)
    return float(grid[top] - slope / (2 * curvature))


@operation("fit kinetics", capture=["series.name"])
def fit_kinetics(series: Series, converted: Array) -> Kinetics:
    """Fit energy, frequency factor and order by least squares."""
    kinetics, spread, evaluations = fit(series.temperature, converted, series.rate, watched_conversion)
    current_operation().set(energy=kinetics.energy, order=kinetics.order, spread=spread, evaluations=evaluations)
    return kinetics


@operation("bootstrap", detail="DETAILED", record_result=True)
def uncertainty_of(series: Series, converted: Array, kinetics: Kinetics) -> float:
    """Estimate how uncertain the energy is, by fitting again with shuffled residuals: slow, and optional."""
    random = np.random.default_rng(1)
    model = conversion(series.temperature, series.rate, kinetics)
    return float(np.std([_fit_again(series, model, converted - model, random) for _ in range(BOOTSTRAPS)]))


@operation("fit again", detail="DEBUG")
def _fit_again(series: Series, model: Array, residuals: Array, random: np.random.Generator) -> float:
    return fit(series.temperature, model + random.choice(residuals, residuals.size), series.rate)[0].energy


@operation("analyse series", detail="MINIMAL")
def analyse_series(path: Path, slow: bool) -> Result:
    """Go from a file to its kinetics."""
    series = clean(load(path))
    converted = degree_of_conversion(series)
    peak = fastest_at(series, converted)
    kinetics = fit_kinetics(series, converted)
    uncertainty = uncertainty_of(series, converted, kinetics) if slow else None
    return Result(series.name, series.rate, kinetics, peak, uncertainty)


def compare(results: Sequence[Result]) -> float:
    """Get the energy from all series at once, by Kissinger's method."""
    with operation("compare series", detail="MINIMAL") as comparison:
        rates, peaks = (np.array([getattr(result, name) for result in results]) for name in ("rate", "peak"))
        energy = kissinger(rates, peaks)
        comparison.set(energy=energy, series=len(results))
    return energy


def summary(results: Sequence[Result], energy: float) -> str:
    """Tell in lines of text what was found."""
    lines = []
    for result in results:
        uncertainty = "" if result.uncertainty is None else f" ± {result.uncertainty:.1f}"
        found = f"{result.kinetics.energy:.1f}{uncertainty} kJ/mol, fastest at {result.peak:.1f} K"
        lines.append(f"{result.series:>9}: {found}")
    return "\n".join([*lines, f"{'all':>9}: {energy:.1f} kJ/mol (Kissinger)"])


@operation("write report")
def write_report(folder: Path, results: Sequence[Result], energy: float) -> None:
    """Write what was found into ``report.txt``."""
    report = folder / "report.txt"
    folder.mkdir(parents=True, exist_ok=True)
    report.write_text(summary(results, energy) + "\n", encoding="utf-8")
    current_operation().event("report written", bytes=report.stat().st_size)


def analyse(folder: Path = DATA, out: Path | None = None, *, slow: bool = False) -> tuple[list[Result], float]:
    """Analyse all series of a folder; one that is broken does not stop the others.

    Args:
        folder: Where the CSV files are.
        out: Where the report goes; without it, none is written.
        slow: With the uncertainty of each series.

    Returns:
        What each series tells, and the activation energy from all of them in kJ/mol.
    """
    results = []
    with OperationContext("thermal analysis", user="ada", sample="salt hydrate"):
        for path in sorted(folder.glob("*.csv")):
            with OperationContext(file=path.name, series=path.stem.replace("_", " ")):
                try:
                    results.append(analyse_series(path, slow))
                except BrokenSeriesError:
                    continue
        energy = compare(results)
        if out is not None:
            write_report(out, results, energy)
    return results, energy


def main(arguments: Sequence[str] | None = None) -> int:
    """Analyse the series in ``data``, with the tree of operations on stderr and the results on stdout."""
    options = _parser().parse_args(arguments)
    configure(detail=options.detail, outputs=["tree"])
    results, energy = analyse(DATA, options.out, slow=options.slow)
    shutdown()
    print(summary(results, energy))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Analyse thermogravimetric curves.")
    parser.add_argument("--detail", choices=[level.name for level in Detail], default="STANDARD")
    parser.add_argument("--slow", action="store_true", help="with the uncertainty of each series")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the report goes; default: none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
