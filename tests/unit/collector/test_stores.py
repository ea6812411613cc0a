"""What is put into stores beside the overlays: templates, pipelines, policies, saved objects, Logstash's pipeline."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.sources import source_of
from otel_ops.semconv import ATTRIBUTES, META_PREFIX
from tests.monitoring.saved_objects import fields_shown, members, saved_objects

Json = dict[str, Any]

FOLDER = configuration_folder()
STORES = ("elasticsearch", "opensearch")
OBJECTS = saved_objects()


def files(store: str) -> dict[str, Json]:
    """Give what is put into a store, by the path that it is put at."""
    folder = FOLDER / store
    paths = sorted(folder.rglob("*.json"))
    return {path.relative_to(folder).with_suffix("").as_posix(): json.loads(path.read_text("utf-8")) for path in paths}


@pytest.mark.parametrize("store", STORES)
def test_what_belongs_together_is_there(store: str) -> None:
    """A template names components, a pipeline or a policy of ours by the names that those are put in under."""
    put = files(store)
    names = {path.rpartition("/")[2] for path in put}
    for path, body in put.items():
        for key, value in members(body):
            if key in {"index.default_pipeline", "index.lifecycle.name"}:
                assert value in names, path
        composed = {each for each in body.get("composed_of", []) if each.startswith("otel_ops")}
        assert composed <= names, path


@pytest.mark.parametrize("store", STORES)
def test_the_script_puts_every_file(store: str) -> None:
    """The folders that it goes through are those that there are, what is referred to first."""
    script = (FOLDER / store / "install.sh").read_text("utf-8")
    told = re.search(r"^for file in (.+); do$", script, re.MULTILINE)
    assert told
    folders = [each.rpartition("/")[0] for each in told[1].split()]
    assert {path.rpartition("/")[0] for path in files(store)} == set(folders)
    assert folders.index("_component_template") < folders.index("_index_template")


def test_templates_are_of_the_indices_that_are_written() -> None:
    """Those of OpenSearch, and its policy, match the names that the overlay makes, whatever the namespace and month."""
    exporter = source_of("opensearch").content["exporters"]["opensearch/ops"]
    put = files("opensearch")
    patterns = [each for body in put.values() for each in body.get("index_patterns", [])]
    for kind in ("traces", "logs"):
        index = f"ss4o_{kind}-{exporter['dataset']}-lab-2026.11"
        assert 1 == sum(fnmatchcase(index, pattern) for pattern in patterns)
    (of_policy,) = put["_plugins/_ism/policies/otel_ops"]["policy"]["ism_template"]
    assert sorted(patterns) == sorted(of_policy["index_patterns"])


def test_all_that_elasticsearch_may_not_have_may_be_missing() -> None:
    """Its own components differ from version to version; ours may not be missing."""
    for path, body in files("elasticsearch").items():
        if path.startswith("_index_template"):
            ours = [each for each in body["composed_of"] if each not in body["ignore_missing_component_templates"]]
            assert ["otel_ops@mappings"] == ours


def test_saved_objects_lead_to_each_other() -> None:
    """Each has an id of its own, and refers to others of the file by name; texts with JSON in them are JSON."""
    known = {(each["type"], each["id"]) for each in OBJECTS}
    assert len(OBJECTS) == len(known)
    for each in OBJECTS:
        assert {(reference["type"], reference["id"]) for reference in each["references"]} <= known
        names = {reference["name"] for reference in each["references"]}
        told = {value for key, value in members(each["attributes"]) if key == "indexRefName"}
        assert told <= names
        panels = {value for key, value in members(each["attributes"]) if key == "panelRefName"}
        assert panels <= {name.partition(":")[2] for name in names}


def test_data_views_are_of_the_streams_that_are_written() -> None:
    """Kibana looks where the exporter for Elasticsearch writes, by the patterns of the templates."""
    patterns = {each for body in files("elasticsearch").values() for each in body.get("index_patterns", [])}
    assert patterns == {each["attributes"]["title"] for each in OBJECTS if each["type"] == "index-pattern"}


def test_attributes_that_kibana_shows_are_ours() -> None:
    """Each is one that spans or log records have by our word."""
    shown = {each.removeprefix("attributes.") for each in fields_shown() if each.startswith("attributes.")}
    assert {each for each in shown if not each.startswith(META_PREFIX)} <= set(ATTRIBUTES)


def test_the_pipeline_of_logstash_is_whole() -> None:
    """Braces outside of texts and comments are closed; it listens where the overlay sends, and writes with an id."""
    text = (FOLDER / "logstash/otel_ops.conf").read_text("utf-8")
    uncommented = re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE)
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", uncommented)
    depth = 0
    for brace in re.findall(r"[{}\[\]]", bare):
        depth += 1 if brace in "{[" else -1
        assert depth >= 0
    assert 0 == depth
    assert ["input", "filter", "output"] == re.findall(r"^(\w+) \{$", bare, re.MULTILINE)
    (port,) = re.findall(r"LOGSTASH_PORT:(\d+)", text)
    assert f":{port}/" in source_of("logstash").text
    assert 'document_id => "%{[@metadata][id]}"' in text
    assert 'own["log.record.uid"]' in text


def test_scripts_know_no_secret() -> None:
    """Keys come from the environment, and are handed on by a pipe: no list of processes shows them."""
    for store in STORES:
        script = (FOLDER / store / "install.sh").read_text("utf-8")
        assert "--header @-" in script
        assert not re.search(r"--(user|header 'Authorization)", script)
