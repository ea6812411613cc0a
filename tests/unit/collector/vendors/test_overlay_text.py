"""Overlays of vendors as text."""

from __future__ import annotations

from otel_ops.collector import yaml_text
from otel_ops.collector.vendors import chosen, overlay_of, overlay_text, vendor_named


def test_the_text_says_what_the_overlay_does() -> None:
    """Whoever reads it, as the collector does, has the same."""
    choice = chosen(vendor_named("google-cloud"))
    assert overlay_of(choice) == yaml_text.load(overlay_text(choice), "google-cloud.yaml")


def test_comments_name_the_variables() -> None:
    """The first says what goes where; those below, what the collector's environment needs, and no more."""
    comments = [
        line for line in overlay_text(chosen(vendor_named("splunk"), region="eu0")).splitlines() if line[0] == "#"
    ]
    assert [
        "# Traces and metrics to Splunk Observability Cloud over http/protobuf. Made from splunk.toml.",
        "# SPLUNK_ACCESS_TOKEN: access token for ingest",
    ] == comments
