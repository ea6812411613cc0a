"""Several files as one configuration."""

from otel_ops.collector.merging import merged
from otel_ops.collector.sources import Source

BASE = Source(
    "base.yaml", "service:\n  extensions: [a]\n  pipelines:\n    traces/in: {receivers: [otlp]}\nexporters:\n"
)


def test_maps_are_joined_and_nothing_is_replaced() -> None:
    """A file adds keys at any depth, also below a key that had nothing."""
    overlay = Source("mine.yaml", "exporters: {nop: }\nservice: {pipelines: {traces/in: {exporters: [nop]}}}")
    configuration = merged([BASE, overlay])
    assert {"traces/in": {"receivers": ["otlp"], "exporters": ["nop"]}} == configuration.pipelines
    assert {"nop": None} == configuration.section("exporters")
    assert [] == configuration.replaced


def test_sources_stay_as_they_are() -> None:
    """Merging twice gives the same: the files' own contents are not touched."""
    overlay = Source("mine.yaml", "service: {extensions: [b], pipelines: {logs: {receivers: [otlp]}}}")
    assert merged([BASE, overlay]).content == merged([BASE, overlay]).content
    assert ["a"] == BASE.content["service"]["extensions"]


def test_extensions_are_joined() -> None:
    """All files add to the list of extensions, each once."""
    overlay = Source("mine.yaml", "service: {extensions: [a, b]}")
    configuration = merged([BASE, overlay])
    assert ["a", "b"] == configuration.service["extensions"]
    assert [] == configuration.replaced


def test_other_values_are_replaced_and_that_is_told() -> None:
    """A list or scalar that another file has is replaced, as the collector does it."""
    first = Source("first.yaml", "exporters: {nop: }\nservice: {pipelines: {traces/in: {receivers: [otlp]}}}")
    second = Source("second.yaml", "service: {pipelines: {traces/in: {receivers: [kafka]}}}")
    configuration = merged([BASE, first, second])
    assert ["kafka"] == configuration.pipelines["traces/in"]["receivers"]
    path = ("service", "pipelines", "traces/in", "receivers")
    assert [(path, second)] == [tuple(replacement) for replacement in configuration.replaced]


def test_a_key_is_found_in_the_last_file_that_has_it() -> None:
    """Places are those of the nearest key that there is."""
    overlay = Source("mine.yaml", "service:\n  pipelines:\n    logs/mine: {}\n")
    configuration = merged([BASE, overlay])
    assert "mine.yaml:3" == configuration.place_of(("service", "pipelines", "logs/mine", "receivers"))
    assert "base.yaml:4" == configuration.place_of(("service", "pipelines", "traces/in", "receivers"))
    assert "mine.yaml" == configuration.place_of(("connectors",))


def test_extensions_that_are_no_texts_are_left_to_the_collector() -> None:
    """It refuses them; they are joined as they are."""
    overlay = Source("mine.yaml", "service: {extensions: [[b], {c: 1}, a]}")
    assert ["a", ["b"], {"c": 1}] == merged([BASE, overlay]).service["extensions"]
