"""Names of what packages may add: formatters, error handlers, exporters of metrics, ours and theirs.

None of them is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple


class Extensions(NamedTuple):
    """What may be named in settings in one place.

    Attributes:
        what: How one of them is called in messages.
        group: Entry-point group: a name, and a class or function that gives one.
        built_in: Our own ones, which nobody else's take the place of.
    """

    what: str
    group: str
    built_in: Mapping[str, str]

    def find(self, name: str) -> tuple[EntryPoint, ...]:
        """Give what is installed under a name: one, none, or several that quarrel."""
        if name in self.built_in:
            return (EntryPoint(name, self.built_in[name], self.group),)
        return tuple(entry_points(group=self.group, name=name))

    def unknown(self, name: str) -> str:
        """Say that there is no such one, which may be meant, and which there are."""
        import difflib  # noqa: PLC0415 - wrong names are rare, and a program must start fast

        added = {point.name for point in entry_points(group=self.group)} - set(self.built_in)
        known = [*self.built_in, *sorted(added)]
        near = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"no such {self.what}; {hint}installed are {', '.join(known)}"


FORMATS = Extensions(
    "format",
    "otel_ops_formatter",
    {
        "tree": "otel_ops.formatters.tree:TreeFormatter",
        "table": "otel_ops.formatters.table:TableFormatter",
        "json": "otel_ops.formatters.json:JSONFormatter",
        "jsonl": "otel_ops.formatters.names:json_lines",
        "xml": "otel_ops.formatters.xml:XMLFormatter",
    },
)
"""What gives an ``OutputFormatter``."""

ERROR_HANDLERS = Extensions(
    "error handler",
    "otel_ops_error_handler",
    {
        "log": "otel_ops.errors.log:LogErrorHandler",
        "mail": "otel_ops.errors.mail:MailErrorHandler",
        "desktop": "otel_ops.errors.desktop:DesktopErrorHandler",
        "qt": "otel_ops.errors.dialogs.qt:QtErrorHandler",
        "tk": "otel_ops.errors.dialogs.tk:TkErrorHandler",
        "apprise": "otel_ops.errors.apprise:AppriseErrorHandler",
        "metrics": "otel_ops.errors.metrics:MetricsErrorHandler",
    },
)
"""What gives an ``ErrorHandler``."""

METRIC_READERS = Extensions(
    "place for metrics",
    "opentelemetry_metrics_exporter",
    {
        "otlp": "otel_ops.exporters.metrics:otlp",
        "prometheus": "otel_ops.exporters.prometheus.pull:PrometheusPull",
        "textfile": "otel_ops.exporters.prometheus.textfile:PrometheusTextfile",
        "pushgateway": "otel_ops.exporters.prometheus.pushgateway:PrometheusPushgateway",
    },
)
"""What gives a ``MetricReader`` or ``MetricExporter``; OpenTelemetry's own entry points are used for others' ones."""
