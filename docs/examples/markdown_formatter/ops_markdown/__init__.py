"""Operations as nested lists in Markdown: a formatter for otel_ops, as anybody can write one."""

from ops_markdown.formatter import MarkdownFormatter

__all__ = ["MarkdownFormatter"]
