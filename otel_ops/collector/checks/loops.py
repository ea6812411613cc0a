"""Whether a collector reads what it writes itself."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.checks.graph import used
from otel_ops.collector.merging import as_list, as_map
from otel_ops.collector.older_names import kind_of
from otel_ops.collector.variables import expanded

_RULE = "loops"


def check(checked: Checked) -> Iterator[Finding]:
    """Find receivers whose files are those of an exporter: everything would go round and round."""
    written = [_value(checked, exporter.get("path", "")) for _, exporter in _running(checked, "exporters", "file")]
    for receiver, settings in _running(checked, "receivers", "otlp_json_file"):
        for pattern in as_list(settings.get("include")):
            if fnmatch.filter(written, _value(checked, pattern)):
                message = "it reads files that an exporter here writes, for ever; name another folder"
                yield checked.error(_RULE, ("receivers", receiver, "include"), message)


def _running(checked: Checked, section: str, kind: str) -> Iterator[tuple[str, dict[str, object]]]:
    named = used(checked.configuration, section)
    for component, settings in checked.configuration.section(section).items():
        if component in named and kind_of(section, component) == kind:
            yield component, as_map(settings)


def _value(checked: Checked, value: object) -> str:
    return expanded(value, checked.environ)
