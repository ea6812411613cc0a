"""`configure` and `shutdown`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_ops.core.tokens import VARIABLE
from otel_ops.settings import LoadedSettings, Settings, read_settings
from otel_ops.settings.loading import usable
from otel_ops.settings.otel_variables import is_disabled, refused_variable

if TYPE_CHECKING:
    from otel_ops.sdk.setup import Setup

with suppress(ValueError):  # the SDK refuses a variable while it is imported; `configure` will tell
    import_module("otel_ops.sdk.setup")


def configure(*, dynaconf: object = None, **settings: Any) -> Settings:
    """Set up where operations go; called again, it replaces what was set up before.

    Where the program has set no tracer provider, one is made and set. A provider that somebody else has set is kept,
    and gets one processor of ours: it goes on to export as it does, and beside that a trace file is written only where
    the settings name one. At the end of the program everything is written by itself.

    It may be called at any time, from any thread, in forked children, inside operations, outputs and error handlers.

    Args:
        dynaconf: A Dynaconf object of the program's; its table ``otel_ops`` and its keys ``OTEL_OPS_<KEY>`` are
            settings, which win over those in ``otel_ops.toml``. What changes in it is read when this is called again.
        **settings: See `otel_ops.settings.Settings`; they win over ``OTEL_OPS_*`` and ``otel_ops.toml``.

    Returns:
        The settings in force.

    Raises:
        SettingsError: a setting has an unknown name or a value that cannot be used; nothing has changed then.
    """
    return configure_from(partial(read_settings, settings, dynaconf=dynaconf))


def configure_from(read: Callable[..., LoadedSettings], *, is_given: bool = False) -> Settings:
    """Do as `configure` does, with settings that a function reads, given the `folder` to begin in.

    Args:
        read: The function.
        is_given: Whether that was not asked for by the program, so that a parent's settings may take their place.

    Raises:
        SettingsError: a setting has an unknown name or a value that cannot be used; nothing has changed then.
    """
    read_here = partial(read, folder=_here())
    loaded = read_here()
    chosen = usable(loaded)
    if is_disabled(os.environ):
        shutdown()
    else:
        _setup().put(loaded, read_here, is_given=is_given)
        _go_on(chosen)
    return chosen


def _go_on(settings: Settings) -> None:
    """Go on with the trace of the program that has started this one, where that is asked for."""
    if settings.environment_context or VARIABLE in os.environ:
        from otel_ops.environment import go_on_from_environment  # noqa: PLC0415 - few programs are told one

        go_on_from_environment()


def _here() -> Path:
    """Give the current directory as it is now: the settings are read again from there."""
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path()


def shutdown() -> bool:
    """Write everything that has ended, close all outputs and take back what `configure` did.

    Returns:
        Whether that was done within ``exit_seconds``; False inside an output or error handler, where the work is done
        after it returns.
    """
    return "otel_ops.sdk.setup" not in sys.modules or _setup().take_back()


def _setup() -> Setup:
    """Give what could be imported, unless the SDK refuses a variable."""
    try:
        from otel_ops.sdk.setup import SETUP  # noqa: PLC0415
    except ValueError as error:
        raise refused_variable(error) from error
    return SETUP
