"""Thermal analysis: how much energy it takes to decompose a salt, from curves measured at several heating rates.

A program as scientists write them, watched by otel_ops: each step is an operation, each file a context.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import savgol_filter

from kinetics import Array, Kinetics, conversion, fit, kissinger
from otel_ops import OperationContext, current_operation, operation

DATA = Path(__file__).parent / "data"
BOOTSTRAPS = 40


class BrokenSeriesError(ValueError):
    """A file holds something that is no measurement."""


@dataclass(frozen=True)
class Series:
    """One curve: temperatures in K, masses in mg, heating rate in K/min."""

    name: str
    rate: float
    temperature: Array
    mass: Array


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
    rate = float(lines[0].split(":")[1].split()[0])
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    current_operation().set(rows=len(rows))
    try:
        temperature, mass = np.array([(float(row["temperature_K"]), float(row["mass_mg"])) for row in rows]).T
    except (TypeError, ValueError) as error:
        raise BrokenSeriesError(f"{path.name}: {error}") from error
    return Series(f"{rate:g} K/min", rate, temperature, mass)


@operation(capture=["series.name"])
def clean(series: Series) -> Series:
    """Take out gaps, and points far from their neighbours."""
    known = np.isfinite(series.mass)
    smooth = np.interp(series.temperature, series.temperature[known], series.mass[known])
    middle = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(smooth, 3, mode="edge"), 7), axis=1)
    good = known & (np.abs(smooth - middle) < 0.1)
    for index in np.flatnonzero(~good):
        current_operation().event("point removed", temperature=series.temperature[index])
    return Series(series.name, series.rate, series.temperature[good], series.mass[good])


@operation("normalize", detail="DETAILED")
def degree_of_conversion(series: Series) -> Array:
    """Turn masses into the conversion, from 0 to 1."""
    before, after = series.mass[:30].mean(), series.mass[-30:].mean()
    return np.asarray((before - series.mass) / (before - after))


@operation("find peak", record_result=True)
def fastest_at(series: Series, converted: Array) -> float:
    """Find the temperature of the fastest conversion, from the smoothed numerical derivative."""
    grid = np.linspace(series.temperature[0], series.temperature[-1], 600)
    speed = savgol_filter(np.interp(grid, series.temperature, converted), 41, 3, deriv=1)
    top = int(np.argmax(speed))
    curvature = np.polyfit(grid[top - 15 : top + 16] - grid[top], speed[top - 15 : top + 16], 2)
    return float(grid[top] - curvature[1] / (2 * curvature[0]))


@operation("fit kinetics", capture=["series.name"])
def fit_kinetics(series: Series, converted: Array) -> Kinetics:
    """Fit energy, frequency factor and order by least squares."""
    kinetics, spread, evaluations = fit(series.temperature, converted, series.rate)
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


@operation("compare series", detail="MINIMAL")
def compare(results: list[Result]) -> float:
    """Get the energy from all series at once, by Kissinger's method."""
    rates, peaks = (np.array([getattr(result, name) for result in results]) for name in ("rate", "peak"))
    energy = kissinger(rates, peaks)
    current_operation().set(energy=energy, series=len(results))
    return energy


def analyse(folder: Path = DATA, *, slow: bool = False) -> tuple[list[Result], float]:
    """Analyse all series of a folder; one that is broken does not stop the others.

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
        return results, compare(results)
