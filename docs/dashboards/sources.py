"""What the TOML files of this folder say: dashboards, and what can be chosen at the top of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

_FOLDER = Path(__file__).parent
_VARIABLES = "variables"


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """What Prometheus is asked.

    Attributes:
        ask: The expression.
        legend: Name of each line, with labels in double braces.
        column: What stands above its values in a table.
        unit: Of its values in a table, as Grafana names units.
        exemplars: Whether the traces of single runs are shown as points.
    """

    ask: str
    legend: str = ""
    column: str = ""
    unit: str = ""
    exemplars: bool = False


class Panel(msgspec.Struct, forbid_unknown_fields=True):
    """A panel.

    Attributes:
        kind: How it shows what it is told.
        title: What stands above it.
        description: What it tells.
        queries: What Prometheus is asked.
        unit: Of the values, as Grafana names units.
        limits: A number is orange from the first on, red from the second on.
        width: Of 24; by its kind, where it is 0.
        names: What stands above the columns of labels in a table, by label.
        links: Where the values of a column lead to, by what stands above it.
        search: What Jaeger is asked.
    """

    kind: Literal["number", "lines", "buckets", "table", "traces"]
    title: str
    description: str
    queries: list[Query] = []
    unit: str = ""
    limits: list[float] = []
    width: int = 0
    names: dict[str, str] = {}
    links: dict[str, str] = {}
    search: dict[str, str] = {}


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """Panels side by side, below a title or none."""

    panels: list[Panel]
    title: str = ""


class Board(msgspec.Struct, forbid_unknown_fields=True):
    """A dashboard.

    Attributes:
        uid: What its address ends with.
        title: What stands above it.
        description: What it tells.
        interval: How often its metrics come: rates look back four times as far.
        variables: What can be chosen at its top.
        rows: What it shows.
    """

    uid: str
    title: str
    description: str
    interval: str
    variables: list[str]
    rows: list[Row]


class Variable(msgspec.Struct, forbid_unknown_fields=True):
    """What can be chosen.

    Attributes:
        type: What gives the choices.
        query: What asks for them, or the choices themselves.
        label: What stands beside it.
        description: What it means.
        regex: What of an answer is a choice.
        chosen: The choice at first.
        several: Whether several may be chosen, and all are by default.
        hidden: Whether it follows from others, and is not shown.
    """

    type: Literal["datasource", "query", "custom"]
    query: str
    label: str = ""
    description: str = ""
    regex: str = ""
    chosen: str = ""
    several: bool = False
    hidden: bool = False


def board_names() -> list[str]:
    """Give the names of the dashboards."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml") if path.stem != _VARIABLES)


def board_named(name: str) -> Board:
    """Read a dashboard."""
    return msgspec.toml.decode((_FOLDER / f"{name}.toml").read_bytes(), type=Board)


def variables() -> dict[str, Variable]:
    """Read what can be chosen, by name."""
    return msgspec.toml.decode((_FOLDER / f"{_VARIABLES}.toml").read_bytes(), type=dict[str, Variable])
