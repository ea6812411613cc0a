"""Whether files only add to each other."""

from __future__ import annotations

from collections.abc import Iterator

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import WARNING, Finding


def check(checked: Checked) -> Iterator[Finding]:
    """Find values that a file puts in the place of another one's; lists are not joined."""
    for path, source in checked.configuration.replaced:
        message = "it replaces what a file before it says; give it a name of its own, unless you mean that"
        yield Finding("merging", WARNING, source.place_of(path), ".".join(path), message)
