"""What is lost when a run is killed, the disk is full or read-only, or two runs meet: nothing may be.

    python -m benchmarks.faults [--kills 100] [--students 6] [--many 40] [--submissions 100000] [--chain 10]
        [--work WORDS] [--kind WORDS]

The command line itself runs, in processes that are killed with their workers; disks of any size are mounted where no
other program sees them. Whatever happens, what is in the folder stays whole and of one run, and the same command again
ends with the bytes of a run that nothing happened to. Exits with 1 where anything was lost or could not be tried.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from benchmarks import rooms
from benchmarks.rooms import FOLDER, Ended, Room, Snapshot, snapshot
from benchmarks.tables import table
from benchmarks.works import Work, works
from course.whole import READY

SHOWN = 3  # faults of a kind that are printed in full
HIDDEN, PART = ".", ".part"


@dataclass(frozen=True)
class Known:
    """A piece of work as it goes where nothing happens: what was there, what is there then, how long it takes."""

    work: Work
    old: Snapshot
    new: Snapshot
    ended: Ended
    changes: int


@dataclass
class Tally:
    """Of one kind: how often it was tried, how often it struck before the end, and what was lost."""

    kind: str
    tried: int = 0
    struck: int = 0
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0


Try = tuple[bool, list[str]]
"""Whether it struck before the run had ended, and what was lost."""


def known(room: Room, work: Work) -> Known:
    """Runs it without trouble, twice: the second time its changes are counted."""
    found = []
    for strike in ((), (str(room.disk), "0", "count")):
        room.place(work.before)
        old = snapshot(room.disk)
        ended = room.run(work.arguments, strike)
        if ended.code not in (0, 1):
            raise SystemExit(f"{work.name} does not work where nothing happens: {ended.said}")
        found.append((old, snapshot(room.disk), ended))
    (old, new, ended), (_, again, counted) = found
    if new != again:
        raise SystemExit(f"{work.name} ends with other bytes each time: {differing(again, new)}")
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
    if not said and it.work.together and not ready(found) and there not in (old, new):
        said.append(f"of two runs: {differing(there, new)}")
    return said


def ready(found: Snapshot) -> bool:
    """Whether all is written, and the next run only moves it."""
    return any(READY in Path(path).parts for path in found)


def untrue(ended: Ended) -> list[str]:
    """What is wrong with how a run that could not write ended: it says so in one message, and what to do."""
    lines = [line for line in ended.said.splitlines() if line.strip()]
    wrong = [] if ended.code == 2 else [f"exit code {ended.code}"]
    if len(lines) != 1 or not lines[0].startswith("handprop: "):
        wrong.append(f"no single message: {ended.said.strip()[-400:]!r}")
    return wrong


def completed(room: Room, it: Known, after: str) -> list[str]:
    """The same command again: what is not as if nothing had happened."""
    ended = room.run(it.work.arguments)
    if ended.code not in (0, 1):
        return [f"{after}: the next run ends with {ended.code}: {ended.said.strip()[-400:]}"]
    different = differing(snapshot(room.disk), it.new)
    return [f"{after}: the next run ends otherwise: {different}"] if different else []


def kills(room: Room, it: Known, count: int, chain: int, rng: random.Random) -> Iterator[Try]:
    """Killed at random moments and at random changes in turn, so many times before a run may end."""
    while count > 0:
        room.place(it.work.before)
        history: list[str] = []
        for turn in range(min(chain, count)):
            if turn % 2 and it.changes:
                place = rng.randint(1, it.changes)
                ended = room.run(it.work.arguments, (str(room.disk), str(place), "kill"))
                history.append(f"change {place} of {it.changes}")
            else:
                moment = rng.uniform(0, it.ended.seconds)
                ended = room.run(it.work.arguments, killed_after=moment)
                history.append(f"{moment:.2f} of {it.ended.seconds:.2f} s")
            count -= 1
            after = f"killed at {', then '.join(history)}"
            struck = ended.code is None
            lost = [f"{after}: {said}" for said in not_whole(it, snapshot(room.disk))]
            if not struck and ended.code != it.ended.code:
                lost.append(f"{after}: ends with {ended.code}: {ended.said.strip()[-400:]}")
            if turn + 1 == chain or not count:
                lost += completed(room, it, after)
            yield struck, lost


def refused(room: Room, it: Known, after: str, ended: Ended) -> Try:
    """A run to which the disk was refused: it says so once, what was there has not changed, or is only moved yet."""
    found = snapshot(room.disk)
    if ended.code == it.ended.code:
        return False, [f"{after}: {said}" for said in [differing(found, it.new)] if said]
    said = [*untrue(ended), *not_whole(it, found)]
    if it.work.together and not ready(found):
        said += [f"changed: {change}" for change in [differing(seen(found), seen(it.old))] if change]
    return True, [f"{after}: {one} ({ended.said.strip()[:200]})" for one in said]


def full(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """Disks with room for nothing, for all, and for anything between; every fourth has too few files instead."""
    with room.small(it.work.before, 1 << 32):
        start = room.used()
        room.run(it.work.arguments)
        needed = room.used() - start
    for turn in range(count):
        bytes_left = int(needed * 1.2 * (turn / max(count - 1, 1)) ** 2) // 4096 * 4096
        inodes = rng.randint(1, max(len(it.new) - len(it.old), 2)) if turn % 4 == 3 else 0
        after = f"a disk with room for {inodes} files" if inodes else f"a disk with {bytes_left} bytes left of {needed}"
        with room.small(it.work.before, needed * 2 if inodes else bytes_left, inodes):
            struck, lost = refused(room, it, after, room.run(it.work.arguments))
            room.room_again()
            yield struck, lost + completed(room, it, after)


def read_only(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """Disks that turn read-only at some change, or are so from the start."""
    for turn in range(count):
        place = rng.randint(1, it.changes) if turn else 0
        after = f"read-only at change {place} of {it.changes}"
        with room.can_be_shut(it.work.before):
            if not place:
                room.shut()
            ended = room.run(it.work.arguments, (str(room.disk), str(place), "read-only"))
            struck, lost = refused(room, it, after, ended)
            room.open_again()
            yield struck, lost + completed(room, it, after)


def errors(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """One change that the system refuses, and none after it."""
    for _ in range(count):
        place, error = rng.randint(1, it.changes), rng.choice(["EIO", "EACCES", "EDQUOT", "ENOSPC", "EROFS", "ESTALE"])
        after = f"{error} at change {place} of {it.changes}"
        room.place(it.work.before)
        struck, lost = refused(room, it, after, room.run(it.work.arguments, (str(room.disk), str(place), error)))
        yield struck, lost + completed(room, it, after)


def at_once(room: Room, first: Known, second: Work, count: int, rng: random.Random) -> Iterator[Try]:
    """Two runs on one folder: the second waits or says so, and what is there is as if one had come after the other."""
    one = first.work
    allowed = {frozenset({one}): [first.new]}
    for order in ((second,), (one, second), (second, one)):
        room.place(one.before)
        for work in order:
            room.run(work.arguments)
        allowed.setdefault(frozenset(order), []).append(snapshot(room.disk))
    for _ in range(count):
        room.place(one.before)
        started = room.start(one.arguments)
        delay = rng.uniform(0, first.ended.seconds * 0.9)
        with suppress(subprocess.TimeoutExpired):
            started.wait(delay)
        other = room.run(second.arguments)
        ended = {one: rooms.end(started), second: other}
        after = f"{second.name} begun {delay:.2f} s after {one.name}"
        done = frozenset(work for work, how in ended.items() if how.code in (0, 1))
        lost = [f"{after}: {work.name}: {said}" for work in ended if work not in done for said in untrue(ended[work])]
        if not done:
            lost.append(f"{after}: neither run ended well")
        elif all(differences := [differing(snapshot(room.disk), wanted) for wanted in allowed[done]]):
            lost.append(f"{after}: mixed: {differences[-1]}")
        yield len(done) == 1, lost


def tallied(kind: str, tries: Iterable[Try]) -> Tally:
    """Counts, and says how far it is."""
    tally, start = Tally(kind), monotonic()
    for struck, lost in tries:
        tally.tried, tally.struck = tally.tried + 1, tally.struck + struck
        tally.lost += lost[:1]
        tally.seconds = monotonic() - start
        print(f"\r{kind}: {tally.tried} tried, {len(tally.lost)} lost, {tally.seconds:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    for said in tally.lost[:SHOWN]:
        print(f"  LOST  {said}", file=sys.stderr)
    return tally


def report(room: Room, options: argparse.Namespace, mounts: bool) -> list[Tally]:
    """Every piece of work in every kind of trouble."""
    rng, tallies = random.Random(options.seed), []
    made = works(room, options.students, options.many, options.submissions)
    for work in made:
        if options.work not in work.name:
            continue
        it = known(room, work)
        chain = options.chain if work.long else options.small_chain
        few = max(options.kills // 5, 1) if not work.long else max(options.kills // 25, 1)
        kinds: list[tuple[str, Iterator[Try]]] = [
            ("killed", kills(room, it, options.kills, chain, rng)),
            ("a full disk", full(room, it, few, rng) if mounts else iter(())),
            ("read-only", read_only(room, it, few, rng) if mounts else iter(())),
            ("refused once", errors(room, it, few, rng)),
            *((f"with {other.name} at once", at_once(room, it, other, few, rng)) for other in work.others(made)),
        ]
        tallies += [tallied(f"{work.name}: {kind}", tries) for kind, tries in kinds if options.kind in kind]
    return tallies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100, help="of each piece of work")
    parser.add_argument("--students", type=int, default=6, help="of a small course, in all formats")
    parser.add_argument("--many", type=int, default=40, help="students whose pages are printed by several processes")
    parser.add_argument("--submissions", type=int, default=100_000, help="of a large course")
    parser.add_argument("--chain", type=int, default=10, help="kills before the run of a large course may end")
    parser.add_argument("--small-chain", type=int, default=2, help="the same for a small course")
    parser.add_argument("--work", default="", help="only work whose name has these words")
    parser.add_argument("--kind", default="", help="only trouble whose name has these words")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that nothing is left behind
    mounts = rooms.enter()
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        tallies = report(Room(Path(scratch).resolve()), options, mounts)
    rows = [(t.kind, t.tried, t.struck, len(t.lost), f"{t.seconds:.0f}") for t in tallies]
    print(table(["what was done, and what befell it", "tried", "struck in time", "lost", "seconds"], rows))
    if not mounts:
        print("No disks can be mounted here (unshare --mount, as root or as a user): full ones were not tried.")
    sys.exit(not mounts or any(tally.lost or not tally.tried for tally in tallies))


if __name__ == "__main__":
    main()
