"""Files that are written whole or not at all, alone and together, whoever stops the program and whenever.

A file takes its place by being renamed, which a file system does at once. Files that belong together are first written
into a scratch folder beside their places; that folder is renamed when all are there, and only then are they moved. A
run that is killed before the renaming has changed nothing; what is left by one that is killed after it, the next moves.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from course.errors import CourseError

UNFINISHED, READY, LOCK = ".unfinished", ".ready", ".lock"
"""The names in a folder of what is being written, of what only has to be moved, and of the lock."""

GONE = ".gone"
"""The name in a scratch folder of the list of what goes."""


def write_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Writes a file whole or not at all: what was there stays until all is written. Raises OSError with its path.

    It has its `mode` before it has its name, where one is given and the disk knows modes. What is no file, such as
    /dev/stdout or a pipe, is written to; behind a link, the file that it leads to.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    place = Path(os.path.realpath(path))
    part = place.with_name(f"{place.name}.part")
    try:
        if mode is not None:
            part.touch(mode)
            with suppress(OSError):
                part.chmod(mode)
        part.write_bytes(data)
        os.replace(part, place)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None  # not that of the part, of which nobody knows
        raise


@contextmanager
def alone(folder: Path, what: str, wait: float = 0) -> Iterator[None]:
    """Makes a folder, and keeps it to this run. Raises CourseError where another run has it, or it cannot be written.

    `what` is written there, for the message; `wait` is in seconds.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK)
        lock.acquire(timeout=wait)
    except filelock.Timeout:
        raise CourseError(f"{folder}: another run is writing {what}; wait for it to end") from None
    except (FileExistsError, NotADirectoryError) as error:
        path = Path(error.filename or folder)
        file = next((p for p in (path, *path.parents) if p.is_file()), path)
        raise CourseError(f"{file} is a file; {what} needs a folder there") from None
    except OSError as error:
        raise CourseError(f"{folder}: this cannot be written: {_reason(error)}") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def together(folder: Path, keep: Collection[str] = ()) -> Iterator[Path]:
    """A scratch folder, whose files take their places in `folder` together when the block ends.

    Of what a run that was killed left in the scratch folder, `keep` names what is still of use; the rest is removed.
    The folder has to be kept to this run (`alone`). Raises CourseError where it cannot be written: then nothing in it
    has changed. Whatever else ends the block leaves the scratch folder for the next run.
    """
    scratch = folder / UNFINISHED
    try:
        complete(folder)
        scratch.mkdir(exist_ok=True)
        for left in scratch.iterdir():
            if left.name not in keep:
                _remove(left)
        yield scratch
        for file in scratch.iterdir():
            if file.is_file():
                _to_disk(file)
        os.replace(scratch, folder / READY)
    except OSError as error:
        with suppress(OSError):
            shutil.rmtree(scratch)  # a full disk is not kept full
        where = error.filename or folder
        raise CourseError(
            f"{where}: {_reason(error)}; nothing that was there has changed. {_advice(error)} the same command again"
        ) from error
    complete(folder)


def take_away(scratch: Path, names: Collection[str]) -> None:
    """Has files go from a folder when those of the scratch folder take their places in it."""
    if names:
        (scratch / GONE).write_bytes(json.dumps(sorted(names)).encode())


def complete(folder: Path) -> None:
    """Moves what a run that was killed had ready. Raises CourseError where it cannot be moved: then it is kept."""
    ready = folder / READY
    try:
        if ready.is_dir():
            _remove_gone(ready, folder)
            _move(ready, folder)
    except OSError as error:
        says = f"{error.filename or folder}: {_reason(error)}"
        raise CourseError(f"{says}; everything is in {ready}, and the next run puts it in its place") from error


def _remove_gone(ready: Path, folder: Path) -> None:
    gone = ready / GONE
    if gone.exists():
        for name in json.loads(gone.read_bytes()):
            (folder / name).unlink(missing_ok=True)
        gone.unlink()


def _move(scratch: Path, folder: Path) -> None:
    """Moves the files of a folder into another, and removes it; where some are moved already, the rest."""
    for entry in sorted(scratch.iterdir()):
        place = folder / entry.name
        if entry.is_dir():
            place.mkdir(exist_ok=True)
            _move(entry, place)
        else:
            os.replace(entry, place)
    scratch.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _to_disk(path: Path) -> None:
    """Waits until a file is on the disk: its name must not get there before it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _advice(error: OSError) -> str:
    """What to do before the same command."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room there, and run"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "See to it that this is allowed, and run"
    return "Run"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
