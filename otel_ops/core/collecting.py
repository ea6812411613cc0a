"""Whether the garbage collector is at work: until Python 3.12 no Context may be made current then.

It may run in the midst of making one current, and what it finalizes would do so once more; CPython crashes on that.

The collector calls back when it starts and when it stops. A signal handler that ran in such a call could not end the
program: what it raises is lost there. So all that is called back are methods of built-in types, in which none runs.
"""

from __future__ import annotations

import gc
import sys
import threading


class _AtWork(set[str]):
    """Holds something while the garbage collector is at work in any thread."""

    start = property(fset=set.update)
    stop = property(fset=set.difference_update)


class _OfThread(threading.local):
    """What the collector told when it last started in this thread."""

    start: object = None


AT_WORK = _AtWork()
"""Whether `is_collecting` needs to be asked; at rest that is cheaper."""

_of_thread = _OfThread()
_latest: dict[str, object] = {}

if sys.version_info < (3, 12):
    gc.callbacks += [_latest.__setitem__, _of_thread.__setattr__, AT_WORK.__setattr__]


def is_collecting() -> bool:
    """Tell whether this code is called by the garbage collector, given that that is at work."""
    return _of_thread.start is _latest["start"]
