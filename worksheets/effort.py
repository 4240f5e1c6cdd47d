"""How long the program works on what an author wrote: what would take for ever is stopped, and says what would do.

The time is the processor's, so that a busy computer refuses nothing that an idle one takes. A timer interrupts what is
going on, and the one that began it raises the error; so it works in a program's main thread, on systems that have such
timers. Elsewhere what is being done is only bounded by what may stand in a file.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from course.errors import AuthoringError

SECONDS = 20.0
MEGABYTES = 1000.0
INTERVAL = 0.1  # seconds between looks at the clock and at the memory
SMALLER = "smaller sizes, fewer lines or steps, or lower powers would do"


class _TooMuch(BaseException):
    """Raised by the timer; no handler of ordinary errors takes it for its own."""


@contextmanager
def bounded(where: str, what: str, seconds: float = SECONDS, megabytes: float = MEGABYTES) -> Iterator[None]:
    """Work on an author's file. Raises AuthoringError where it takes too long, too much memory, or goes too deep.

    Within another such block, the outer one's bounds hold.
    """
    timed = _free()
    if timed:
        _start(seconds, megabytes)
    try:
        try:
            yield
        finally:
            _stop(timed)
    except _TooMuch:
        if not timed:
            raise
        raise AuthoringError(f"{where}: {what} takes more than {seconds:g} seconds: {SMALLER}") from None
    except MemoryError:
        raise AuthoringError(f"{where}: {what} takes too much memory: {SMALLER}") from None
    except RecursionError:
        raise AuthoringError(f"{where}: {what} goes too deep: give inner parts lines of their own") from None
    finally:
        _stop(timed)  # once more: the timer may have raised where it was about to be stopped


def _free() -> bool:
    """Whether there is such a timer, and nobody uses it."""
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGVTALRM) is signal.SIG_DFL
    )


def _start(seconds: float, megabytes: float) -> None:
    end, most = time.process_time() + seconds, _memory() + megabytes

    def look(number: int, frame: FrameType | None) -> None:
        if time.process_time() > end:
            raise _TooMuch
        if _memory() > most:
            raise MemoryError

    signal.signal(signal.SIGVTALRM, look)
    signal.setitimer(signal.ITIMER_VIRTUAL, INTERVAL, INTERVAL)


def _stop(timed: bool) -> None:
    if timed:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)


def _memory() -> float:
    """The most memory that this process has had, in megabytes."""
    import resource  # which there is wherever there are such timers

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
