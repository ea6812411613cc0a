"""What otel_ops and OpenTelemetry keep for a whole process, as it is in a fresh one, and put back afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Literal

from opentelemetry import trace
from opentelemetry.context import Context, attach, get_current
from opentelemetry.util._once import Once

from otel_ops import faults, ids, sdk
from otel_ops.attributes.key_types import KEY_TYPES
from otel_ops.context import OperationContext
from otel_ops.core.emitted import BRIDGE, KEEPING
from otel_ops.core.exception_logs import SIGNAL
from otel_ops.core.frame import Frame, current_frame
from otel_ops.core.hooks import HOOKS
from otel_ops.core.tracers import forget_tracers
from otel_ops.detail import GATE
from otel_ops.meters import METERS
from otel_ops.sdk.setup import SETUP
from otel_ops.testing.deterministic import CountingIdGenerator

Faults = Literal["raised", "counted"]

_STATES = (faults._faults, faults.TOO_DEEP, BRIDGE, GATE, HOOKS, KEEPING, KEY_TYPES, METERS, SIGNAL, ids.SOURCE, SETUP)
"""What otel_ops keeps for the whole process: one object of each class."""


@contextmanager
def provider_in_place(provider: trace.TracerProvider | None) -> Iterator[None]:
    """Make a provider, or none, the global one, and put back what was there: the API has no way back of its own."""
    before = trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = None, Once()
    if provider is not None:
        trace.set_tracer_provider(provider)
    forget_tracers()
    try:
        yield
    finally:
        trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = before
        forget_tracers()


@contextmanager
def standing_in(provider: trace.TracerProvider) -> Iterator[None]:
    """Have a provider where nobody has set one; whoever sets one meanwhile may, and that stays."""
    if trace._TRACER_PROVIDER is None:
        trace._TRACER_PROVIDER = provider
    try:
        yield
    finally:
        if trace._TRACER_PROVIDER is provider:
            trace._TRACER_PROVIDER = None
        forget_tracers()


class FreshProcess:
    """With-block in which the process is as if it had just begun; what was before is put back at the end.

    That is: the global tracer provider, what `otel_ops.configure` set up, levels of detail, hooks, `diagnostics`, the
    current Context, and made-up ids, which count from 1.

    Args:
        provider: The global provider inside; None means that nobody has set one.
        faults: ``"raised"`` lets exceptions of otel_ops' own code through on the thread of the block; those that the
            program swallows, and those of other threads, fail the block at its end. ``"counted"`` is as in a program.

    Raises:
        AssertionError: at the end of the block, unless it ends with an exception: operations or contexts were left
            open, or there were faults; the message names them.
    """

    def __init__(self, provider: trace.TracerProvider | None = None, *, faults: Faults = "raised") -> None:
        self._provider = provider
        self._faults = faults
        self._thread = 0
        self._stack = ExitStack()
        self._diagnostics: dict[str, int] | None = None

    def __enter__(self) -> FreshProcess:
        """Begin; see the class.

        Raises:
            RuntimeError: one is open on another thread: what a process has is there once.
        """
        if _open and _open[-1]._thread != threading.get_ident():
            msg = "a Recorder is open on another thread; there can be one at a time, or one inside another"
            raise RuntimeError(msg)
        self._thread = threading.get_ident()
        _open.append(self)
        self._stack.callback(_open.remove, self)
        for state in _STATES:
            self._stack.enter_context(_as_new(state))
        self._stack.enter_context(_empty_context())
        self._stack.enter_context(provider_in_place(self._provider))
        ids.SOURCE.draw = CountingIdGenerator().generate_span_id
        faults.raise_faults(self._faults == "raised")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Put everything back; see the class."""
        __tracebackhide__ = True
        with self._stack:
            left_open = list(dict.fromkeys([*_open_frames(), *self._open_spans()]))
            self._close()
            raised = faults.raised()
            self._diagnostics = faults.diagnostics()
        if error is None:
            _check(left_open, raised)

    @property
    def diagnostics(self) -> dict[str, int]:
        """What `otel_ops.diagnostics` counts in the block."""
        return faults.diagnostics() if self._diagnostics is None else self._diagnostics

    def _open_spans(self) -> list[str]:
        """Name the operations and contexts whose spans have not ended."""
        return []

    def _close(self) -> None:
        """Write and close everything that was set up in the block."""
        sdk.shutdown()


_open: list[FreshProcess] = []


@contextmanager
def _as_new(state: object) -> Iterator[None]:
    """Give an object the attributes of a new one of its class, and afterwards its own again."""
    before = _attributes(state)
    _set(state, _attributes(type(state)()))
    try:
        yield
    finally:
        _set(state, before)


def _attributes(state: object) -> dict[str, object]:
    names = getattr(state, "__slots__", None) or list(vars(state))
    return {name: getattr(state, name) for name in names if not name.startswith("__")}


def _set(state: object, attributes: dict[str, object]) -> None:
    for name, value in attributes.items():
        setattr(state, name, value)


@contextmanager
def _empty_context() -> Iterator[None]:
    before = get_current()
    attach(Context())
    try:
        yield
    finally:
        attach(before)


def _open_frames() -> Iterator[str]:
    frame = current_frame()
    while frame is not None:
        yield _name_of(frame)
        frame = frame.outer


def _name_of(frame: Frame) -> str:
    if isinstance(frame, OperationContext):
        return f"context {frame.name!r}" if frame.name else f"context {frame!r}"
    return f"operation {getattr(frame, 'name', '?')!r}"


def _check(left_open: list[str], raised: tuple[Exception, ...]) -> None:
    __tracebackhide__ = True
    told = [f"left open at the end of the block: {', '.join(left_open)}"] if left_open else []
    told += dict.fromkeys(f"otel_ops failed with {faults.described(error)}" for error in raised)
    if told:
        raise AssertionError("\n".join(told)) from (raised[0] if raised else None)
