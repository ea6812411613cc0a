"""Which form of callable is decorated in which way, and which one not at all."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

from otel_ops.core.capture import parameters_of
from otel_ops.core.decorators.classes import function_of, methods_of, replace
from otel_ops.core.decorators.functions import wrap_coroutine_function, wrap_function
from otel_ops.core.decorators.generators import wrap_async_generator_function, wrap_generator_function
from otel_ops.core.decorators.objects import (
    Named,
    behaviour_of,
    bound_first,
    held_by,
    is_object,
    is_proxy_of_function,
    on_descriptor,
    wrap_object,
)
from otel_ops.core.decorators.options import Options
from otel_ops.core.plan import Plan

_MARK = "__otel_ops_operation__"


def decorate(target: Any, options: Options) -> Any:
    """Make a callable, a class or a descriptor an operation.

    Raises:
        TypeError: it cannot be decorated; the message says why, and what to do.
        ValueError: `capture` names no parameter.
    """
    if inspect.isclass(target):
        return _decorate_class(target, options)
    descriptor = on_descriptor(target, lambda inner: decorate(inner, options))
    if descriptor is not None:
        return descriptor
    _refuse_others(target)
    named = Named(target)
    plan = options.plan_for(target, named.qualified_name, named.module)
    wrap = _wrapping_of(target) if plan.recoveries is None else _recovering_wrapping_of(target)
    wrapper = _marked(named.give_to(wrap(target, plan)))
    if not is_object(target):
        return wrapper
    method = _marked(wrap(bound_first(target), plan)) if is_proxy_of_function(target) else None
    return wrap_object(target, wrapper, method, lambda other: decorate(other, options), (decorate, (target, options)))


def _marked(wrapper: Any) -> Any:
    setattr(wrapper, _MARK, True)
    return wrapper


def is_operation(target: object) -> bool:
    """Tell whether a callable, or the one that a descriptor holds, is an operation already."""
    return hasattr(held_by(target), _MARK)


def _decorate_class(owner: type, options: Options) -> type:
    methods = methods_of(owner)
    options.check_capture(owner.__qualname__, map(function_of, methods.values()))
    for name, method in methods.items():
        if not is_operation(method):
            replace(owner, name, decorate(method, options.for_method(name, parameters_of(function_of(method)))))
    return owner


def _wrapping_of(target: Callable[..., Any]) -> Callable[[Any, Plan], Any]:
    """Choose by what a callable gives how it is wrapped."""
    behaviour = behaviour_of(target)
    if inspect.isasyncgenfunction(behaviour):
        return wrap_async_generator_function
    if inspect.iscoroutinefunction(behaviour) or inspect.iscoroutinefunction(target):
        return wrap_coroutine_function
    if inspect.isgeneratorfunction(behaviour):
        is_awaited = behaviour.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
        return _wrap_iterable_coroutine_function if is_awaited else wrap_generator_function
    return wrap_function


def _recovering_wrapping_of(target: Callable[..., Any]) -> Callable[[Any, Plan], Any]:
    from otel_ops.core.decorators import recovering  # noqa: PLC0415 - few operations recover

    by_kind: dict[Any, Callable[[Any, Plan], Any]] = {
        wrap_function: recovering.wrap_recovering_function,
        wrap_coroutine_function: recovering.wrap_recovering_coroutine_function,
        wrap_generator_function: recovering.wrap_recovering_generator_function,
        wrap_async_generator_function: recovering.wrap_recovering_async_generator_function,
    }
    wrap = by_kind.get(_wrapping_of(target))
    if wrap is None:
        msg = f"@operation(recover=…) cannot decorate {target!r}, a generator that is awaited; write `async def`"
        raise TypeError(msg)
    return wrap


def _wrap_iterable_coroutine_function(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    return types.coroutine(wrap_generator_function(function, plan))


def _refuse_others(target: object) -> None:
    if inspect.iscoroutine(target) or inspect.isgenerator(target) or inspect.isasyncgen(target):
        msg = f"@operation decorates functions, not {target!r}, which one has given; decorate the function"
    elif not callable(target):
        remedy = "decorate the function inside it" if hasattr(target, "__get__") else "it needs a name or a callable"
        msg = f"@operation cannot decorate {target!r}, which cannot be called; {remedy}"
    else:
        return
    raise TypeError(msg)
