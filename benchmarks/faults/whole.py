"""What is lost of a folder: against what was there, and what is there where nothing happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.rooms import FOLDER, Ended, Room, Snapshot, snapshot
from benchmarks.faults.works import Work
from course.whole import READY

HIDDEN, PART = ".", ".part"


@dataclass(frozen=True)
class Known:
    """A piece of work as it goes where nothing happens: what was there, what is there then, how long it takes."""

    work: Work
    old: Snapshot
    new: Snapshot
    ended: Ended
    changes: int


class Unsteady(Exception):
    """Work that cannot be disturbed: it fails, or ends with other bytes, where nothing happens."""


def known(room: Room, work: Work) -> Known:
    """Runs it without trouble, twice: the second time its changes are counted. Raises Unsteady."""
    found = []
    for strike in ((), (str(room.disk), "0", "count")):
        room.place(work.before)
        old = snapshot(room.disk)
        ended = room.run(work.arguments, strike)
        if not ended.well:
            raise Unsteady(f"{work.name} does not work where nothing happens: {ended.said}")
        found.append((old, snapshot(room.disk), ended))
    (old, new, ended), (_, again, counted) = found
    if new != again:
        raise Unsteady(f"{work.name} ends with other bytes each time: {differing(again, new)}")
    return Known(work, old, new, ended, int(counted.out.split()[-1]))


def differing(found: Snapshot, wanted: Snapshot) -> str:
    """The first few paths that are not as they should be; nothing where all are."""
    paths = sorted(path for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path))
    words = [
        f"{path} ({'is left' if path not in wanted else 'is missing' if path not in found else 'differs'})"
        for path in paths[:4]
    ]
    return ", ".join(words) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")


def seen(found: Snapshot) -> Snapshot:
    """Of a folder the files that a person sees in it, but for those whose names say that they are not finished."""
    return {
        path: content
        for path, content in found.items()
        if not (content.endswith(FOLDER) or path.endswith(PART) or path.startswith(HIDDEN) or f"/{HIDDEN}" in path)
    }


def not_whole(it: Known, found: Snapshot) -> list[str]:
    """What is in the folder of a run that did not end: cut files, files of two runs."""
    there, old, new = seen(found), seen(it.old), seen(it.new)
    lost = [path for path in old.keys() - there.keys() if path in new]
    cut = [path for path in there if there[path] not in (old.get(path), new.get(path))]
    said = [f"lost: {', '.join(lost[:4])}"] * bool(lost) + [f"cut, or of neither run: {', '.join(cut[:4])}"] * bool(cut)
    if not said and it.work.together:
        there, allowed = (moved(found, new), [new]) if ready(found) else (there, [old, new])
        said += [f"of two runs: {differing(there, new)}"] * (there not in allowed)
    return said


def moved(found: Snapshot, new: Snapshot) -> Snapshot:
    """What the next run makes of it: what is ready is in its place, and what a list says is to go is gone."""
    in_order = sorted(found.items(), key=lambda item: READY in Path(item[0]).parts)
    there = seen({path.replace(f"{READY}/", ""): content for path, content in in_order})
    return {path: content for path, content in there.items() if path in new}


def ready(found: Snapshot) -> bool:
    """Whether all is written, and the next run only moves it."""
    return any(READY in Path(path).parts for path in found)


def untrue(ended: Ended, code: int = 2) -> list[str]:
    """What is wrong with how a run that could not write ended: it says so in one message, and what to do."""
    lines = [line for line in ended.said.splitlines() if line.strip()]
    wrong = [] if ended.code == code else [f"exit code {ended.code}"]
    if len(lines) != 1 or not lines[0].startswith("handprop: "):
        wrong.append(f"no single message: {ended.said.strip()[-400:]!r}")
    return wrong


def completed(room: Room, it: Known, after: str) -> list[str]:
    """The same command again: what is not as if nothing had happened."""
    ended = room.run(it.work.arguments)
    if not ended.well:
        return [f"{after}: the next run ends with {ended.code}: {ended.said.strip()[-400:]}"]
    different = differing(snapshot(room.disk), it.new)
    return [f"{after}: the next run ends otherwise: {different}"] if different else []
