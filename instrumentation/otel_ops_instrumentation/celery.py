"""Celery: the processes of its prefork pool end by ``os._exit``; what they hold is written before."""

from __future__ import annotations

from typing import Any

from otel_ops.endings import end
from otel_ops_instrumentation.carrier import Carrier, Patch


class CeleryCarrier(Carrier):
    """Has each process of a pool write what it holds at its end."""

    modules = ("celery.signals",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (_Receiver(module, "worker_process_shutdown", _end),)


class _Receiver(Patch):
    """What a signal of Celery's calls, instead of a function in the place of another one."""

    def put_in(self) -> None:
        getattr(self._owner, self._name).connect(self._function, weak=False)

    def take_out(self) -> None:
        getattr(self._owner, self._name).disconnect(self._function)


def _end(**_: object) -> None:
    end()
