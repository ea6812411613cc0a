"""A back end away for a minute, a collector killed, answers that get lost: where 100,000 operations are then."""

from collections import Counter

import pytest

from tests.back_ends.opensearch import OpenSearch
from tests.monitoring.outage import ANSWERS_TO_LOSE, OPERATIONS, Outage, live_through

pytestmark = pytest.mark.back_ends


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory, opensearch: OpenSearch) -> Outage:
    """Live through it once."""
    return live_through(tmp_path_factory.mktemp("outage"), opensearch)


def test_the_sum_agrees(outage: Outage) -> None:
    """What was produced is what arrived, what the program counted as dropped, and the collector as failed."""
    produced = len(outage.watched.span_ids)
    assert produced > OPERATIONS
    assert produced == len(set(outage.in_jaeger)) + outage.watched.dropped + outage.failed
    assert produced == len(set(outage.in_store)) + outage.watched.dropped + outage.failed


def test_nothing_is_dropped_at_a_pace_that_queues_hold(outage: Outage) -> None:
    """Neither the program nor the collector counts anything that it dropped, refused or failed at."""
    assert ({}, 0) == (outage.watched.diagnostics, outage.failed)


def test_all_that_the_collector_acknowledged_is_in_jaeger(outage: Outage) -> None:
    """Jaeger, away for a minute, has each span that waited for it in a collector that was killed."""
    assert outage.watched.span_ids == set(outage.in_jaeger)


def test_it_is_in_the_store_exactly_once(outage: Outage) -> None:
    """Each span is one document, though the collector was killed, and answers of the store got lost."""
    assert ANSWERS_TO_LOSE == outage.answers_lost
    assert Counter(outage.watched.span_ids) == Counter(outage.in_store)


def test_the_store_waits_for_no_other(outage: Outage) -> None:
    """While Jaeger was away, and its queue not full, the store had got everything already."""
    assert len(outage.watched.span_ids) == outage.stored_meanwhile
