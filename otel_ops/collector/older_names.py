"""Names that the collector's components had in older versions, and keys that these do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final, NamedTuple

from otel_ops.collector.components import SECTIONS, type_of
from otel_ops.collector.merging import as_list, as_map
from otel_ops.collector.yaml_text import KeyPath
from otel_ops.exceptions import CollectorError

Version = tuple[int, int]
"""Major and minor version, as ``(0, 158)``."""

OLDEST: Final[Version] = (0, 141)
"""The oldest version that configurations are written for."""


class Renaming(NamedTuple):
    """A type of component that has a new name; the old one goes on to work, with a warning."""

    section: str
    new: str
    old: str
    since: Version


RENAMINGS: Final = (
    Renaming("exporters", "otlp_grpc", "otlp", (0, 144)),
    Renaming("exporters", "otlp_http", "otlphttp", (0, 144)),
    Renaming("processors", "k8s_attributes", "k8sattributes", (0, 146)),
    Renaming("extensions", "azure_auth", "azureauth", (0, 148)),
    Renaming("receivers", "file_log", "filelog", (0, 149)),
    Renaming("receivers", "tcp_log", "tcplog", (0, 150)),
    Renaming("receivers", "http_check", "httpcheck", (0, 150)),
    Renaming("receivers", "host_metrics", "hostmetrics", (0, 151)),
    Renaming("connectors", "span_metrics", "spanmetrics", (0, 151)),
    Renaming("connectors", "service_graph", "servicegraph", (0, 151)),
    Renaming("processors", "metrics_transform", "metricstransform", (0, 152)),
    Renaming("exporters", "load_balancing", "loadbalancing", (0, 153)),
    Renaming("processors", "resource_detection", "resourcedetection", (0, 153)),
    Renaming("exporters", "prometheus_remote_write", "prometheusremotewrite", (0, 154)),
    Renaming("receivers", "otlp_json_file", "otlpjsonfile", (0, 154)),
    Renaming("processors", "cumulative_to_delta", "cumulativetodelta", (0, 157)),
)


class NewKey(NamedTuple):
    """A key of a type of component that older versions refuse."""

    section: str
    type: str
    key: str
    since: Version


NEW_KEYS: Final = (
    NewKey("connectors", "span_metrics", "series_expiration", (0, 153)),
    NewKey("exporters", "elasticsearch", "traces_dynamic_id", (0, 147)),
    NewKey("exporters", "elasticsearch", "suppress_conflict_errors", (0, 150)),
)

RESOURCE: Final[KeyPath] = ("service", "telemetry", "resource")
"""Where the collector's own resource stands."""

LISTED_SINCE: Final[Version] = (0, 151)
"""Since then its attributes are a list of names and values; before, names were the keys of the resource itself."""

_PLACES: Final = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
}
"""By list of a pipeline: the sections whose components stand in it."""


def kind_of(section: str, component: str) -> str:
    """Give the type of a component, by the name that it has today."""
    kind = type_of(component)
    return next((entry.new for entry in RENAMINGS if (entry.section, entry.old) == (section, kind)), kind)


def parsed_version(text: str) -> Version:
    """Read a version, as ``0.141`` or ``v0.141.0``.

    Raises:
        CollectorError: The text is no version, or one that is too old.
    """
    major, _, rest = text.strip().removeprefix("v").partition(".")
    minor = rest.partition(".")[0]
    if not (major.isdecimal() and minor.isdecimal()):
        msg = f"{text!r} is no version of the collector; write it as 0.158 or 0.158.0"
        raise CollectorError(msg)
    version = (int(major), int(minor))
    if version < OLDEST:
        msg = f"collector {text}: configurations are written for {told(OLDEST)} and newer; take a newer collector"
        raise CollectorError(msg)
    return version


def told(version: Version) -> str:
    """Write a version."""
    return f"{version[0]}.{version[1]}"


def newer_keys(content: dict[str, Any], version: Version) -> Iterator[KeyPath]:
    """Give the paths of keys that a version does not know: section, component and key."""
    for entry in NEW_KEYS:
        for component, settings in as_map(content.get(entry.section)).items():
            if version < entry.since and type_of(component) == entry.type and entry.key in as_map(settings):
                yield entry.section, component, entry.key


def for_version(content: dict[str, Any], version: Version) -> dict[str, Any]:
    """Give a configuration, or a part of one, as an older collector reads it: without keys that it does not know."""
    older = deepcopy(content)
    for section, component, key in newer_keys(content, version):
        del older[section][component][key]
    renamed = {(entry.section, entry.new): entry.old for entry in RENAMINGS if version < entry.since}
    for section in SECTIONS:
        if isinstance(components := older.get(section), dict):
            older[section] = {_older_id(section, name, renamed): value for name, value in components.items()}
    service = as_map(older.get("service"))
    for pipeline in as_map(service.get("pipelines")).values():
        _rename_in(pipeline, renamed)
    if extensions := as_list(service.get("extensions")):
        service["extensions"] = [_older_id("extensions", name, renamed) for name in extensions]
    for exporter in as_map(older.get("exporters")).values():
        _rename_authenticator(as_map(as_map(exporter).get("auth")), renamed)
    if version < LISTED_SINCE:
        _unlist_resource(as_map(service.get("telemetry")))
    return older


def _unlist_resource(telemetry: dict[str, Any]) -> None:
    attributes = as_map(telemetry.get("resource")).pop("attributes", None)
    for one in map(as_map, attributes if isinstance(attributes, list) else ()):
        telemetry["resource"][str(one.get("name"))] = one.get("value")


def _rename_in(pipeline: Any, renamed: Mapping[tuple[str, str], str]) -> None:
    for place, sections in _PLACES.items():
        for section in sections:
            if names := as_list(as_map(pipeline).get(place)):
                pipeline[place] = [_older_id(section, name, renamed) for name in names]


def _rename_authenticator(auth: dict[str, Any], renamed: Mapping[tuple[str, str], str]) -> None:
    if "authenticator" in auth:
        auth["authenticator"] = _older_id("extensions", str(auth["authenticator"]), renamed)


def _older_id(section: str, name: str, renamed: Mapping[tuple[str, str], str]) -> str:
    kind, slash, rest = name.partition("/")
    return f"{renamed.get((section, kind), kind)}{slash}{rest}"
