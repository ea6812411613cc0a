"""OpenTelemetry's own variables, as far as they can be read without its SDK.

Source: OpenTelemetry specification, "Environment Variable Specification".
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from otel_ops.exceptions import SettingsError

_DISABLED = "OTEL_SDK_DISABLED"


def is_disabled(environ: Mapping[str, str]) -> bool:
    """Tell whether ``OTEL_SDK_DISABLED`` switches everything off."""
    return environ.get(_DISABLED, "").strip().lower() == "true"


def refused_variable(error: ValueError, prefix: str = "OTEL_SPAN_") -> SettingsError:
    """Make the error of a variable that the SDK refuses; where it does not say which, all that may be are named."""
    given = {name: text for name, text in os.environ.items() if name.startswith("OTEL_")}
    told = str(error)
    named = (
        [name for name in given if name in told]
        or [name for name, text in given.items() if text and text in told]
        or [name for name in given if name.startswith(prefix)]
    )
    shown = ", ".join(f"{name} = {given[name]!r}" for name in named)
    return SettingsError(f"{shown} (environment): OpenTelemetry refuses it: {error}; mend or unset it")
