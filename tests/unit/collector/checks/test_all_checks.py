"""What is wrong with configurations."""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.collector import yaml_text
from otel_ops.collector.addresses import Addresses
from otel_ops.collector.checks.all_checks import findings_of
from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.merging import Configuration, merged
from otel_ops.collector.older_names import Version
from otel_ops.collector.rendering import as_text
from otel_ops.collector.sources import Source, base_and, overlay_names
from otel_ops.collector.variables import references
from otel_ops.collector.vendors import vendor_names
from otel_ops.exceptions import CollectorError

GOOD = """\
receivers: {otlp: }
processors: {memory_limiter: {check_interval: 1s}}
connectors: {forward: }
exporters:
  otlp_http:
    endpoint: http://localhost:4318
    headers: {api-key: "${env:KEY}"}
    retry_on_failure: {max_elapsed_time: 0s}
    sending_queue: {storage: file_storage}
extensions: {file_storage: }
service:
  extensions: [file_storage]
  pipelines:
    traces/in: {receivers: [otlp], processors: [memory_limiter], exporters: [forward]}
    traces/out: {receivers: [forward], exporters: [otlp_http]}
"""


def _findings(
    configuration: Configuration, environ: Mapping[str, str] | None = None, version: Version | None = None
) -> list[Finding]:
    return findings_of(Checked(configuration, environ or {}, version))


def _of(*texts: str, version: Version | None = None) -> list[tuple[str, str, str, str]]:
    """Give rule, severity, place and key of what is found in a good file and others."""
    sources = [Source("good.yaml", GOOD), *(Source(f"{number}.yaml", text) for number, text in enumerate(texts, 1))]
    return [finding[:4] for finding in _findings(merged(sources), {"KEY": "k"}, version)]


def test_nothing_is_wrong_with_a_good_one() -> None:
    """A configuration without faults has no findings."""
    assert [] == _of()


@pytest.mark.parametrize("overlay", overlay_names())
def test_nothing_is_wrong_with_an_overlay_of_ours(overlay: str) -> None:
    """With the base alone, nothing is to be told."""
    assert [] == _findings(merged(base_and([overlay])))


def test_nothing_is_wrong_with_two_overlays_or_with_all() -> None:
    """Nor with any two, vendors included, once their variables are set."""
    base, *overlays = base_and([*overlay_names(), *vendor_names()])
    environ = {one.name: one.name for one in references(merged(overlays).content)}
    for chosen in [overlays, *itertools.combinations(overlays, 2)]:
        assert [] == _findings(merged([base, *chosen]), environ)


WRONG: Sequence[tuple[str, str, str, str, str]] = [
    ("merging", "warning", "1.yaml:1", "exporters.otlp_http.endpoint", "exporters: {otlp_http: {endpoint: other}}"),
    ("graph", "error", "1.yaml:1", "exporter", "exporter: {debug: }"),
    ("graph", "error", "1.yaml:1", "service.pipelines.logs", "service: {pipelines: {logs: {receivers: [otlp]}}}"),
    (
        "graph",
        "error",
        "1.yaml:1",
        "service.pipelines.logs.exporters",
        "service: {pipelines: {logs: {receivers: [otlp], exporters: [jaeger]}}}",
    ),
    (
        "graph",
        "error",
        "1.yaml:1",
        "service.pipelines.spans",
        "service: {pipelines: {spans: {receivers: [otlp], exporters: [otlp_http]}}}",
    ),
    ("graph", "warning", "1.yaml:1", "exporters.debug", "exporters: {debug: }"),
    ("graph", "error", "1.yaml:1", "connectors.forward/one", "connectors: {forward/one: }"),
    ("graph", "error", "1.yaml:1", "service.extensions", "service: {extensions: [zpages]}"),
    ("graph", "warning", "1.yaml:1", "extensions.zpages", "extensions: {zpages: }"),
    (
        "graph",
        "error",
        "1.yaml:1",
        "exporters.otlp_http.auth.authenticator",
        "exporters: {otlp_http: {auth: {authenticator: basicauth}}}",
    ),
    (
        "signals",
        "error",
        "1.yaml:3",
        "service.pipelines.metrics.processors",
        (
            "processors: {tail_sampling: }\nservice: {pipelines: {metrics:\n  {receivers: [otlp],"
            " processors: [tail_sampling],"
            " exporters: [otlp_http]}}}"
        ),
    ),
    (
        "signals",
        "error",
        "1.yaml:1",
        "connectors.span_metrics",
        (
            "connectors: {span_metrics: }\nservice: {pipelines: {traces/x: {receivers: [otlp],"
            " exporters: [span_metrics]},"
            " logs: {receivers: [span_metrics], exporters: [otlp_http]}}}"
        ),
    ),
    (
        "names",
        "warning",
        "1.yaml:1",
        "service.telemetry.metrics.address",
        "service: {telemetry: {metrics: {address: x}}}",
    ),
    (
        "names",
        "warning",
        "1.yaml:1",
        "service.telemetry.resource.service.name",
        "service: {telemetry: {resource: {service.name: lab}}}",
    ),
    (
        "names",
        "error",
        "1.yaml:2",
        "service.telemetry.resource.service.name",
        "service: {telemetry: {resource: {attributes: [],\n  service.name: lab}}}",
    ),
    (
        "secrets",
        "error",
        "1.yaml:1",
        "exporters.otlp_http.headers.x-token",
        "exporters: {otlp_http: {headers: {x-token: abc}}}",
    ),
    (
        "secrets",
        "error",
        "1.yaml:1",
        "exporters.otlp_http.headers.Authorization",
        'exporters: {otlp_http: {headers: {Authorization: "Bearer ${env:TOKEN:-abc}"}}}',
    ),
    (
        "secrets",
        "error",
        "1.yaml:1",
        "exporters.otlp_http.proxy_url",
        "exporters: {otlp_http: {proxy_url: 'http://ada:lovelace@proxy'}}",
    ),
    ("variables", "error", "1.yaml:1", "exporters.otlp_http.x", "exporters: {otlp_http: {x: '${env:NOT_THERE}'}}"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[0]}-{wrong[3]}")
def test_what_is_wrong_is_found_where_it_stands(wrong: tuple[str, str, str, str, str]) -> None:
    """One finding, with rule, severity, file and line, and key."""
    assert [wrong[:4]] == _of(wrong[4])


def test_a_secret_is_never_told() -> None:
    """The message tells of the key only."""
    source = Source("x.yaml", "exporters: {otlp_http: {headers: {api-key: hunter2}}}")
    assert "hunter2" not in "".join(map(str, _findings(merged([Source("good.yaml", GOOD), source]))))


def test_a_secret_of_variables_is_fine() -> None:
    """Words that tell the kind of credential, and empty defaults, are no secrets."""
    texts = ["Bearer ${env:KEY}", "Api-Token ${env:KEY}", "${env:KEY:-}", "sentry sentry_key=${env:KEY}"]
    for text in texts:
        assert [] == _of(f'exporters: {{otlp_http: {{headers: {{Authorization: "{text}"}}}}}}')


def test_queues_in_memory_and_retries_that_end_are_told() -> None:
    """An exporter that loses what it holds is told of, by any of its names."""
    text = (
        "exporters: {otlp: {endpoint: x}, otlphttp/x: {sending_queue: {enabled: false}, retry_on_failure: "
        "{max_elapsed_time: 5m}}}\nservice: {pipelines: {traces/out: {receivers: [forward], "
        "exporters: [otlp, otlphttp/x]}}}"
    )
    found = {(rule, key) for rule, _, _, key in _of(text) if rule == "queues"}
    assert {
        ("queues", "exporters.otlp.sending_queue"),
        ("queues", "exporters.otlp.retry_on_failure.max_elapsed_time"),
        ("queues", "exporters.otlphttp/x.sending_queue"),
        ("queues", "exporters.otlphttp/x.retry_on_failure.max_elapsed_time"),
    } == found


def test_processors_that_lose_or_do_nothing_are_told() -> None:
    """A memory limiter that never checks, and a batch in memory."""
    text = (
        "processors: {memory_limiter: {check_interval: 0s}, batch: }\n"
        "service: {pipelines: {traces/in: {processors: [memory_limiter, batch]}}}"
    )
    found = [(severity, key) for rule, severity, _, key in _of(text) if rule == "queues"]
    assert [("error", "processors.memory_limiter.check_interval"), ("warning", "processors.batch")] == found


def test_elasticsearch_must_not_give_up() -> None:
    """Its timeout ends all retries, so it must have none."""
    text = (
        "exporters: {elasticsearch: {sending_queue: {storage: file_storage}}}\n"
        "service: {pipelines: {traces/out: {exporters: [otlp_http, elasticsearch]}}}"
    )
    assert ["exporters.elasticsearch.timeout"] == [key for rule, _, _, key in _of(text) if rule == "queues"]


def test_names_are_judged_by_the_version_of_the_collector() -> None:
    """An old name is right for an old collector; a key that is too new is told to be left out."""
    text = (
        "exporters: {otlphttp/x: {sending_queue: {storage: file_storage}, retry_on_failure: {max_elapsed_time: 0s}}}\n"
        "connectors: {span_metrics: {series_expiration: 1m}}\n"
        "service: {pipelines: {traces/out: {exporters: [otlp_http, otlphttp/x, span_metrics]},"
        " metrics: {receivers: [span_metrics], exporters: [otlp_http]}},"
        " telemetry: {resource: {service.name: lab}}}"
    )
    old, new = (
        [key for rule, _, _, key in _of(text, version=version) if rule == "names"] for version in ((0, 141), (0, 158))
    )
    assert ["connectors.span_metrics.series_expiration"] == old
    assert ["exporters.otlphttp/x", "service.telemetry.resource.service.name"] == new


def test_a_collector_that_reads_what_it_writes_is_told() -> None:
    """An archive that is played again into itself would never end; by default the folders differ."""
    configuration = merged(base_and(["archive", "replay"]))
    folders = {"OPS_ARCHIVE_DIR": "/data", "OPS_REPLAY_DIR": "/data"}
    found = {(finding.rule, finding.key) for finding in _findings(configuration, folders)}
    assert {("loops", f"receivers.otlp_json_file/{name}.include") for name in ("traces", "metrics", "logs")} == found
    assert [] == _findings(configuration)


def test_a_section_that_is_no_map_is_told() -> None:
    """A list of components, say, by itself."""
    configuration = merged([Source("good.yaml", GOOD), Source("any.yaml", "processors: [batch]\n")])
    assert ("graph", "error", "any.yaml:1", "processors") in [finding[:4] for finding in _findings(configuration)]


@pytest.mark.parametrize("text", ["", "service: {pipelines: }", "service: {pipelines: [traces]}"])
def test_a_configuration_without_pipelines_is_told(text: str) -> None:
    """A collector refuses it."""
    (found,) = _findings(merged([Source("any.yaml", text)]))
    assert ("graph", "error", "service.pipelines") == (found.rule, found.severity, found.key)


_WORDS = st.sampled_from(
    [
        "receivers",
        "exporters",
        "connectors",
        "processors",
        "extensions",
        "service",
        "pipelines",
        "traces",
        "otlp",
        "otlp_http",
        "elasticsearch",
        "file",
        "otlp_json_file",
        "path",
        "include",
        "forward",
        "span_metrics",
        "sending_queue",
        "retry_on_failure",
        "timeout",
        "mapping",
        "storage",
        "telemetry",
        "resource",
        "attributes",
        "metrics",
        "readers",
        "pull",
    ]
)
_KEYS = _WORDS | st.integers(2) | st.none() | st.booleans()  # 1 and true are the same
_ANYTHING = st.recursive(
    st.none() | st.integers() | _WORDS, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner), max_leaves=20
)
_SERVICE = st.fixed_dictionaries(
    {},
    optional={
        "extensions": _ANYTHING,
        "telemetry": _ANYTHING,
        "pipelines": _ANYTHING
        | st.dictionaries(_WORDS, st.dictionaries(st.sampled_from(["receivers", "exporters"]), _ANYTHING)),
    },
)


@given(st.dictionaries(_KEYS, _ANYTHING), st.none() | _SERVICE)
def test_whatever_stands_in_a_file_is_checked(content: dict[Any, Any], service: object) -> None:
    """Lists in the place of maps, and the like, are no fault of the checks; nor of what is written of them."""
    text = yaml_text.dump({**content, "service": service} if service else content)
    configuration = merged([Source("good.yaml", GOOD), Source("any.yaml", text)])
    _findings(configuration, version=(0, 141))
    yaml_text.load(as_text(configuration, (0, 141)), "older.yaml")
    for name in ("health", "metrics", "receiving"):
        with suppress(CollectorError):
            getattr(Addresses(configuration.content, {}), name)
