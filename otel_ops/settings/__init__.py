"""Settings: what may be set, what it means, and where it is read from; the only importer of dynaconf."""

from otel_ops.settings.declaration import (
    DEFAULT_TRACE_FILE,
    LoadedSettings,
    Output,
    SettingDescription,
    Settings,
    describe_settings,
    load_settings,
    read_settings,
    setting_variables,
)

__all__ = [
    "DEFAULT_TRACE_FILE",
    "LoadedSettings",
    "Output",
    "SettingDescription",
    "Settings",
    "describe_settings",
    "load_settings",
    "read_settings",
    "setting_variables",
]
