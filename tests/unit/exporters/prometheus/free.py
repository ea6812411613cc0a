"""Ports that nobody listens at."""

from __future__ import annotations

import socket
from contextlib import closing


def free_port() -> int:
    """Give one."""
    with closing(socket.create_server(("localhost", 0))) as server:
        port: int = server.getsockname()[1]
        return port
