"""Kinetics of a decomposition of order n, heated at a constant rate: the numerics, without telemetry.

The conversion a(T) solves da/dT = (A / b) exp(-E / RT) (1 - a)^n, with the temperature integral expressed by the
exponential integral E1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import exp1

GAS_CONSTANT = 8.314462618
"""In J / (mol K)."""

Array = NDArray[np.float64]


class Kinetics(NamedTuple):
    """Parameters of the reaction.

    Attributes:
        energy: Activation energy, in kJ/mol.
        log_factor: Decadic logarithm of the frequency factor in 1/min.
        order: Order of the reaction.
    """

    energy: float
    log_factor: float
    order: float


Model = Callable[[Array, float, Kinetics], Array]

GUESS = Kinetics(120.0, 10.0, 1.2)


def conversion(temperature: Array, rate: float, kinetics: Kinetics) -> Array:
    """Compute the conversion, from 0 to 1.

    Args:
        temperature: In K.
        rate: Heating rate, in K/min.
        kinetics: Parameters of the reaction.
    """
    energy, log_factor, order = kinetics
    x = 1_000 * energy / (GAS_CONSTANT * temperature)
    integral = 1_000 * energy / GAS_CONSTANT * (np.exp(-x) / x - exp1(x))
    g = 10**log_factor / rate * integral
    if abs(order - 1) < 1e-6:
        return np.asarray(1 - np.exp(-g))
    return np.asarray(1 - np.maximum(1 - (1 - order) * g, 0.0) ** (1 / (1 - order)))


def fit(temperature: Array, measured: Array, rate: float, model: Model = conversion) -> tuple[Kinetics, float, int]:
    """Fit the parameters to a measured conversion by least squares.

    Args:
        temperature: In K.
        measured: The conversion, from 0 to 1.
        rate: Heating rate, in K/min.
        model: What computes the conversion.

    Returns:
        The parameters, the root mean square of the residuals, and how often the model was computed.
    """
    solution = least_squares(
        lambda values: model(temperature, rate, Kinetics(*values)) - measured,
        GUESS,
        x_scale=(100.0, 10.0, 1.0),
        bounds=((40.0, 2.0, 0.3), (300.0, 25.0, 3.0)),
    )
    spread = float(np.sqrt(np.mean(solution.fun**2)))
    return Kinetics(*map(float, solution.x)), spread, int(solution.nfev)


def kissinger(rates: Array, peaks: Array) -> float:
    """Estimate the activation energy from the temperatures of the fastest conversion at several heating rates.

    Source: H. E. Kissinger, Anal. Chem. 29 (1957) 1702.

    Returns:
        In kJ/mol.
    """
    slope, _ = np.polyfit(1 / peaks, np.log(rates / peaks**2), 1)
    return float(-slope * GAS_CONSTANT / 1_000)
