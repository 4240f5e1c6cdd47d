"""How long a class takes to print, format by format: `python -m benchmarks.printing --students 300`.

Prints files, sizes, seconds and each format's time as a ratio to Markdown's, since machines differ; with `--jobs 1`
the seconds are CPU time, which other work on the machine changes little.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course.roster import load_roster
from worksheets.course import generate
from worksheets.formats import FORMATS
from worksheets.problem_set import load_set


def printed(students: int, formats: Sequence[str], jobs: int, problem: str) -> tuple[int, int, float]:
    """Files, bytes and seconds for a class in some formats; numbers are drawn and proved before the clock starts."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        (course / "set.toml").write_text(f'title = "A class"\n[[problem]]\nuse = "{problem}"\nmarks = 40\n')
        (course / "roster.csv").write_text("id,name\n" + "".join(f"s{i:04},Student {i}\n" for i in range(students)))
        problem_set, roster = load_set(course / "set.toml"), load_roster(course / "roster.csv")
        generate(problem_set, roster, course / "course", ())
        clock = time.process_time if jobs == 1 else time.perf_counter
        start = clock()
        done = generate(problem_set, roster, course / "course", formats, jobs=jobs)
        seconds = clock() - start
        size = sum(path.stat().st_size for path in (course / "course").rglob("*") if path.is_file())
        return done.printed, size, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--problem", default="attention-backprop")
    chosen = parser.parse_args()
    table = Table(
        "formats",
        "files",
        "MB",
        "seconds",
        "ms a student",
        "to Markdown",
        title=f"{chosen.students} students, {chosen.jobs} processes",
    )
    unit = 0.0
    for formats in (*([ending] for ending in FORMATS), list(FORMATS)):
        files, size, seconds = printed(chosen.students, formats, chosen.jobs, chosen.problem)
        unit = unit or seconds
        each = f"{seconds / chosen.students * 1000:.0f}"
        in_all = f"{size / 1e6:.0f}", f"{seconds:.1f}", each, f"{seconds / unit:.1f}"
        table.add_row(", ".join(formats), str(files), *in_all)
    Console().print(table)


if __name__ == "__main__":
    main()
