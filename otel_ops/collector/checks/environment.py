"""Whether variables that a configuration wants are set."""

from __future__ import annotations

from collections.abc import Iterator

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.variables import references

_RULE = "variables"


def check(checked: Checked) -> Iterator[Finding]:
    """Find variables that have no default and are not set; the collector takes them as empty."""
    told = set()
    for name, default, path in references(checked.configuration.content):
        if default is None and not checked.environ.get(name) and name not in told:
            told.add(name)
            yield checked.error(_RULE, path, f"the variable {name} is not set; export {name}=…")
