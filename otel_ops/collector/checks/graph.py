"""Whether pipelines name what there is, and everything that there is stands in one."""

from __future__ import annotations

from collections.abc import Iterator

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.components import SECTIONS, SIGNALS, type_of
from otel_ops.collector.merging import EXTENSIONS, Configuration, as_list, leaves
from otel_ops.collector.yaml_text import KeyPath
from otel_ops.settings.values import unknown

_RULE = "graph"
PIPELINES: KeyPath = ("service", "pipelines")
_SECTIONS = (*SECTIONS, "service")
_ENDS = ("receivers", "exporters")
_REFERRING = frozenset({"storage", "authenticator"})
"""Keys whose value is the id of an extension."""


def check(checked: Checked) -> Iterator[Finding]:
    """Find what is named and not there, what is there and not named, and ends of pipelines that lead nowhere."""
    yield from _sections(checked)
    if not checked.configuration.pipelines:
        yield checked.error(_RULE, PIPELINES, "there is none, so nothing goes anywhere; add one, as traces/mine")
    for pipeline in checked.configuration.pipelines:
        yield from _pipeline(checked, pipeline)
    yield from _unused(checked)
    yield from _one_sided(checked)
    yield from _extensions(checked)


def pipeline_path(pipeline: str, *keys: str) -> KeyPath:
    """Give the path of a pipeline, or of a key in it."""
    return (*PIPELINES, pipeline, *keys)


def used(configuration: Configuration, place: str) -> set[str]:
    """Give the ids in a list of all pipelines, as that of their ``exporters``."""
    return {name for pipeline in configuration.pipelines.values() for name in as_list(pipeline.get(place))}


def _sections(checked: Checked) -> Iterator[Finding]:
    for section, content in checked.configuration.content.items():
        if section not in _SECTIONS:
            yield checked.error(_RULE, (section,), unknown("section", section, _SECTIONS))
        elif content is not None and not isinstance(content, dict):
            yield checked.error(_RULE, (section,), "it holds components by their names; write them as name: settings")


def _pipeline(checked: Checked, name: str) -> Iterator[Finding]:
    if type_of(name) not in SIGNALS:
        message = f"a pipeline is of {', '.join(SIGNALS)}; begin its name so, as traces/mine"
        yield checked.error(_RULE, pipeline_path(name), message)
    pipeline = checked.configuration.pipelines[name]
    for place in ("receivers", "processors", "exporters"):
        if place in _ENDS and not as_list(pipeline.get(place)):
            yield checked.error(_RULE, pipeline_path(name), f"it has no {place}; name one, or leave the pipeline out")
        for component in as_list(pipeline.get(place)):
            if component not in _defined(checked.configuration, place):
                message = f"{component} is not defined in {place}; define it, or add the overlay that does"
                yield checked.error(_RULE, pipeline_path(name, place), message)


def _defined(configuration: Configuration, place: str) -> set[str]:
    connectors = configuration.section("connectors") if place in _ENDS else {}
    return {*configuration.section(place), *connectors}


def _unused(checked: Checked) -> Iterator[Finding]:
    for section in ("receivers", "processors", "exporters"):
        named = used(checked.configuration, section)
        for component in checked.configuration.section(section):
            if component not in named:
                message = "no pipeline has it, so it does nothing; name it in one, or leave it out"
                yield checked.warning(_RULE, (section, component), message)


def _one_sided(checked: Checked) -> Iterator[Finding]:
    for connector in checked.configuration.section("connectors"):
        missing = [place for place in _ENDS if connector not in used(checked.configuration, place)]
        if missing:
            message = f"no pipeline has it among its {' or '.join(missing)}; it joins two, as exporter and as receiver"
            yield checked.error(_RULE, ("connectors", connector), message)


def _extensions(checked: Checked) -> Iterator[Finding]:
    running = as_list(checked.configuration.service.get("extensions"))
    defined = checked.configuration.section("extensions")
    for extension in running:
        if extension not in defined:
            yield checked.error(_RULE, EXTENSIONS, f"{extension} is not defined in extensions; define it")
    for extension in defined:
        if extension not in running:
            message = "it is not in service.extensions, so it does not run; add it there"
            yield checked.warning(_RULE, ("extensions", extension), message)
    for path, value in leaves(checked.configuration.content):
        if path[-1] in _REFERRING and isinstance(value, str) and value not in running:
            message = f"{value} does not run; define it in extensions and add it to service.extensions"
            yield checked.error(_RULE, path, message)
