"""gRPC: calls carry baggage by the host that their channel is for, which no span of theirs tells.

Where nobody instruments the calls nothing is sent.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from otel_ops import faults
from otel_ops.propagation.hosts import hosts_of_target, is_calling
from otel_ops.propagation.outgoing import HEADER, header_to
from otel_ops_instrumentation.carrier import Carrier, Patch

_CALLS = {
    "_UnaryUnaryMultiCallable": ("__call__", "with_call", "future"),
    "_UnaryStreamMultiCallable": ("__call__",),
    "_SingleThreadedUnaryStreamMultiCallable": ("__call__",),
    "_StreamUnaryMultiCallable": ("__call__", "with_call", "future"),
    "_StreamStreamMultiCallable": ("__call__",),
}
_KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class GrpcCarrier(Carrier):
    """Adds the baggage for listed hosts to the metadata of calls, behind all interceptors."""

    modules = ("grpc._channel", "grpc.aio._channel")

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if module.__name__ == "grpc.aio._channel":
            return (Patch(module.Channel, "__init__", _open),)
        return tuple(Patch(getattr(module, kind), name, _call) for kind, names in _CALLS.items() for name in names)


def _call(call: Callable[..., Any], method: Any, /, *args: Any, **named: Any) -> Any:
    with faults.guarded("grpc"):
        target = method._target.decode()
        if len(args) > 2:  # noqa: PLR2004 - request, timeout, metadata
            args = (*args[:2], _metadata_to(target, args[2]), *args[3:])
        else:
            named = {**named, "metadata": _metadata_to(target, named.get("metadata"))}
    return call(method, *args, **named)


def _metadata_to(target: str, metadata: Any) -> Any:
    """Give the metadata of a call to a target; where nobody has made a span for the call, it stays as it is."""
    if not is_calling():
        return metadata
    entries = tuple(metadata or ())
    before = ",".join(value for key, value in entries if key == HEADER)
    header = header_to(hosts_of_target(target), before)
    if header != before:
        entries = (*(entry for entry in entries if entry[0] != HEADER), *([(HEADER, header)] if header else []))
    return entries or None


def _open(make: Callable[..., None], channel: Any, target: str, *args: Any, **more: Any) -> None:
    make(channel, target, *args, **more)
    with faults.guarded("grpc"):
        for interceptors in [getattr(channel, f"_{kind}_interceptors") for kind in _KINDS]:
            if interceptors:
                interceptors.append(_Innermost(target))


class _Innermost:
    """The last interceptor of an asynchronous channel that has others."""

    def __init__(self, target: str) -> None:
        self._target = target

    async def _intercept(self, go_on: Callable[[Any, Any], Awaitable[Any]], details: Any, request: Any) -> Any:
        with faults.guarded("grpc"):
            metadata = _metadata_to(self._target, details.metadata)
            details = details._replace(
                metadata=None if metadata is None else sys.modules["grpc.aio"].Metadata(*metadata)
            )
        return await go_on(details, request)

    intercept_unary_unary = intercept_unary_stream = intercept_stream_unary = intercept_stream_stream = _intercept
