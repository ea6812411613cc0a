"""Writes the page of what real collectors accept of ``collector_config``, and of what was run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from otel_ops.collector.merging import merged
from otel_ops.collector.shipped import FILE_SETS
from otel_ops.collector.sources import BASE, base_and, overlay_names
from otel_ops.collector.vendors import vendor_named, vendor_names
from tests.back_ends.collector import NEWEST, WITH_OPENSEARCH
from tests.back_ends.components import lacking

COLLECTORS: Final = (NEWEST, WITH_OPENSEARCH)

RUNS: Final = {
    "archive": ("into files that are read", "integration/test_collector_running.py"),
    "base": ("with each overlay below", "integration/test_collector_running.py"),
    "elasticsearch": (
        "into OpenSearch, behind a proxy that takes out a parameter which only Elasticsearch knows",
        "monitoring/test_elasticsearch.py",
    ),
    "gateway": ("into one more collector", "integration/test_collector_running.py"),
    "jaeger": ("into Jaeger", "monitoring/test_jaeger.py"),
    "logstash": ("into a server that answers as Logstash does", "integration/test_collector_running.py"),
    "opensearch": ("into OpenSearch, by 0.141", "monitoring/test_opensearch.py"),
    "prometheus": ("into Prometheus", "monitoring/test_prometheus.py"),
    "prometheus-scrape": ("its page is read", "integration/test_collector_running.py"),
    "redaction-strict": ("what is left is read", "integration/test_collector_running.py"),
    "replay": ("from the files of another collector", "integration/test_collector_running.py"),
    "tail-sampling": ("what is left is read", "integration/test_collector_running.py"),
}
"""What the tests send through an overlay, and the file below ``tests`` that does."""

FILES: Final = {
    "compose": (
        "Compose's schema; real collectors and Jaeger read what is mounted",
        "the same programs, as their containers would, without Docker, Grafana, Elasticsearch and Kibana",
        "monitoring/test_compose.py",
    ),
    "elasticsearch": (
        "types, with documents that the exporter writes",
        "templates in OpenSearch, without what only Elasticsearch has; lifecycle: not run",
        "monitoring/test_elasticsearch.py",
    ),
    "grafana": (
        "Grafana's own schema, strictly",
        "each query in Prometheus and Jaeger; Grafana: not run",
        "monitoring/test_dashboards.py",
    ),
    "jaeger": ("by Jaeger", "in Jaeger", "monitoring/test_jaeger.py"),
    "kibana": (
        "each line and reference, and each field against real documents",
        "not run",
        "monitoring/test_elasticsearch.py",
    ),
    "kubernetes": (
        "Kubernetes' schemas; real collectors read what is mounted",
        "the same programs, as their pods would, without a cluster",
        "monitoring/test_kubernetes.py",
    ),
    "logstash": (
        "what it reads, against what a real collector sends",
        "its filter, by JRuby; Logstash: not run",
        "monitoring/test_logstash.py",
    ),
    "opensearch": ("by OpenSearch", "in OpenSearch; lifecycle: not run", "monitoring/test_opensearch.py"),
    "prometheus": (
        "by promtool, with cases for each rule",
        "in Prometheus: each rule has data, each alert fires",
        "monitoring/test_rules.py",
    ),
}
"""How each set of files beside the overlays is validated, what of it is run, and the file below ``tests`` that does."""

_PAGE = """# What collectors accept

Each configuration in `collector_config/` is given to real collectors, which read it, refuse what they do not know, and
build its pipelines (`validate`), in the names of their version. The newest also starts with all that it accepts, and
warns of nothing outdated. Where a collector of the tests lacks a part, which the proxy of Go modules does not serve at
its version, the table says which: that configuration is *not validated* by it, but by `otel-ops collector check` alone.
How to use them: [collector](../how-to/collector.md), [vendors](../how-to/vendors.md).

"""
_OVERLAYS = """## Overlays

Any two overlays that a collector accepts alone, it accepts together, and all of them at once, merged by itself.

"""
_VENDORS = """
## Vendors

*Run* means: sent to a server that stood in the vendor's place; [more on that](vendors.md).

"""
_FILES = """
## Files beside the overlays

`otel-ops collector files` [copies them](../how-to/collector.md#files-for-other-programs).

| files | validated | run |
| --- | --- | --- |
"""


def validation_page() -> str:
    """Give the page."""
    overlays = [(f"`{name}`", *_verdicts(name), _run(name)) for name in (BASE, *overlay_names())]
    vendors = [(vendor_named(name).title, *_verdicts(name), _run_vendor(name)) for name in vendor_names()]
    return "".join(
        [_PAGE, _OVERLAYS, _table("overlay", overlays), _VENDORS, _table("vendor", vendors), _FILES, *_files()]
    )


def _files() -> Iterator[str]:
    for name in FILE_SETS:
        validated, run, where = FILES[name]
        yield f"| `{name}` | {validated} | {run} (`tests/{where}`) |\n"


def _verdicts(name: str) -> tuple[str, ...]:
    missing = (lacking(_content(name), collector) for collector in COLLECTORS)
    return tuple(f"not validated: lacks {', '.join(parts)}" if parts else "accepted" for parts in missing)


def _content(name: str) -> dict[str, Any]:
    return merged(base_and([] if name == BASE else [name])).content


def _run(name: str) -> str:
    how, where = RUNS.get(name, ("", ""))
    return f"{how} (`tests/{where}`)" if how else "not run"


def _run_vendor(name: str) -> str:
    return "not run" if lacking(_content(name), NEWEST) else "run"


def _table(what: str, rows: list[tuple[str, ...]]) -> str:
    head = (what, *(name.replace("otelcol-", "collector ") for name in COLLECTORS), "run")
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows))
