"""Where an exact percentile lies among buckets."""

from __future__ import annotations

import math


def edges(durations_ns: list[int], bounds: list[float]) -> tuple[float, float]:
    """Give the outer edges of the buckets of the two durations between which the exact percentile lies."""
    ordered = [nanoseconds / 1e9 for nanoseconds in sorted(durations_ns)]
    rank = math.floor((len(ordered) - 1) * 0.95)
    below, above = ordered[rank], ordered[min(rank + 1, len(ordered) - 1)]
    return max(bound for bound in [0.0, *bounds] if bound < below), min(bound for bound in bounds if bound >= above)
