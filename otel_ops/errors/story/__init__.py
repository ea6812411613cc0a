"""The story of failures, as a person is told it: what failed, how often, what led to it; as text and as HTML."""

from otel_ops.errors.story.html import html_of
from otel_ops.errors.story.links import TraceLink
from otel_ops.errors.story.parts import Fact, Section, Story, story_of
from otel_ops.errors.story.text import brief_text_of, text_of

__all__ = ["Fact", "Section", "Story", "TraceLink", "brief_text_of", "html_of", "story_of", "text_of"]
