"""The real OpenSearch: one node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.back_ends.answers import get, post
from tests.back_ends.cache import folder_of
from tests.back_ends.java import java_home
from tests.back_ends.recipes import MissingToolError
from tests.back_ends.server import Server, free_port_in

Json = dict[str, Any]

_MEMORY = "-Xmx768m"
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
        """Give the documents of an index whose fields have just these values."""
        post(f"{self.address}/{index}/_refresh", {})
        filters = [{"term": {field: value}} for field, value in terms.items()]
        answer = post(f"{self.address}/{index}/_search", {"query": {"bool": {"filter": filters}}, "size": 10_000})
        return [hit["_source"] for hit in answer["hits"]["hits"]]

    def indices(self) -> dict[str, int]:
        """Give how many documents each index has."""
        found = get(f"{self.address}/_cat/indices", format="json")
        return {index["index"]: int(index["docs.count"]) for index in found}


@contextmanager
def opensearch(folder: Path) -> Iterator[OpenSearch]:
    """Run OpenSearch with an empty store."""
    libraries, home, port = folder_of("opensearch") / "lib", java_home(), free_port_in(_PORTS)
    if home is None:
        raise MissingToolError("no Java of version 21 or newer was found; set JAVA_HOME")
    address = f"http://127.0.0.1:{port}"
    command = [
        *(home / "bin" / "java", _MEMORY, "--enable-native-access=ALL-UNNAMED", "-cp", f"{libraries}/*"),
        *("org.codelibs.opensearch.runner.OpenSearchRunner", "-basePath", folder / "opensearch"),
        *("-numOfNode", "1", "-baseHttpPort", str(port - 1)),  # the node's number is added
    ]
    health = f"{address}/_cluster/health?wait_for_status=yellow&timeout=1s"
    with Server(command, health, folder / "opensearch.log") as server:
        yield OpenSearch(server, address)
