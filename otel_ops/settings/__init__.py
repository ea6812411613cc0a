"""Settings: what may be set, what it means, and where it is read from; the only importer of dynaconf."""

from otel_ops.settings.declaration import (
    DEFAULT_TRACE_FILE,
    SettingDescription,
    Settings,
    describe_settings,
    setting_variables,
)
from otel_ops.settings.error_handlers import ErrorHandling
from otel_ops.settings.loading import LoadedSettings, load_settings, read_settings
from otel_ops.settings.metrics import MetricsPlace
from otel_ops.settings.outputs import Output
from otel_ops.settings.sources import Options

__all__ = [
    "DEFAULT_TRACE_FILE",
    "ErrorHandling",
    "LoadedSettings",
    "MetricsPlace",
    "Options",
    "Output",
    "SettingDescription",
    "Settings",
    "describe_settings",
    "load_settings",
    "read_settings",
    "setting_variables",
]
