"""What `@operation(…)` was given, and what becomes of it for one function."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_ops.attributes import Value
from otel_ops.core.capture import captures, parameters_of
from otel_ops.core.plan import Plan
from otel_ops.detail import Detail
from otel_ops.semconv import CODE_FUNCTION_NAME

if TYPE_CHECKING:
    from otel_ops.core.recovering.strategy import Recoveries


class Options(NamedTuple):
    """The arguments of `otel_ops.operation`, read and checked; see there."""

    name: str
    level: Detail
    attributes: Mapping[str, Value] = {}
    capture: tuple[str, ...] = ()
    record_result: bool = False
    expected: tuple[type[BaseException], ...] = ()
    recoveries: Recoveries | None = None
    on_error: Any = None

    def for_method(self, name: str, parameters: Collection[str]) -> Options:
        """Give what holds for one method of a class: its part of the name, and of the arguments those that it has."""
        return self._replace(
            name=f"{self.name}.{name}" if self.name else "",
            capture=tuple(path for path in self.capture if path.partition(".")[0] in parameters),
        )

    def check_capture(self, owner: str, functions: Iterable[Callable[..., Any]]) -> None:
        """Check that each argument to capture is one of some method.

        Raises:
            ValueError: it is of none.
        """
        known = {parameter for function in functions for parameter in parameters_of(function)}
        for path in self.capture:
            if path.partition(".")[0] not in known:
                msg = f"capture={path!r}: no public method of {owner} has such a parameter; they have {sorted(known)}"
                raise ValueError(msg)

    def plan_for(self, function: Callable[..., Any], qualified_name: str, module: str) -> Plan:
        """Make the plan of the runs of a function.

        Raises:
            ValueError: `capture` names no parameter of the function.
        """
        attributes = dict(self.attributes)
        if self.name:
            attributes[CODE_FUNCTION_NAME] = f"{module}.{qualified_name}"
        captured = captures(self.capture, function, qualified_name) if self.capture else ()
        return Plan(
            self.name or qualified_name,
            self.level,
            module,
            attributes,
            captured,
            self.record_result,
            self.expected,
            self.recoveries,
            self.on_error,
        )
