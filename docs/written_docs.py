"""Reads what the code says about constants and fields: the texts below the ones, the docstring of the others."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from itertools import pairwise
from types import ModuleType


def constant_docs(owner: ModuleType | type) -> dict[str, str]:
    """Give the text below each constant of a module or class, by name, in order."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    body = tree.body if isinstance(owner, ModuleType) else _body_of_class(tree)
    texts = ((_name_of(statement), _text_of(after)) for statement, after in pairwise(body))
    return {name: text for name, text in texts if name and text}


def _body_of_class(tree: ast.Module) -> list[ast.stmt]:
    (definition,) = tree.body
    return definition.body if isinstance(definition, ast.ClassDef) else []


def _name_of(statement: ast.stmt) -> str:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return next((target.id for target in targets if isinstance(target, ast.Name)), "")


def _text_of(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return ""


def field_docs(owner: type) -> dict[str, str]:
    """Give what the docstring of a class says about each of its fields, by name, in order."""
    section = inspect.cleandoc(owner.__doc__ or "").partition("Attributes:\n")[2]
    fields = re.findall(r"^    (\w+): (.+(?:\n      .+)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in fields}
