"""What tests of the doctor share: an empty folder, and no variables of OpenTelemetry's but those that are given."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_ops.doctor import Finding, Report, examine

_OF_REQUESTS = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"}
Examine = Callable[..., Report]


def found(report: Report, check: str) -> list[Finding]:
    """Give the findings of one check."""
    return [finding for finding in report.findings if finding.check == check]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Be in an empty folder, without variables of OpenTelemetry's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "otel_ops.toml").touch()
    for name in [name for name in os.environ if name.startswith("OTEL_") or name in _OF_REQUESTS]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def examined(bare: pytest.MonkeyPatch) -> Examine:
    """Examine this process with these variables alone."""

    def run(*, sends: bool = False, seconds: float = 3.0, **environ: str) -> Report:
        for name, value in environ.items():
            bare.setenv(name, value)
        return examine(sends=sends, seconds=seconds)

    return run
