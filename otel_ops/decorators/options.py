"""What `@operation(…)` was given, and what becomes of it for one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from otel_ops.attributes import Value
from otel_ops.capture import captures
from otel_ops.detail import Detail
from otel_ops.plan import Plan
from otel_ops.semconv import CODE_FUNCTION_NAME


class Options(NamedTuple):
    """The arguments of `otel_ops.operation`, read and checked; see there."""

    name: str
    level: Detail
    attributes: Mapping[str, Value] = {}
    capture: tuple[str, ...] = ()
    record_result: bool = False

    def plan_for(self, function: Callable[..., Any], qualified_name: str, module: str) -> Plan:
        """Make the plan of the runs of a function.

        Raises:
            ValueError: `capture` names no parameter of the function.
        """
        attributes = dict(self.attributes)
        if self.name:
            attributes[CODE_FUNCTION_NAME] = f"{module}.{qualified_name}"
        captured = captures(self.capture, function, qualified_name) if self.capture else ()
        return Plan(self.name or qualified_name, self.level, module, attributes, captured, self.record_result)
