"""`operation`: makes a function, a class or a block of code an operation."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, overload

from otel_ops import faults
from otel_ops.attributes import Value, clean_attributes
from otel_ops.core.decorators import Options, decorate
from otel_ops.core.frame import current_frame
from otel_ops.core.plan import PLANS_OF_BLOCKS, Plan, plan_of_block
from otel_ops.core.running import Operation
from otel_ops.detail import GATE, Detail
from otel_ops.exceptions import BlockReusedError

if TYPE_CHECKING:
    from otel_ops.core.recovering.strategy import Recoveries, Recovery
    from otel_ops.errors import ErrorData, ErrorHandler
    from otel_ops.operation_log import OperationLog

F = TypeVar("F", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any] | Descriptor")
Descriptor: TypeAlias = "property | functools.cached_property[Any] | functools.partialmethod[Any]"


@overload
def operation(
    name: str | None = None,
    /,
    *,
    detail: Detail | str = Detail.STANDARD,
    capture: Iterable[str] = (),
    record_result: bool = False,
    attributes: Mapping[str, object] | None = None,
    recover: Recovery | Sequence[Recovery] = (),
    expected: type[BaseException] | Sequence[type[BaseException]] = (),
    on_error: ErrorHandler | Callable[[OperationLog, ErrorData], object] | None = None,
) -> OperationBlock: ...


@overload
def operation(function: F, /) -> F: ...


def operation(
    name: Any = None,
    /,
    *,
    detail: Detail | str = Detail.STANDARD,
    capture: Iterable[str] = (),
    record_result: bool = False,
    attributes: Mapping[str, object] | None = None,
    recover: Recovery | Sequence[Recovery] = (),
    expected: type[BaseException] | Sequence[type[BaseException]] = (),
    on_error: ErrorHandler | Callable[[OperationLog, ErrorData], object] | None = None,
) -> Any:
    """Make a callable, a class or a block of code an operation: one span for each run.

    Works as ``@operation``, ``@operation("name", …)``, ``with operation("name") as op:`` and ``async with``.

    Args:
        name: Name of the operation; without one, the function's qualified name. For a class it stands for the class
            in the names of its methods.
        detail: Level at which it is recorded.
        capture: Arguments to record, as ``"series"`` or, for an attribute of one, ``"series.name"``;
            each becomes the attribute ``ops.arg.series`` or ``ops.arg.series_name``.
        record_result: Record what the function returns, as the attribute ``ops.result``.
        attributes: Attributes that every run has.
        recover: Strategies that repair a failed run, such as `otel_ops.errors.Retry`; the first one that has a remedy
            decides. A block cannot run again: write `otel_ops.errors.attempts` there.
        expected: Exceptions that may leave the operation without being failures: no status, no record, no error
            handler and no retry come of them. For an operation around that does not expect them they are failures.
        on_error: Is called when a run of this operation has failed, once, with its log and the `ErrorData`: a function,
            or an `ErrorHandler`; off the hot path, after `otel_ops.configure`.

    Returns:
        The decorated callable or class, or the `OperationBlock`.

    Raises:
        TypeError: `name` is neither text nor something that can be decorated; the message says why. Or `attributes`
            is no mapping; `recover` holds no strategy, `expected` no class of exceptions, or `on_error` is no function.
        ValueError: `detail` names no level, or `capture` names no parameter; or a strategy of `recover` says of itself
            what cannot be.
    """
    level = detail if type(detail) is Detail else Detail.parse(detail)
    if type(name) is str and name and not (capture or record_result or attributes or recover or expected or on_error):
        if GATE.plain:
            return OperationBlock(PLANS_OF_BLOCKS[level].get(name) or plan_of_block(name, level))
        return OperationBlock(Plan(name, level, _module_of_caller()))
    static = _checked_attributes(attributes) if attributes is not None else {}
    wanted = (capture,) if isinstance(capture, str) else tuple(capture)
    title = name if isinstance(name, str) else ""
    options = Options(title, level, static, wanted, record_result, *_of_failures(recover, expected, on_error))
    if name is not None and not isinstance(name, str):
        return decorate(name, options)
    return OperationDecorator(options, _module_of_caller())


def _of_failures(
    recover: Any, expected: Any, on_error: Any
) -> tuple[tuple[type[BaseException], ...], Recoveries | None, Any]:
    if on_error is not None and not (callable(on_error) or hasattr(on_error, "handle_failure")):
        msg = f"on_error={faults.shown(on_error)}: give a function of the log and the error data, or an ErrorHandler"
        raise TypeError(msg)
    if not (recover or expected):
        return (), None, on_error
    from otel_ops.core.recovering.strategy import classes_of, recoveries_of  # noqa: PLC0415 - importing otel_ops must be cheap

    return classes_of("expected", expected), recoveries_of(recover) if recover else None, on_error


def _checked_attributes(attributes: object) -> dict[str, Value]:
    if not isinstance(attributes, Mapping):
        msg = f"operation(attributes={faults.shown(attributes)}): give a dict of names and values"
        raise TypeError(msg)
    return clean_attributes(attributes)


def _module_of_caller() -> str:
    return str(sys._getframe(2).f_globals.get("__name__", ""))


class OperationBlock(Operation):
    """What `operation` gives: a with-block, which is single-use, or a decorator."""

    __slots__ = ()

    def __enter__(self) -> OperationBlock:
        """Begin: open the span where the level of detail admits it.

        Raises:
            BlockReusedError: the block was entered before.
            TypeError: the block has no name, or captures arguments.
        """
        if self._entered:
            msg = f"operation({self.name!r}) was entered before; write a new `with operation(…)` for each block"
            raise BlockReusedError(msg)
        self._entered = True
        try:
            self._begin()
            if self._outer is not None:
                self._mark_place()
        except BaseException as error:  # Ctrl-C
            self._end(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End: stamp the outcome and end the span."""
        self._end(error)

    async def __aenter__(self) -> OperationBlock:
        """Do as ``with`` does."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Do as ``with`` does."""
        self._end(error)

    def __call__(self, target: F) -> F:
        """Decorate a callable or a class.

        Raises:
            TypeError: it is something that cannot be decorated; the message says why.
            ValueError: ``capture`` names no parameter of the function.
        """
        return cast("F", decorate(target, self._options))

    @property
    def _options(self) -> Options:
        return Options(self._plan.name, self._plan.level)


class OperationDecorator(OperationBlock):
    """What `operation` gives where it is told more than a name; a block, too, where that fits one."""

    __slots__ = ("_given",)

    def __init__(self, options: Options, module: str) -> None:
        named, of_failures = options.name, {"expected": options.expected, "on_error": options.on_error}
        super().__init__(Plan(named, options.level, module, options.attributes, **of_failures))
        self._given = options

    @property
    def _options(self) -> Options:
        return self._given

    def __enter__(self) -> OperationBlock:
        """Begin, unless what was told needs a function."""
        if not self.name:
            msg = "a block needs a name: with operation('parse') as op:"
            raise TypeError(msg)
        if self._given.capture or self._given.record_result:
            msg = f"operation({self.name!r}): capture and record_result need a function; in a block, use set(…)"
            raise TypeError(msg)
        if self._given.recoveries is not None:
            msg = f"operation({self.name!r}): a block cannot run again; loop over attempts({self.name!r}, …)"
            raise TypeError(msg)
        return super().__enter__()


_NOWHERE = Operation(Plan("", Detail.STANDARD))


def current_operation() -> Operation:
    """Give the nearest recorded operation; outside of all, one whose methods do nothing."""
    frame = current_frame()
    while frame is not None and not isinstance(frame, Operation):
        frame = frame.outer
    return frame or _NOWHERE
