"""Where the files of configuration are: in the wheel, or in the checkout."""

from __future__ import annotations

from pathlib import Path

_NAME = "collector_config"
_PACKAGE = Path(__file__).parent.parent


def configuration_folder() -> Path:
    """Give the folder of the files that come with otel_ops."""
    installed = _PACKAGE / _NAME
    return installed if installed.is_dir() else _PACKAGE.parent / _NAME
