"""What the collectors of the tests are made of, and what a configuration needs that they lack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from otel_ops.collector.components import SECTIONS, type_of
from otel_ops.collector.merging import as_map
from otel_ops.collector.older_names import RENAMINGS
from tests.back_ends.recipes import SOURCES

_MODULE = re.compile(r"^ +- gomod: \S+/(\w+) v", re.MULTILINE)


def lacking(content: Mapping[str, Any], name: str) -> list[str]:
    """Give the parts of a configuration that a collector is made without, as ``exporter opensearch``.

    Args:
        content: The configuration, with the names of today.
        name: The collector, as ``otelcol-0.158``.
    """
    modules = set(_MODULE.findall((SOURCES / name / "otelcol.yaml").read_text(encoding="utf-8")))
    needed = {(section.removesuffix("s"), type_of(one)) for section in SECTIONS for one in as_map(content.get(section))}
    return [f"{kind} {part}" for kind, part in sorted(needed) if not modules & _modules_of(kind, part)]


def _modules_of(kind: str, part: str) -> set[str]:
    """Give what a component's module may be called: by its first name, run together, mostly with its kind behind."""
    first = {f"{entry.section.removesuffix('s')} {entry.new}": entry.old for entry in RENAMINGS}
    name = first.get(f"{kind} {part}", part).replace("_", "")
    return {name, f"{name}{kind}"}
