"""Whether the versions that are installed fit together."""

from __future__ import annotations

from importlib.metadata import Distribution, version
from pathlib import Path

import pytest

from otel_ops.doctor.versions import misfits
from otel_ops.version import VERSION
from tests.unit.doctor.conftest import Examine, found


def test_the_versions_here_are_told_and_fit(examined: Examine) -> None:
    """As they are installed."""
    report = examined()
    (told,) = found(report, "versions")
    assert (VERSION, version("opentelemetry-sdk")) == (told.data["otel-ops"], told.data["opentelemetry-sdk"])
    assert [] == found(report, "versions.misfit")


@pytest.mark.parametrize(
    ("api", "told"),
    [
        ("1.45.2", []),
        ("1.44.0", ["opentelemetry-sdk 1.45.2 needs opentelemetry-api==1.45.2; installed is 1.44.0"]),
        ("", ["opentelemetry-sdk 1.45.2 needs opentelemetry-api==1.45.2, which is not installed"]),
    ],
)
def test_what_does_not_fit_is_told_with_both_versions(tmp_path: Path, api: str, told: list[str]) -> None:
    """A requirement that is not met, but not one of an extra or of another Python."""
    needs = [
        "opentelemetry-api==1.45.2",
        "no-such-package; extra == 'files'",
        "no-such-package; python_version < '3'",
        "not a requirement ==",
    ]
    made = [_distribution(tmp_path, "opentelemetry.sdk", "1.45.2", needs), _distribution(tmp_path, "other", "1", ["x"])]
    if api:
        made.append(_distribution(tmp_path, "opentelemetry_api", api, []))
    assert told == list(misfits(made))


def _distribution(folder: Path, name: str, number: str, needs: list[str]) -> Distribution:
    metadata = folder / f"{name}-{number}.dist-info"
    metadata.mkdir()
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {number}",
        *(f"Requires-Dist: {one}" for one in needs),
    ]
    (metadata / "METADATA").write_text("\n".join(lines))
    return Distribution.at(metadata)
