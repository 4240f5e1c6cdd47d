"""The command line, struck at one of its changes to a folder: killed, refused, or shut out by a disk that is read-only.

    python -m benchmarks.faults.struck FOLDER PLACE BLOW ARGUMENT…

`PLACE` counts the changes that handprop makes in the folder: files opened to be written, renamed, removed, folders
made. `BLOW` is `kill`, `stop` (as Ctrl-C does), the name of an error such as `EIO`, `read-only` with the program that
makes it so in the environment's `READ_ONLY`, or `count`: how many changes there are, as the last line.
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handprop.cli import main

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "os.link", "os.symlink"}
BY_HANDLE = {"os.remove", "os.rmdir"}  # may be told the handle of the folder, and a name in it

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGINT}

Blow = Callable[[str], None]


class Changes:
    """Counts the changes to a folder, and strikes at one of them, just before it is made."""

    def __init__(self, folder: Path, place: int, blow: Blow) -> None:
        self.folder, self.place, self.blow, self.count, self.striking = str(folder.resolve()), place, blow, 0, False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.striking or not (event in CHANGES or (event == "open" and arguments[2] & WRITES)):
            return
        path = arguments[0]
        if isinstance(path, int) or not self._inside(event, os.fsdecode(path), arguments):
            return
        self.count += 1
        if self.count == self.place:
            self.striking = True
            try:
                self.blow(os.fsdecode(path))
            finally:
                self.striking = False

    def _inside(self, event: str, path: str, arguments: tuple[Any, ...]) -> bool:
        by_handle = event in BY_HANDLE and arguments[1] != -1  # as shutil.rmtree does
        return by_handle or os.path.abspath(path).startswith(self.folder)


def blow_of(name: str) -> Blow:
    """What befalls the program."""
    if name in SIGNALS:
        return lambda path: os.killpg(0, SIGNALS[name])

    def shut(path: str) -> None:
        subprocess.run(shlex.split(os.environ["READ_ONLY"]), check=True)

    def refuse(path: str) -> None:
        number = getattr(errno, name)
        raise OSError(number, os.strerror(number), path)

    return shut if name == "read-only" else refuse


def run() -> None:
    folder, place, blow, *arguments = sys.argv[1:]
    changes = Changes(Path(folder), int(place), blow_of(blow) if blow != "count" else lambda path: None)
    sys.argv = ["handprop", *arguments]
    sys.addaudithook(changes)
    try:
        main()
    finally:
        if blow == "count":
            print(changes.count)


if __name__ == "__main__":
    run()
