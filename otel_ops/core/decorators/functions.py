"""Wrappers of functions and of coroutine functions."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from time import time_ns
from typing import Any

from otel_ops.core.plan import Plan
from otel_ops.core.running import Operation, fail_hidden
from otel_ops.detail import GATE


def wrap_function(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    """Make each call a run."""
    level, records_result = plan.level, plan.record_result

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if GATE.plain and level > GATE.level:
            start_ns = time_ns()
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                fail_hidden(plan, start_ns, error)
                raise
        run = Operation(plan)
        try:
            run._begin(args, kwargs)
            result = function(*args, **kwargs)
            if records_result:
                run._give(result)
        except BaseException as error:
            run._end(error)
            raise
        run._end(None)
        return result

    return wrapper


def wrap_coroutine_function(function: Callable[..., Awaitable[Any]], plan: Plan) -> Callable[..., Awaitable[Any]]:
    """Make each coroutine a run, from its first step to its last."""
    level, records_result = plan.level, plan.record_result

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        if GATE.plain and level > GATE.level:
            start_ns = time_ns()
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                fail_hidden(plan, start_ns, error)
                raise
        run = Operation(plan)
        try:
            run._begin(args, kwargs)
            result = await function(*args, **kwargs)
            if records_result:
                run._give(result)
        except BaseException as error:
            run._end(error)
            raise
        run._end(None)
        return result

    return wrapper
