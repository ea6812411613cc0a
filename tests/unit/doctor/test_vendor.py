"""What of a vendor's wishes is not met."""

from __future__ import annotations

import pytest

from otel_ops.doctor import Level
from tests.unit.doctor.conftest import Examine, found

ENDPOINT, HEADERS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
NEW_RELIC = {ENDPOINT: "https://otlp.nr-data.net"}


def test_a_header_that_is_missing_is_told(examined: Examine) -> None:
    """Without its value, which is a secret."""
    assert [(Level.ERROR, f"{HEADERS}: New Relic wants api-key, which is missing or empty", "")] == [
        (finding.level, finding.text, finding.remedy) for finding in found(examined(**NEW_RELIC), "vendor")
    ]


def test_what_fits_is_told_with_the_vendors_name(examined: Examine) -> None:
    """No header is shown."""
    report = examined(**NEW_RELIC, **{HEADERS: "api-key=hush"})
    assert ["the variables fit what New Relic wants"] == [finding.text for finding in found(report, "vendor")]
    assert not [finding for finding in report.findings if "hush" in finding.text]


def test_temporality_is_that_of_metrics_that_are_sent(examined: Examine) -> None:
    """Where metrics go elsewhere, or nowhere, there is none to tell of; the remedy stands apart."""
    dynatrace = {
        ENDPOINT: "https://abc12345.live.dynatrace.com/api/v2/otlp",
        HEADERS: "Authorization=Api-Token%20hush",
    }
    assert [Level.OK] == [finding.level for finding in found(examined(**dynatrace), "vendor")]
    (finding,) = found(examined(OTEL_METRICS_EXPORTER="otlp"), "vendor")
    assert "Dynatrace refuses cumulative metrics" in finding.text
    assert "set it to delta" == finding.remedy


@pytest.mark.parametrize("endpoint", ["http://collector:4318", "http://[", "https://", "https://x:y", "\x00", "://"])
def test_other_hosts_are_nobodys(examined: Examine, endpoint: str) -> None:
    """Whatever stands there, nothing is told of a vendor, and no check fails."""
    report = examined(**{ENDPOINT: endpoint.replace("\x00", "\x01")})
    assert [] == found(report, "vendor") + found(report, "check.failed")
