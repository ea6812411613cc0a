"""Reads the rows of vendors: a file for each."""

from __future__ import annotations

import difflib

import msgspec

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.vendors.row import Vendor
from otel_ops.exceptions import OtelOpsError
from otel_ops.settings.toml import read_toml_file

_FOLDER = "vendors"


def vendor_names() -> list[str]:
    """Give the names of all vendors, sorted."""
    return sorted(path.stem for path in (configuration_folder() / _FOLDER).glob("*.toml"))


def vendor_named(name: str) -> Vendor:
    """Read the row of a vendor.

    Raises:
        OtelOpsError: there is none of that name; the message has the nearest.
        SettingsError: its file is no TOML.
        msgspec.ValidationError: its file has a wrong key or value.
    """
    known = vendor_names()
    if name not in known:
        near = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        msg = f"{name}: no such vendor; {hint}"
        raise OtelOpsError(msg)
    path = configuration_folder() / _FOLDER / f"{name}.toml"
    return msgspec.convert({**read_toml_file(path.read_bytes(), path), "name": name}, Vendor)
