"""Writes the reference pages that are made from declarations in the code: settings and attributes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from otel_ops.detail import Detail
from otel_ops.semconv import ATTRIBUTES, EVENTS
from otel_ops.settings import describe_settings

FOLDER = Path(__file__).parent / "reference"

_SETTINGS = """# Settings

Arguments of `configure()` win over environment variables, these over `otel_ops.toml`, this over `[tool.otel_ops]` in
`pyproject.toml`. The files are looked for in the current directory and then in its parents; the nearest directory that
has settings counts. In a file, keys outside of sections count as `[default]`; `OTEL_OPS_ENV=production` adds the
section `[production]`. `OTEL_OPS_SETTINGS_FILE` names another file. In the environment, values are written as in TOML,
and lists with commas, too: `OTEL_OPS_OUTPUTS=tree,json`, `OTEL_OPS_DETAIL_RULES='[{level="DEBUG", operation="fit*"}]'`.

An unknown key, a value of the wrong type or a wrong level is an error that names the key, the value, where it came
from, and the nearest right name. `otel-ops settings` tells every setting with its value and source, see
[settings](../how-to/settings.md).

"""
_ATTRIBUTES = """# Attributes and events

Every name that otel_ops writes. Names of OpenTelemetry's semantic conventions are used where there are any; ours begin
with `ops.`. The instrumentation scope carries the level of detail: `otel_ops.minimal` to `otel_ops.debug`.

"""


def settings_page() -> str:
    """Give the page on settings."""
    rows = (
        (f"`{setting.name}`", f"`{setting.variable}`", f"`{_shown(setting.default)}`", setting.meaning)
        for setting in describe_settings()
    )
    return _SETTINGS + _table(("setting", "environment variable", "default", "meaning"), rows)


def attributes_page() -> str:
    """Give the page on attributes and events."""
    rows = ((f"`{one.name}`", one.type, one.cardinality, one.meaning) for one in ATTRIBUTES.values())
    events = ((f"`{name}`", meaning) for name, meaning in EVENTS.items())
    return (
        _ATTRIBUTES
        + _table(("attribute", "type", "cardinality", "meaning"), rows)
        + "\n## Events\n\n"
        + _table(("event", "meaning"), events)
    )


def _shown(value: object) -> object:
    return value.name if isinstance(value, Detail) else value


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


PAGES = {"settings.md": settings_page, "attributes.md": attributes_page}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
