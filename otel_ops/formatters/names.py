"""Formatters by the names that settings and the command use: ours, and those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from otel_ops.exceptions import SettingsError
from otel_ops.formatters.base import OutputFormatter
from otel_ops.settings.extensions import FORMATS
from otel_ops.settings.making import Factory
from otel_ops.settings.values import WrongValueError

_FACTORY = Factory(FORMATS, OutputFormatter, ".format")


def formatter_named(name: str, **options: Any) -> OutputFormatter:
    """Make the formatter of this name: ``tree``, ``table``, ``json``, ``jsonl``, ``xml``, or one that is installed.

    Args:
        name: The name; those of installed packages are in the entry-point group ``otel_ops_formatter``.
        **options: What it is made with; its own signature says what there is.

    Raises:
        SettingsError: There is none, it takes no such option, or its package is broken.
    """
    try:
        return make_formatter(name, options)
    except WrongValueError as error:
        told = [f"{finding.place.lstrip('.')} = {finding.value!r}: {finding.what}" for finding in error.findings]
        raise SettingsError("\n".join(told)) from error


def make_formatter(name: str, options: Mapping[str, Any]) -> OutputFormatter:
    """Make a formatter, with options that are checked against its signature.

    Raises:
        WrongValueError: with findings about ``.format`` or ``.options``.
    """
    return cast("OutputFormatter", _FACTORY.make(name, options))


def json_lines() -> OutputFormatter:
    """Make a formatter of JSON, each document on one line."""
    return make_formatter("json", {})
