"""What is lost when a run is killed, the disk is full or read-only, or two runs meet: nothing may be.

    python -m benchmarks.faults [--kills 100] [--students 6] [--many 40] [--submissions 100000] [--chain 10]
        [--work WORDS] [--kind WORDS] [--quick]

The command line itself runs, in processes that are killed with their workers; disks of any size are mounted where no
other program sees them. Whatever happens, what is in the folder stays whole and of one run, and the same command again
ends with the bytes of a run that nothing happened to. Exits with 1 where anything was lost or could not be tried.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from benchmarks.faults import rooms
from benchmarks.faults.rooms import Room
from benchmarks.faults.troubles import DISKS, TROUBLES, Try, at_once, kills
from benchmarks.faults.whole import Unsteady, known
from benchmarks.faults.works import AT_ONCE, KILLED, works
from benchmarks.tables import table

SHOWN = 3  # faults of a kind that are printed in full


@dataclass
class Tally:
    """Of one kind: how often it was tried, how often it struck before the end, and what was lost."""

    kind: str
    tried: int = 0
    struck: int = 0
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0


def tallied(kind: str, tries: Iterable[Try]) -> Tally:
    """Counts, and says how far it is."""
    tally, start = Tally(kind), monotonic()
    for struck, lost in tries:
        tally.tried, tally.struck = tally.tried + 1, tally.struck + struck
        tally.lost += lost[:1]
        tally.seconds = monotonic() - start
        if lost and len(tally.lost) <= SHOWN:
            print(f"\r  LOST  {kind}: {lost[0]}", file=sys.stderr)
        print(f"\r{kind}: {tally.tried} tried, {len(tally.lost)} lost, {tally.seconds:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr, flush=True)
    return tally


def report(room: Room, options: argparse.Namespace, mounts: bool) -> list[Tally]:
    """Every piece of work in every kind of trouble."""
    rng, tallies = random.Random(options.seed), []
    made = works(room, options.students, options.many, options.submissions)
    for work in made:
        kinds = [kind for kind in work.kinds if options.kind in kind]
        if not kinds or options.work not in work.name:
            continue
        try:
            it = known(room, work)
        except Unsteady as unsteady:
            tallies.append(tallied(work.name, [(False, [str(unsteady)])]))
            continue
        chain = options.chain if work.long else options.small_chain
        for kind in kinds:
            count = options.kills if kind == KILLED else max(options.kills // (25 if work.long else 5), 1)
            if kind == AT_ONCE:
                tries = at_once(room, it, next(other for other in made if other.name == work.beside), count, rng)
            elif kind == KILLED:
                tries = kills(room, it, count, chain, rng)
            else:
                tries = TROUBLES[kind](room, it, count, rng) if mounts or kind not in DISKS else iter(())
            tallies.append(tallied(f"{work.name}: {kind}{f' with {work.beside}' * (kind == AT_ONCE)}", tries))
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
    parser.add_argument("--quick", action="store_true", help="runs are forked, not started from nothing each time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that nothing is left behind
    mounts = rooms.enter()
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        room = Room(Path(scratch).resolve(), options.quick)
        try:
            tallies = report(room, options, mounts)
        finally:
            room.clear()
    rows = [(t.kind, t.tried, t.struck, len(t.lost), f"{t.seconds:.0f}") for t in tallies]
    print(table(["what was done, and what befell it", "tried", "struck in time", "lost", "seconds"], rows))
    if not mounts:
        print("No disks can be mounted here (unshare --mount, as root or as a user): full ones were not tried.")
    sys.exit(not mounts or any(tally.lost or not tally.tried for tally in tallies))


if __name__ == "__main__":
    main()
