"""Makes the curves in ``data``: thermogravimetry of a decomposing salt, as an instrument writes it.

There is one file for each heating rate, with noise, outliers, a gap and a row written twice. The last file is broken on
purpose: from its middle on it has decimal commas, as after a detour through a spreadsheet.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinetics import Kinetics, conversion

TRUTH = Kinetics(energy=150.0, log_factor=12.0, order=1.0)
RATES = (5, 10, 20, 40)
BROKEN_RATE = 80
ROWS = 400
OUTLIERS = 3
_DATA = Path(__file__).parent / "data"
_START, _END = 450.0, 750.0
_REPEATED, _GAP, _BROKEN = 60, 197, 246


def curve(rate: int) -> list[str]:
    """Make the rows of one file."""
    random = np.random.default_rng(rate)
    temperature = np.linspace(_START, _END, ROWS)
    time = 60 * (temperature - _START) / rate
    mass = 10.0 - 3.8 * conversion(temperature, rate, TRUTH) + random.normal(0, 0.006, ROWS)
    mass[random.integers(20, ROWS - 20, OUTLIERS)] += 1.5
    mass[_GAP] = np.nan
    rows = [f"{s:.2f},{t:.2f},{m:.4f}" for s, t, m in zip(time, temperature, mass, strict=True)]
    rows[_REPEATED] = rows[_REPEATED - 1]
    return rows


def broken(rows: list[str]) -> list[str]:
    """Write decimal commas from the middle on."""
    return rows[:_BROKEN] + [row.replace(",", ";").replace(".", ",") for row in rows[_BROKEN:]]


def document(rate: int, rows: list[str]) -> bytes:
    """Put the instrument's header above the rows."""
    header = ["# sample: salt hydrate, 10 mg", "# operator: ada", f"# heating rate: {rate} K/min"]
    return "\n".join([*header, "time_s,temperature_K,mass_mg", *rows, ""]).encode()


def files() -> dict[str, bytes]:
    """Give the content of each file by its name."""
    curves = {rate: curve(rate) for rate in RATES} | {BROKEN_RATE: broken(curve(BROKEN_RATE))}
    return {f"{rate:02d}_K_per_min.csv": document(rate, rows) for rate, rows in curves.items()}


if __name__ == "__main__":
    for name, content in files().items():
        (_DATA / name).write_bytes(content)
