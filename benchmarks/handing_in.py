"""What a class costs that hands in files, format by format: `python -m benchmarks.handing_in --students 300`.

Pages of attention-backprop, printed and filled in by the product itself, one student in five with a mistake; each
student is the twin of one of a few, under another sheet's id. Prints CPU time and memory of `handprop grade` in one
process, the one that opens the files included; `--mixed` is one folder of all formats in turn.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.marking import write_course
from benchmarks.tables import table
from course.records import SetRecord, SheetRecord, decoder
from course.stored import SET, SHEETS, SUMS, sums
from grader.readers import FILLERS
from worksheets.sheet import Sheet

DISTINCT = 25


def write_class(folder: Path, students: int, formats: Sequence[str]) -> None:
    """A course, and a folder of files that were handed in, the formats in turn."""
    few, course = folder / "few", folder / "course" / "instructor"
    write_course(few, DISTINCT)
    course.mkdir(parents=True)
    sheet_set = (few / "instructor" / SET).read_bytes()
    twins = [decoder(SheetRecord).decode(line) for line in (few / "instructor" / SHEETS).read_bytes().splitlines()]
    answers = [json.loads(line)["answers"] for line in (few / "numbers.jsonl").read_text().splitlines()]
    of_set = decoder(SetRecord).decode(sheet_set)
    filled = {
        (ending, twin.sheet): FILLERS[ending](_blank(of_set, twin, ending), of_twin)
        for ending in formats
        for twin, of_twin in zip(twins, answers, strict=True)
    }
    (folder / "handed-in").mkdir()
    with (course / SHEETS).open("wb") as records:
        for number in range(students):
            twin, ending = twins[number % DISTINCT], formats[number % len(formats)]
            name = "A{:03}-{:04}".format(*divmod(number, 10_000))
            record = msgspec.structs.replace(twin, sheet=name, student=name, roster={"id": name}, folder=name)
            records.write(msgspec.json.encode(record) + b"\n")
            page = _renamed(ending, filled[ending, twin.sheet], twin.sheet, name)
            (folder / "handed-in" / f"{name}.{ending}").write_bytes(page)
    (course / SET).write_bytes(sheet_set)
    (course / SUMS).write_bytes(sums({name: (course / name).read_bytes() for name in (SET, SHEETS)}))


def _blank(sheet_set: SetRecord, record: SheetRecord, ending: str) -> bytes:
    sheet = Sheet(sheet_set, record)
    return json.dumps(sheet.blank_answers()).encode() if ending == "json" else sheet.print(ending, solution=False)


def _renamed(ending: str, page: bytes, old: str, new: str) -> bytes:
    """A file with another sheet's id."""
    if ending == "pdf":
        import pikepdf

        saved = io.BytesIO()
        with pikepdf.open(io.BytesIO(page)) as pdf:
            for field in pdf.acroform.fields:
                if field.fully_qualified_name.endswith("sheet"):
                    field.obj.V = pikepdf.String(new)
            pdf.save(saved)
        return saved.getvalue()
    if ending == "xlsx":
        saved = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(page)) as book, zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as copy:
            for info in book.infolist():
                copy.writestr(info, book.read(info).replace(old.encode(), new.encode()))
        return saved.getvalue()
    return page.replace(old.encode(), new.encode())


class Cost(NamedTuple):
    """Of one run: CPU seconds, the megabytes of its largest process, and how many were marked, as it says itself."""

    seconds: float
    megabytes: float
    says: str


def graded(folder: Path, feedback: str) -> Cost:
    """`handprop grade` of what was handed in, in one process."""
    words = ["grade", "course", "handed-in", "--out", "results", "--jobs", "1", "--feedback", feedback]
    command = [sys.executable, "-m", "handprop", *words]
    with (folder / "said").open("w+") as said:
        running = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=_environment())
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        says = said.readline().strip()
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, says)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def rows(students: int, feedback: str, mixed: bool) -> Iterator[list[object]]:
    for formats in [list(FILLERS)] if mixed else [[ending] for ending in FILLERS]:
        with tempfile.TemporaryDirectory() as scratch:
            write_class(Path(scratch), students, formats)
            size = sum(path.stat().st_size for path in Path(scratch, "handed-in").iterdir()) / students
            cost = graded(Path(scratch), feedback)
            each = f"{cost.seconds / students * 1000:.1f}"
            yield [", ".join(formats), f"{size / 1000:.0f}", each, f"{cost.megabytes:.0f}", cost.says]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--feedback", default="none")
    parser.add_argument("--mixed", action="store_true")
    asked = parser.parse_args()
    head = ["handed in as", "KB a file", "CPU ms a student", "MB", "handprop grade says"]
    print(table(head, rows(asked.students, asked.feedback, asked.mixed)))


if __name__ == "__main__":
    main()
