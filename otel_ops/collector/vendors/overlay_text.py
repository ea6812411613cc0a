"""The overlay of a vendor as the text of a file."""

from __future__ import annotations

from collections.abc import Iterator

from otel_ops.collector import yaml_text
from otel_ops.collector.vendors.choice import Choice
from otel_ops.collector.vendors.overlay import overlay_of


def overlay_text(choice: Choice) -> str:
    """Write the overlay in YAML, below comments on what it needs to know.

    Raises:
        MissingExtraError: The library for YAML is not installed.
    """
    text = yaml_text.dump(overlay_of(choice))
    return "".join(f"# {line}\n" for line in _heading(choice, text)) + text


def _heading(choice: Choice, text: str) -> Iterator[str]:
    vendor = choice.vendor
    *others, last = choice.signals
    signals = f"{', '.join(others)} and {last}" if others else last
    yield f"{signals.capitalize()} to {vendor.title} over {choice.protocol}. Made from {vendor.name}.toml."
    for name, variable in vendor.variables.items():
        if f"${{env:{name}" in text:
            yield f"{name}: {variable.meaning}{'' if variable.default is None else f'; default {variable.default}'}"
