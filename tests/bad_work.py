"""What a file may do to the process that reads it, as functions that the process is asked to call."""

from __future__ import annotations

import os
import signal
import time


def well(number: int) -> int:
    return number + 1


def whose(number: int) -> int:
    return os.getpid()


def forever(number: int) -> None:
    while True:
        number += 1


def asleep(number: int) -> None:
    time.sleep(60)


def stopped(number: int) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def crash(number: int) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def deep(number: int) -> int:
    return deep(number + 1)


def large(number: int) -> bytes:
    return b"x" * 400_000_000


def raises(number: int) -> None:
    raise KeyError(number)
