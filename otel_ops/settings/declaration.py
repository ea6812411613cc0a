"""Settings: what may be set, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

from otel_ops.declared import DeclaredOperation
from otel_ops.detail import Detail, DetailRule
from otel_ops.semconv import BAGGAGE_DETAIL, CONTEXT_KEYS, META_PREFIX, SESSION_ID
from otel_ops.settings.error_handlers import ErrorHandling, read_error_handler
from otel_ops.settings.metrics import MetricsPlace, read_buckets, read_context_key, read_metrics_place, read_series
from otel_ops.settings.operations import read_operation
from otel_ops.settings.outputs import Output, check_levels, read_output
from otel_ops.settings.sources import OWN_VARIABLES, PREFIX
from otel_ops.settings.values import (
    RELOAD_SIGNALS,
    Reader,
    list_of,
    one_of,
    optional,
    read_level,
    read_log_level,
    read_positive_count,
    read_positive_seconds,
    read_rule,
    read_seconds,
    read_signal,
    read_switch,
    read_text,
    read_trace_file,
)

DEFAULT_TRACE_FILE = ".otel_ops/{date}-{pid}.jsonl"
"""Where OTLP JSON lines go when neither a trace file nor an OTLP endpoint is set."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Boundaries between the buckets of durations, in seconds, unless settings say otherwise."""

BAGGAGE = (*CONTEXT_KEYS.values(), BAGGAGE_DETAIL)
"""What may be sent to other programs as W3C baggage, beside free metadata."""


def _about(read: Reader, meaning: str, *, live: bool = False) -> dict[str, Any]:
    """Declare a setting; a live one can change while the program runs, when the settings are read again."""
    return {"read": read, "meaning": meaning, "live": live}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force, made by `load_settings`; `describe_settings` tells what each of them means."""

    service_name: str | None = field(
        default=None,
        metadata=_about(
            optional(read_text),
            "Resource attribute service.name; OTEL_SERVICE_NAME wins where it is set.",
        ),
    )
    detail: Detail = field(
        default=Detail.STANDARD,
        metadata=_about(read_level, "Level up to which operations are recorded.", live=True),
    )
    detail_rules: tuple[DetailRule, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_rule),
            "Levels for some operations: tables of level and the globs operation, module and context (a table by "
            "name); the last rule that matches wins over detail.",
            live=True,
        ),
    )
    operations: tuple[DeclaredOperation, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_operation),
            "Callables that are operations although nobody has decorated them: targets or tables; where several mean "
            "one callable, the last of them counts.",
        ),
    )
    outputs: tuple[Output, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_output),
            "Formatted logs: names (tree, table, json, jsonl, xml) or tables of what is listed below; in arguments "
            "also OutputFormatter and SpanExporter objects.",
        ),
    )
    trace_file: str | Literal[False] | None = field(
        default=None,
        metadata=_about(
            read_trace_file,
            "File for OTLP JSON lines, {date}, {pid}, {process} and {service} being filled in; false for none. Unset, "
            f"it is {DEFAULT_TRACE_FILE} where no OTLP endpoint is set.",
        ),
    )
    error_handlers: tuple[ErrorHandling, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_error_handler),
            "What is called for failures: names (log, mail, desktop, qt, tk, apprise, metrics) or tables of what is "
            "listed below; in arguments also ErrorHandler objects.",
        ),
    )
    metrics: tuple[MetricsPlace, ...] | None = field(
        default=None,
        metadata=_about(
            optional(list_of(read_metrics_place)),
            "Where metrics of operations go: names (otlp, prometheus, textfile, pushgateway, program) or tables of "
            "what is listed below; the last one is the meter provider that the program has set, [] is nowhere. Unset, "
            "OTEL_METRICS_EXPORTER says so.",
        ),
    )
    metrics_context: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_context_key),
            f"Values of contexts that series of metrics are told apart by: {', '.join(CONTEXT_KEYS)} or "
            f"{META_PREFIX}<name>.",
        ),
    )
    metrics_max_series: int = field(
        default=1_000,
        metadata=_about(
            read_series,
            "How many series each metric has at most; further ones are one, with the attribute otel.metric.overflow.",
        ),
    )
    metrics_buckets: tuple[float, ...] = field(
        default=BUCKETS,
        metadata=_about(read_buckets, "Boundaries between the buckets of ops.operation.duration, in seconds."),
    )
    metrics_unsampled: bool = field(
        default=True,
        metadata=_about(read_switch, "Whether metrics count the operations that a sampler leaves out of traces, too."),
    )
    metrics_hidden: bool = field(
        default=False,
        metadata=_about(
            read_switch,
            "Whether metrics count operations that have no span, too: those that the level of detail hides, and those "
            "that a sampler of somebody else's provider leaves out. They then cost a quarter of a recorded one.",
        ),
    )
    announce: bool = field(
        default=True,
        metadata=_about(
            read_switch,
            "Whether one line on stderr says where the trace file is, or that otel-ops run saw no operations.",
        ),
    )
    flush_seconds: float = field(
        default=0.2,
        metadata=_about(read_positive_seconds, "How long ended spans wait for the worker at most."),
    )
    exit_seconds: float = field(
        default=5.0,
        metadata=_about(read_seconds, "How long the end of the program may be held up at most.", live=True),
    )
    max_held_spans: int = field(
        default=100_000,
        metadata=_about(read_positive_count, "How many spans wait for their operation's end at most.", live=True),
    )
    max_held_seconds: float = field(
        default=3600.0,
        metadata=_about(read_positive_seconds, "How long spans wait for their operation's end at most.", live=True),
    )
    foreign_detail: Detail = field(
        default=Detail.DETAILED,
        metadata=_about(read_level, "Level that the spans of other libraries count as.", live=True),
    )
    fast_spans: bool = field(
        default=True,
        metadata=_about(
            read_switch,
            "Whether operations may use a faster kind of the SDK's spans, where a trial at the start has shown that it "
            "equals the SDK's own.",
        ),
    )
    watch: bool = field(
        default=False,
        metadata=_about(
            read_switch,
            "Whether the settings are read again when a file with settings changes; needs the extra watch.",
        ),
    )
    reload_signal: str | None = field(
        default=None,
        metadata=_about(
            optional(read_signal),
            f"Signal at which the settings are read again: one of {', '.join(RELOAD_SIGNALS)}.",
        ),
    )
    log_level: int | str | None = field(
        default=None,
        metadata=_about(
            optional(read_log_level),
            "Level of Python's logging, such as INFO, from which on operations keep what is logged in them; unset, "
            "they keep nothing.",
        ),
    )
    log_records: int = field(
        default=20,
        metadata=_about(
            read_positive_count, "How many log records each operation keeps at most, the latest; see log_level."
        ),
    )
    log_events: bool = field(
        default=False,
        metadata=_about(
            read_switch,
            "Whether what log_level keeps is an event of its span, too, so that Jaeger shows it there.",
        ),
    )
    disabled_carriers: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_text),
            "Names of what is not to carry operations, such as threading; OTEL_PYTHON_DISABLED_INSTRUMENTATIONS does "
            "the same with otel_ops_threading.",
        ),
    )
    baggage: tuple[str, ...] = field(
        default=(SESSION_ID,),
        metadata=_about(
            list_of(one_of("baggage member", BAGGAGE, META_PREFIX)),
            "What of a context may cross to other programs as W3C baggage, and is taken over from callers: "
            f"{', '.join(CONTEXT_KEYS.values())}, {META_PREFIX}<name>, and {BAGGAGE_DETAIL}, its level, which is sent "
            "only. Nothing leaves but to baggage_hosts.",
            live=True,
        ),
    )
    baggage_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_text),
            "Globs for the hosts that baggage is sent to, as the CLIENT span names them (server.address, "
            "net.peer.name, http.host, or the URL), or the target of a gRPC channel; * stands for all, unknown ones "
            "included.",
            live=True,
        ),
    )
    environment_context: bool = field(
        default=False,
        metadata=_about(
            read_switch,
            "Whether programs that subprocess starts are given the context in their environment (TRACEPARENT, BAGGAGE "
            "and one of ours), and this one goes on from what it was given; from another otel_ops it always does.",
            live=True,
        ),
    )
    accepted_detail: Detail | None = field(
        default=None,
        metadata=_about(
            optional(read_level),
            f"Level up to which callers may raise that of their operations here, by the baggage member "
            f"{BAGGAGE_DETAIL}; unset, they are not heeded.",
            live=True,
        ),
    )


READERS: dict[str, Reader] = {key.name: key.metadata["read"] for key in fields(Settings)}
"""What reads the value of each setting."""


class SettingDescription(NamedTuple):
    """What is known of one setting; `type` is its Python annotation, `variable` its environment variable.

    It is `live` where it can change while the program runs, when the settings are read again.
    """

    name: str
    type: str
    default: object
    meaning: str
    variable: str
    live: bool


def describe_settings() -> list[SettingDescription]:
    """Describe every setting, in the order of declaration."""
    return [
        SettingDescription(
            key.name,
            str(key.type),
            key.default,
            key.metadata["meaning"],
            PREFIX + key.name.upper(),
            key.metadata["live"],
        )
        for key in fields(Settings)
    ]


def setting_variables() -> list[str]:
    """Give the names of all environment variables of ours."""
    return [*(setting.variable for setting in describe_settings()), *OWN_VARIABLES]


def builder_options(settings: Settings) -> dict[str, Any]:
    """Give what a builder of logs is made with."""
    return {
        "max_spans": settings.max_held_spans,
        "max_seconds": settings.max_held_seconds,
        "foreign_detail": settings.foreign_detail,
    }


def check_outputs(settings: Settings) -> None:
    """Refuse outputs that ask for more than the detail gate lets through for any operation.

    Raises:
        WrongValueError: with a finding for each such output.
    """
    check_levels(settings.outputs, max([settings.detail, *(rule.level for rule in settings.detail_rules)]))
