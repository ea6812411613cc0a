"""The files that a configuration is made of: those that come with the package, by name, and others by path."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from otel_ops.collector import yaml_text
from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.vendors import chosen, overlay_text, vendor_named, vendor_names
from otel_ops.collector.yaml_text import KeyPath
from otel_ops.exceptions import CollectorError
from otel_ops.settings.values import unknown

BASE = "base"
_NO_OVERLAYS = (BASE, "compose", "kustomization")
_SUFFIXES = (".yaml", ".yml")
_VENDOR_SUFFIX = ".toml"


class Source:
    """One file of a configuration.

    Args:
        name: What messages call it, as ``jaeger.yaml``.
        text: Its YAML.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @cached_property
    def content(self) -> dict[str, Any]:
        """What the text says."""
        return yaml_text.load(self.text, self.name)

    @cached_property
    def _lines(self) -> yaml_text.Lines:
        return yaml_text.lines_of(self.text)

    @property
    def summary(self) -> str:
        """The first sentence of the comment that the text begins with."""
        comment = (line[1:].strip() for line in self.text.splitlines() if line.startswith("#"))
        return next(comment, "").partition(". ")[0].rstrip(".")

    def place_of(self, path: KeyPath) -> str:
        """Give name and line of the last key of a path that is in here, as ``jaeger.yaml:4``."""
        line = yaml_text.line_of(self._lines, path)
        return self.name if line is None else f"{self.name}:{line}"


def overlay_names() -> list[str]:
    """Give the names of all overlays but those of vendors."""
    return sorted(path.stem for path in configuration_folder().glob("*.yaml") if path.stem not in _NO_OVERLAYS)


def base_and(overlays: Iterable[str]) -> list[Source]:
    """Give the base and the overlays, in this order.

    Args:
        overlays: Names, or paths of YAML files.

    Raises:
        CollectorError: There is no such overlay, or its file cannot be read.
    """
    return [_shipped(BASE), *map(source_of, dict.fromkeys(overlays))]


def source_of(overlay: str) -> Source:
    """Find an overlay by its name or its vendor's, or a file by its path: YAML, or a vendor's row."""
    if overlay.endswith(_SUFFIXES):
        return Source(overlay, _text_of(Path(overlay)))
    if overlay in vendor_names() or overlay.endswith(_VENDOR_SUFFIX):
        return Source(f"{Path(overlay).stem}.yaml", overlay_text(chosen(vendor_named(overlay))))
    if overlay in overlay_names():
        return _shipped(overlay)
    known = unknown("overlay", overlay, [*overlay_names(), *vendor_names()])
    msg = f"{overlay}: {known} (base is always in, and your own files end in .yaml)"
    raise CollectorError(msg)


def _shipped(name: str) -> Source:
    path = configuration_folder() / f"{name}.yaml"
    return Source(path.name, _text_of(path))


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        msg = f"{path}: not UTF-8, so no YAML; name a text file"
        raise CollectorError(msg) from None
    except OSError as error:
        msg = f"{path}: {error.strerror}; name an overlay ({', '.join(overlay_names())}) or a file that can be read"
        raise CollectorError(msg) from None
