"""What our pipeline for Logstash makes of requests: its filter run by JRuby, as Logstash runs it, and no Logstash."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from otel_ops.collector.folder import configuration_folder
from tests.back_ends.cache import folder_of
from tests.back_ends.java import java_home
from tests.back_ends.recipes import MissingToolError

_PROGRAM = Path(__file__).with_suffix(".rb")


def documents_of(requests: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Give the documents that are written for requests of OTLP JSON, by the ids that they are written under.

    Raises:
        NotMadeError: there is no JRuby.
    """
    home = java_home()
    if home is None:
        raise MissingToolError("no Java of version 21 or newer was found; set JAVA_HOME")
    library = next((folder_of("jruby") / "lib").glob("*.jar"))
    pipeline = configuration_folder() / "logstash" / "otel_ops.conf"
    done = subprocess.run(
        [home / "bin" / "java", "-jar", library, _PROGRAM, pipeline],
        input="\n".join(map(json.dumps, requests)),
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {each["id"]: each["document"] for each in lines}
