"""``otel-ops settings``: every setting with its value, where that comes from, and what it means."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.sdk.environment_variables import OTEL_SDK_DISABLED
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from otel_ops.cli.explaining import as_json, as_table, explained
from otel_ops.cli.parsing import add_format, subcommand
from otel_ops.cli.setting_text import plain, worded
from otel_ops.cli.streams import tell
from otel_ops.errors.names import make_error_handlers
from otel_ops.exceptions import MissingExtraError, SettingsError
from otel_ops.exporters.destinations import destinations, trace_file_of
from otel_ops.formatters import Page, page_of, wording
from otel_ops.formatters.rendering import rendered
from otel_ops.redaction import HIDDEN, redacted, without
from otel_ops.sdk.outputs import make_outputs
from otel_ops.settings import LoadedSettings, SettingDescription, describe_settings, read_settings
from otel_ops.settings.otel_variables import is_disabled
from otel_ops.settings.values import unknown

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops settings
  otel-ops settings detail outputs
  otel-ops settings --json | jq -r .settings.detail.source
  OTEL_OPS_DETAIL=DEBUG otel-ops settings detail
  otel-ops settings --explain detail
"""
_DEFAULT = "default"
_MIN_WIDTH = 40
_NO_EXPORTER = "there is no trace file, endpoint or exporter"


class _Report(NamedTuple):
    """What is told: the settings, where spans go, and everything that is wrong."""

    rows: Sequence[SettingDescription]
    loaded: LoadedSettings
    spans_go_to: Sequence[str]
    problems: Sequence[str]

    def source(self, key: str) -> str:
        return self.loaded.origins.get(key, _DEFAULT)

    def is_usable(self, key: str) -> bool:
        return key not in self.loaded.refused

    def value(self, key: str) -> Any:
        if not self.is_usable(key):
            return None
        return HIDDEN if key in self.loaded.secret else plain(getattr(self.loaded.settings, key))


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(subparsers, "settings", run, "tell what is set, where, and what it means", _EXAMPLES)
    parser.add_argument("keys", nargs="*", metavar="KEY", help="only these settings")
    parser.add_argument("--explain", action="store_true", help="tell of every source, what it gave, and which one won")
    add_format(parser, "table", "json")


def run(options: argparse.Namespace) -> int:
    """Print the settings that `configure()` would find in the current directory; tell what is wrong with them."""
    report = _report(_chosen(options.keys))
    tell_of = _TELLERS[options.format, options.explain]
    sys.stdout.write(tell_of(report))
    sys.stdout.flush()
    for problem in report.problems:
        tell(problem)
    return 2 if report.problems else 0


def _chosen(keys: Sequence[str]) -> list[SettingDescription]:
    known = {setting.name: setting for setting in describe_settings()}
    wrong = [f"{key}: {unknown('setting', key, known)}" for key in keys if key not in known]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return [known[key] for key in keys or known]


def _report(rows: Sequence[SettingDescription]) -> _Report:
    loaded = read_settings({})
    places: list[str] = []
    problems = list(loaded.problems)
    try:
        make_outputs(loaded.settings.outputs)
        places = destinations(loaded.settings, os.environ)
    except SettingsError as error:
        problems.append(_told_safely(loaded, "outputs", str(error)))
    try:
        list(make_error_handlers(loaded.settings.error_handlers))
    except (SettingsError, MissingExtraError) as error:
        problems.append(loaded.without_secrets(str(error)))
    safe = [_told_safely(loaded, "trace_file", place) for place in places]
    return _Report(rows, loaded, [] if problems else safe, problems)


def _told_safely(loaded: LoadedSettings, key: str, text: str) -> str:
    """Give the text without what must not be shown of a setting that it tells of."""
    return redacted(without(text, plain(getattr(loaded.settings, key))) if key in loaded.secret else text)


def _json(report: _Report) -> str:
    document = {
        "version": 1,
        "settings": {row.name: _entry(report, row) for row in report.rows},
        "section": _section_entry(report.loaded) if _is_of_interest(report.loaded) else None,
        "spans_go_to": report.spans_go_to,
        "problems": report.problems,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _explained_json(report: _Report) -> str:
    settings = {row.name: as_json(explained(report.loaded, row)) for row in report.rows}
    document = {"version": 1, "settings": settings, "problems": report.problems}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _explained_table(report: _Report) -> str:
    parts: list[RenderableType] = []
    for row in report.rows:
        parts += [_told_row(report, row), as_table(explained(report.loaded, row), _shortened), Text()]
    return rendered(tuple(parts[:-1]), _page())


def _told_row(report: _Report, row: SettingDescription) -> Text:
    return Text.assemble((row.name, "bold"), "  ", _told(report, row.name))


def _entry(report: _Report, row: SettingDescription) -> dict[str, object]:
    return {
        "value": report.value(row.name),
        "source": report.source(row.name),
        "usable": report.is_usable(row.name),
        "default": plain(row.default),
        "variable": row.variable,
        "live": row.live,
        "meaning": row.meaning,
    }


def _section_entry(loaded: LoadedSettings) -> dict[str, object]:
    return {
        "name": _section_name(loaded),
        "found": bool(_files_with_section(loaded)),
        "sections": {str(path): names for path, names in loaded.sections.items()},
    }


def _table(report: _Report) -> str:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in report.rows:
        table.add_row(row.name, Group(_told(report, row.name), Text(_meaning(row), "dim")))
        table.add_row()
    if _is_of_interest(report.loaded):
        table.add_row("section", _section(report.loaded))
    table.add_row("spans go to", Text("\n".join(_places(report))))
    return rendered((table,), _page())


_TELLERS = {
    ("table", False): _table,
    ("table", True): _explained_table,
    ("json", False): _json,
    ("json", True): _explained_json,
}


def _page() -> Page:
    page = page_of(sys.stdout)
    return page._replace(width=max(page.width, _MIN_WIDTH))


def _meaning(row: SettingDescription) -> str:
    return f"{row.meaning} Can change while the program runs." if row.live else row.meaning


def _told(report: _Report, key: str) -> Text:
    source = report.source(key)
    told = f"({_shortened(source)})"
    if not report.is_usable(key):
        return Text.assemble(("not usable", "bold red"), "  ", (told, "red"))
    value = wording.safe(worded(report.value(key)))
    use = _trace_file_unset(report) if key == "trace_file" and report.value(key) is None else ""
    return Text.assemble((value, "cyan"), use, "  ", (told, "dim" if source == _DEFAULT else "green"))


def _trace_file_unset(report: _Report) -> str:
    return f": {trace_file_of(report.loaded.settings, os.environ) or 'none, as an endpoint or exporter is set'}"


def _section(loaded: LoadedSettings) -> Text:
    name = wording.safe(_section_name(loaded))
    if files := _files_with_section(loaded):
        return Text(f"{name}: in {', '.join(map(_shortened, files))}")
    missing = [
        f"not in {_shortened(str(path))}, which has {wording.safe(', '.join(names)) or 'no sections'}"
        for path, names in loaded.sections.items()
    ]
    return Text(f"{name}: {'; '.join(missing) or 'no file with settings was read'}", "yellow")


def _is_of_interest(loaded: LoadedSettings) -> bool:
    """Tell whether somebody has named the active section, or a file has the one that is active by default."""
    return bool(loaded.section or _files_with_section(loaded))


def _section_name(loaded: LoadedSettings) -> str:
    return loaded.section or ", ".join(loaded.active)


def _files_with_section(loaded: LoadedSettings) -> list[str]:
    """Name the files that have an active section; each has a default one, that of its keys outside of sections."""
    wanted = set(loaded.active)
    return [str(path) for path, names in loaded.sections.items() if wanted & {"default", *map(str.lower, names)}]


def _shortened(source: str) -> str:
    """Name a file as seen from the current directory where it is in there."""
    try:
        here = f"{Path.cwd()}{os.sep}"
    except OSError:  # it was removed
        return wording.safe(source)
    return wording.safe(source.replace(here, ""))


def _places(report: _Report) -> list[str]:
    if report.problems:
        return ["nowhere: configure() refuses what is wrong"]
    if is_disabled(os.environ):
        return [f"nowhere: {OTEL_SDK_DISABLED} is true"]
    return list(map(wording.safe, report.spans_go_to)) or [_places_of_logs(report)]


def _places_of_logs(report: _Report) -> str:
    listeners = [key for key in ("outputs", "error_handlers") if getattr(report.loaded.settings, key)]
    return f"{' and '.join(listeners)} only: {_NO_EXPORTER}" if listeners else f"nowhere: {_NO_EXPORTER}"
