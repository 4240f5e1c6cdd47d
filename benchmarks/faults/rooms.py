"""A room for things to go wrong in: programs that can be killed with all that they started, disks of any size."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from benchmarks.faults.forked import Forked
from course.whole import LOCK

Program = subprocess.Popen[str] | Forked

Snapshot = dict[str, str]
"""What is in a folder: of each file its mode and a hash of its bytes, of each folder its mode, by path."""

INSIDE = "HANDPROP_FAULTS_INSIDE"
"""Set in the environment of a process that may mount disks for itself alone."""

HANGS = 3600
"""A program that has not ended after so many seconds never will."""

FOLDER = "folder"
"""In place of a folder's hash."""


@dataclass(frozen=True)
class Ended:
    """How a program ended; `code` is None where it was killed."""

    code: int | None
    out: str
    said: str
    seconds: float

    @property
    def well(self) -> bool:
        """Whether all was done, but for submissions that nobody could read."""
        return self.code in (0, 1) and "Traceback" not in self.said


@dataclass(frozen=True)
class Room:
    """A folder in which programs run; what they write is on `disk`."""

    folder: Path
    forks: bool = False
    running: list[Program] = field(default_factory=list)

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    def start(self, arguments: Sequence[str], strike: Sequence[str] = ()) -> Program:
        """Starts handprop in a process group of its own, so that it can be killed with its workers."""
        scratch = self.folder / "tmp"
        scratch.mkdir(exist_ok=True)
        names = {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TMPDIR": str(scratch),
            "JOBLIB_TEMP_FOLDER": str(scratch),
            "HANDPROP_CACHE": str(self.folder / "cache"),
            "READ_ONLY": f"mount --bind {self.folder / 'shut'} {self.disk}",
        }
        begin = self._forked if self.forks else self._separate
        program = begin(arguments, strike, names)
        self.running.append(program)
        return program

    def _forked(self, arguments: Sequence[str], strike: Sequence[str], names: Mapping[str, str]) -> Program:
        return Forked(arguments, strike, self.folder, names)

    def _separate(self, arguments: Sequence[str], strike: Sequence[str], names: Mapping[str, str]) -> Program:
        module = ["benchmarks.faults.struck", *strike] if strike else ["handprop"]
        return subprocess.Popen(
            [sys.executable, "-m", *module, *arguments],
            cwd=self.folder,
            env={**os.environ, **names},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, arguments: Sequence[str], strike: Sequence[str] = (), killed_after: float = HANGS) -> Ended:
        """Runs handprop to its end, or kills it."""
        return self.end(self.start(arguments, strike), killed_after)

    def end(self, program: Program, killed_after: float = HANGS) -> Ended:
        """Waits for a program, or kills it and all that it started; both streams end when the last of them is gone."""
        start = monotonic()
        try:
            out, said = program.communicate(timeout=killed_after)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            out, said = program.communicate()
        self.running.remove(program)
        code = program.returncode
        return Ended(None if code == -signal.SIGKILL else code, out, said, monotonic() - start)

    def clear(self) -> None:
        """Kills what runs still, where the trying is stopped."""
        for program in self.running:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.communicate()

    def workers(self, program: Program) -> list[int]:
        """The processes among which a program shares out its work."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.getpgid(int(path.name)) == program.pid and b"popen_loky" in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
        return sorted(found)

    def place(self, before: Path | None) -> None:
        """Puts onto the disk what is there to begin with."""
        self.disk.mkdir(exist_ok=True)
        for entry in self.disk.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if before is not None:
            shutil.copytree(before, self.disk, dirs_exist_ok=True)

    @contextmanager
    def small(self, before: Path | None, room: int, inodes: int = 0) -> Iterator[None]:
        """A disk of its own that holds what is there, and so many bytes (and files) more."""
        with self._mounted():
            self.place(before)
            free = os.statvfs(self.disk)
            files = f",nr_inodes={free.f_files - free.f_ffree + inodes}" if inodes else ""
            page = os.sysconf("SC_PAGE_SIZE")
            mount("-o", f"remount,size={max(self.used() + room, page)}{files}", str(self.disk))
            yield

    def used(self) -> int:
        """Bytes on the disk."""
        found = os.statvfs(self.disk)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def room_again(self) -> None:
        mount("-o", "remount,size=4g,nr_inodes=1000000", str(self.disk))

    @contextmanager
    def _mounted(self) -> Iterator[None]:
        self.place(None)
        mount("-t", "tmpfs", "-o", "size=4g,nr_inodes=1000000", "tmpfs", str(self.disk))
        try:
            yield
        finally:
            unmount(self.disk)

    @contextmanager
    def can_be_shut(self, before: Path | None) -> Iterator[None]:
        """A disk that `READ_ONLY` makes read-only, whatever is open on it; `open_again` undoes it."""
        shut = self.folder / "shut"
        shut.mkdir(exist_ok=True)
        with self._mounted():
            self.place(before)
            mount("--bind", str(self.disk), str(shut))
            mount("-o", "remount,bind,ro", str(shut))
            try:
                yield
            finally:
                self.open_again()
                unmount(shut)

    @contextmanager
    def sealed(self, name: str) -> Iterator[None]:
        """A folder of the room that can only be read."""
        folder = str(self.folder / name)
        mount("--bind", folder, folder)
        mount("-o", "remount,bind,ro", folder)
        try:
            yield
        finally:
            unmount(Path(folder))

    def shut(self) -> None:
        mount("--bind", str(self.folder / "shut"), str(self.disk))

    def open_again(self) -> None:
        """The disk can be written again."""
        while os.statvfs(self.disk).f_flag & os.ST_RDONLY:
            unmount(self.disk)


WHEN = re.compile(rb"^20\d\d-\d\d-\d\d \d\d:\d\d(?=,)", re.MULTILINE)
"""The time of a change in changes.csv, which is another in each run."""


def snapshot(folder: Path) -> Snapshot:
    """What is in a folder, hidden files and all, but for the lock."""
    found = {}
    for where, folders, files in os.walk(folder):
        for name in (*folders, *(file for file in files if file != LOCK)):
            path = Path(where, name)
            mode = f"{path.stat().st_mode & 0o777:o}"
            content = FOLDER if path.is_dir() else hashlib.sha256(WHEN.sub(b"", path.read_bytes())).hexdigest()
            found[str(path.relative_to(folder))] = f"{mode} {content}"
    return found


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def enter() -> bool:
    """Starts this program anew where it may mount disks that no one else sees; False where that cannot be had."""
    if INSIDE in os.environ:
        mount("-t", "tmpfs", "tmpfs", "/dev/shm")  # where killed workers leave what they shared
        return True
    for way in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        if shutil.which("unshare") and not subprocess.run([*way, "true"], capture_output=True).returncode:
            os.environ[INSIDE] = "1"
            sys.stdout.flush()
            os.execvp(way[0], [*way, sys.executable, *sys.orig_argv[1:]])
    return False
