"""The program of `program.py`, which stays until its input ends: Prometheus can ask it for its metrics."""

import sys

from program import analyse_all

from otel_ops import shutdown

if __name__ == "__main__":
    analyse_all(int(sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.read()
    shutdown()
