"""A world in which all goes wrong that dashboards show and alerts tell of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.back_ends.jaeger import Jaeger
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.ailing_world import AilingWorld, ailing_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, jaeger: Jaeger) -> Iterator[AilingWorld]:
    """Run it, once for all tests."""
    try:
        with ailing_world(tmp_path_factory.mktemp("ailing_world"), jaeger) as running:
            yield running
    except NotMadeError as error:
        pytest.skip(str(error))
