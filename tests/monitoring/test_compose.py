"""What `compose.yaml` starts, without Docker: real programs, with users, files, names and ports of containers."""

from pathlib import Path

import pytest

from tests.monitoring.containers import acted

pytestmark = pytest.mark.back_ends


def test_what_is_copied_works_together(tmp_path: Path) -> None:
    """Jaeger and Prometheus have each operation, though Elasticsearch is away; the latter has our rules, too."""
    answers = acted("tests.monitoring.compose_acted", tmp_path)
    assert answers["sent"] > 0
    assert {answers["sent"]} == {answers["in Jaeger"], answers["in Prometheus"]}
    assert 1 == answers["collectors fetched from"]
    assert 0 < answers["groups of rules"]
