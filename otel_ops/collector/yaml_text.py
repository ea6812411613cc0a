"""YAML of the collector's: read as its own parser reads it (1.2, no key twice), within bounds, and written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from otel_ops.exceptions import CollectorError, MissingExtraError

KeyPath = tuple[str, ...]
"""Where something stands: the keys that lead to it."""

Lines: TypeAlias = "dict[str, tuple[int, Lines]]"
"""The line of each key of a map, from 1, and those of the map below it."""

_VALUE = re.compile(r" with value .*", re.DOTALL)
"""What is told of a key that is there twice; it may be a secret."""

_MAX_WIDTH = 120
_MAX_DEPTH = 100
_MAX_VALUES = 1_000_000


def load(text: str, name: str) -> dict[str, Any]:
    """Read a configuration, with texts as keys, and with what aliases name in their place.

    Args:
        text: YAML.
        name: What messages call it.

    Raises:
        CollectorError: The text is no YAML, has a key twice, is no map, or is beyond all measure.
        MissingExtraError: The library for YAML is not installed.
    """
    try:
        content = _plain(_parsed(text, name), _MAX_DEPTH, iter(range(_MAX_VALUES)))
    except RecursionError:
        msg = f"{name}: more than {_MAX_DEPTH} levels deep, {_MAX_VALUES:,} values long, or part of itself; split it"
        raise CollectorError(msg) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        msg = f"{name}: no map of sections, which is what the collector needs; write it as 'exporters: …'"
        raise CollectorError(msg)
    return content


def _plain(value: Any, depth: int, budget: Iterator[int]) -> Any:
    """Copy what was read, as far as it is within bounds: aliases can make ten lines endless."""
    if depth < 0 or next(budget, None) is None:
        raise RecursionError
    if isinstance(value, dict):
        return {str(key): _plain(item, depth - 1, budget) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth - 1, budget) for item in value]
    return value


def dump(config: dict[str, Any]) -> str:
    """Write a configuration, its keys in their order, and everything out where it stands."""
    yaml = _library().YAML()
    yaml.default_flow_style = False
    yaml.width = _MAX_WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    text = io.StringIO()
    yaml.dump(config, text)
    return text.getvalue()


def lines_of(text: str) -> Lines:
    """Give the lines of all keys of a text that can be read."""
    return _lines(_library().YAML(typ="safe", pure=True).compose(text), {})


def _lines(node: Any, known: dict[int, Lines]) -> Lines:
    if id(node) not in known:
        lines = known[id(node)] = {}
        for key, value in _pairs(node):
            lines[str(key.value)] = key.start_mark.line + 1, _lines(value, known)
    return known[id(node)]


def line_of(lines: Lines, path: KeyPath) -> int | None:
    """Give the line of the last key of a path that is there; None where the first is not."""
    line = None
    for name in path:
        if name not in lines:
            break
        line, lines = lines[name]
    return line


def _pairs(node: Any) -> Iterable[tuple[Any, Any]]:
    value = getattr(node, "value", None)
    return value if isinstance(value, list) and value and isinstance(value[0], tuple) else ()


def _parsed(text: str, name: str) -> Any:
    library = _library()
    try:
        return library.YAML(typ="safe", pure=True).load(text)
    except library.error.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        told = _VALUE.sub("", error.problem or error.context)
        msg = f"{name}{line}: {told}; the collector would refuse it, too"
        raise CollectorError(msg) from None
    except library.error.YAMLError as error:
        msg = f"{name}: no YAML: {' '.join(str(error).split())}"
        raise CollectorError(msg) from None


def _library() -> Any:
    try:
        import ruamel.yaml  # noqa: PLC0415 - an extra
    except ImportError:
        package = "ruamel.yaml"
        raise MissingExtraError(package, "collector", [package]) from None
    return ruamel.yaml
