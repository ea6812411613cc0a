"""Writes what is made from declarations: pages on settings, attributes, public names and vendors; vendors' overlays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from docs.api_pages import api_pages
from docs.collector_pages import validation_page
from docs.vendor_pages import overlays, vendors_page
from docs.written_docs import constant_docs, field_docs
from otel_ops.declared import DeclaredOperation
from otel_ops.detail import Detail, DetailRule
from otel_ops.semconv import (
    ATTRIBUTES,
    CONTEXT_KEYS,
    EVENTS,
    FAILED_OUTCOMES,
    META_PREFIX,
    METRICS,
    METRICS_SCOPE,
    RESERVED,
    Kind,
    Outcome,
)
from otel_ops.settings import ErrorHandling, MetricsPlace, Output, SettingDescription, describe_settings

FOLDER = Path(__file__).parent / "reference"

_SETTINGS = """# Settings

How to set them, and see what is set: [how-to](../how-to/settings.md).

Each source wins over those below it, key by key:

| source | how it is written |
| --- | --- |
| arguments of `configure()` | Python values; objects, too |
| environment variables | `OTEL_OPS_<KEY>`: as in TOML, and lists with commas, too: `OTEL_OPS_OUTPUTS=tree,json` |
| options of the instrumentor `otel_ops` | in OpenTelemetry's declarative file |
| a dynaconf object | `configure(dynaconf=…)`: its table `otel_ops`, and its keys `OTEL_OPS_<KEY>` |
| `otel_ops.local.toml` | as `otel_ops.toml` |
| `.secrets.toml` | as `otel_ops.toml`; keys that are no settings are passed over, values are never shown |
| `otel_ops.toml` | keys, and sections of keys |
| `pyproject.toml` | the same below `[tool.otel_ops]` |
| defaults | see below |

The files are looked for in the current directory and then in its parents; the nearest directory that has settings
counts. In a file, keys outside of sections count as `[default]`; those of the active section win over these, and those
of `[global]` over all. Strings in files and variables may be dynaconf's tokens (`@format`, `@jinja`, `@merge` …).

| variable | meaning |
| --- | --- |
| `OTEL_OPS_SETTINGS_FILE` | the file to read in place of those that are found |
| `OTEL_OPS_SECRETS_FILE` | the file to read in place of `.secrets.toml` |
| `OTEL_OPS_ENV` | the active section, or several with commas; else `ENV_FOR_DYNACONF`, else `development` |

An unknown key, a value of the wrong type or a wrong level is an error that names the key, the value, where it came
from, and the nearest right name. `otel-ops settings` tells every setting with its value and source. Below, each has its
environment variable, what it takes, and its default, as they are written in a file. Those that are live can change
while the program runs, where the settings are [read again](../how-to/settings.md#while-the-program-runs).

"""
_TYPES = {
    "str | None": "text",
    "int | str | None": "level of logging",
    "bool": "true or false",
    "int": "whole number",
    "float": "seconds",
    "Detail": "level of detail",
    "Detail | None": "level of detail",
    "str | Literal[False] | None": "path, or false",
    "tuple[DetailRule, ...]": "list of tables",
    "tuple[DeclaredOperation, ...]": "list of targets or tables",
    "tuple[Output, ...]": "list of names and tables",
    "tuple[ErrorHandling, ...]": "list of names and tables",
    "tuple[MetricsPlace, ...] | None": "list of names and tables",
    "tuple[str, ...]": "list of names",
    "tuple[float, ...]": "list of seconds",
}
"""What the Python types of settings are in words."""

_ENGLISH = {"metrics", "operations"}
_NAMES = [one.name for one in describe_settings() if one.name not in _ENGLISH]
_WORDS = "|".join(["true", "false", r"service\.name", r"server\.\w+", r"ops\.\w+", r"OTEL_\w+", r"SIG\w+", *_NAMES])
_CODE = re.compile(rf"\b(?:{_WORDS}|(?:[A-Z][a-z]+){{2,}})\b|\S*\{{\w+\}}[^\s,.]*(?:\.\w+)?|(?<=\()\w+(?:, \w+)*(?=\))")
"""What is no English in the meaning of a setting: names, paths with something to fill in, lists of words."""

_ITEMS = {
    "outputs": Output,
    "error_handlers": ErrorHandling,
    "metrics": MetricsPlace,
    "detail_rules": DetailRule,
    "operations": DeclaredOperation,
}
"""What the items of a list are made into; the fields are the keys of a table."""

_EXAMPLES = {
    "outputs": """outputs = [
  "tree",
  { format = "json", to = "logs/{date}/{session}.json", detail = "STANDARD", max_bytes = 10_000_000 },
  { format = "json", to = "failed.json", outcome = "error", options = { indent = 2 } },
]""",
    "error_handlers": """error_handlers = [
  "log",
  { handler = "mail", exception = ["OSError"], options = { to = ["ada@example.org"] } },
]""",
    "metrics": """metrics = [
  "otlp",
  { to = "prometheus", options = { port = 9500 } },
]""",
    "detail_rules": """detail_rules = [
  { level = "DEBUG", operation = "fit*" },
  { level = "MINIMAL", module = "vendor.*", context = { user = "ada" } },
]""",
    "operations": """operations = [
  "package.module:Class.*",
  { target = "package.module:load_*", detail = "DETAILED", capture = ["path"] },
]""",
}
_VARIABLES = """
## Variables of OpenTelemetry

They keep their meaning. On these it depends where telemetry goes:

| variable | meaning |
| --- | --- |
| `OTEL_SDK_DISABLED` | `true` switches everything off |
| `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | what the spans are of; without a name, that of the program's file |
| `OTEL_TRACES_EXPORTER` | names of exporters, with commas; `none` for none, and no local file |
| `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | where OTLP goes, in place of the local file |
| `OTEL_METRICS_EXPORTER` | where [metrics](../how-to/metrics.md) go, where `metrics` is unset |
| `OTEL_LOGS_EXPORTER` | where [log records](../how-to/logs.md#as-otlp-logs) go |
| `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` | `grpc` or `http/protobuf`; without it, \
`grpc` for port 4317, else `http/protobuf` |
"""
_ATTRIBUTES = """# Attributes, events and metrics

Every name that otel_ops writes. Names of OpenTelemetry's semantic conventions are used where there are any; ours begin
with `ops.`. Defaults are not stamped: what is absent is as usual.

## Scopes and levels

The instrumentation scope of a span carries its level of detail.

"""
_KINDS = """
## Kinds

`ops.kind` stands on every span of ours; spans of other libraries have none.

"""
_OUTCOMES = """
## Outcomes

`ops.outcome` tells how an operation ended; the status of its span follows.

"""
_ALL_ATTRIBUTES = """
## Attributes

Cardinality is `low` where a name has few values, so that one may group by it. Names that only otel_ops itself may set
are marked; `set()` and `attributes=` leave them alone.

"""
_CONTEXT_VALUES = """
## Values of a context

What an `OperationContext` is given stands on every span below it, also those of other libraries.

"""
_EVENTS = """
## Events

What `event()` adds has the name that it is given.

"""
_METRICS = f"""
## Metrics

All are of the scope `{METRICS_SCOPE}`.

"""


def settings_page() -> str:
    """Give the page on settings."""
    return _SETTINGS + "\n".join(map(_setting, describe_settings())) + _VARIABLES


def _setting(one: SettingDescription) -> str:
    told = f"`{one.variable}` · {_TYPES[one.type]} · {_default(one.default)}{' · live' if one.live else ''}"
    return f"## `{one.name}`\n\n{told}\n\n{_CODE.sub(_as_code, one.meaning)}\n{_keys(one.name)}"


def _as_code(found: re.Match[str]) -> str:
    return ", ".join(f"`{word}`" for word in found[0].split(", "))


def _default(value: object) -> str:
    """Write a default as a file does; None cannot be written."""
    if value is None:
        return "unset by default"
    return f"default `{json.dumps(value.name if isinstance(value, Detail) else value)}`"


def _keys(setting: str) -> str:
    """Tell of the tables that a setting holds."""
    if setting not in _ITEMS:
        return ""
    rows = ((f"`{key}`", meaning) for key, meaning in field_docs(_ITEMS[setting]).items())
    return f"\n{_table(('key', 'meaning'), rows)}\n```toml\n{_EXAMPLES[setting]}\n```\n"


def attributes_page() -> str:
    """Give the page on scopes, attributes and events."""
    return "".join(
        (
            _ATTRIBUTES,
            _table(("scope", "level", "meaning"), _levels()),
            _KINDS,
            _table(("kind", "meaning"), _values_of(Kind)),
            _OUTCOMES,
            _table(("outcome", "meaning", "status", "error handlers"), _outcomes()),
            _ALL_ATTRIBUTES,
            _table(("attribute", "type", "cardinality", "only ours", "meaning"), _attributes()),
            _CONTEXT_VALUES,
            _table(("argument", "attribute"), _context_values()),
            _EVENTS,
            _table(("event", "meaning"), ((f"`{name}`", meaning) for name, meaning in EVENTS.items())),
            _METRICS,
            _table(("metric", "instrument", "unit", "attributes", "meaning"), _metrics()),
        )
    )


def _levels() -> Iterable[tuple[object, ...]]:
    meanings = constant_docs(Detail)
    return ((f"`{level.scope_name}`", level.name, meanings[level.name]) for level in Detail)


def _values_of(owner: type) -> Iterable[tuple[str, str]]:
    return ((f"`{getattr(owner, name)}`", meaning) for name, meaning in constant_docs(owner).items())


def _outcomes() -> Iterable[tuple[object, ...]]:
    failed = {f"`{outcome}`" for outcome in FAILED_OUTCOMES}
    for outcome, meaning in _values_of(Outcome):
        yield (outcome, meaning, *(("ERROR", "called") if outcome in failed else ("UNSET", "")))


def _attributes() -> Iterable[tuple[object, ...]]:
    for one in ATTRIBUTES.values():
        yield f"`{one.name}`", one.type, one.cardinality, "yes" if one.name in RESERVED else "", one.meaning


def _metrics() -> Iterable[tuple[object, ...]]:
    for one in METRICS.values():
        attributes = ", ".join(f"`{name}`" for name in one.attributes)
        yield f"`{one.name}`", one.instrument, f"`{one.unit}`", attributes, one.meaning


def _context_values() -> Iterable[tuple[object, ...]]:
    yield from ((f"`{argument}`", f"`{attribute}`") for argument, attribute in CONTEXT_KEYS.items())
    yield "anything else", f"`{META_PREFIX}<name>`"


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def pages() -> dict[str, str]:
    """Give the text of each page by its path in the folder."""
    return {
        "settings.md": settings_page(),
        "attributes.md": attributes_page(),
        "collector.md": validation_page(),
        "vendors.md": vendors_page(),
        **api_pages(),
    }


def main() -> None:
    """Write the pages, and the overlays."""
    (FOLDER / "api").mkdir(exist_ok=True)
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8")
    for path, overlay in overlays().items():
        path.write_text(overlay, encoding="utf-8")


if __name__ == "__main__":
    main()
