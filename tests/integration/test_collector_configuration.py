"""Configurations of ours, judged by real collectors."""

import itertools
import os

import pytest

from otel_ops.collector.merging import merged
from otel_ops.collector.older_names import OLDEST
from otel_ops.collector.program import complaint, found_collector
from otel_ops.collector.rendering import as_text
from otel_ops.collector.sources import base_and, overlay_names
from tests.collectors import collector

NOT_BUILT = {"opensearch"}
"""Overlays of exporters that the collector of today cannot be built with here."""

VALIDATED = sorted(set(overlay_names()) - NOT_BUILT)


@pytest.mark.parametrize("overlay", [None, *VALIDATED])
def test_the_collector_accepts_each_overlay(overlay: str | None) -> None:
    """Base alone, and base with each overlay."""
    program = found_collector(collector())
    assert program
    assert program.version == (0, 158)
    assert complaint(program, as_text(merged(base_and([overlay] if overlay else []))), os.environ) is None


def test_the_collector_accepts_each_pair() -> None:
    """Base with any two overlays."""
    program = found_collector(collector())
    assert program
    for pair in itertools.combinations(VALIDATED, 2):
        assert complaint(program, as_text(merged(base_and(pair))), os.environ) is None, pair


@pytest.mark.parametrize("overlay", overlay_names())
def test_an_older_collector_accepts_each_overlay(overlay: str) -> None:
    """With its names, and without keys that it does not know."""
    program = found_collector(collector("0.141"))
    assert program
    assert program.version == OLDEST
    assert complaint(program, as_text(merged(base_and([overlay])), OLDEST), os.environ) is None


def test_what_the_collector_refuses_is_told() -> None:
    """Its own words, once."""
    program = found_collector(collector())
    assert program
    told = complaint(program, "receivers: {nonsense: }\n", os.environ)
    assert told
    assert 1 == told.count("unknown type")
