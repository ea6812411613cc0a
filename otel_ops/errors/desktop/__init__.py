"""Failures as desktop notifications."""

from otel_ops.errors.desktop.handler import DesktopErrorHandler

__all__ = ["DesktopErrorHandler"]
