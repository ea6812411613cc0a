"""Where a running collector can be asked, and sent to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_ops.collector.merging import as_map
from otel_ops.collector.variables import expanded
from otel_ops.exceptions import CollectorError

_ANYWHERE = ("0.0.0.0", "[::]", "::")


class Addresses:
    """The addresses in a configuration.

    Args:
        content: The configuration.
        environ: The environment that the collector has.
    """

    def __init__(self, content: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._content = content
        self._environ = environ

    @property
    def health(self) -> str:
        """URL that answers as soon as everything runs.

        Raises:
            CollectorError: No extension tells of health.
        """
        endpoint = self._at("extensions", "health_check").get("endpoint")
        if not endpoint:
            msg = "extensions.health_check.endpoint: missing, so nothing tells when the collector is ready; add it"
            raise CollectorError(msg)
        return f"http://{self._reachable(endpoint)}/"

    @property
    def metrics(self) -> str:
        """URL of what the collector counts.

        Raises:
            CollectorError: It offers no such page.
        """
        readers = self._at("service", "telemetry", "metrics").get("readers")
        for reader in readers if isinstance(readers, list) else ():
            page = as_map(as_map(as_map(as_map(reader).get("pull")).get("exporter")).get("prometheus"))
            if page:
                return f"http://{self._reachable(page.get('host', ''))}:{self._value(page.get('port', ''))}/metrics"
        msg = (
            "service.telemetry.metrics.readers: none that is pulled by Prometheus, so there is nothing to show; add it"
        )
        raise CollectorError(msg)

    @property
    def receiving(self) -> dict[str, str]:
        """Addresses that take OTLP, by protocol."""
        protocols = as_map(self._at("receivers", "otlp").get("protocols"))
        return {name: self._value(as_map(protocol).get("endpoint", "")) for name, protocol in protocols.items()}

    def _at(self, *path: str) -> dict[str, Any]:
        content: Any = self._content
        for key in path:
            content = as_map(content).get(key)
        return as_map(content)

    def _value(self, value: object) -> str:
        return expanded(value, self._environ)

    def _reachable(self, endpoint: object) -> str:
        """Give where an endpoint is asked from here, which may listen on all addresses."""
        text = self._value(endpoint)
        for anywhere in _ANYWHERE:
            if text == anywhere or text.startswith(f"{anywhere}:"):
                return f"127.0.0.1{text.removeprefix(anywhere)}"
        return text
