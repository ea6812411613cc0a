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
from otel_ops.core.decorators.objects import Named, behaviour_of, held_by, is_object, on_descriptor, wrap_object
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
    wrapper = named.give_to(_wrap(target, plan))
    setattr(wrapper, _MARK, True)
    if not is_object(target):
        return wrapper
    return wrap_object(target, wrapper, lambda other: decorate(other, options), (decorate, (target, options)))


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


def _wrap(target: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    behaviour = behaviour_of(target)
    if inspect.isasyncgenfunction(behaviour):
        return wrap_async_generator_function(target, plan)
    if inspect.iscoroutinefunction(behaviour) or inspect.iscoroutinefunction(target):
        return wrap_coroutine_function(target, plan)
    if inspect.isgeneratorfunction(behaviour):
        wrapper = wrap_generator_function(target, plan)
        is_awaited = behaviour.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
        return types.coroutine(wrapper) if is_awaited else wrapper
    return wrap_function(target, plan)


def _refuse_others(target: object) -> None:
    if inspect.iscoroutine(target) or inspect.isgenerator(target) or inspect.isasyncgen(target):
        msg = f"@operation decorates functions, not {target!r}, which one has given; decorate the function"
    elif not callable(target):
        remedy = "decorate the function inside it" if hasattr(target, "__get__") else "it needs a name or a callable"
        msg = f"@operation cannot decorate {target!r}, which cannot be called; {remedy}"
    else:
        return
    raise TypeError(msg)
