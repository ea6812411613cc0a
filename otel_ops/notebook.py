"""``%load_ext otel_ops``: cells of IPython and Jupyter that begin with ``%%operation`` are operations.

The first line becomes a call, which the rest of the cell is put under as a with-block, in the tree of its syntax: so
``await`` works, the value of the last line is shown, and lines in tracebacks are those of the cell.
"""

from __future__ import annotations

import argparse
import ast
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

from otel_ops import ids
from otel_ops.context import OperationContext
from otel_ops.core.hooks import HOOKS
from otel_ops.detail import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.formatters import TreeFormatter
from otel_ops.log_builder import logs_of
from otel_ops.operations import operation
from otel_ops.outputs.page import Page, page_of
from otel_ops.processors.latest import LatestSpans
from otel_ops.sdk import configure, shutdown
from otel_ops.span_record import record_of

_MAGIC = "%%operation"
_ATTRIBUTE = "otel_ops_cells"
_CALL = f"get_ipython().{_ATTRIBUTE}.cell"


class Cells:
    """Makes operations of cells in one shell, and shows their trees below them.

    Args:
        shell: The shell of IPython, in a terminal or a notebook.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._session = ids.new_id()
        self._latest = LatestSpans()
        self._has_configured = False
        self._is_inside = False

    def begin(self) -> None:
        """Know the magic from now on.

        Raises:
            SettingsError: a setting cannot be used.
        """
        if HOOKS.sink is None:
            configure()
            self._has_configured = True
        setattr(self._shell, _ATTRIBUTE, self)
        self._shell.register_magic_function(self.operation, "cell", "operation")
        self._shell.input_transformers_cleanup.append(self.with_call)
        self._shell.ast_transformers.append(self)

    def end(self) -> None:
        """Know it no more."""
        self._shell.input_transformers_cleanup.remove(self.with_call)
        self._shell.ast_transformers.remove(self)
        self._shell.magics_manager.magics["cell"].pop("operation", None)
        delattr(self._shell, _ATTRIBUTE)
        if self._has_configured:
            shutdown()

    def operation(self, line: str, cell: str) -> None:
        """Run the cell as an operation, and show its tree below: %%operation [name] [--detail LEVEL].

        Without a name, the operation has the number of the cell. LEVEL is the level up to which operations in the cell
        are recorded: MINIMAL, STANDARD, DETAILED or DEBUG.
        """
        self._shell.run_cell(f"{_MAGIC} {line}\n{cell}")

    def with_call(self, lines: list[str]) -> list[str]:
        """Put a call in the place of the first line of a cell, where that has the magic."""
        magic, _, rest = lines[0].rstrip().partition(" ") if lines else ("", "", "")
        return [f"{_CALL}({rest!r})\n", *lines[1:]] if magic == _MAGIC else lines

    with_call.has_side_effects = True  # type: ignore[attr-defined] # in a terminal, a cell with a magic ends with a blank line

    def visit(self, tree: ast.Module) -> ast.Module:
        """Put a cell under its first line, as a with-block, where that is the call."""
        first, body = next(iter(tree.body), None), tree.body[1:]
        if not isinstance(first, ast.Expr) or not ast.unparse(first).startswith(f"{_CALL}("):
            return tree
        if body and isinstance(body[-1], ast.Expr):
            body[-1] = _shown(body[-1])
        block = ast.With(items=[ast.withitem(first.value)], body=body or [ast.Pass()])
        return ast.fix_missing_locations(ast.Module([ast.copy_location(block, first)], tree.type_ignores))

    @contextmanager
    def cell(self, line: str) -> Iterator[None]:
        """Run a cell as an operation; then show what ran in it, also where it failed."""
        options = _read(line)
        name = " ".join(options.name) or f"cell {len(self._shell.history_manager.input_hist_parsed) - 1}"
        context = OperationContext(session=self._session, span=False, detail=options.detail)
        self._latest.watch(trace.get_tracer_provider())
        is_inside, before, self._is_inside = self._is_inside, self._latest.stop(), True
        self._latest.start()
        span: trace.Span = trace.INVALID_SPAN
        try:
            with context, operation(name, detail=Detail.MINIMAL):
                span = trace.get_current_span()
                yield
        finally:
            spans, self._is_inside = self._latest.stop(), is_inside
            if is_inside:  # the cell was run by another one, whose tree it is in, too
                self._latest.start([*before, *spans])
            self._show(spans, span)

    def _show(self, spans: Iterable[ReadableSpan], root: trace.Span) -> None:
        """Show the tree of the cell; what ran on beside it, such as in a thread of an earlier cell, is left out."""
        own = root.get_span_context().trace_id
        logs = logs_of(record_of(span) for span in spans if span.context and span.context.trace_id == own)
        formatter = TreeFormatter(page=self._page())
        text = "".join(map(formatter.format_operation_log, logs))
        if text:
            self._shell.display_pub.publish({"text/plain": text.removesuffix("\n")})

    def _page(self) -> Page:
        """Find out what cells are shown on; notebooks understand colours."""
        in_notebook = hasattr(self._shell, "kernel")
        return Page(color=not os.environ.get("NO_COLOR")) if in_notebook else page_of(sys.stdout)


def _shown(last: ast.Expr) -> ast.Expr:
    """Show the value of an expression, as the last one of a cell is."""
    (statement,) = ast.parse("get_ipython().displayhook(None)").body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    statement.value.args = [last.value]
    for node in (statement, statement.value, statement.value.func):
        ast.copy_location(node, last)
    return statement


class _Parser(argparse.ArgumentParser):
    """Parser of the magic's line."""

    def error(self, message: str) -> NoReturn:
        msg = f"{_MAGIC} [name] [--detail LEVEL]: {message}"
        raise _usage_error(msg)


def _usage_error(message: str) -> Exception:
    """Make an error that shells show as one line."""
    from IPython.core.error import UsageError  # noqa: PLC0415 - there is a shell, so it is loaded

    return UsageError(message)


def _read(line: str) -> argparse.Namespace:
    parser = _Parser(prog=_MAGIC, add_help=False)
    parser.add_argument("name", nargs="*")
    parser.add_argument("--detail")
    try:
        options = parser.parse_args(shlex.split(line))
        options.detail = options.detail and Detail.parse(options.detail)
    except ValueError as error:
        parser.error(str(error))
    return options


def load_ipython_extension(shell: Any) -> None:
    """Let cells that begin with ``%%operation`` be operations; called by ``%load_ext otel_ops``."""
    try:
        Cells(shell).begin()
    except SettingsError as error:
        raise _usage_error(str(error)) from None


def unload_ipython_extension(shell: Any) -> None:
    """Leave the shell as it was before; called by ``%unload_ext otel_ops``."""
    getattr(shell, _ATTRIBUTE).end()
