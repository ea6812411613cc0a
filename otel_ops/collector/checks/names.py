"""Whether names and keys are those of the collector's version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.components import type_of
from otel_ops.collector.merging import as_map, has
from otel_ops.collector.older_names import LISTED_SINCE, RENAMINGS, RESOURCE, newer_keys, told
from otel_ops.collector.yaml_text import KeyPath

_RULE = "names"


class _Outdated(NamedTuple):
    section: str
    type: str
    keys: KeyPath
    advice: str


_OUTDATED: Final = (
    _Outdated("exporters", "elasticsearch", ("mapping", "mode"), "ignored since 0.145; leave it out"),
    _Outdated("exporters", "elasticsearch", ("logs_dynamic_index",), "ignored since 0.122; leave it out"),
    _Outdated("exporters", "elasticsearch", ("traces_dynamic_index",), "ignored since 0.122; leave it out"),
    _Outdated("exporters", "elasticsearch", ("flush",), "deprecated since 0.136; use sending_queue.batch"),
    _Outdated("exporters", "elasticsearch", ("batcher",), "deprecated since 0.136; use sending_queue.batch"),
    _Outdated("exporters", "elasticsearch", ("num_workers",), "deprecated since 0.136; use sending_queue"),
    _Outdated("exporters", "prometheus", ("add_metric_suffixes",), "deprecated; use translation_strategy"),
    _Outdated("exporters", "prometheus_remote_write", ("add_metric_suffixes",), "deprecated; use translation_strategy"),
    _Outdated("connectors", "span_metrics", ("dimensions_cache_size",), "without effect since 0.130; leave it out"),
)
_ADDRESS: Final = ("service", "telemetry", "metrics", "address")
_OF_RESOURCE: Final = {"attributes", "attributes_list", "detection/development", "schema_url"}
"""Keys of the collector's own resource that are no names of attributes."""


def check(checked: Checked) -> Iterator[Finding]:
    """Find names that are older than the collector, keys that are newer, and keys that do nothing any more."""
    yield from _renamed(checked)
    yield from _newer_keys(checked)
    for entry in _OUTDATED:
        for component, content in _of_type(checked, entry.section, entry.type):
            if has(content, entry.keys):
                yield checked.warning(_RULE, (entry.section, component, *entry.keys), entry.advice)
    if has(checked.configuration.content, _ADDRESS):
        yield checked.warning(_RULE, _ADDRESS, "ignored since 0.123; use readers")
    yield from _unlisted_attributes(checked)


def _renamed(checked: Checked) -> Iterator[Finding]:
    for entry in RENAMINGS:
        if checked.version is None or checked.version >= entry.since:
            for component, _ in _of_type(checked, entry.section, entry.old):
                message = f"its name is {entry.new} since {told(entry.since)}; write that"
                yield checked.warning(_RULE, (entry.section, component), message)


def _unlisted_attributes(checked: Checked) -> Iterator[Finding]:
    resource = as_map(as_map(checked.configuration.service.get("telemetry")).get("resource"))
    names = sorted(resource.keys() - _OF_RESOURCE)
    if names and (checked.version is None or checked.version >= LISTED_SINCE):
        message = f"attributes are a list since {told(LISTED_SINCE)}; write attributes: [{{name: …, value: …}}]"
        found = checked.error if "attributes" in resource else checked.warning
        yield found(_RULE, (*RESOURCE, names[0]), message)


def _newer_keys(checked: Checked) -> Iterator[Finding]:
    for path in newer_keys(checked.configuration.content, checked.version) if checked.version else ():
        message = "left out, for this version of the collector does not know it; take a newer one"
        yield checked.warning(_RULE, path, message)


def _of_type(checked: Checked, section: str, kind: str) -> Iterator[tuple[str, dict[str, object]]]:
    for component, content in checked.configuration.section(section).items():
        if type_of(component) == kind:
            yield component, as_map(content)
