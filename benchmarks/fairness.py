"""Is the marking fair? Simulated students hand in sheets of attention-backprop, and every verdict is checked.

    python -m benchmarks.fairness [--sheets 100000] [--named 8000] [--honest 10000] [--continued 100] [--ways 1000]

Half of the sheets are honest; each of the others has one mistake, and is worked on rightly from the wrong number. The
students (students.py) and their mistakes (mistakes.py) are written apart from the grader. A mistake is *visible*
where its answer differs, by more than an honest student may, from what is right for the student's own numbers and
from the key. Then every bundled problem is worked by honest students: tightness.py says what is measured.
"""

from __future__ import annotations

import argparse
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from time import perf_counter

import joblib
import numpy as np

from benchmarks import tightness
from benchmarks.mistakes import MISTAKES
from benchmarks.simulation import ORDER, POOL, Cell, Class, prepare, simulate
from benchmarks.students import HABITS
from benchmarks.tables import table
from course.records import SheetRecord
from grader.handed_in import Submission
from grader.marking.columns import mark_problem
from grader.marking.sheets import grade_all

SIZES = (
    {"n": 2, "d": 2, "d_k": 2, "d_v": 2},
    {"n": 3, "d": 3, "d_k": 3, "d_v": 3},
    {"n": 4, "d": 4, "d_k": 4, "d_v": 4},
    {"n": 3, "d": 2, "d_k": 3, "d_v": 2},
)
DECIMALS = (3, 4)
CHUNK = 4000
"""Sheets simulated and marked at once."""
MOST_EXAMPLES = 20


@dataclass
class Tally:
    """Counts by what is counted and of which habit or mistake, and the seconds spent."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def count(self, what: str, of: np.ndarray, weights: np.ndarray | None = None) -> None:
        found = np.bincount(of, weights).astype(int)
        self.counts.update({(what, i): int(number) for i, number in enumerate(found) if number})

    def of(self, what: str, i: int | None = None) -> int:
        return self.counts[what, i] if i is not None else sum(n for (w, _), n in self.counts.items() if w == what)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.counts + other.counts, self.seconds + other.seconds, (self.examples + other.examples)[:MOST_EXAMPLES]
        )


def judge(cell: Cell, sheets: Class, named: int, tally: Tally) -> None:
    """The marker's verdicts on simulated sheets, counted; of the first `named` mistakes, the kinds too."""
    answers = {name: np.moveaxis(w, 0, -1) for name, w in sheets.written.items()}
    start = perf_counter()
    verdicts = mark_problem(cell.problem, [cell.pool[i] for i in sheets.which], answers)
    tally.seconds["mark"] += perf_counter() - start
    honest, made = sheets.mistake < 0, np.flatnonzero(sheets.mistake >= 0)
    kinds = sheets.mistake[made]
    tally.count("sheets", sheets.habit[honest])
    tally.count("injected", kinds)
    tally.count("visible", kinds[sheets.visible[made]])
    found = np.zeros(len(sheets.which), dtype=bool)
    for number, name in enumerate(ORDER):
        wrote = sheets.written[name]
        wrong = ~np.moveaxis(verdicts[name].right, -1, 0) & np.isfinite(wrote)
        unfair = (wrong & ~sheets.touched[name]).sum(axis=(1, 2))
        tally.count("entries", sheets.habit[honest], np.isfinite(wrote[honest]).sum(axis=(1, 2)))
        tally.count("honest wrong", sheets.habit[honest], unfair[honest])
        tally.count("charged", kinds, unfair[made])
        tally.count("blank", kinds, (~np.isfinite(wrote[made])).sum(axis=(1, 2)))
        found |= (sheets.line == number) & (wrong & sheets.touched[name]).any(axis=(1, 2))
        tally.examples += [_example(cell, sheets, name, int(row)) for row in np.flatnonzero(unfair)[:MOST_EXAMPLES]]
        missed = np.flatnonzero((sheets.line == number) & sheets.visible & ~found)
        tally.examples += [_example(cell, sheets, name, int(row)) for row in missed[:MOST_EXAMPLES]]
    del tally.examples[MOST_EXAMPLES:]
    tally.count("found", kinds[(found & sheets.visible)[made]])
    name_mistakes(cell, sheets, made[(found & sheets.visible)[made]][:named], tally)


def _example(cell: Cell, sheets: Class, name: str, row: int) -> str:
    m = sheets.mistake[row]
    what = f"“{MISTAKES[m].what}” on {ORDER[sheets.line[row]]}" if m >= 0 else "honest"
    wrote = sheets.written[name][row].tolist()
    return (
        f"{name} {wrote}: {what}, {HABITS[sheets.habit[row]]}, {cell.decimals} decimals, {cell.problem.sizes}, "
        f"variant {sheets.which[row]}"
    )


def name_mistakes(cell: Cell, sheets: Class, rows: np.ndarray, tally: Tally) -> None:
    """The kinds that are named to students who made a mistake, against those that are right."""
    handed_in = []
    for row in rows:
        answers = {f"1.{name}": _typed(written[row]) for name, written in sheets.written.items()}
        record = SheetRecord(str(row), "", (dict(cell.pool[sheets.which[row]]),))
        handed_in.append((record, Submission("", str(row), answers)))
    start = perf_counter()
    marks = grade_all(cell.record, handed_in)
    tally.seconds["name"] += perf_counter() - start
    for row, mark in zip(rows, marks, strict=True):
        m = int(sheets.mistake[row])
        line = mark.line(f"1.{ORDER[sheets.line[row]]}")
        named = line.mistake and line.mistake.kind
        what = "not named" if named is None else "right kind" if named in MISTAKES[m].kinds else "other kind"
        tally.counts["graded", m] += 1
        tally.counts[what, m] += 1


def _typed(written: np.ndarray) -> list[list[str]]:
    return [["" if np.isnan(x) else f"{x:.12g}" for x in row] for row in written.tolist()]


def run_cell(sizes: Mapping[str, int], decimals: int, sheets: int, named: int, seed: int) -> Tally:
    """One cell: half of its sheets honest, half with a mistake."""
    tally, start = Tally(), perf_counter()
    cell = prepare(sizes, decimals, seed, min(POOL, sheets))
    tally.seconds["draw"] += perf_counter() - start
    for first in range(0, sheets, CHUNK):
        count = min(CHUNK, sheets - first)
        start = perf_counter()
        simulated = simulate(cell, count // 2, count - count // 2, (seed, decimals, *sizes.values(), first))
        tally.seconds["simulate"] += perf_counter() - start
        judge(cell, simulated, max(0, named - tally.of("graded")), tally)
    return tally


def run(sheets: int, named: int, seed: int, jobs: int = 1) -> Tally:
    """The whole benchmark, its sheets shared out evenly over all cells."""
    cells = [(sizes, decimals) for sizes in SIZES for decimals in DECIMALS]
    each, named_each = -(-sheets // len(cells)), -(-named // len(cells))
    tallies = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(run_cell)(sizes, decimals, each, named_each, seed) for sizes, decimals in cells
    )
    return sum(tallies, Tally())


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f} %" if whole else "–"


COLUMNS = ("injected", "visible", "found", "charged", "graded", "right kind", "other kind", "not named")


def report(tally: Tally) -> str:
    habits = [(h, *(tally.of(c, i) for c in ("sheets", "entries", "honest wrong"))) for i, h in enumerate(HABITS)]
    habits.append(("all", *(tally.of(c) for c in ("sheets", "entries", "honest wrong"))))
    mistakes = [
        (mistake.line or "any line", mistake.what, mistake.kinds[0], *(tally.of(c, i) for c in COLUMNS))
        for i, mistake in enumerate(MISTAKES)
    ]
    mistakes.append(("all", "", "", *(tally.of(c) for c in COLUMNS)))
    seconds = tally.seconds
    sheets = tally.of("sheets") + tally.of("injected")
    totals = [
        ("sheets", sheets),
        ("honest entries marked wrong", tally.of("honest wrong")),
        ("entries charged for an earlier mistake", tally.of("charged")),
        ("visible mistakes found at their own line", share(tally.of("found"), tally.of("visible"))),
        ("mistakes that are visible", share(tally.of("visible"), tally.of("injected"))),
        ("of those found and graded: right kind", share(tally.of("right kind"), tally.of("graded"))),
        ("other kind", share(tally.of("other kind"), tally.of("graded"))),
        ("not named", share(tally.of("not named"), tally.of("graded"))),
        ("sheets simulated a second, one core", round(sheets / seconds["simulate"])),
        ("sheets marked a second, one core", round(sheets / seconds["mark"])),
        ("time to mark over time to simulate", f"{seconds['mark'] / seconds['simulate']:.2f}"),
        ("sheets read, marked and named a second, one core", round(tally.of("graded") / (seconds["name"] or 1))),
    ]
    parts = [
        table(("total", ""), totals),
        table(("honest students", "sheets", "entries", "marked wrong"), habits),
        table(("line", "mistake", "kind", *COLUMNS), mistakes),
    ]
    if tally.examples:
        parts.append("First examples of what is not as it should be:\n\n- " + "\n- ".join(tally.examples))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=100_000, help="over all cells; half of them honest")
    parser.add_argument("--named", type=int, default=8_000, help="mistaken sheets of which the kinds are read")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=-1, help="processes; -1: one a core")
    parser.add_argument("--honest", type=int, default=10_000, help="honest sheets of each problem and decimals")
    parser.add_argument("--continued", type=int, default=100, help="sheets of these that are continued")
    parser.add_argument("--ways", type=int, default=1000, help="ways in which each of them is continued")
    arguments = parser.parse_args()
    options = " ".join(f"--{name} {value}" for name, value in vars(arguments).items())
    print(f"`python -m benchmarks.fairness {options}`", end=": ")
    print(f"handprop {version('handprop')}, Python {platform.python_version()}, NumPy {np.__version__}")
    shapes = "; ".join(", ".join(f"{name} = {size}" for name, size in sizes.items()) for sizes in SIZES)
    print(f"\nSizes {shapes}; decimals {' and '.join(map(str, DECIMALS))}; {POOL} variants a cell.\n")
    seed, jobs = arguments.seed, arguments.jobs
    if arguments.sheets:
        print(report(run(arguments.sheets, arguments.named, seed, jobs)), end="\n\n")
    print(tightness.report(tightness.run(arguments.honest, arguments.continued, arguments.ways, seed, jobs)))


if __name__ == "__main__":
    main()
