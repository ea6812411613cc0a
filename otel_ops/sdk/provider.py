"""The tracer provider: the one that the program has set, or one of our own."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - loaded when resources are made: a fork then would keep its lock
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from opentelemetry import trace
from opentelemetry.environment_variables import OTEL_PYTHON_TRACER_PROVIDER
from opentelemetry.sdk.environment_variables import (
    OTEL_CONFIG_FILE,
    OTEL_PYTHON_TRACER_CONFIGURATOR,
    OTEL_RESOURCE_ATTRIBUTES,
)
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider

from otel_ops import faults
from otel_ops.exceptions import SettingsError
from otel_ops.processors import KeepOperationsSampler
from otel_ops.sdk.id_generator import PrivateIdGenerator
from otel_ops.settings import Settings
from otel_ops.settings.otel_variables import refused_variable
from otel_ops.settings.sources import RUN_PROCESS, RUN_PROGRAM

_NAMELESS = ("-", "popen_loky")
"""What stands in the place of a program's name in ``python -c``, as in workers, and in those of joblib."""


def known_provider() -> TracerProvider | None:
    """Give the provider that is set, by us or somebody else.

    Raises:
        SettingsError: no span processor can be added to it, or the one that the environment names cannot be had.
    """
    provider = _global_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        return None
    if not isinstance(provider, TracerProvider):
        msg = (
            f"the global tracer provider is a {type(provider).__name__}, to which no span processor can be added; "
            "set an opentelemetry.sdk.trace.TracerProvider, or none at all"
        )
        raise SettingsError(msg)
    return provider


def _global_provider() -> trace.TracerProvider:
    try:
        return trace.get_tracer_provider()
    except Exception as error:
        name = os.environ.get(OTEL_PYTHON_TRACER_PROVIDER, "")
        msg = f"{OTEL_PYTHON_TRACER_PROVIDER} = {name!r} (environment): no such provider can be had; unset it"
        raise SettingsError(msg) from error


def new_provider(settings: Settings) -> TracerProvider:
    """Make a provider, and set nothing.

    Raises:
        SettingsError: an ``OTEL_*`` variable has a value that the SDK refuses, or names what is not installed.
    """
    _tell_of_unread_file(os.environ.get(OTEL_CONFIG_FILE, "").strip())
    rules = _tracer_rules(os.environ.get(OTEL_PYTHON_TRACER_CONFIGURATOR, "").strip())
    try:
        resource, ids = _resource(settings), PrivateIdGenerator()
        provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False, **rules)
    except ValueError as error:
        raise refused_variable(error) from error
    provider.sampler = KeepOperationsSampler(provider.sampler)
    return provider


def _tell_of_unread_file(path: str) -> None:
    if path:
        remedy = "only a distro reads it, under opentelemetry-instrument; install opentelemetry-distro, or unset it"
        faults.warn("config_file.unread", f"{OTEL_CONFIG_FILE} = {path!r} (environment) has no effect: {remedy}")


def _tracer_rules(name: str) -> dict[str, Any]:
    """Load the rules that switch tracers off by their scope: the SDK takes them as an argument, not by their name."""
    if not name:
        return {}
    try:
        (found,) = entry_points(group="_opentelemetry_tracer_configurator", name=name)
        return {"_tracer_configurator": found.load()}
    except Exception as error:
        problem = "no such tracer configurator can be loaded; mend or unset it"
        msg = f"{OTEL_PYTHON_TRACER_CONFIGURATOR} = {name!r} (environment): {problem}"
        raise SettingsError(msg) from error


def _resource(settings: Settings) -> Resource:
    name = service_name_of(settings)
    return Resource.create({SERVICE_NAME: name} if name else {})


def service_name_of(settings: Settings) -> str:
    """Give the name of the service: that of settings or OpenTelemetry's variables, else the program's; may be empty."""
    return settings.service_name or _name_in_variable() or _program_name()


def _name_in_variable() -> str:
    pairs = (pair.partition("=") for pair in os.environ.get(OTEL_RESOURCE_ATTRIBUTES, "").split(","))
    return next((unquote(value.strip()) for key, _, value in pairs if key.strip() == SERVICE_NAME), "")


def _program_name() -> str:
    """Name the program; a worker of one that ``otel-ops run`` watches has its name, for no file tells one."""
    name = _name_of_command()
    if name and RUN_PROCESS in os.environ:
        os.environ.setdefault(RUN_PROGRAM, name)
    return name or os.environ.get(RUN_PROGRAM, "")


def _name_of_command() -> str:
    """Give the name of the file that runs, or of the module or package where that was run with ``python -m``."""
    path = Path(sys.argv[0] if sys.argv else "")
    name = path.parent.name if path.stem == "__main__" else path.stem
    if name == "-m":  # which stands there until the module is found: auto-instrumentation comes before
        name = sys.orig_argv[-len(sys.argv)].rpartition(".")[2]
    return "" if name.startswith(_NAMELESS) else name
