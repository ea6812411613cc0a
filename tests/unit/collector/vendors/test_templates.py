"""Templates, and how their variables are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.util.re import parse_env_headers

from otel_ops.collector.vendors import chosen, vendor_named
from otel_ops.collector.vendors.templates import filled, in_collector, in_dotenv, in_shell, in_words, names_in, quoted

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="{}"))


def test_a_variable_is_written_as_its_reader_fills_it_in() -> None:
    """Each reader has its own form for a default, and for what must be set."""
    choice = chosen(vendor_named("signoz"))
    template = "{SIGNOZ_REGION}/{SIGNOZ_INGESTION_KEY}"
    assert "${SIGNOZ_REGION:-us}/${SIGNOZ_INGESTION_KEY:?ingestion key}" == filled(template, choice, in_shell)
    assert "${SIGNOZ_REGION:-us}/${SIGNOZ_INGESTION_KEY}" == filled(template, choice, in_dotenv)
    assert "${env:SIGNOZ_REGION:-us}/${env:SIGNOZ_INGESTION_KEY}" == filled(template, choice, in_collector)
    assert "us/<SIGNOZ_INGESTION_KEY>" == filled(template, choice, in_words)


def test_a_chosen_region_stands_in_the_text() -> None:
    """Who has chosen one needs no variable for it."""
    choice = chosen(vendor_named("signoz"), region="in")
    assert "ingest.in.signoz.cloud" == filled("ingest.{SIGNOZ_REGION}.signoz.cloud", choice, in_shell)


@given(st.lists(PRINTABLE, min_size=1, max_size=4))
def test_a_quoted_header_arrives_as_it_was(parts: list[str]) -> None:
    """What a header holds besides variables is read back by OpenTelemetry as it stood, whatever it is."""
    template = "{KEY}".join(parts)
    assert template.strip() == parse_env_headers(f"x={quoted(template)}".replace("{KEY}", "%7BKEY%7D"))["x"]
    assert ["KEY"] * (len(parts) - 1) == names_in(quoted(template))
