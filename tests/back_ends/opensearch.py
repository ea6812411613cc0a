"""The real OpenSearch: one node."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel_ops.collector.folder import configuration_folder
from tests.back_ends.answers import get, post
from tests.back_ends.cache import folder_of
from tests.back_ends.java import java_home
from tests.back_ends.recipes import MissingToolError
from tests.back_ends.server import Server, free_port_in

Json = dict[str, Any]

_MEMORY = "-Xmx768m"
_NODE = Path(__file__).parent / "Node.java"
_PORTS = range(9201, 9300)
"""Those that its runner takes: it refuses others."""


@dataclass(frozen=True)
class OpenSearch:
    """An OpenSearch that runs.

    Attributes:
        server: Its process.
        address: Address of its API.
    """

    server: Server
    address: str

    def find(self, index: str, terms: Mapping[str, object]) -> list[Json]:
        """Give the documents of an index, 10,000 at most, whose fields have just these values."""
        hits = self._ask(index, "_search?size=10000", terms)["hits"]["hits"]
        return [hit["_source"] for hit in hits]

    def values(self, index: str, field: str, terms: Mapping[str, object]) -> list[Any]:
        """Give one field of each document of an index whose fields have just these values, however many there are."""
        page = self._ask(index, f"_search?size=10000&scroll=1m&_source={field}", terms)
        found: list[Any] = []
        while hits := page["hits"]["hits"]:
            found += [hit["_source"][field] for hit in hits]
            page = post(f"{self.address}/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
        return found

    def count(self, index: str, terms: Mapping[str, object]) -> int:
        """Tell how many documents of an index have just these values."""
        return int(self._ask(index, "_count", terms)["count"])

    def found(self, index: str, query: str) -> list[Json]:
        """Give the documents of an index, 10,000 at most, for a query as people type it."""
        post(f"{self.address}/{index}/_refresh", {})
        hits = get(f"{self.address}/{index}/_search", q=query, size=10_000)["hits"]["hits"]
        return [hit["_source"] for hit in hits]

    def install(self) -> subprocess.CompletedProcess[str]:
        """Run the script that comes with the overlay; it fails, for this build has no lifecycle policies."""
        script = configuration_folder() / "opensearch" / "install.sh"
        environment = {**os.environ, "OPENSEARCH_ENDPOINT": self.address}
        return subprocess.run(["sh", script], env=environment, check=False, capture_output=True, text=True, timeout=60)

    def _ask(self, index: str, what: str, terms: Mapping[str, object]) -> Json:
        """Ask about what was written until now; an index that is not there has nothing."""
        address, forgiving = f"{self.address}/{index}", "ignore_unavailable=true"
        post(f"{address}/_refresh?{forgiving}", {})
        filters = [{"term": {field: value}} for field, value in terms.items()]
        query = {"query": {"bool": {"filter": filters}}}
        answer: Json = post(f"{address}/{what}{'&' if '?' in what else '?'}{forgiving}", query)
        return answer


@contextmanager
def opensearch(folder: Path) -> Iterator[OpenSearch]:
    """Run OpenSearch with an empty store, and the templates that come with the overlay."""
    libraries, home, port = folder_of("opensearch") / "lib", java_home(), free_port_in(_PORTS)
    if home is None:
        raise MissingToolError("no Java of version 21 or newer was found; set JAVA_HOME")
    address = f"http://127.0.0.1:{port}"
    command = [
        *(home / "bin" / "java", _MEMORY, "--enable-native-access=ALL-UNNAMED", "-cp", f"{libraries}/*", _NODE),
        *(folder / "opensearch", str(port - 1)),  # the node's number is added
    ]
    health = f"{address}/_cluster/health?wait_for_status=yellow&timeout=1s"
    with Server(command, health, folder / "opensearch.log") as server:
        store = OpenSearch(server, address)
        store.install()
        yield store
