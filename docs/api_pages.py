"""Pages of the public modules: each name with a line about it, and a directive that puts its docstring on the site."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

from docs.written_docs import constant_docs
from tests.public_api import MODULES

FURTHER: Mapping[str, tuple[str, ...]] = {
    "otel_ops.exceptions": (
        "OtelOpsError",
        "BlockReusedError",
        "CheckpointError",
        "CircuitOpenError",
        "InvalidTokenError",
        "MissingExtraError",
        "SettingsError",
        "UnreadableInputError",
    ),
    "otel_ops.operations": ("OperationBlock",),
    "otel_ops.context": ("MAX_LOGS",),
    "otel_ops.declared": ("DeclaredOperation", "Target"),
    "otel_ops.detail": ("Decided", "DetailRule", "Surroundings"),
    "otel_ops.operation_log": ("OperationFailure", "Whereabouts"),
    "otel_ops.formatters.laid_out": ("LaidOutFormatter",),
    "otel_ops.formatters.grouping": ("By",),
    "otel_ops.span_record": (
        "EventRecord",
        "LinkRecord",
        "LogRecord",
        "ScopeRecord",
        "ResourceRecord",
        "SpanRecord",
        "HAS_IS_REMOTE",
        "IS_REMOTE",
    ),
    "otel_ops.semconv": ("CircuitState", "Kind", "Outcome"),
    "otel_ops.recovery.loops": ("Attempts", "BlockAttempt"),
    "otel_ops.outputs": ("Place",),
    "otel_ops.settings": (
        "Settings",
        "ErrorHandling",
        "MetricsPlace",
        "Output",
        "Options",
        "load_settings",
        "describe_settings",
        "SettingDescription",
    ),
    "otel_ops.analysis.exporters": ("FIELDS",),
}
"""What the public names raise, give or take: not exported by a public module, but worth a word."""

_FURTHER_PAGE = "further_types"
_FURTHER_INTRODUCTION = """What the public names raise, give or take. Import an exception from `otel_ops.exceptions`;
the others need not be imported.
"""
_OVERVIEW = """# Public names

What these modules export is public: it is renamed or removed only after a release in which it warned. All else may
change at any time. On the site, the pages hold the docstrings, too.

"""


def api_pages() -> dict[str, str]:
    """Give the text of each page by its file name."""
    pages = {f"api/{module}.md": _page_of(module) for module in MODULES}
    return {"api.md": _overview(), **pages, f"api/{_FURTHER_PAGE}.md": _further_page()}


def is_documented(item: type) -> bool:
    """Tell whether a class stands on one of the pages, under whatever module."""
    return any(getattr(import_module(module), name) is item for module, names in _documented() for name in names)


def _documented() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((module, _names_of(module)) for module in MODULES)
    yield from FURTHER.items()


def _names_of(module: str) -> tuple[str, ...]:
    return tuple(name for name in import_module(module).__all__ if not name.startswith("__"))


def _overview() -> str:
    rows = (f"| [`{module}`](api/{module}.md) | {_introduction(module)[0]} |\n" for module in MODULES)
    further = f"| [further types](api/{_FURTHER_PAGE}.md) | What the public names raise, give or take. |\n"
    contents = "\n".join((":hidden:", "", *(f"api/{name}" for name in (*MODULES, _FURTHER_PAGE))))
    return "".join((_OVERVIEW, "| module | |\n| --- | --- |\n", *rows, further, f"\n```{{toctree}}\n{contents}\n```\n"))


def _introduction(module: str) -> list[str]:
    """Give the paragraphs of a module's docstring."""
    return inspect.cleandoc(import_module(module).__doc__ or "").split("\n\n")


def _page_of(module: str) -> str:
    names = _names_of(module)
    introduction = "\n\n".join(_introduction(module))
    return f"# `{module}`\n\n{introduction}\n\n{_table(module, names)}\n{_directives('module', module, names)}"


def _further_page() -> str:
    sections = (
        f"## `{module}`\n\n{_table(module, names)}\n{_directives('currentmodule', module, names)}"
        for module, names in FURTHER.items()
    )
    return "\n".join(("# Further types\n", _FURTHER_INTRODUCTION, *sections))


def _table(module: str, names: tuple[str, ...]) -> str:
    rows = (f"| `{name}` | {_summary(module, name)} |\n" for name in names)
    return "".join(("| name | |\n| --- | --- |\n", *rows))


def _directives(opening: str, module: str, names: tuple[str, ...]) -> str:
    directives = "\n".join(_directive(module, name) for name in names)
    return f"```{{eval-rst}}\n.. py:{opening}:: {module}\n\n{directives}```\n"


def _directive(module: str, name: str) -> str:
    item = getattr(import_module(module), name)
    if inspect.isclass(item):
        return f".. auto{'exception' if issubclass(item, BaseException) else 'class'}:: {name}\n"
    if callable(item):
        return f".. autofunction:: {name}\n"
    doc = textwrap.indent(_doc_of_constant(module, name), "   ")
    return f".. py:data:: {name}\n   :value: {item!r}\n\n{doc}\n"


def _summary(module: str, name: str) -> str:
    item = getattr(import_module(module), name)
    doc = inspect.getdoc(item) if callable(item) else _doc_of_constant(module, name)
    return (doc or "").partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def _doc_of_constant(module: str, name: str) -> str:
    return constant_docs(_origin(import_module(module), name)).get(name, "")


def _origin(package: ModuleType, name: str) -> ModuleType:
    """Find the module that a package has a name from."""
    for statement in ast.parse(inspect.getsource(package)).body:
        if isinstance(statement, ast.ImportFrom) and any(alias.name == name for alias in statement.names):
            return import_module(str(statement.module))
    return package
