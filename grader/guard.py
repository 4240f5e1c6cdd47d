"""One file read in a process of its own, with bounded time and memory: whatever it does there ends with it.

The process is kept for the next file, so that a good file costs a tenth of a millisecond more; one that was stopped is
replaced. Where a system has no such processes, files are read in this one, within each reader's own bounds.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import Any

SECONDS = 1.5
"""So much of a processor's time may be spent on one file."""

WAITING = 60.0
"""So many seconds of the clock are waited for a process that no longer works at all; a busy machine may take some."""

MEMORY = 300_000_000
"""So many bytes may be taken for one file, beside what the process has when it starts."""

Work = Callable[[Any], Any]


class Stopped(Exception):
    """The work on a file was ended; says why, with the place in the program where it is known."""

    def __init__(self, why: str, place: str = "") -> None:
        super().__init__(why)
        self.place = place


TOO_LONG, TOO_MUCH, BROKEN = "time", "memory", "error"


class _Process:
    """A process that does one piece of work after the other."""

    def __init__(self) -> None:
        self._wire, theirs = Pipe()
        with theirs:
            there = theirs.fileno()
            # the same places to import from; nothing of it may go on this process's terminal
            program = f"import sys; sys.path[:] = {sys.path!r}; from grader.guard import serve; serve({there})"
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                pass_fds=[there],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._owner = os.getpid()
        if not self._wire.poll(WAITING) or not self._wire.recv():
            raise OSError("the process did not start")

    def do(self, work: Work, of: object, seconds: float) -> object:
        """What comes of the work. Raises Stopped where that took too much, and EOFError where the process is gone."""
        self._wire.send((work, of, seconds, WAITING))
        if not self._wire.poll(WAITING):
            raise Stopped(TOO_LONG)
        try:
            done, why, place = self._wire.recv()
        except (EOFError, OSError):
            if self._process.wait(WAITING) == -signal.SIGPROF:
                raise Stopped(TOO_LONG) from None
            raise EOFError(f"the process ended with {self._process.returncode}") from None
        if why:
            raise Stopped(why, place)
        return done

    def stop(self) -> None:
        if self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._wire.close()

    @property
    def is_own(self) -> bool:
        """Whether it was started by this process, and not by the one that this is a copy of."""
        return self._owner == os.getpid()


_ours = threading.local()


def guarded(work: Work, of: object, share: float = 1.0) -> Any:
    """What comes of a function of a file, called in another process. Raises Stopped where it took too much, or failed.

    `share` is the part of the time that it may take. The function stands at the top of its module, and what it takes
    and gives can be pickled.
    """
    for again in (True, False):
        process = _process()
        if process is None:
            return here(work, of)
        try:
            return process.do(work, of, SECONDS * share)
        except (EOFError, OSError) as gone:  # perhaps it was ended by the system, and not by this file
            _end()
            if not again:
                raise Stopped(BROKEN, str(gone)) from None
        except BaseException:  # also Ctrl-C: what comes over this wire later belongs to no file
            _end()
            raise
    raise AssertionError


def _process() -> _Process | None:
    """This thread's process; None where none can be started."""
    found: _Process | None = getattr(_ours, "process", None)
    if found is None or not found.is_own:
        if os.name != "posix" or not sys.executable or getattr(_ours, "without", False):
            return None
        try:
            found = _ours.process = _Process()
            atexit.register(found.stop)
        except (OSError, EOFError):
            _ours.without = True
            return None
    return found


def _end() -> None:
    process: _Process | None = getattr(_ours, "process", None)
    _ours.process = None
    if process:
        atexit.unregister(process.stop)
        with suppress(OSError):
            process.stop()


def here(work: Work, of: object) -> Any:
    """The same in this process, without bounds."""
    done, why, place = _done(work, of)
    if why:
        raise Stopped(why, place)
    return done


def _done(work: Work, of: object) -> tuple[object, str, str]:
    """What came of the work; else whether memory ran out or it failed, and where."""
    try:
        return work(of), "", ""
    except MemoryError:
        return None, TOO_MUCH, ""
    except Exception:
        return None, BROKEN, traceback.format_exc(limit=-8)


# --- in the other process ---------------------------------------------------------------------------------------------


def serve(place: int) -> None:
    """Works until nobody is there to ask for more; the system ends it in the midst of what takes too long."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who waits
    for ends in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(ends, signal.SIG_DFL)
    _limit_memory()
    with Connection(place) as wire:
        wire.send(True)
        while True:
            try:
                work, of, seconds, waiting = wire.recv()
            except EOFError:
                return
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, waiting + 1)  # who waits may be gone
            done = _done(work, of)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            del of
            wire.send(done)
            if done[1]:  # memory that was not given back is not counted to the next file
                return


def _limit_memory() -> None:
    """Of a system that has no such limits, time is bounded all the same."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            taken = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass
