"""Configurations as text."""

from otel_ops.collector import yaml_text
from otel_ops.collector.merging import merged
from otel_ops.collector.older_names import OLDEST
from otel_ops.collector.rendering import as_files, as_text
from otel_ops.collector.sources import Source, base_and


def test_one_text_says_what_all_files_say() -> None:
    """The text has the merged content, and tells of files and variables."""
    configuration = merged(base_and(["jaeger", "honeycomb"]))
    text = as_text(configuration)
    assert configuration.content == yaml_text.load(text, "all.yaml")
    assert "of base.yaml, jaeger.yaml, honeycomb.yaml\n" in text
    assert "# JAEGER_ENDPOINT: 127.0.0.1:14317\n" in text
    assert "# HONEYCOMB_API_KEY: needed\n" in text


def test_anchors_are_written_out() -> None:
    """What a file says once for several components stands with each."""
    assert "&" not in as_text(merged(base_and(["archive", "gateway", "replay"])))


def test_files_are_as_they_are() -> None:
    """Files keep their comments where nothing has to be renamed."""
    sources = base_and(["prometheus", "jaeger"])
    files = as_files(merged(sources))
    assert {source.name: source.text for source in sources} == files


def test_files_for_an_older_collector_have_its_names() -> None:
    """Each file is written anew where it has a newer name."""
    sources = base_and(["archive", "prometheus"])
    files = as_files(merged(sources), OLDEST)
    assert sources[1].text == files["archive.yaml"]
    assert {"spanmetrics"} == set(yaml_text.load(files["prometheus.yaml"], "x")["connectors"])


def test_extensions_of_several_files_stand_in_one_more() -> None:
    """The collector takes the last list, so there is one with all."""
    mine = [Source(f"{name}.yaml", f"service: {{extensions: [{name}]}}") for name in ("a", "b")]
    files = as_files(merged([*base_and([]), *mine]))
    assert ["base.yaml", "a.yaml", "b.yaml", "extensions.yaml"] == list(files)
    extensions = yaml_text.load(files["extensions.yaml"], "x")["service"]["extensions"]
    assert ["health_check", "file_storage/queue", "a", "b"] == extensions


def test_files_of_one_name_do_not_replace_each_other() -> None:
    """A file of somebody's may have the name of one of ours, or of another."""
    mine = [Source(f"{folder}/base.yaml", f"exporters: {{nop/{folder}: }}") for folder in ("a", "b")]
    assert ["base.yaml", "more-base.yaml", "more-more-base.yaml"] == list(as_files(merged([*base_and([]), *mine])))
