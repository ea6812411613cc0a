"""Every name that otel_ops writes into telemetry, declared once.

Where OpenTelemetry's semantic conventions have a name, it is used; ours start with ``ops.``.
The declarations in `ATTRIBUTES` and `EVENTS` are what the documentation is made from.
"""

from typing import Final, NamedTuple

SCOPE_PREFIX: Final = "otel_ops."
"""Instrumentation scopes are ``otel_ops.minimal`` to ``otel_ops.debug``: the scope carries the level."""


class Declaration(NamedTuple):
    """What is known of one attribute: its name, type, meaning and cardinality (``low`` or ``high``)."""

    name: str
    type: str
    meaning: str
    cardinality: str


ATTRIBUTES: Final[dict[str, Declaration]] = {}
"""Every attribute that otel_ops sets, by name."""

EVENTS: Final[dict[str, str]] = {}
"""Every span event that otel_ops adds, with its meaning."""


def _attribute(name: str, type_: str, cardinality: str, meaning: str) -> str:
    ATTRIBUTES[name] = Declaration(name, type_, meaning, cardinality)
    return name


METRICS_SCOPE: Final = "otel_ops"
"""The instrumentation scope of all metrics."""


class MetricDeclaration(NamedTuple):
    """What is known of one metric: its name, instrument, unit, attributes and meaning."""

    name: str
    instrument: str
    unit: str
    attributes: tuple[str, ...]
    meaning: str


METRICS: Final[dict[str, MetricDeclaration]] = {}
"""Every metric that otel_ops records, by name."""


def _metric(name: str, instrument: str, unit: str, attributes: tuple[str, ...], meaning: str) -> str:
    METRICS[name] = MetricDeclaration(name, instrument, unit, attributes, meaning)
    return name


def _event(name: str, meaning: str) -> str:
    EVENTS[name] = meaning
    return name


KIND: Final = _attribute("ops.kind", "string", "low", "context, operation or suboperation; stamped at start")
OUTCOME: Final = _attribute(
    "ops.outcome",
    "string",
    "low",
    "error, timed_out, cancelled, interrupted, abandoned or recovered; absent means ok",
)
PROCESS_ROOT: Final = _attribute(
    "ops.process_root", "boolean", "low", "true where the enclosing otel_ops span ran in another process"
)
SERIES: Final = _attribute("ops.series", "string", "high", "the series of data that the operation belongs to")
BAGGAGE_DETAIL: Final = "ops.detail"
"""Member of W3C baggage: the level of detail that a context asks for. It is no attribute: the scope carries levels."""
META_PREFIX: Final = "ops.meta."
ARGUMENT_PREFIX: Final = "ops.arg."
RESULT: Final = _attribute("ops.result", "any", "high", "what the operation returned, where it was asked for")
FAILURE_ID: Final = _attribute("ops.failure.id", "string", "high", "the same for all spans that one failure passed")
FAILURE_ORIGIN: Final = _attribute(
    "ops.failure.origin", "string", "low", "name of the operation in which a failure that passed through began"
)
EXPECTED: Final = _attribute(
    "ops.expected", "string", "low", "qualified class of the exception that left the operation as it was told it may"
)
ATTEMPT: Final = _attribute("ops.attempt", "int", "low", "number of an attempt of an operation that recovers, from 1")
ATTEMPT_WAIT: Final = _attribute("ops.attempt_wait", "double", "high", "seconds that were waited before the attempt")
ATTEMPTS: Final = _attribute("ops.attempts", "int", "low", "how many attempts an operation made, where one failed")
RECOVERY_SECONDS: Final = _attribute(
    "ops.recovery_seconds", "double", "high", "time from the first failure of an operation until it had recovered"
)
RECOVERED_BY: Final = _attribute(
    "ops.recovered_by", "string", "low", "class of the strategy that an operation recovered by"
)
DROPPED_LOG_RECORDS: Final = _attribute(
    "ops.dropped_log_records",
    "int",
    "high",
    "in trace files: how many log records of the operation's are not kept, for the setting log_records allows no more",
)
SESSION_ID: Final = _attribute("session.id", "string", "high", "the session of the operation's context")
USER_ID: Final = _attribute("user.id", "string", "high", "the user of the operation's context")
FILE_PATH: Final = _attribute("file.path", "string", "high", "the file of the operation's context")
ERROR_TYPE: Final = _attribute("error.type", "string", "low", "qualified class of the exception, or _OTHER")
THREAD_ID: Final = _attribute("thread.id", "int", "high", "where it differs from the enclosing operation's")
THREAD_NAME: Final = _attribute("thread.name", "string", "low", "where it differs from the enclosing operation's")
PROCESS_PID: Final = _attribute("process.pid", "int", "high", "on process roots")
CODE_FUNCTION_NAME: Final = _attribute(
    "code.function.name", "string", "low", "module and qualified name of the function, where the name does not say it"
)
_attribute(META_PREFIX + "*", "any", "high", "free metadata of the operation's context")
_attribute(ARGUMENT_PREFIX + "*", "any", "high", "a captured argument; dots in its path become _")

EXCEPTION_EVENT: Final = _event(
    "exception", "an exception, recorded once, on the innermost recorded span, or as a log record of it"
)
RETRIES_SPENT: Final = _event(
    "ops.retries_spent", "an attempt was not repeated, for nested operations have made all the retries they share"
)
CIRCUIT_BREAKER_EVENT: Final = _event(
    "ops.circuit_breaker.changed", "the circuit of a circuit breaker changed its state"
)
CIRCUIT_BREAKER_NAME: Final = _attribute(
    "ops.circuit_breaker.name", "string", "low", "of the event and the metric of a circuit breaker: name of the circuit"
)
CIRCUIT_BREAKER_STATE: Final = _attribute(
    "ops.circuit_breaker.state", "string", "low", "of the event and the metric of a circuit breaker: its state"
)
CIRCUIT_BREAKER_STATUS: Final = _metric(
    "ops.circuit_breaker.status",
    "gauge",
    "1",
    (CIRCUIT_BREAKER_NAME, CIRCUIT_BREAKER_STATE),
    "1 for the state that the circuit of a circuit breaker is in, 0 for the others",
)
EXCEPTION_TYPE: Final = _attribute(
    "exception.type", "string", "low", "on the event or log record of an exception: qualified class"
)
EXCEPTION_MESSAGE: Final = _attribute(
    "exception.message", "string", "high", "on the event or log record of an exception: its text"
)
EXCEPTION_STACKTRACE: Final = _attribute(
    "exception.stacktrace", "string", "high", "on the event or log record of an exception"
)

LOG_EVENT: Final = _event("log", "a log record of Python's logging, where log_events asks for it")
LOG_MESSAGE: Final = _attribute("log.message", "string", "high", "on the event of a log record: its message")
LOG_LEVEL: Final = _attribute("log.level", "string", "low", "on the event of a log record: name of its level")
LOG_LOGGER: Final = _attribute("log.logger", "string", "low", "on the event of a log record: name of its logger")
LOG_RECORD_UID: Final = _attribute(
    "log.record.uid", "string", "high", "on log records that are sent: tells one that is sent again from another one"
)

OPERATION_NAME: Final = _attribute("ops.operation.name", "string", "low", "on metrics: name of the operation")
METRIC_OVERFLOW: Final = _attribute(
    "otel.metric.overflow", "boolean", "low", "on metrics: true on the series of what is not counted apart"
)
OPERATION_DETAIL: Final = _attribute(
    "ops.detail", "string", "low", "on metrics: level of detail of the operation; a span has it in its scope"
)
FAULT_REASON: Final = _attribute(
    "ops.fault.reason", "string", "low", "on metrics: what was dropped, cut, refused or failed, as in diagnostics()"
)
QUEUE_NAME: Final = _attribute("ops.queue.name", "string", "low", "on metrics: spans, records, logs or held")
OPERATION_DURATION: Final = _metric(
    "ops.operation.duration",
    "histogram",
    "s",
    (OPERATION_NAME, KIND, OUTCOME, OPERATION_DETAIL),
    "How long operations took",
)
OPERATION_RUNS: Final = _metric(
    "ops.operation.runs",
    "counter",
    "{run}",
    (OPERATION_NAME, KIND, OUTCOME, OPERATION_DETAIL),
    "Operations that ended, by outcome",
)
OPERATION_RETRIES: Final = _metric(
    "ops.operation.retries",
    "counter",
    "{retry}",
    (OPERATION_NAME, KIND, OUTCOME, OPERATION_DETAIL),
    "Attempts after the first one, by the outcome of the operation",
)
OPERATION_FAILURES: Final = _metric(
    "ops.operation.failures",
    "counter",
    "{failure}",
    (OPERATION_NAME, KIND, ERROR_TYPE, OUTCOME),
    "Failed operations, and those that were repaired, by operation, type and outcome",
)
OPERATION_ACTIVE: Final = _metric(
    "ops.operation.active",
    "updowncounter",
    "{operation}",
    (OPERATION_NAME, KIND),
    "Operations that have begun and not ended",
)
FAULTS: Final = _metric(
    "ops.faults",
    "counter",
    "{fault}",
    (FAULT_REASON,),
    "What otel_ops itself has dropped, cut, refused or failed at, by reason",
)
QUEUE_SIZE: Final = _metric(
    "ops.queue.size",
    "updowncounter",
    "{item}",
    (QUEUE_NAME,),
    "What waits in the queues of otel_ops",
)

ERROR_TYPE_OTHER: Final = "_OTHER"

CONTEXT_KEYS: Final = {"session": SESSION_ID, "user": USER_ID, "file": FILE_PATH, "series": SERIES}
"""The named values of an `OperationContext` and the attribute that each becomes."""

_CONTEXT_ATTRIBUTES = frozenset(CONTEXT_KEYS.values())


def is_of_context(attribute: str) -> bool:
    """Tell whether an attribute holds a value of an `OperationContext`."""
    return attribute in _CONTEXT_ATTRIBUTES or attribute.startswith(META_PREFIX)


RESERVED: Final = frozenset(
    {
        ATTEMPT,
        ATTEMPTS,
        ATTEMPT_WAIT,
        DROPPED_LOG_RECORDS,
        EXPECTED,
        FAILURE_ID,
        FAILURE_ORIGIN,
        KIND,
        OUTCOME,
        PROCESS_ROOT,
        RECOVERED_BY,
        RECOVERY_SECONDS,
        RESULT,
    }
)
"""Names that only otel_ops itself may set."""


class Kind:
    """Values of ``ops.kind``: what a span of ours is."""

    CONTEXT: Final = "context"
    """The span of a context that has a name; it groups, and is not an operation."""
    OPERATION: Final = "operation"
    """The nearest enclosing span of ours is that of a context, or there is none."""
    SUBOPERATION: Final = "suboperation"
    """Inside an operation, at any depth."""


class Outcome:
    """Values of ``ops.outcome``: how an operation ended."""

    OK: Final = "ok"
    """All went well; never stamped."""
    ERROR: Final = "error"
    """An exception left it, its `fail` was called, or it ended the program with a code that is not 0."""
    TIMED_OUT: Final = "timed_out"
    """A ``TimeoutError`` left it."""
    CANCELLED: Final = "cancelled"
    """Its task or future was cancelled."""
    INTERRUPTED: Final = "interrupted"
    """Ctrl-C."""
    ABANDONED: Final = "abandoned"
    """A generator that was left unfinished."""
    RECOVERED: Final = "recovered"
    """An attempt failed, and a later one went well or a fallback stood in for it."""


FAILED_OUTCOMES: Final = frozenset({Outcome.ERROR, Outcome.TIMED_OUT})
"""The outcomes that set the span status ERROR and that error handlers are called for."""


class CircuitState:
    """Values of ``ops.circuit_breaker.state``."""

    CLOSED: Final = "closed"
    """Attempts are let through."""
    HALF_OPEN: Final = "half_open"
    """One attempt is let through, to see how it goes."""
    OPEN: Final = "open"
    """Attempts are refused."""
    ALL: Final = (CLOSED, HALF_OPEN, OPEN)
