"""Error handlers by the names that settings use: ours, and those of installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from otel_ops import faults
from otel_ops.errors.handler import ErrorHandler
from otel_ops.exceptions import MissingExtraError, SettingsError
from otel_ops.outputs import FailureFilter
from otel_ops.settings.error_handlers import ErrorHandling
from otel_ops.settings.extensions import ERROR_HANDLERS
from otel_ops.settings.making import BrokenPackageError, Factory, wrong_class
from otel_ops.settings.values import WrongValueError

_FACTORY = Factory(ERROR_HANDLERS, ErrorHandler, ".handler")
_GIVEN = "__otel_ops_given__"


def make_error_handlers(handlings: Iterable[ErrorHandling]) -> Iterator[ErrorHandler]:
    """Make the handlers of the setting ``error_handlers``; one whose package cannot be imported is told and left out.

    Raises:
        SettingsError: One of them cannot be made.
        MissingExtraError: One needs a package that is not installed.
    """
    for index, handling in enumerate(handlings):
        key = f"error_handlers[{index}]"
        try:
            handler = _made(key, handling)
        except BrokenPackageError as error:
            faults.warn("error_handler.import", f"{error.told(key)}; left out until then", about=key)
        except WrongValueError as error:
            raise SettingsError(error.told(key)) from error.__cause__
        except MissingExtraError as error:
            setting = f"{key}.handler = {handling.handler!r}"
            raise error.asked_for_by(setting) from None
        else:
            yield _limited(handler, handling)


def _made(key: str, handling: ErrorHandling) -> ErrorHandler:
    if isinstance(handling.handler, ErrorHandler):
        return handling.handler
    if isinstance(handling.handler, str):
        return make_error_handler(handling.handler, handling.options)
    raise wrong_class(key, handling.handler, ErrorHandler)


def make_error_handler(name: str, options: Mapping[str, Any]) -> ErrorHandler:
    """Make a handler, with options that are checked against its signature.

    Raises:
        WrongValueError: with findings about ``.handler`` or ``.options``.
        MissingExtraError: It needs a package that is not installed.
    """
    handler: ErrorHandler = _FACTORY.make(name, options)
    return handler


class _Limits(NamedTuple):
    """For which failures, and how, a handler is called."""

    only: FailureFilter
    synchronous: bool


def _limited(handler: ErrorHandler, handling: ErrorHandling) -> ErrorHandler:
    """Have it called for what the settings say, and where they say nothing, or nothing any more, for what it says."""
    own = _own_limits(handler)
    given = _Limits(
        own.only if handling.only == ErrorHandler.only else handling.only,
        own.synchronous if handling.synchronous is None else handling.synchronous,
    )
    if handler.only != given.only:
        handler.only = given.only
    if handler.synchronous != given.synchronous:
        handler.synchronous = given.synchronous
    vars(handler)[_GIVEN] = given, own
    return handler


def _own_limits(handler: ErrorHandler) -> _Limits:
    """Give what the handler says, without what settings have given it before."""
    now = _Limits(handler.only, handler.synchronous)
    given, own = vars(handler).get(_GIVEN, (now, now))
    return _Limits(
        own.only if now.only == given.only else now.only,
        own.synchronous if now.synchronous == given.synchronous else now.synchronous,
    )
