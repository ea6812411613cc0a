"""What tests of carriers share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from otel_ops.sdk import carriers
from otel_ops.testing import Recorder


@pytest.fixture
def carrying(recorder: Recorder) -> Iterator[Recorder]:
    """Record with all carriers in place, as `configure` puts them in."""
    carriers.put_in(())
    yield recorder
    carriers.take_out()
