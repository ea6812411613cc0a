"""Error handlers in settings: who is called, and for which failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otel_ops.detail import Detail
from otel_ops.outputs.filter import LEVELS, FailureFilter
from otel_ops.semconv import FAILED_OUTCOMES
from otel_ops.settings.extensions import ERROR_HANDLERS
from otel_ops.settings.values import (
    Finding,
    Reader,
    WrongValueError,
    list_of,
    one_of,
    optional,
    options_of,
    read_globs,
    read_level,
    read_switch,
    read_table,
    read_text,
    table_of,
    wrong,
)

_METHOD = "handle_operation_error"
_OUTCOMES = tuple(sorted(FAILED_OUTCOMES))


@dataclass(frozen=True, slots=True)
class ErrorHandling:
    """One error handler, and the failures that it is called for: those for which all of this holds.

    Attributes:
        handler: A name (``log``, ``mail``, ``desktop``, ``qt``, ``tk``, ``apprise``, ``metrics``, or what a package
            adds), or a ready ``ErrorHandler``.
        operation: Glob for the name of the operation, or suboperation, that failed.
        exception: Globs for the class of the exception, or one that it derives from, such as ``OSError`` or
            ``lab.errors.*``; empty for any.
        context: Globs for values of its context by name.
        level: ``operation``, ``suboperation`` or both; empty for both.
        outcome: ``error``, ``timed_out`` or both; empty for both.
        detail: Only what has this level of detail or a lower one; None for all.
        synchronous: Whether it is called before the operation's code goes on, rather than on a thread of its own.
        options: What the handler is made with.
    """

    handler: object
    operation: str = "*"
    exception: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    level: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    detail: Detail | None = None
    synchronous: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def only(self) -> FailureFilter:
        """Which failures it is called for."""
        return FailureFilter(self.operation, self.exception, self.context, self.level, self.outcome, self.detail)


def read_error_handler(value: object) -> ErrorHandling:
    """Read an error handler: a name, a table, or in arguments a ready object."""
    if isinstance(value, ErrorHandling):
        value = table_of(value)
    elif not isinstance(value, Mapping):
        value = {"handler": value}
    handling = ErrorHandling(**read_table(value, _READERS, required="handler"))
    if handling.options and not isinstance(handling.handler, str):
        raise WrongValueError(Finding(handling.options, "give them to the object in handler itself", ".options"))
    return handling


def _read_handler(value: object) -> object:
    if isinstance(value, str):
        if ERROR_HANDLERS.find(value):
            return value
        raise wrong(value, ERROR_HANDLERS.unknown(value))
    if isinstance(value, type) and hasattr(value, _METHOD):
        raise wrong(value, f"is a class; give an object of it, as in {value.__name__}()")
    if callable(getattr(value, _METHOD, None)):
        return value
    names = ", ".join(ERROR_HANDLERS.built_in)
    raise wrong(value, f"must be one of {names}, or in arguments an ErrorHandler object")


def _read_exceptions(value: object) -> tuple[str, ...]:
    globs: tuple[str, ...] = list_of(_read_exception)([value] if isinstance(value, type) else value)
    return globs


def _read_exception(value: object) -> str:
    return read_text(value, 'must be the name of a class of exceptions, such as "OSError"')


_READERS: dict[str, Reader] = {
    "handler": _read_handler,
    "operation": read_text,
    "exception": _read_exceptions,
    "context": read_globs,
    "level": list_of(one_of("level of failures", LEVELS)),
    "outcome": list_of(one_of("outcome of failures", _OUTCOMES)),
    "detail": optional(read_level),
    "synchronous": optional(read_switch),
    "options": options_of("handler", '{to = ["ada@example.org"]}'),
}
