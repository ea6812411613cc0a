"""The base of what carries operations through libraries: one module for each library."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Collection
from functools import wraps
from types import ModuleType
from typing import Any

import wrapt
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # untyped

from otel_ops import faults


class Patch:
    """A function in the place of another one.

    What others have put around it meanwhile stays; then it does nothing but to call the other one.

    Args:
        owner: The class or module whose function is replaced.
        name: Name of the function.
        function: What is called instead, with the one before and its arguments.
    """

    def __init__(self, owner: Any, name: str, function: Callable[..., Any]) -> None:
        self._owner = owner
        self._name = name
        self._function = function
        self._is_in = False
        self._ours: Any = None

    def put_in(self) -> None:
        """Take effect."""
        self._is_in = True
        if self._ours is None:
            self._is_inherited = self._name not in vars(self._owner)
            self._original = getattr(self._owner, self._name)
            self._ours = self._around(self._original, self._function)
            setattr(self._owner, self._name, self._ours)

    def _around(self, original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def patched(*args: Any, **kwargs: Any) -> Any:
            return function(original, *args, **kwargs) if self._is_in else original(*args, **kwargs)

        return patched

    def take_out(self) -> None:
        """Take no more effect."""
        self._is_in = False
        if getattr(self._owner, self._name) is not self._ours:
            return
        self._ours = None
        if self._is_inherited:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._original)


class Replacement(Patch):
    """A class in the place of another one; `function` makes it of that one."""

    def _around(self, original: Any, function: Callable[..., Any]) -> Any:
        return function(original)


class Carrier(BaseInstrumentor):  # type: ignore[misc] # as above
    """Patches modules of a library, those that are imported and those that will be; never imports any.

    `otel_ops.configure` finds it by its entry point ``otel_ops_<library>`` and puts it in, unless the setting
    ``disabled_carriers`` names it; so does the instrumentor ``otel_ops``. What auto-instrumentation itself asks of each
    instrumentor is left to that one.

    Attributes:
        modules: Names of the modules that are patched.
    """

    modules: tuple[str, ...] = ()

    def __init__(self) -> None:
        if not hasattr(self, "_put"):  # there is one of each class
            self._put: dict[ModuleType, tuple[Patch, ...]] = {}
            self._awaited: set[str] = set()

    def instrumentation_dependencies(self) -> Collection[str]:
        """Give nothing: a library that is not there is not patched."""
        return ()

    def instrument(self, **options: Any) -> None:
        """Put it in, unless it is in."""
        if not options.get("skip_dep_check") and not self.is_instrumented_by_opentelemetry:
            super().instrument(**options)

    def uninstrument(self, **options: Any) -> None:
        """Take it out, if it is in."""
        if self.is_instrumented_by_opentelemetry:
            super().uninstrument(**options)

    def _instrument(self, **_: Any) -> None:
        for name in self.modules:
            if name in sys.modules:
                self._imported(sys.modules[name])
            elif name not in self._awaited:
                self._awaited.add(name)
                wrapt.register_post_import_hook(self._imported_later, name)

    def _imported_later(self, module: ModuleType) -> None:
        if self.is_instrumented_by_opentelemetry:
            self._imported(module)

    def _imported(self, module: ModuleType) -> None:
        with faults.guarded("carrier"):  # what is raised here would be raised by the program's import
            if module not in self._put:
                self._put[module] = self._patches(module)
            for patch in self._put[module]:
                patch.put_in()

    def _uninstrument(self, **_: Any) -> None:
        for patches in self._put.values():
            for patch in patches:
                with faults.guarded("carrier"):
                    patch.take_out()

    @abstractmethod
    def _patches(self, module: Any) -> tuple[Patch, ...]:
        """Give what is patched in a module that is imported."""
