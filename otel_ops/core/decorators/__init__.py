"""What `@operation` does with each form of callable."""

from otel_ops.core.decorators.forms import decorate, is_operation
from otel_ops.core.decorators.options import Options

__all__ = ["Options", "decorate", "is_operation"]
