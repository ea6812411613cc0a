"""The overlays that come with the package, and files of others."""

import itertools
from pathlib import Path

import pytest

from otel_ops.collector.merging import EXTENSIONS, merged
from otel_ops.collector.sources import base_and, overlay_names, source_of
from otel_ops.collector.vendors import vendor_names
from otel_ops.exceptions import CollectorError
from otel_ops.semconv import ATTRIBUTES

OVERLAYS = [
    "archive",
    "elasticsearch",
    "gateway",
    "jaeger",
    "kafka",
    "logstash",
    "opensearch",
    "prometheus",
    "prometheus-scrape",
    "redaction-strict",
    "replay",
    "tail-sampling",
]

PERSONAL = {
    "exception.message",
    "exception.stacktrace",
    "file.path",
    "log.message",
    "ops.arg.*",
    "ops.meta.*",
    "ops.result",
    "ops.series",
    "user.id",
}
"""Attributes of ours that may tell of people or their work."""


def test_there_is_an_overlay_for_each_back_end() -> None:
    """Each has a sentence that tells what it does."""
    assert OVERLAYS == overlay_names()
    assert all(source_of(name).summary for name in OVERLAYS)


def test_any_two_only_add_to_each_other() -> None:
    """No overlay changes what the base or another one says, so any combination merges."""
    base, *overlays = base_and([*OVERLAYS, *vendor_names()])
    for pair in itertools.combinations(overlays, 2):
        assert [] == merged([base, *pair]).replaced


def test_all_at_once_keep_the_extensions_of_the_base() -> None:
    """Queues on disk and the health of the collector are there whatever is added."""
    extensions = merged(base_and([*OVERLAYS, *vendor_names()])).service[EXTENSIONS[-1]]
    assert {"health_check", "file_storage/queue"} < set(extensions)


def test_a_file_of_somebodys_is_an_overlay(tmp_path: Path) -> None:
    """Whatever ends in .yaml is a path; each is taken once."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("exporters: {debug: }", "utf-8")
    sources = base_and([str(mine), "jaeger", str(mine)])
    assert ["base.yaml", str(mine), "jaeger.yaml"] == [source.name for source in sources]


@pytest.mark.parametrize(
    ("name", "told"), [("jagger", "did you mean jaeger?"), ("base", "use one of archive, "), ("x", "honeycomb")]
)
def test_a_wrong_name_is_told_with_the_right_ones(name: str, told: str) -> None:
    """The message has the nearest name, or all; the base is no overlay."""
    with pytest.raises(CollectorError) as raised:
        source_of(name)
    assert str(raised.value).startswith(f"{name}: no such overlay; ")
    assert told in str(raised.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, and no text."""
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xfe")
    for name, told in (("none.yaml", "No such file"), ("picture.yaml", "not UTF-8")):
        with pytest.raises(CollectorError, match=told):
            source_of(str(tmp_path / name))


def test_strict_redaction_has_decided_on_each_attribute_of_ours() -> None:
    """What is not in the list of harmless ones is in that of personal ones."""
    allowed = set(source_of("redaction-strict").content["processors"]["redaction/strict"]["allowed_keys"])
    assert PERSONAL == set(ATTRIBUTES) - allowed
