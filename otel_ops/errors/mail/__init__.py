"""Failures by e-mail."""

from otel_ops.errors.mail.handler import MailErrorHandler

__all__ = ["MailErrorHandler"]
