"""Every setting can be set in every source, and each source wins over those below it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from dynaconf import Dynaconf  # type: ignore[import-untyped]

from otel_ops.declared import DeclaredOperation, parse_target
from otel_ops.detail import Detail, DetailRule
from otel_ops.settings import ErrorHandling, LoadedSettings, Options, Output, Settings, describe_settings, read_settings
from otel_ops.settings.metrics import MetricsPlace
from tests.toml_text import in_toml

KEYS = [setting.name for setting in describe_settings()]

SAMPLES: dict[str, tuple[tuple[Any, Any], tuple[Any, Any]]] = {
    "service_name": (("shop", "shop"), ("kiln", "kiln")),
    "detail": (("DEBUG", Detail.DEBUG), ("minimal", Detail.MINIMAL)),
    "detail_rules": (
        ([{"level": "DEBUG", "operation": "fit*"}], (DetailRule(Detail.DEBUG, "fit*"),)),
        ([{"level": "MINIMAL", "context": {"user": "a"}}], (DetailRule(Detail.MINIMAL, context=(("user", "a"),)),)),
    ),
    "operations": (
        (["lab.fit:*"], (DeclaredOperation(parse_target("lab.fit:*")),)),
        (
            [{"target": "lab.fit:run", "name": "fit", "capture": ["rows"]}],
            (DeclaredOperation(parse_target("lab.fit:run"), "fit", capture=("rows",)),),
        ),
    ),
    "outputs": (
        (["tree"], (Output("tree"),)),
        ([{"format": "json", "to": "x.jsonl"}], (Output("json", "x.jsonl"),)),
    ),
    "trace_file": (("a-{pid}.jsonl", "a-{pid}.jsonl"), (False, False)),
    "error_handlers": (
        (["log"], (ErrorHandling("log"),)),
        ([{"handler": "log", "operation": "fit*"}], (ErrorHandling("log", "fit*"),)),
    ),
    "metrics": (
        (["otlp"], (MetricsPlace("otlp"),)),
        ([{"to": "prometheus", "options": {"port": 0}}], (MetricsPlace("prometheus", {"port": 0}),)),
    ),
    "metrics_context": ((["user"], ("user.id",)), (["ops.meta.batch", "series"], ("ops.meta.batch", "ops.series"))),
    "metrics_max_series": ((10, 10), (2000, 2000)),
    "metrics_buckets": (([0.5, 1], (0.5, 1.0)), ([1, 2.5, 60], (1.0, 2.5, 60.0))),
    "metrics_unsampled": ((False, False), (True, True)),
    "metrics_hidden": ((True, True), (False, False)),
    "announce": ((False, False), (True, True)),
    "flush_seconds": ((1, 1.0), (2.5, 2.5)),
    "exit_seconds": ((0, 0.0), (1.5, 1.5)),
    "max_held_spans": ((10, 10), (20, 20)),
    "max_held_seconds": ((10, 10.0), (0.5, 0.5)),
    "foreign_detail": (("DEBUG", Detail.DEBUG), ("STANDARD", Detail.STANDARD)),
    "fast_spans": ((False, False), (True, True)),
    "watch": ((True, True), (False, False)),
    "reload_signal": (("SIGUSR2", "SIGUSR2"), ("SIGUSR1", "SIGUSR1")),
    "log_level": (("info", "INFO"), (35, 35)),
    "log_records": ((5, 5), (100, 100)),
    "log_events": ((True, True), (False, False)),
    "disabled_carriers": ((["threading"], ("threading",)), (["dask", "qt"], ("dask", "qt"))),
    "baggage": ((["ops.detail"], ("ops.detail",)), ([], ())),
    "baggage_hosts": ((["*.lab"], ("*.lab",)), (["localhost", "::1"], ("localhost", "::1"))),
    "environment_context": ((True, True), (False, False)),
    "accepted_detail": (("DEBUG", Detail.DEBUG), ("STANDARD", Detail.STANDARD)),
}
"""Two values of each setting as a file has them, and what they are read as; a new setting needs a sample."""


class Sources:
    """Gives settings through one source after the other; all of them are there at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ: dict[str, str] = {}
        self.given: dict[str, Any] = {}
        self.arguments: dict[str, Any] = {}
        (folder / "otel_ops.toml").touch()

    def write(self, name: str, key: str, value: object, section: str = "") -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(f"{section and f'[{section}]'}\n{key} = {in_toml(value)}\n")

    def pyproject(self, key: str, value: object) -> None:
        self.write("pyproject.toml", key, value, "tool.otel_ops")

    def file(self, key: str, value: object) -> None:
        self.write("otel_ops.toml", key, value)

    def default_section(self, key: str, value: object) -> None:
        self.write("otel_ops.toml", key, value, "default")

    def active_section(self, key: str, value: object) -> None:
        self.environ["OTEL_OPS_ENV"] = "production"
        self.write("otel_ops.toml", key, value, "production")

    def global_section(self, key: str, value: object) -> None:
        self.write("otel_ops.toml", key, value, "global")

    def secrets(self, key: str, value: object) -> None:
        self.write(".secrets.toml", key, value)

    def local_file(self, key: str, value: object) -> None:
        self.write("otel_ops.local.toml", key, value)

    def dynaconf(self, key: str, value: object) -> None:
        self.given["dynaconf"] = Dynaconf(OTEL_OPS={key: value}, ENVVAR_PREFIX_FOR_DYNACONF="NOBODY")

    def options(self, key: str, value: object) -> None:
        self.given["options"] = Options({key: value}, "declarative file")

    def variable(self, key: str, value: object) -> None:
        self.environ[f"OTEL_OPS_{key.upper()}"] = in_toml(value)

    def argument(self, key: str, value: object) -> None:
        self.arguments[key] = value

    def read(self) -> LoadedSettings:
        return read_settings(self.arguments, folder=self.folder, environ=self.environ, **self.given)


IN_ORDER = [
    name for name, method in vars(Sources).items() if callable(method) and name not in {"__init__", "write", "read"}
]
"""The sources, each winning over those before it."""


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("source", IN_ORDER)
def test_every_setting_can_be_set_in_every_source(tmp_path: Path, source: str, key: str) -> None:
    """The value is read, its origin is known, and nothing is wrong."""
    (value, expected), _ = SAMPLES[key]
    sources = Sources(tmp_path)
    getattr(sources, source)(key, value)

    loaded = sources.read()

    assert ((), expected, [key]) == (loaded.problems, getattr(loaded.settings, key), [*loaded.origins])


@pytest.mark.parametrize("key", KEYS)
def test_each_source_wins_over_those_below(tmp_path: Path, key: str) -> None:
    """With every source that is added on top, the value is that one's; the others keep what they gave."""
    sources = Sources(tmp_path)
    for source, (value, expected) in zip(IN_ORDER, itertools.cycle(SAMPLES[key]), strict=False):
        getattr(sources, source)(key, value)
        loaded = sources.read()
        assert ((), expected) == (loaded.problems, getattr(loaded.settings, key)), source
    assert len(IN_ORDER) == len([entry for entry in sources.read().entries if entry.key == key])


def test_there_is_a_sample_of_every_setting() -> None:
    """Both values of a sample differ, and one of them from the default."""
    assert KEYS == [*SAMPLES]
    assert all(first[1] != second[1] for first, second in SAMPLES.values())
    assert all(SAMPLES[key][0][1] != getattr(Settings(), key) for key in KEYS)
