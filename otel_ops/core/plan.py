"""Plan: what is known of an operation before it runs, shared by all its runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_ops.attributes import Stamp, Value, clean_text
from otel_ops.core.capture import Captured
from otel_ops.core.outcomes import without_group
from otel_ops.detail import Detail
from otel_ops.semconv import KIND, Kind

MAX_NAME = 256
"""Longest name of an operation, in characters."""

MAX_KEPT = 1_000
"""Most plans of blocks that are kept, for each level of detail."""


class Plan:
    """What all runs of one operation have in common.

    Attributes:
        name: Name of the operation.
        level: Level at which it is recorded.
        module: Module of its code; may be empty while no rule asks for it.
        attributes: Attributes of every run.
        captured: The arguments to record.
        record_result: Whether the result is recorded.
        expected: The exceptions that may leave it without being failures.
        recoveries: The strategies that repair a failed run, a `recovering.strategy.Recoveries`; None where there are
            none.
        on_error: What is called when a run has failed; None where there is nothing.
        stamped: What the span of an operation, and then that of a suboperation, has from its start. The kind comes
            last, since the SDK drops the oldest attributes where there are too many.
    """

    __slots__ = (
        "_of_attempts",
        "attributes",
        "captured",
        "expected",
        "level",
        "module",
        "name",
        "on_error",
        "record_result",
        "recoveries",
        "stamped",
    )

    def __init__(
        self,
        name: str,
        level: Detail,
        module: str = "",
        attributes: Mapping[str, Value] | None = None,
        captured: tuple[Captured, ...] = (),
        record_result: bool = False,
        expected: tuple[type[BaseException], ...] = (),
        recoveries: Any = None,
        on_error: Any = None,
    ) -> None:
        self.name = bounded_name(name)
        self.level = level
        self.module = module
        self.attributes = attributes or {}
        self.captured = captured
        self.record_result = record_result
        self.expected = expected
        self.recoveries = recoveries
        self.on_error = on_error
        self.stamped = stamped(self.attributes)
        self._of_attempts: Plan | None = None

    @property
    def of_attempts(self) -> Plan:
        """What the attempts of the operation have in common."""
        if self._of_attempts is None:
            self._of_attempts = Plan(f"{self.name} attempt", self.level, self.module)
        return self._of_attempts

    def expects(self, error: BaseException) -> bool:
        """Tell whether an exception may leave the operation without being a failure."""
        return bool(self.expected) and issubclass(type(without_group(error)), self.expected)


def stamped(attributes: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
    """Give the attributes with the kind of an operation, and with that of a suboperation."""
    return Stamp.of({**attributes, KIND: Kind.OPERATION}), Stamp.of({**attributes, KIND: Kind.SUBOPERATION})


def bounded_name(name: str) -> str:
    """Make a name fit for a span."""
    name = clean_text(name)
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


PLANS_OF_BLOCKS: list[dict[str, Plan]] = [{} for _ in range(max(Detail) + 1)]
"""Plans of blocks without attributes, by the number of their level and by name."""


def plan_of_block(name: str, level: Detail) -> Plan:
    """Make a plan of a block without attributes, and keep it."""
    plans = PLANS_OF_BLOCKS[level]
    if len(plans) >= MAX_KEPT:
        plans.clear()
    plan = plans[name] = Plan(name, level)
    return plan
