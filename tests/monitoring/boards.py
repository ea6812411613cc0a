"""The dashboards that we ship, and what their panels ask."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from otel_ops.collector.folder import configuration_folder

Json = dict[str, Any]

BOARDS: dict[str, Json] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((configuration_folder() / "dashboards").glob("*.json"))
}
"""Each dashboard, by the name of its file."""

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True)
class Asked:
    """What a panel asks.

    Attributes:
        where: Dashboard, panel and letter.
        target: The query as Grafana keeps it.
    """

    where: str
    target: Json

    def to(self, **chosen: str) -> Asked:
        """Give it with values in the place of variables, as Grafana puts them there."""
        return Asked(self.where, {key: _chosen(value, chosen) for key, value in self.target.items()})


def asked() -> Iterator[Asked]:
    """Give what all panels ask."""
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield Asked(f"{name}, {panel['title']}, {target['refId']}", target)


def _chosen(value: object, chosen: Mapping[str, str]) -> object:
    return _VARIABLE.sub(lambda found: chosen[found[1]], value) if isinstance(value, str) else value
