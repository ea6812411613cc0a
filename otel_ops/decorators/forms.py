"""Which form of callable is decorated in which way, and which one not at all."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

from otel_ops.decorators.classes import decorate_class
from otel_ops.decorators.functions import wrap_coroutine_function, wrap_function
from otel_ops.decorators.generators import wrap_async_generator_function, wrap_generator_function
from otel_ops.decorators.objects import Named, behaviour_of, on_descriptor
from otel_ops.decorators.options import Options
from otel_ops.plan import Plan

_MARK = "__otel_ops_operation__"


def decorate(target: Any, options: Options) -> Any:
    """Make a callable, a class or a descriptor an operation.

    Raises:
        TypeError: it cannot be decorated; the message says why, and what to do.
        ValueError: `capture` names no parameter.
    """
    if inspect.isclass(target):
        return decorate_class(target, lambda method, name: decorate(method, _of_method(options, name)), _is_decorated)
    descriptor = on_descriptor(target, lambda inner: decorate(inner, options))
    if descriptor is not None:
        return descriptor
    _refuse_others(target)
    named = Named(target)
    wrapper = _wrap(target, options.plan_for(target, named.qualified_name, named.module))
    if not hasattr(target, "__qualname__"):
        wrapper.__name__, wrapper.__qualname__ = named.qualified_name.rpartition(".")[2], named.qualified_name
        wrapper.__module__ = named.module
    setattr(wrapper, _MARK, True)
    return wrapper


def _of_method(options: Options, name: str) -> Options:
    return options._replace(name=f"{options.name}.{name}" if options.name else "")


def _is_decorated(function: object) -> bool:
    return hasattr(function, _MARK)


def _wrap(target: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    behaviour = behaviour_of(target)
    if inspect.isasyncgenfunction(behaviour):
        return wrap_async_generator_function(target, plan)
    if inspect.iscoroutinefunction(behaviour) or inspect.iscoroutinefunction(target):
        return wrap_coroutine_function(target, plan)
    if inspect.isgeneratorfunction(behaviour):
        wrapper = wrap_generator_function(target, plan)
        awaitable = behaviour.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
        return types.coroutine(wrapper) if awaitable else wrapper
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
