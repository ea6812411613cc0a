"""All cases, in the order of the table."""

from __future__ import annotations

from fnmatch import fnmatch

from tests.benchmarks import (
    analyzer,
    declared,
    encoding,
    flood,
    formats,
    generators,
    handlers,
    imports,
    logs,
    metrics,
    operations,
    outputs,
    peers,
    process_pools,
    recovery,
    rules,
    scaling,
    starting,
    thread_pools,
    whole_process,
)
from tests.benchmarks.harness import Case

CASES: tuple[Case, ...] = (
    *operations.CASES,
    *declared.CASES,
    *recovery.CASES,
    *handlers.CASES,
    *generators.CASES,
    *rules.CASES,
    *scaling.CASES,
    *logs.CASES,
    *metrics.CASES,
    *thread_pools.CASES,
    *flood.CASES,
    *imports.CASES,
    *starting.CASES,
    *encoding.CASES,
    *formats.CASES,
    *whole_process.CASES,
    *outputs.CASES,
    *process_pools.CASES,
    *operations.INFORMATION,
    *recovery.INFORMATION,
    *generators.INFORMATION,
    *encoding.INFORMATION,
    *analyzer.INFORMATION,
    *peers.INFORMATION,
)


def chosen(patterns: list[str]) -> list[Case]:
    """Give the cases that any of the patterns names; all without patterns.

    Raises:
        ValueError: a pattern names no case.
    """
    for pattern in patterns:
        if not any(fnmatch(case.name, pattern) for case in CASES):
            msg = f"no case is named {pattern!r}; there are: {', '.join(case.name for case in CASES)}"
            raise ValueError(msg)
    return [case for case in CASES if not patterns or any(fnmatch(case.name, pattern) for pattern in patterns)]
