"""Several files as one configuration, merged as the collector merges those of several ``--config``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from otel_ops.collector.sources import Source
from otel_ops.collector.yaml_text import KeyPath

EXTENSIONS: KeyPath = ("service", "extensions")
"""The one list that all files add to; the collector by itself takes that of the last."""


class Replacement(NamedTuple):
    """A value that a file puts in the place of another one's."""

    path: KeyPath
    by: Source


class Configuration(NamedTuple):
    """What several files say together, and where each of it is from."""

    content: dict[str, Any]
    sources: Sequence[Source]
    replaced: Sequence[Replacement] = ()

    def place_of(self, path: KeyPath) -> str:
        """Give file and line of a key, or of the nearest one above it: those of the last file that has it."""
        for length in range(len(path), 0, -1):
            for source in reversed(self.sources):
                if has(source.content, path[:length]):
                    return source.place_of(path[:length])
        return self.sources[-1].name

    def section(self, name: str) -> dict[str, Any]:
        """Give the components of a section, as ``exporters``."""
        return as_map(self.content.get(name))

    @property
    def pipelines(self) -> dict[str, dict[str, Any]]:
        """The pipelines by id."""
        return {name: as_map(pipeline) for name, pipeline in as_map(self.service.get("pipelines")).items()}

    @property
    def service(self) -> dict[str, Any]:
        """The section that says what runs."""
        return self.section("service")


def merged(sources: Sequence[Source]) -> Configuration:
    """Merge files: maps key by key, everything else by the last that says it.

    Raises:
        CollectorError: One of them is no YAML.
    """
    content: dict[str, Any] = {}
    replaced = [Replacement(path, source) for source in sources for path in _add(content, source.content)]
    return Configuration(content, sources, replaced)


def _add(target: dict[str, Any], content: dict[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    """Add what a file says; give the paths of what it replaces."""
    for key, value in content.items():
        path = (*above, str(key))
        present = target.get(key)
        if isinstance(value, dict) and (present is None or isinstance(present, dict)):
            target[key] = present or {}
            yield from _add(target[key], value, path)
        elif path == EXTENSIONS and isinstance(present, list) and isinstance(value, list):
            target[key] = [*present, *(one for one in value if one not in present)]
        else:
            if key in target and present != value:
                yield path
            target[key] = value


def has(content: Any, path: KeyPath) -> bool:
    """Tell whether all keys of a path are there."""
    for key in path:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True


def as_map(value: Any) -> dict[str, Any]:
    """Give a map; an empty one for nothing, as the collector reads ``forward:``."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[str]:
    """Give a list of texts; an empty one for nothing."""
    return [str(item) for item in value] if isinstance(value, list) else []


def leaves(content: Any, above: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Give everything that is no map and no list, with its path; items of lists have that of the list."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from leaves(value, (*above, str(key)))
    elif isinstance(content, list):
        yield from _leaves_of_list(content, above)
    else:
        yield above, content


def _leaves_of_list(items: Iterable[Any], above: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for item in items:
        yield from leaves(item, above)
