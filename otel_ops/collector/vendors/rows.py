"""Reads the rows of vendors: a file for each, those that come with the package by name, and others by path."""

from __future__ import annotations

import difflib
from pathlib import Path

import msgspec

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.vendors.row import Vendor
from otel_ops.exceptions import OtelOpsError
from otel_ops.settings.toml import read_toml_file

_FOLDER = "vendors"
_SUFFIX = ".toml"


def vendor_names() -> list[str]:
    """Give the names of all vendors, sorted."""
    return sorted(path.stem for path in (configuration_folder() / _FOLDER).glob(f"*{_SUFFIX}"))


def vendor_named(name: str) -> Vendor:
    """Read the row of a vendor.

    Args:
        name: Its name, or the path of a row that ends in ``.toml``.

    Raises:
        OtelOpsError: there is none of that name, or the row has a wrong key or value.
        SettingsError: its file is no TOML.
        OSError: its file cannot be read.
    """
    return _read(Path(name) if name.endswith(_SUFFIX) else _path_of(name))


def _path_of(name: str) -> Path:
    known = vendor_names()
    if name not in known:
        near = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        msg = f"{name}: no such vendor; {hint}"
        raise OtelOpsError(msg)
    return configuration_folder() / _FOLDER / f"{name}{_SUFFIX}"


def _read(path: Path) -> Vendor:
    row = read_toml_file(path.read_bytes(), path)
    try:
        return msgspec.convert({**row, "name": path.stem}, Vendor)
    except msgspec.ValidationError as error:
        msg = f"{path}: {str(error).replace('`$.', '`')}; mend it, or look at the row of another vendor"
        raise OtelOpsError(msg) from None
