"""Writes the dashboards of ``collector_config`` from the TOML files of this folder: ``make dashboards``."""

from __future__ import annotations

import json

from docs.dashboards.grafana import model_of
from docs.dashboards.sources import board_named, board_names
from otel_ops.collector.folder import configuration_folder

FOLDER = configuration_folder() / "dashboards"


def text_of(name: str) -> str:
    """Give a dashboard as its file has it."""
    return json.dumps(model_of(board_named(name)), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all of them."""
    for name in board_names():
        (FOLDER / f"{name}.json").write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    main()
