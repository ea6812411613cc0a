"""The base of what carries operations through libraries: one module for each library."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Collection
from types import ModuleType
from typing import Any

import wrapt
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # untyped

from otel_ops import faults


class Carrier(BaseInstrumentor):  # type: ignore[misc] # as above
    """Patches modules of a library, those that are imported and those that will be; never imports any.

    `otel_ops.configure` finds it by its entry point ``otel_ops_<library>`` and puts it in, unless the setting
    ``disabled_carriers`` names it; so does the instrumentor ``otel_ops``. What auto-instrumentation itself asks of each
    instrumentor is left to that one.

    Attributes:
        modules: Names of the modules that are patched.
    """

    modules: tuple[str, ...] = ()
    _waits = False

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
            elif not self._waits:
                wrapt.register_post_import_hook(self._imported_later, name)
        self._waits = True

    def _imported_later(self, module: ModuleType) -> None:
        if self.is_instrumented_by_opentelemetry:
            self._imported(module)

    def _imported(self, module: ModuleType) -> None:
        with faults.guarded("carrier"):  # what is raised here would be raised by the program's import
            self._put_in(module)

    def _uninstrument(self, **_: Any) -> None:
        for name in self.modules:
            if name in sys.modules:
                with faults.guarded("carrier"):
                    self._take_out(sys.modules[name])

    @abstractmethod
    def _put_in(self, module: Any) -> None:
        """Patch a module that is imported."""

    @abstractmethod
    def _take_out(self, module: Any) -> None:
        """Leave a module as it was."""
