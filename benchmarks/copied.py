"""Is anyone accused who worked alone, and does it pay to copy a neighbour? Every bundled problem is marked.

    python -m benchmarks.copied [--alone 1520] [--copiers 220] [--large 3000] [--decimals 2 4] [--jobs 1] [NAME …]

**Alone**: students who go wrong in every way of mistaken.py, each marked in classes of 3, 12, 300 and a large one.
None of them may be said to have another sheet's answers.

**Copiers** take numbers from a neighbour in every way of `COPYING`: how many are found, what the sheet would earn,
what it earns once the neighbour is found, and how much of that is for more than numbers that are right on one's own.
"""

from __future__ import annotations

import argparse
import resource
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import NamedTuple

import joblib
import numpy as np

from backprop.model import BACKWARD, UPDATE
from benchmarks.hands import Numbers, exact_hand, work
from benchmarks.mistaken import WAYS, Alone, Room
from benchmarks.tables import table
from course.records import SheetRecord, decoder
from grader.copied import LEAST, OtherSheets
from grader.handed_in import Submission
from grader.marking.marks import Marks
from grader.marking.sheets import HandedIn, grade_all, mark
from worksheets.problem import bundled_problems

SIZES = (3, 12, 300)
"""Classes beside the large one, of which they are parts."""

SELDOM = 10
"""One student in so many is marked in small classes too."""

CHUNK = 100
"""Students who do the same, handed in at once."""

Written = Mapping[str, Numbers]


class Found(NamedTuple):
    """One student: how it was done, in a class of what size, whether found, and the shares of the marks."""

    way: str
    size: int
    found: bool
    earned: float
    paid: float
    follows: float  # of what is paid, that for numbers that are not the key's
    evidence: int  # wrong entries
    seconds: float


def handed_in(room: Room, which: Numbers, written: Written) -> HandedIn:
    """Sheets as they are handed in; what is no number is blank."""
    shapes = {line.name: line.shape for line in room.record.lines}
    plain = {
        name: np.where(np.isfinite(w), np.round(w, 8), None).reshape(-1, *shapes[name]).tolist()
        for name, w in written.items()
    }
    return [
        (room.sheets[str(i)], Submission("", str(i), {f"1.{name}": rows[place] for name, rows in plain.items()}))
        for place, i in enumerate(which.tolist())
    ]


def key(room: Room, which: Numbers) -> Written:
    """The exact answers of some sheets."""
    hand, values = exact_hand(room.record.sizes, len(which)), room.numbers(which)
    for line in room.model.lines:
        values[line.name] = work(hand, line.expression, values)
    return {line.name: values[line.name] for line in room.model.lines}


def rounded(written: Written, decimals: int) -> Written:
    return {name: np.round(w, decimals) for name, w in written.items()}


def in_part(student: Alone, taken: Written, lines: set[str]) -> Written:
    """Some lines as they were taken, and on from there by one's own work."""
    return student.written(lambda line, paper, _: taken[line.name] if line.name in lines else paper)


def altered(student: Alone, taken: Written, units: int) -> Written:
    """One number in ten changed by some units in the last place."""
    unit = 10.0**-student.decimals
    return {n: w + student.some(0.1, w.shape[1:]) * units * unit for n, w in taken.items()}


def of_two(student: Alone, one: Written, other: Written) -> Written:
    return {name: one[name] if place % 2 else other[name] for place, name in enumerate(one)}


def first_lines(room: Room) -> set[str]:
    """Those that are worked from given numbers alone."""
    names = {line.name for line in room.model.lines}
    return {line.name for line in room.model.lines if not names & set(line.uses)}


def behind(room: Room) -> set[str]:
    """The lines of the backward pass, and of the update."""
    return {line.name for line in room.model.lines if line.part in (BACKWARD, UPDATE)}


Copying = Callable[[Alone, Room, Numbers], Written]
COPYING: Mapping[str, Copying] = {
    "all, in full": lambda s, room, of: key(room, of),
    "all, rounded": lambda s, room, of: rounded(key(room, of), s.decimals),
    "all, two decimals fewer": lambda s, room, of: rounded(key(room, of), max(1, s.decimals - 2)),
    "all, as the neighbour rounded": lambda s, room, of: Alone(room, of, s.rng).written(),
    "the backward pass": lambda s, room, of: in_part(s, rounded(key(room, of), s.decimals), behind(room)),
    "the first lines": lambda s, room, of: in_part(s, rounded(key(room, of), s.decimals), first_lines(room)),
    "one in ten altered by a unit": lambda s, room, of: altered(s, rounded(key(room, of), s.decimals), 1),
    "one in ten altered by 5 units": lambda s, room, of: altered(s, rounded(key(room, of), s.decimals), 5),
    "from two neighbours": lambda s, room, of: of_two(
        s, rounded(key(room, of), s.decimals), rounded(key(room, np.roll(of, 1)), s.decimals)
    ),
    "of one with slips": lambda s, room, of: (lambda other: other.written(other.slips(0.1)))(Alone(room, of, s.rng)),
    "of one with mistakes": lambda s, room, of: (lambda other: other.written(other.both()))(Alone(room, of, s.rng)),
}
"""What is taken from a neighbour, `of`."""


def follows(marks: Marks) -> float:
    """The marks for numbers that are not the key's, as a share."""
    score = 0.0
    for line in marks.lines:
        verdicts = [v for row in line.entries for v in row]
        right = verdicts.count("correct") + verdicts.count("follows")
        score += line.score * verdicts.count("follows") / right if right else 0.0
    return score / marks.out_of


def classes(room: Room, size: int) -> Callable[[str], OtherSheets]:
    """For each student the sheets of the class of that size, neighbours together."""
    parts: dict[int, OtherSheets] = {}
    names = [*room.sheets]

    def of(sheet: str) -> OtherSheets:
        part = int(sheet) // size
        if part not in parts:
            within = names[part * size : (part + 1) * size]
            parts[part] = OtherSheets(room.set, {name: room.sheets[name] for name in within})
        return parts[part]

    return of


def _again(room: Room, one: tuple[SheetRecord, Submission], lines: set[str]) -> Marks:
    """The marks once it is found that lines are copied."""
    (marked,) = mark(room.set, [one], lines)
    found: Marks = decoder(Marks).decode(marked.line)
    return found


def judged(room: Room, way: str, sizes: Sequence[int], sheets: HandedIn) -> list[Found]:
    found = []
    groups = {size: classes(room, size) for size in sizes}
    for place, (one, marks) in enumerate(zip(sheets, grade_all(room.set, sheets), strict=True)):
        wrong = sum(v == "wrong" for line in marks.lines for row in line.entries for v in row)
        for size, others in groups.items():
            if size < 100 and place % SELDOM:  # preparing so many small classes takes long
                continue
            start = perf_counter()
            whose = others(marks.sheet).whose(marks) if wrong >= LEAST else None
            seconds, again = perf_counter() - start, marks
            if whose:
                again = _again(room, one, set(whose.lines))
            earned, paid = marks.score / marks.out_of, again.score / marks.out_of
            found.append(Found(way, size, whose is not None, earned, paid, follows(again), wrong, seconds))
    return found


def cell(name: str, decimals: int, large: int, shared: bool, alone: int, copiers: int, seed: int) -> list[Found]:
    """One problem: its classes, and who hands in."""
    room, rng = Room.of(name, decimals, large, seed, shared), np.random.default_rng([seed, decimals, shared])
    found, sizes = [], (*SIZES, large)
    for way, how in WAYS.items():
        for count in _chunks(alone // len(WAYS)):
            which = rng.integers(large, size=count)
            found += judged(room, way, sizes, handed_in(room, which, how(Alone(room, which, rng))))
    for way, copies in COPYING.items():
        for count in _chunks(copiers // len(COPYING)):
            which = 3 * rng.integers(large // 3, size=count)
            sheets = handed_in(room, which, copies(Alone(room, which, rng), room, which + rng.integers(1, 3, count)))
            found += judged(room, f"copied: {way}", sizes, sheets)
    return found


def _chunks(count: int) -> list[int]:
    return [min(CHUNK, count - start) for start in range(0, count, CHUNK)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=[*bundled_problems()])
    parser.add_argument("--alone", type=int, default=1520, help="students who work alone, in each cell")
    parser.add_argument("--copiers", type=int, default=220, help="students who copy, in each cell")
    parser.add_argument("--large", type=int, default=3000)
    parser.add_argument("--decimals", type=int, nargs="*", default=[2, 4])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    cells = [(n, d, asked.large, same) for same in (False, True) for d in asked.decimals for n in asked.names]
    run = partial(cell, alone=asked.alone, copiers=asked.copiers, seed=asked.seed)
    all_found = joblib.Parallel(asked.jobs, return_as="generator")(joblib.delayed(run)(*one) for one in cells)
    by_cell = {}
    for one, found in zip(cells, all_found, strict=True):
        by_cell[one] = found
        alone = [f for f in found if f.size == asked.large and not f.way.startswith("copied")]
        accused = [(f.way, f.size) for f in found if f.found and not f.way.startswith("copied")]
        print(*one, f"{len(alone)} alone, accused {len(accused)} {accused[:4]}", flush=True)
    print(report(by_cell))


def report(by_cell: Mapping[tuple[str, int, int, bool], list[Found]]) -> str:
    """Tables: by what is done and the size of the class, and for those who copy everything by the problem."""
    by_way: dict[tuple[str, int], list[Found]] = defaultdict(list)
    by_problem: dict[tuple[str, int], list[Found]] = defaultdict(list)
    for (name, decimals, *_), found in by_cell.items():
        for one in found:
            by_way[one.way, one.size].append(one)
            if one.way == "copied: all, rounded":
                by_problem[name, decimals].append(one)
    head = ("sheets", "found", "earns unfound", "is paid", "of that, follows", "wrong numbers", "µs")
    ways = [(way, f"{size:,}", *_figures(found)) for (way, size), found in by_way.items()]
    problems = [(name, decimals, *_figures(found)) for (name, decimals), found in by_problem.items()]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    parts = [table(("way", "class", *head), ways), table(("all, rounded, of", "decimals", *head), problems)]
    return "\n\n".join([*parts, f"{memory} MB"])


def _figures(found: Sequence[Found]) -> tuple[object, ...]:
    def mean(what: str) -> str:
        return f"{100 * np.mean([getattr(one, what) for one in found]):.1f} %"

    asked = [one.seconds for one in found if one.evidence >= LEAST]
    count = sum(one.found for one in found)
    shown = f"{count} ({100 * count / len(found):.1f} %)"
    time = round(1e6 * float(np.median(asked))) if asked else 0
    evidence = f"{np.median([one.evidence for one in found]):.0f}"
    return len(found), shown, mean("earned"), mean("paid"), mean("follows"), evidence, time


if __name__ == "__main__":
    main()
