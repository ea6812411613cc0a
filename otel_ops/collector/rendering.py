"""A configuration as text for one version of the collector."""

from __future__ import annotations

from collections.abc import Container, Iterator

from otel_ops.collector import yaml_text
from otel_ops.collector.merging import Configuration, as_map
from otel_ops.collector.older_names import Version, for_version, told
from otel_ops.collector.sources import Source
from otel_ops.collector.variables import references

_TODAY = "0.157 and newer"


def as_text(configuration: Configuration, version: Version | None = None) -> str:
    """Write a whole configuration, below a comment that tells of its files and variables."""
    content = for_version(configuration.content, version) if version else configuration.content
    return "\n".join([*_heading(configuration, version), "", yaml_text.dump(content)])


def as_files(configuration: Configuration, version: Version | None = None) -> dict[str, str]:
    """Write each file by itself, for a collector that is given several ``--config``.

    Returns:
        Texts by name; where several files name extensions, the last one has them all, for the collector does not join
        lists.
    """
    texts: dict[str, str] = {}
    for source in configuration.sources:
        texts[_new_name(source, texts)] = _text_of(source, version)
    extensions = configuration.service.get("extensions")
    if _last_extensions(configuration) != extensions:
        texts["extensions.yaml"] = yaml_text.dump({"service": {"extensions": extensions}})
    return texts


def _text_of(source: Source, version: Version | None) -> str:
    older = for_version(source.content, version) if version else source.content
    return source.text if older == source.content else yaml_text.dump(older)


def _new_name(source: Source, taken: Container[str]) -> str:
    """Give the name of a file without its folders, by which none is called yet."""
    name = source.name.replace("\\", "/").rpartition("/")[2]
    while name in taken:
        name = f"more-{name}"
    return name


def _last_extensions(configuration: Configuration) -> object:
    """Give what the collector takes of the files: the list of the last that has one."""
    services = (as_map(source.content.get("service")) for source in configuration.sources)
    lists = [service["extensions"] for service in services if "extensions" in service]
    return lists[-1] if lists else None


def _heading(configuration: Configuration, version: Version | None) -> Iterator[str]:
    files = ", ".join(source.name for source in configuration.sources)
    yield f"# Made by otel-ops for the OpenTelemetry Collector {told(version) if version else _TODAY} of {files}"
    for name, default in sorted({(one.name, one.default) for one in references(configuration.content)}):
        yield f"# {name}: {'needed' if default is None else default or 'empty'}"
