"""The row of a vendor: what it takes, where, and with which headers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import msgspec

Signal: TypeAlias = Literal["traces", "metrics", "logs"]
Protocol: TypeAlias = Literal["http/protobuf", "grpc"]
Temporality: TypeAlias = Literal["cumulative", "delta"]
SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")

VARIABLE = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
"""A variable in a template."""

_UNSAFE = re.compile(r'["`${}\\\n]')
"""What a shell would read within quotes, or end a variable."""


def without_variables(template: str) -> str:
    """Give what stands around the variables."""
    return VARIABLE.sub("", template)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a row; a key that it does not know is an error."""


class Variable(_Table, frozen=True):
    """An environment variable that stands in templates as ``{NAME}``.

    Attributes:
        meaning: What it holds.
        default: What counts where it is not set; None where it must be set.
        secret: Whether its value must not be shown.
        regions: What it holds in each region of the vendor, by the region's name.
        any_region: Whether other regions exist, whose name is what it holds.
    """

    meaning: str
    default: str | None = None
    secret: bool = False
    regions: dict[str, str] = {}
    any_region: bool = False


class Route(_Table, frozen=True):
    """Where a protocol ends; all are templates.

    Attributes:
        endpoint: The base for all signals, to which exporters add ``/v1/traces`` and the like over HTTP.
        traces: The whole URL for traces, where it is another.
        metrics: The same for metrics.
        logs: The same for log records.
        environment: Further environment variables for exporting without a collector.
    """

    endpoint: str = ""
    traces: str = ""
    metrics: str = ""
    logs: str = ""
    environment: dict[str, str] = {}

    def own_url(self, signal: Signal) -> str:
        """Give the template of the signal's whole URL; empty where it is made from the base."""
        url: str = getattr(self, signal)
        return url


class Authenticator(_Table, frozen=True):
    """An extension of the collector that authenticates requests.

    Attributes:
        extension: Its type.
        signals: For which signals it does so.
        settings: Its settings; texts are templates.
    """

    extension: str
    signals: tuple[Signal, ...] = SIGNALS
    settings: dict[str, Any] = {}


class Vendor(_Table, frozen=True, kw_only=True):
    """What is known of a vendor.

    Attributes:
        name: How commands and files call it.
        title: Its own name.
        signals: What it takes.
        routes: Where, by protocol; the first is preferred.
        headers: Templates of the headers of each request.
        signal_headers: Further headers for one signal.
        temporality: What metrics may be, the first is preferred; nothing where it does not tell, or takes none.
        compression: How requests are compressed.
        max_request_bytes: The most that a request may hold, in bytes before compression.
        max_request_points: The most points of metrics that a request may hold; None where it tells of no bound.
        limits: Further limits, in words.
        resource_attributes: Templates of resource attributes that it needs.
        authenticators: What authenticates requests in the collector where no header does.
        packages: What must be installed for exporting without a collector.
        without_collector: Why that is impossible; empty where it is possible.
        notes: What else one should know.
        variables: The variables of all templates.
        source: The vendor's page that this was taken from.
        as_of: When.
    """

    name: str
    title: str
    signals: tuple[Signal, ...]
    routes: dict[Protocol, Route]
    headers: dict[str, str] = {}
    signal_headers: dict[Signal, dict[str, str]] = {}
    temporality: tuple[Temporality, ...] = ()
    compression: Literal["gzip", "none"] = "gzip"
    max_request_bytes: int = 2_000_000
    max_request_points: int | None = None
    limits: str = ""
    resource_attributes: dict[str, str] = {}
    authenticators: tuple[Authenticator, ...] = ()
    packages: tuple[str, ...] = ()
    without_collector: str = ""
    notes: str = ""
    variables: dict[str, Variable]
    source: str
    as_of: datetime.date

    def __post_init__(self) -> None:
        """Refuse what nothing could be made of.

        Raises:
            ValueError: a template has a variable that is not explained, a text does not fit into quotes, or no protocol
                is there.
        """
        if problem := next(self._problems(), None):
            raise ValueError(problem)

    def _problems(self) -> Iterator[str]:
        if not self.routes:
            yield "routes: there is none"
        for name in sorted({name for text in self.templates for name in VARIABLE.findall(text)} - set(self.variables)):
            yield f"variables.{name}: missing, as a template names it"
        words = [text for one in self.variables.values() for text in (one.meaning, one.default or "")]
        for text in filter(_UNSAFE.search, [*map(without_variables, self.templates), *words]):
            yield f'{text!r}: has a character that does not fit into quotes: ", `, $, {{, }}, \\ or a new line'

    @property
    def templates(self) -> list[str]:
        """All templates."""
        tables = [self.headers, *self.signal_headers.values(), self.resource_attributes]
        settings = [text for one in self.authenticators for text in one.settings.values() if isinstance(text, str)]
        urls = [text for one in self.routes.values() for text in (one.endpoint, one.traces, one.metrics, one.logs)]
        return [*(text for table in tables for text in table.values()), *settings, *urls]

    @property
    def region_variable(self) -> str | None:
        """The variable that depends on the region; None where nothing does."""
        return next((name for name, one in self.variables.items() if one.regions), None)

    @property
    def regions(self) -> tuple[str, ...]:
        """The names of the regions that are known."""
        name = self.region_variable
        return tuple(self.variables[name].regions) if name else ()

    def signals_over(self, protocol: Protocol) -> tuple[Signal, ...]:
        """Give the signals that it takes over a protocol."""
        route = self.routes[protocol]
        return tuple(signal for signal in self.signals if route.endpoint or route.own_url(signal))

    def headers_of(self, signal: Signal) -> dict[str, str]:
        """Give the templates of all headers of one signal's requests."""
        return {**self.headers, **self.signal_headers.get(signal, {})}
