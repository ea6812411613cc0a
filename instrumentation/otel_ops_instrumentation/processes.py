"""Processes of ``multiprocessing``: what they do stands below the operation that started them.

One that is forked has the context and the settings of its parent. One that is spawned, or comes from a fork server, is
sent them with its `Process` object: what is unpickled there sets it up before anything of the program's runs.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from otel_ops import faults
from otel_ops.core.carried import Carried, carry
from otel_ops_instrumentation.carrier import Carrier, Patch

if TYPE_CHECKING:
    from otel_ops.sdk.children import Inheritance

_LUGGAGE = "_otel_ops_luggage"


class ProcessesCarrier(Carrier):
    """Carries to processes, of any start method."""

    modules = ("multiprocessing.process",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return Patch(module.BaseProcess, "start", _start), Patch(module.BaseProcess, "_bootstrap", _bootstrap)


class Luggage:
    """What a process takes along; settings are looked up when it is pickled, which a fork does not need.

    Args:
        carried: What was current where it was started.
    """

    def __init__(self, carried: Carried | None) -> None:
        self.carried = carried
        self.has_travelled = False

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what cannot fail to be."""
        from otel_ops.sdk.children import inheritance  # noqa: PLC0415 - the set-up finds this module

        given = b""
        with faults.contained("child.settings", "the settings of a process that is spawned"):
            given = pickle.dumps(inheritance())
        return _unpack, (self.carried, given)


def _unpack(carried: Carried | None, given: bytes) -> Luggage:
    """Set this process up, which is about to begin."""
    from otel_ops.sdk.children import set_up_as_parent  # noqa: PLC0415 - as above

    with faults.guarded("child.setup"):
        inherited: Inheritance | None = pickle.loads(given) if given else None
        if inherited is not None:
            set_up_as_parent(inherited)
    luggage = Luggage(carried)
    luggage.has_travelled = True
    return luggage


def _start(start: Callable[[Any], None], process: Any) -> None:
    vars(process)[_LUGGAGE] = Luggage(carry())
    try:
        start(process)
    finally:
        vars(process).pop(_LUGGAGE, None)


def _bootstrap(bootstrap: Callable[..., Any], process: Any, /, *args: Any, **kwargs: Any) -> Any:
    luggage: Luggage | None = vars(process).pop(_LUGGAGE, None)
    if luggage is None or luggage.carried is None or not luggage.has_travelled:
        return bootstrap(process, *args, **kwargs)
    return luggage.carried.run(bootstrap, process, *args, **kwargs)
