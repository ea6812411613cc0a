"""Programs that ``subprocess`` starts: their environment tells them the context, where the settings ask for that."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from otel_ops import faults
from otel_ops.core.hooks import HOOKS
from otel_ops_instrumentation.carrier import Carrier, Patch

_ENV = 10
"""The place of ``env`` among the arguments of ``Popen``."""

_PARENT = "TRACEPARENT"


class SubprocessCarrier(Carrier):
    """Carries to all that `subprocess.Popen` starts, which ``run``, ``check_output`` and asyncio do, too."""

    modules = ("subprocess",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (Patch(module.Popen, "__init__", _start),)


def _start(start: Callable[..., None], process: Any, /, *args: Any, **kwargs: Any) -> None:
    if HOOKS.environment is not None:
        with faults.guarded("subprocess"):
            args, kwargs = _told(args, kwargs, HOOKS.environment())
    start(process, *args, **kwargs)


def _told(
    args: tuple[Any, ...], kwargs: dict[str, Any], variables: Mapping[str, str]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Give the arguments with an environment that has the variables."""
    if len(args) > _ENV:
        return (*args[:_ENV], _with(args[_ENV], variables), *args[_ENV + 1 :]), kwargs
    return args, {**kwargs, "env": _with(kwargs.get("env"), variables)}


def _with(given: Any, variables: Mapping[str, str]) -> Any:
    """Add the variables to an environment, unless the program has told another context in it."""
    environ = {os.fsdecode(key): value for key, value in (os.environ if given is None else given).items()}
    told, own = environ.get(_PARENT), os.environ.get(_PARENT)
    if not variables or (told is not None and os.fsdecode(told) != own):
        return given
    return {**environ, **variables}
