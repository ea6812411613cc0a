"""How each kind of panel looks, and what it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import ascii_uppercase
from typing import Any

from docs.dashboards.sources import Panel, Query

Json = dict[str, Any]

_PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
_JAEGER = {"type": "jaeger", "uid": "${jaeger}"}
_COLOURS = ("green", "orange", "red")
_SIZES = {"number": (6, 4), "lines": (12, 8), "buckets": (12, 8), "table": (24, 9), "traces": (24, 9)}
_TRACES = 20

_STAT = {
    "graphMode": "area",
    "colorMode": "value",
    "textMode": "auto",
    "justifyMode": "auto",
    "orientation": "auto",
    "wideLayout": True,
    "showPercentChange": False,
    "percentChangeColorMode": "standard",
}
_HEATMAP = {
    "calculate": False,
    "showValue": "never",
    "legend": {"show": True},
    "tooltip": {"mode": "single"},
    "exemplars": {"color": "rgba(255,0,255,0.7)"},
}
_TABLE = {"showHeader": True, "frameIndex": 0}


def size_of(panel: Panel) -> tuple[int, int]:
    """Give width and height."""
    width, height = _SIZES[panel.kind]
    return panel.width or width, height


def _lines(panel: Panel) -> Json:
    """Show values over time."""
    legend = {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]}
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "auto"}
    return {
        "type": "timeseries",
        **_asked(panel, "time_series"),
        "options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, "custom": custom}, "overrides": []},
    }


def _number(panel: Panel) -> Json:
    """Show one value, which has a colour by its limits."""
    steps = [{"value": limit, "color": colour} for limit, colour in zip([None, *panel.limits], _COLOURS, strict=False)]
    reduced = {"values": False, "calcs": ["lastNotNull"], "fields": ""}
    defaults = {"unit": panel.unit, "noValue": "–", "thresholds": {"mode": "absolute", "steps": steps}}
    return {
        "type": "stat",
        **_asked(panel, "time_series"),
        "options": {**_STAT, "reduceOptions": reduced},
        "fieldConfig": {"defaults": defaults, "overrides": []},
    }


def _buckets(panel: Panel) -> Json:
    """Show how many durations fell into each bucket."""
    colours = {
        "mode": "scheme",
        "scheme": "Oranges",
        "steps": 64,
        "fill": "dark-orange",
        "exponent": 0.5,
        "reverse": False,
    }
    return {
        "type": "heatmap",
        **_asked(panel, "heatmap"),
        "options": {**_HEATMAP, "color": colours, "yAxis": {"axisPlacement": "left", "unit": "s"}},
        "fieldConfig": {"defaults": {}, "overrides": []},
    }


def _table(panel: Panel) -> Json:
    """Show what there is now, a column for each query."""
    values = [f"Value #{letter}" for letter in ascii_uppercase] if len(panel.queries) > 1 else ["Value"]
    names = {**panel.names, **dict(zip(values, [query.column for query in panel.queries], strict=False))}
    named = {"excludeByName": {"Time": True}, "indexByName": _places(names), "renameByName": names}
    units = [_override(query.column, "unit", query.unit) for query in panel.queries]
    links = [_override(name, "links", [{"title": "Show it", "url": url}]) for name, url in panel.links.items()]
    return {
        "type": "table",
        **_asked(panel, "table"),
        "transformations": [{"id": "merge", "options": {}}, {"id": "organize", "options": named}],
        "options": {**_TABLE, "sortBy": [{"displayName": panel.queries[0].column, "desc": True}]},
        "fieldConfig": {"defaults": {}, "overrides": [*units, *links]},
    }


def _traces(panel: Panel) -> Json:
    """Show the latest traces that Jaeger finds; each leads to its tree."""
    asked = {"refId": "A", "datasource": _JAEGER, "queryType": "search", "limit": _TRACES, **panel.search}
    shown = {"options": _TABLE, "fieldConfig": {"defaults": {}, "overrides": []}}
    return {"type": "table", "datasource": _JAEGER, "targets": [asked], **shown}


LOOKS: Mapping[str, Callable[[Panel], Json]] = {
    "number": _number,
    "lines": _lines,
    "buckets": _buckets,
    "table": _table,
    "traces": _traces,
}
"""What makes a panel of each kind."""


def _asked(panel: Panel, answer: str) -> Json:
    targets = [_target(letter, query, answer) for letter, query in zip(ascii_uppercase, panel.queries, strict=False)]
    return {"datasource": _PROMETHEUS, "targets": targets}


def _target(letter: str, query: Query, answer: str) -> Json:
    """Ask for values over time; for a table, for those at the end."""
    legend = {"legendFormat": query.legend} if query.legend else {}
    when = {"instant": True, "range": False} if answer == "table" else {"range": True}
    told = {**legend, **when, **({"exemplar": True} if query.exemplars else {})}
    return {"refId": letter, "datasource": _PROMETHEUS, "expr": query.ask.strip(), "format": answer, **told}


def _places(names: Mapping[str, str]) -> dict[str, int]:
    return {column: place for place, column in enumerate(names)}


def _override(column: str, what: str, value: object) -> Json:
    return {"matcher": {"id": "byName", "options": column}, "properties": [{"id": what, "value": value}]}
