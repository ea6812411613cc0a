"""Makes the curves in ``data``: thermogravimetry of a decomposing salt, as an instrument sees it.

There are several heating rates. The last one is broken on purpose: decimal commas from some row on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinetics import Kinetics, conversion

TRUTH = Kinetics(energy=150.0, log_factor=12.0, order=1.0)
RATES = (5, 10, 20, 40)
BROKEN_RATE = 80
ROWS = 400
_DATA = Path(__file__).parent / "data"


def curve(rate: int) -> str:
    """Make the text of one file."""
    random = np.random.default_rng(rate)
    temperature = np.linspace(450.0, 750.0, ROWS)
    mass = 10.0 - 3.8 * conversion(temperature, rate, TRUTH) + random.normal(0, 0.006, ROWS)
    mass[random.integers(20, ROWS - 20, 3)] += 1.5
    lines = [f"# heating rate: {rate} K/min", "# sample: salt hydrate, 10 mg", "temperature_K,mass_mg"]
    lines += [f"{t:.2f},{m:.4f}" for t, m in zip(temperature, mass, strict=True)]
    lines[200] = f"{lines[200].split(',')[0]},nan"
    return "\n".join(lines) + "\n"


def broken(text: str) -> str:
    """Write decimal commas from the middle on."""
    lines = text.splitlines()
    return "\n".join(lines[:250] + [line.replace(",", ";").replace(".", ",") for line in lines[250:]]) + "\n"


def files() -> dict[str, str]:
    """Give the text of each file by its name."""
    texts = {f"{rate:02d}_K_per_min.csv": curve(rate) for rate in RATES}
    return {**texts, f"{BROKEN_RATE:02d}_K_per_min.csv": broken(curve(BROKEN_RATE))}


if __name__ == "__main__":
    for name, text in files().items():
        (_DATA / name).write_text(text, encoding="utf-8")
