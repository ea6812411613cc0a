"""`configure` and `shutdown`, and what they put in place: the only code that sets anything global in OpenTelemetry."""

from otel_ops.sdk.configuration import configure, shutdown

__all__ = ["configure", "shutdown"]
