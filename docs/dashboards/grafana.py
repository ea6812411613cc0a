"""Dashboards as Grafana reads them: the JSON model of Grafana 11 and newer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from docs.dashboards.panels import LOOKS, size_of
from docs.dashboards.sources import Board, Panel, Row, Variable, variables

Json = dict[str, Any]

_SCHEMA_VERSION = 41
_TAG = "otel_ops"
_WIDTH = 24
_SHOWN, _HIDDEN = 0, 2
_ON_TIME_RANGE_CHANGED = 2
_ALPHABETICALLY = 1
_EVERYTHING = {"text": "All", "value": "$__all"}


def model_of(board: Board) -> Json:
    """Give a dashboard."""
    declared = variables()
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": [_TAG],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "schemaVersion": _SCHEMA_VERSION,
        "templating": {"list": [_variable(name, declared[name]) for name in board.variables]},
        "annotations": {"list": []},
        "links": [_LINKS],
        "panels": [_asking_each(board.interval, panel) for panel in _panels(board.rows)],
    }


_LINKS = {
    "title": "otel_ops",
    "type": "dashboards",
    "icon": "external link",
    "tooltip": "the other dashboards of operations",
    "tags": [_TAG],
    "asDropdown": False,
    "targetBlank": False,
    "includeVars": True,
    "keepTime": True,
}


def _panels(rows: Iterable[Row]) -> Iterator[Json]:
    """Put rows below each other."""
    numbers, top = count(1), 0
    for row in rows:
        if row.title:
            yield {
                "type": "row",
                "id": next(numbers),
                "title": row.title,
                **_at(0, top, (_WIDTH, 1)),
                "collapsed": False,
                "panels": [],
            }
            top += 1
        for panel, left, below in _placed(row.panels):
            yield {"id": next(numbers), **_panel(panel), **_at(left, top + below, size_of(panel))}
        top += _height(row.panels)


def _asking_each(interval: str, panel: Json) -> Json:
    """Have a panel ask for a value each interval at most."""
    targets = [{**target, "interval": interval} if "expr" in target else target for target in panel.get("targets", ())]
    return {**panel, "targets": targets} if targets else panel


def _placed(panels: Iterable[Panel]) -> Iterator[tuple[Panel, int, int]]:
    """Give panels with their places from the left and from the top."""
    left = top = height = 0
    for panel in panels:
        width, own_height = size_of(panel)
        if left + width > _WIDTH:
            left, top, height = 0, top + height, 0
        yield panel, left, top
        left, height = left + width, max(height, own_height)


def _height(panels: Iterable[Panel]) -> int:
    return max(top + size_of(panel)[1] for panel, _, top in _placed(panels))


def _at(left: int, top: int, size: tuple[int, int]) -> Json:
    return {"gridPos": {"x": left, "y": top, "w": size[0], "h": size[1]}}


def _panel(panel: Panel) -> Json:
    return {"title": panel.title, "description": panel.description, **LOOKS[panel.kind](panel)}


def _variable(name: str, declared: Variable) -> Json:
    """Give what can be chosen at the top."""
    described = {key: text for key, text in (("label", declared.label), ("description", declared.description)) if text}
    shown = {"name": name, **described, "hide": _HIDDEN if declared.hidden else _SHOWN, "skipUrlSync": False}
    return {"type": declared.type, **shown, "query": declared.query, **_choice(declared), **_asking(declared)}


def _choice(declared: Variable) -> Json:
    """Tell what is chosen at first, and what may be."""
    if declared.several:
        everything = declared.query.replace(",", "|") if declared.type == "custom" else ".+"
        current = {"text": [declared.chosen], "value": [declared.chosen]} if declared.chosen else _EVERYTHING
        return {"multi": True, "includeAll": True, "allValue": everything, "current": {"selected": True, **current}}
    current = {"text": declared.chosen, "value": declared.chosen}
    return {"multi": False, **({"current": {"selected": True, **current}} if declared.chosen else {})}


def _asking(declared: Variable) -> Json:
    if declared.type != "query":
        return {}
    source = {"type": "prometheus", "uid": "${datasource}"}
    ordered = {"refresh": _ON_TIME_RANGE_CHANGED, "sort": _ALPHABETICALLY}
    return {"datasource": source, **ordered, **({"regex": declared.regex} if declared.regex else {})}
