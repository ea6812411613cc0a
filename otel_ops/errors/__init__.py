"""Error handlers: span processors that are called for each failed operation."""

from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.errors.log import LogErrorHandler

__all__ = ["ErrorData", "ErrorHandler", "LogErrorHandler"]
