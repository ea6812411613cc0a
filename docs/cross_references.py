"""Resolves the names that docstrings and signatures mention, for the site.

Docstrings write names as Python code knows them where they stand: `Detail`, `from_files`, a parameter. Ours become
links; names of other libraries, and of parameters, must exist and stay plain; all else is a warning.
"""

from __future__ import annotations

import pydoc
import re
from collections.abc import Iterator
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment

from docs.api_pages import is_documented

FOREIGN_MODULES = (
    "builtins",
    "opentelemetry",
    "pathlib",
    "opentelemetry.context",
    "opentelemetry.sdk.trace",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.sdk.trace.export.in_memory_span_exporter",
    "opentelemetry.sdk.trace.sampling",
    "opentelemetry.trace",
    "opentelemetry.util.types",
)
"""Where a name without a module may be from; the last resort."""

AFTER_NAPOLEON = 600


def resolve(
    app: Sphinx, environment: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.TextElement | None:
    """Give a link, or the plain text where there is nothing to link to; None makes it a warning."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    if target in _parameters_around(node):
        return content
    domain = cast("PythonDomain", environment.get_domain("py"))
    found = _documented(domain, target)
    if len(found) == 1:
        return domain.resolve_xref(environment, node["refdoc"], app.builder, "obj", found[0], node, content)
    return content if not found and (_is_foreign(target) or _is_alias(target)) else None


def _documented(domain: PythonDomain, target: str) -> list[str]:
    """Find the objects whose names end so: a function of a module rather than a field of a class."""
    names = (name for name, entry in domain.objects.items() if not entry.aliased)
    found = [name for name in names if f".{name}".endswith(f".{target}")]
    depth = min((name.count(".") for name in found), default=0)
    return [name for name in found if name.count(".") == depth]


def _parameters_around(node: nodes.Node) -> set[str]:
    """Name the parameters of what is described around a node."""
    names: set[str] = set()
    around = node.parent
    while around is not None:
        if isinstance(around, addnodes.desc):
            names.update(_parameters_of(around))
        around = around.parent
    return names


def _parameters_of(described: addnodes.desc) -> Iterator[str]:
    signatures = (child for child in described.children if isinstance(child, addnodes.desc_signature))
    for signature in signatures:
        for parameter in signature.findall(addnodes.desc_parameter):
            name = parameter.next_node(addnodes.desc_sig_name)
            yield "" if name is None else name.astext()


def _is_foreign(target: str) -> bool:
    if target.startswith("otel_ops."):
        return False
    names = (target, *(f"{module}.{target}" for module in FOREIGN_MODULES))
    return any(pydoc.locate(name) is not None for name in names)


def _is_alias(target: str) -> bool:
    """Tell whether a name of ours stands for a type without being one: an alias, a type variable."""
    item = pydoc.locate(target) if target.startswith("otel_ops.") else None
    return type(item).__module__ in {"types", "typing"}


def show_public_bases(app: Sphinx, name: str, item: object, options: object, bases: list[Any]) -> None:
    """Show the documented bases of a class in the place of those that are ours alone."""
    bases[:] = [shown for base in bases for shown in _public(base)] or [object]


def _public(base: Any) -> list[Any]:
    if not isinstance(base, type) or not base.__module__.startswith("otel_ops") or is_documented(base):
        return [base]
    return [shown for inner in base.__bases__ if inner is not object for shown in _public(inner)]


def skip_fields(app: Sphinx, what: str, name: str, item: object, skip: bool, options: object) -> bool | None:
    """Leave out the fields of named tuples: the class tells of them."""
    return True if type(item).__name__ == "_tuplegetter" else None


def tidy_signature(
    app: Sphinx, what: str, name: str, item: object, options: object, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Show no arguments of what its users do not make, and no default that is not Python."""
    if re.search(r"\b_[A-Z]", signature or ""):
        return "()", returns
    return (signature.replace("<factory>", "..."), returns) if signature else None


def type_the_attributes(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    """Set the type beside the attribute's name: the field that napoleon writes below takes no comma."""
    for index in reversed([number for number, line in enumerate(lines) if line.startswith("   :type:")]):
        attribute = max(number for number in range(index) if lines[number].startswith(".. attribute::"))
        lines.insert(attribute + 1, lines.pop(index))


def keep_first_words(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    """Put back what napoleon took for the type of a property: the words before a colon."""
    if what == "property":
        for line in [line for line in lines if line.startswith(":type: ")]:
            lines.remove(line)
            lines[0] = f"{line.removeprefix(':type: ')}: {lines[0]}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-bases", show_public_bases)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("autodoc-process-signature", tidy_signature)
    app.connect("autodoc-process-docstring", type_the_attributes, priority=AFTER_NAPOLEON)
    app.connect("autodoc-process-docstring", keep_first_words, priority=AFTER_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
