"""What programs with windows share: operations that fail, and scenes that wait for what they expect."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from typing import Any

from otel_ops import diagnostics, operation
from otel_ops.errors import ErrorHandler

Scene = Generator[Callable[[], object], None, None]
"""Gives, one after the other, what must hold before it goes on."""


class BadRowError(ValueError):
    """A failure of the program."""


class BadColumnError(ValueError):
    """Another one."""


def fail(name: str = "evaluate", kind: type[Exception] = BadRowError) -> None:
    """Run an operation that fails in a suboperation."""
    try:
        with operation(name), operation("parse"):
            raise kind("row <b>7</b> is bad")
    except ValueError:
        pass


def fail_elsewhere(*arguments: Any) -> None:
    """Do so in another thread, and wait for its end."""
    thread = threading.Thread(target=fail, args=arguments)
    thread.start()
    thread.join()


def say(**told: object) -> None:
    """Print what a test is to know."""
    print(json.dumps(told), flush=True)


def counts(handler: ErrorHandler) -> dict[str, int]:
    """Count what went wrong in the handler, once everything was handed to it."""
    handler.force_flush()
    return {reason: number for reason, number in diagnostics().items() if reason.startswith("error_handler")}


def step(scene: Scene, expected: list[Callable[[], object]]) -> bool:
    """Go on with a scene if what it expects is there; tell whether it is over."""
    if expected and not expected[-1]():
        return False
    expected[:] = [condition for condition in [next(scene, None)] if condition]
    return not expected
