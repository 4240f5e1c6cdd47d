"""How long marking takes, beside the least that reading could: `json.loads` of the same file, line by line.

    python -m benchmarks.marking [--submissions 20000]

Sheets of attention-backprop at n = d = 2 with everything asked, one in five with a mistake; no feedback, one core, CPU
time. What json.loads takes for the file of numbers is the floor.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import process_time
from typing import Any

import msgspec
import numpy as np

from benchmarks.simulation import POOL, Cell, Class, prepare, simulate
from course.records import SheetRecord
from course.stored import SET, SHEETS, SUMS, sums

SIZES = {"n": 2, "d": 2, "d_k": 2, "d_v": 2}
DECIMALS, SEED, CHUNK = 4, 1, 4000
FLOOR, NUMBERS, STRINGS = "json.loads of the numbers", "grade, numbers", "grade, strings"
STAGES = {
    "decode": ("grader.readers.answers_json", "_from_json"),
    "gather": ("grader.marking.sheets", "read_column"),
    "mark, with names": ("grader.marking.sheets", "mark_problem"),
    "of that, names": ("grader.marking.columns", "name_mistakes"),
    "write": ("grader.marking.sheets", "_line_of_all"),
}


def write_course(folder: Path, submissions: int) -> None:
    """A course, with a file of numbers and one of the same as text."""
    cell = prepare(SIZES, DECIMALS, SEED, min(POOL, submissions))
    (folder / "instructor").mkdir(parents=True)
    (folder / "instructor" / "set.json").write_bytes(msgspec.json.encode(cell.record))
    with (
        (folder / "instructor" / "records.jsonl").open("wb") as records,
        (folder / "numbers.jsonl").open("w") as numbers,
        (folder / "strings.jsonl").open("w") as strings,
    ):
        for first in range(0, submissions, CHUNK):
            count = min(CHUNK, submissions - first)
            simulated = simulate(cell, count - count // 5, count // 5, (SEED, first))
            for row, answers in enumerate(_answers(cell, simulated)):
                name = "{:04}-{:04}".format(*divmod(first + row, 10_000))
                record = SheetRecord(name, name, (dict(cell.pool[simulated.which[row]]),), {"id": name}, name)
                records.write(msgspec.json.encode(record) + b"\n")
                text = {line: json.dumps(value) for line, value in answers.items()}
                for file, typed in ((numbers, answers), (strings, text)):
                    file.write(json.dumps({"sheet": name, "answers": typed}) + "\n")

    instructor = folder / "instructor"
    (instructor / SUMS).write_bytes(sums({name: (instructor / name).read_bytes() for name in (SET, SHEETS)}))


def _answers(cell: Cell, simulated: Class) -> Iterator[dict[str, Any]]:
    shapes = {line.name: line.shape for line in cell.problem.lines}
    written = {
        name: np.round(np.nan_to_num(value) if shapes[name] else np.nan_to_num(value[:, 0, 0]), 10).tolist()
        for name, value in simulated.written.items()
    }
    for row in range(len(simulated.which)):
        yield {f"1.{name}": value[row] for name, value in written.items()}


def floor(file: Path) -> float:
    """CPU seconds of json.loads over the lines of a file."""
    start = process_time()
    with file.open() as lines:
        for line in lines:
            json.loads(line)
    return process_time() - start


@contextmanager
def clocked(spent: dict[str, float]) -> Iterator[None]:
    """CPU seconds by stage, while this lasts."""
    originals: list[tuple[Any, str, Callable[..., Any]]] = []

    def clock(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            start = process_time()
            try:
                return function(*arguments, **named)
            finally:
                spent[stage] = spent.get(stage, 0.0) + process_time() - start

        return timed

    for stage, (module, name) in STAGES.items():
        home = sys.modules[module]
        originals.append((home, name, getattr(home, name)))
        setattr(home, name, clock(stage, getattr(home, name)))
    try:
        yield
    finally:
        for home, name, function in originals:
            setattr(home, name, function)


def measure(folder: str, what: str) -> dict[str, float]:
    """CPU seconds of one piece of work, by stage, and the most memory that it took, in megabytes."""
    from grader import grade_course

    course, spent = Path(folder), dict[str, float]()
    if what == FLOOR:
        return {"total": floor(course / "numbers.jsonl")}
    file = course / ("numbers.jsonl" if what == NUMBERS else "strings.jsonl")
    start = process_time()
    with clocked(spent):
        grade_course(course, [file], course / "results", feedback=())
    spent["total"] = process_time() - start
    spent["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return spent


def apart(folder: Path, what: str) -> dict[str, float]:
    """The same in a process of its own, so that memory is that of this work alone."""
    program = "import json, sys; from benchmarks.marking import measure; print(json.dumps(measure(*sys.argv[1:])))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), what], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def report(submissions: int) -> None:
    """The floor and both files, side by side."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "course"
        write_course(folder, submissions)
        least = apart(folder, FLOOR)["total"] / submissions
        print(f"\n{submissions:,} submissions\n\n| work | µs a sheet | × floor | MB | stages, µs a sheet |")
        print(f"| --- | --: | --: | --: | --- |\n| {FLOOR} | {least * 1e6:.0f} | 1.00 | | |")
        for what in (NUMBERS, STRINGS):
            found = apart(folder, what)
            total, memory = found.pop("total") / submissions, found.pop("memory")
            stages = ", ".join(f"{stage} {seconds / submissions * 1e6:.0f}" for stage, seconds in found.items())
            print(f"| {what} | {total * 1e6:.0f} | {total / least:.2f} | {memory:.0f} | {stages} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    for submissions in parser.parse_args().submissions:
        report(submissions)


if __name__ == "__main__":
    main()
