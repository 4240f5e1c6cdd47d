"""What befalls a run: each kind of trouble is tried again and again, and says what was lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain

from benchmarks.faults.rooms import Ended, Room, snapshot
from benchmarks.faults.whole import Known, completed, differing, not_whole, ready, seen, untrue
from benchmarks.faults.works import COURSE, FULL, LOST_WORKER, NO_SECRET, READ_ONLY, REFUSED, SEALED, STOPPED, Work

STOPPED_CODE = 130

Try = tuple[bool, list[str]]
"""Whether it struck before the run had ended, and what was lost."""


def places(it: Known, rng: random.Random) -> Iterator[int]:
    """Every change that the work makes, in any order, over and over."""
    while True:
        yield from rng.sample(range(1, it.changes + 1), it.changes)


def kills(room: Room, it: Known, count: int, row: int, rng: random.Random) -> Iterator[Try]:
    """Killed at random moments and at random changes in turn, so many times before a run may end."""
    changes = places(it, rng)
    while count > 0:
        room.place(it.work.before)
        history: list[str] = []
        for turn in range(min(row, count)):
            if turn % 2 and it.changes:
                place = next(changes)
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
            if not struck and (ended.code != it.ended.code or not ended.well):
                lost.append(f"{after}: ends with {ended.code}: {ended.said.strip()[-400:]}")
            if turn + 1 == row or not count:
                lost += completed(room, it, after)
            yield struck, lost


def refused(room: Room, it: Known, after: str, ended: Ended) -> Try:
    """A run to which the disk was refused: it says so once, what was there has not changed, or is only moved yet."""
    found = snapshot(room.disk)
    if ended.code == it.ended.code and ended.well:
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
    for turn, place in zip(range(count), chain([0], places(it, rng)), strict=False):
        after = f"read-only at change {place} of {it.changes}"
        with room.can_be_shut(it.work.before):
            if not turn:
                room.shut()
            ended = room.run(it.work.arguments, (str(room.disk), str(place), "read-only"))
            struck, lost = refused(room, it, after, ended)
            room.open_again()
            yield struck, lost + completed(room, it, after)


def errors(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """One change that the system refuses, and none after it."""
    for _, place in zip(range(count), places(it, rng), strict=False):
        error = rng.choice(["EIO", "EACCES", "EDQUOT", "ENOSPC", "EROFS", "ESTALE"])
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
        ended = {one: room.end(started), second: other}
        after = f"{second.name} begun {delay:.2f} s after {one.name}"
        done = frozenset(work for work, how in ended.items() if how.well)
        lost = [f"{after}: {work.name}: {said}" for work in ended if work not in done for said in untrue(ended[work])]
        if not done:
            lost.append(f"{after}: neither run ended well")
        elif all(differences := [differing(snapshot(room.disk), wanted) for wanted in allowed[done]]):
            lost.append(f"{after}: mixed: {differences[-1]}")
        yield len(done) == 1, lost


def stopped(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """Stopped with Ctrl-C, which a terminal sends to all of its processes: one message, and the next run goes on."""
    for turn, place in zip(range(count), places(it, rng), strict=False):
        room.place(it.work.before)
        if turn % 2:
            after = f"Ctrl-C at change {place} of {it.changes}"
            ended = room.run(it.work.arguments, (str(room.disk), str(place), "stop"))
        else:
            moment = rng.uniform(0.5, 1) * it.ended.seconds  # sooner, Python itself may not have started
            after = f"Ctrl-C after {moment:.2f} of {it.ended.seconds:.2f} s"
            program = room.start(it.work.arguments)
            with suppress(subprocess.TimeoutExpired):
                program.wait(moment)
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGINT)
            ended = room.end(program)
        struck = ended.code != it.ended.code
        lost = [f"{after}: {said}" for said in not_whole(it, snapshot(room.disk))]
        if struck:
            lost += [f"{after}: {said}" for said in untrue(ended, STOPPED_CODE)]
        yield struck, lost + completed(room, it, after)


def lost_worker(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """One of the processes among which the work is shared out is killed, as a system does that has no memory left."""
    for _ in range(count):
        room.place(it.work.before)
        program = room.start(it.work.arguments)
        moment = rng.uniform(0.2, 0.9) * it.ended.seconds
        with suppress(subprocess.TimeoutExpired):
            program.wait(moment)
        workers = room.workers(program)
        if workers:
            os.kill(rng.choice(workers), signal.SIGKILL)
        after = f"one of {len(workers)} workers killed after {moment:.2f} s"
        struck, lost = refused(room, it, after, room.end(program))
        yield struck, lost + completed(room, it, after)


def without_secret(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """The first run of all is killed, at its first changes: a secret that was made by then stays."""
    secret = room.folder / COURSE / "instructor" / "secret"
    aside = room.folder / "aside"
    for turn in range(count):
        room.place(None)
        place = turn + 1 if turn < 12 else rng.randint(1, it.changes)
        ended = room.run(it.work.arguments, (str(room.disk), str(place), "kill"))
        after = f"killed at change {place}, with no secret there"
        kept = secret.read_bytes() if secret.exists() else b""
        again = room.run(it.work.arguments)
        found = snapshot(room.disk)
        lost = [] if again.code == it.ended.code else [f"{after}: the next run ends with {again.code}: {again.said}"]
        if kept and secret.read_bytes() != kept:
            lost.append(f"{after}: another secret was made")
        if not lost:
            shutil.copy2(secret, aside)
            room.place(None)
            secret.parent.mkdir(parents=True)
            shutil.copy2(aside, secret)
            room.run(it.work.arguments)
            lost += [f"{after}: {said}" for said in [differing(found, snapshot(room.disk))] if said]
        yield ended.code is None, lost


def sealed_course(room: Room, it: Known, count: int, rng: random.Random) -> Iterator[Try]:
    """The course and what was handed in can only be read, as on an archive's disk; the results lie elsewhere."""
    with room.sealed("course"), room.sealed("handed-in"):
        for _ in range(count):
            room.place(it.work.before)
            ended = room.run(it.work.arguments)
            said = "" if ended.well else ended.said
            yield True, [one for one in [said, differing(snapshot(room.disk), it.new)] if one]


DISKS = {FULL, READ_ONLY, SEALED}
"""The kinds of trouble for which disks have to be mounted."""

TROUBLES: dict[str, Callable[[Room, Known, int, random.Random], Iterator[Try]]] = {
    FULL: full,
    READ_ONLY: read_only,
    REFUSED: errors,
    STOPPED: stopped,
    LOST_WORKER: lost_worker,
    NO_SECRET: without_secret,
    SEALED: sealed_course,
}
