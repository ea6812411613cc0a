"""The instrumentor ``otel_ops``: operations of programs that nobody changed, beside whatever OpenTelemetry finds."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # untyped

from otel_ops import faults
from otel_ops.exceptions import SettingsError

_NOT_OURS = {"skip_dep_check", "raise_exception_on_conflict"}
"""What auto-instrumentation asks of every instrumentor."""


class OtelOpsInstrumentor(BaseInstrumentor):  # type: ignore[misc] # as above
    """Does as `otel_ops.configure` does, for ``opentelemetry-instrument``, distros and declarative files.

    A tracer provider that is there gets one processor; where there is none, one is made and set. What is wrong is one
    warning, and the program goes on without us. ``uninstrument()`` takes everything back, as `otel_ops.shutdown` does.
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """Give nothing: any program has operations."""
        return ()

    def instrument(self, **options: Any) -> None:
        """Set up what the settings ask for.

        After a declarative file, OpenTelemetry asks a second time, without the options of the file: that is heard no
        more.

        Args:
            **options: Settings; those of a declarative file come here. Variables ``OTEL_OPS_*`` win over them.
        """
        if not self.is_instrumented_by_opentelemetry or options.keys() - _NOT_OURS:
            super().instrument(**options)

    def _instrument(self, **options: Any) -> None:
        with faults.guarded("instrumentation"):
            try:
                _configure(options)
            except SettingsError as error:
                problems = "; ".join(str(error).splitlines())
                faults.warn("instrumentation.failed", f"operations of this program are not watched: {problems}")

    def _uninstrument(self, **_: Any) -> None:
        with faults.guarded("instrumentation"):
            from otel_ops import shutdown  # noqa: PLC0415 - as in _configure

            shutdown()


def _configure(options: dict[str, Any]) -> None:
    """Import what is needed only here: whatever goes wrong with it must not keep others from being instrumented."""
    from otel_ops.sdk.configuration import configure_from  # noqa: PLC0415
    from otel_ops.settings import Options, read_settings  # noqa: PLC0415
    from otel_ops_instrumentation import nothing_seen  # noqa: PLC0415

    read = partial(read_settings, {}, options=Options(options, "option of the instrumentor"))
    settings = configure_from(read, is_given=True)
    nothing_seen.tell_at_end(settings)
