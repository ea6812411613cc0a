"""All checks, in the order in which what they find is told."""

from __future__ import annotations

from otel_ops.collector.checks import environment, graph, loops, merging, names, queues, secrets, signals
from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import ERROR, Finding

_CHECKS = (merging, graph, signals, names, secrets, queues, loops, environment)


def findings_of(checked: Checked) -> list[Finding]:
    """Check a configuration; give what is wrong, errors first."""
    found = [finding for module in _CHECKS for finding in module.check(checked)]
    return sorted(found, key=lambda finding: finding.severity != ERROR)
