"""What the files for Kubernetes start, without a cluster: real collectors, with users, files and names of pods."""

from pathlib import Path

import pytest

from tests.monitoring.containers import acted

pytestmark = pytest.mark.back_ends

SPANS = 21
"""How many spans each trace of the program has."""


def test_agent_and_gateways_work_together(tmp_path: Path) -> None:
    """All arrives, each trace by way of one of two gateways; what both count of spans sums up to what was sent."""
    answers = acted("tests.monitoring.kubernetes_acted", tmp_path)
    assert 24 * SPANS == answers["sent"]
    assert {answers["sent"]} == {answers["in Jaeger"], answers["in Prometheus"], sum(answers["shares"])}
    assert all(share > 0 and share % SPANS == 0 for share in answers["shares"])
