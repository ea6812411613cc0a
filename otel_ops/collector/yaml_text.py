"""YAML of the collector's: read as its own parser reads it (1.2, no key twice), and written."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from otel_ops.exceptions import CollectorError, MissingExtraError

KeyPath = tuple[str, ...]
"""Where something stands: the keys that lead to it."""

_MAX_WIDTH = 120


def load(text: str, name: str) -> dict[str, Any]:
    """Read a configuration.

    Args:
        text: YAML.
        name: What messages call it.

    Raises:
        CollectorError: The text is no YAML, has a key twice, or is no map.
        MissingExtraError: The library for YAML is not installed.
    """
    content = _parsed(text, name)
    if content is None:
        return {}
    if not isinstance(content, dict):
        msg = f"{name}: a {type(content).__name__} where the collector needs a map of sections, as 'exporters: …'"
        raise CollectorError(msg)
    return content


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


def line_of(text: str, path: KeyPath) -> int | None:
    """Give the line, from 1, of the last key of a path that the text has; None where it lacks the first."""
    line, node = None, _library().YAML(typ="safe", pure=True).compose(text)
    for name in path:
        found = next((pair for pair in _pairs(node) if str(pair[0].value) == name), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
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
        msg = f"{name}{line}: {error.problem or error.context}; the collector would refuse it, too"
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
