"""What the tests of courses share: a small problem and set, rosters, the command line in this process."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from course.roster import load_roster
from course.stored import FILES, SUMS, sums
from grader import grade_course
from grader.course import Results
from handprop.cli import main
from worksheets import generate, load_set
from worksheets.course import Generated
from worksheets.preview import preview_sheet
from worksheets.sheet import Sheet

TINY = """\
title = "Tiny"

[sizes]
n = 2

[given]
x = { shape = [1, "n"] }
W = { shape = ["n", "n"], trainable = true }
target = { index = "n" }
eta = { value = 0.5 }

[lines]
z = "x @ W"
p = "softmax(z)"
loss = "cross_entropy(p, target)"

[derive]
gradients_of = "loss"
update = "eta"
"""

SET = """\
title = "Practice sheet"

[[problem]]
use = "tiny.toml"
marks = 10
"""

ROSTER = "id,name,email\ns1,Ada,ada@example.org\ns2,Emmy,emmy@example.org\ns3,Sofia,sofia@example.org\n"
ONE_MORE = ROSTER + "s4,Alan,alan@example.org\n"

FULL = """\
title = "Practice sheet 3"

[[problem]]
use = "attention-backprop"
marks = 40
"""

USE = 'title = "x"\n[[problem]]\nuse = "tiny.toml"\n'


def small_set(folder: Path, text: str = SET, problem: str = TINY) -> Path:
    """A set file in a folder, with its problem beside it."""
    (folder / "tiny.toml").write_text(problem, encoding="utf-8")
    path = folder / "set.toml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(*replaced: str) -> str:
    """The small problem with pieces replaced, `old, new, old, new`."""
    text = TINY
    for old, new in zip(replaced[::2], replaced[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    return text


def labelled_sheet(folder: Path) -> Sheet:
    """A sheet of the small problem twice, with labels."""
    labelled = TINY.replace("[lines]", '[labels]\nn = ["A", "B"]\n\n[lines]')
    return preview_sheet(small_set(folder, 'title = "x"\n' + 2 * '[[problem]]\nuse = "tiny.toml"\n', labelled))


def roster_file(folder: Path, text: str = ROSTER) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def small_course(folder: Path, roster: str = ROSTER, text: str = SET, formats: tuple[str, ...] = ("md",)) -> Path:
    """A course of the small set."""
    course = folder / "course"
    generate(load_set(small_set(folder, text)), load_roster(roster_file(folder, roster)), course, formats)
    return course


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a .jsonl file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def records(course: Path) -> dict[str, dict[str, Any]]:
    return {record["student"]: record for record in lines_of(course / "instructor" / "records.jsonl")}


def keys(course: Path) -> dict[str, list[dict[str, Any]]]:
    """The key of each student, a dictionary a problem."""
    by_sheet = {line["sheet"]: line["key"] for line in lines_of(course / "instructor" / "keys.jsonl")}
    return {student: by_sheet[record["sheet"]] for student, record in records(course).items()}


def sealed(course: Path) -> Path:
    """A course whose records were changed, with the checksums that they have now."""
    instructor = course / "instructor"
    there = {name: (instructor / name).read_bytes() for name in FILES if (instructor / name).exists()}
    (instructor / SUMS).write_bytes(sums(there))
    return course


def of_version_1(course: Path) -> Path:
    """A course as version 1 of the records had it: without checksums, or what later versions know."""
    path = course / "instructor" / "set.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    written["version"] = 1
    for later in ("program", "sheets"):
        del written[later]
    for problem in written["problems"]:
        for later in ("total", "authored", "numbers"):
            del problem[later]
    path.write_text(json.dumps(written), encoding="utf-8")
    (course / "instructor" / SUMS).unlink()
    return course


def right_answers(course: Path, student: str) -> dict[str, Any]:
    """A submission with every asked line as the key has it."""
    record = records(course)[student]
    problems = json.loads((course / "instructor" / "set.json").read_text(encoding="utf-8"))["problems"]
    answers = {
        f"{number}.{line['name']}": key[line["name"]]
        for number, (problem, key) in enumerate(zip(problems, keys(course)[student], strict=True), 1)
        for line in problem["lines"]
        if line["asked"]
    }
    return {"sheet": record["sheet"], "answers": answers}


def hand_in(folder: Path, name: str, submission: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(submission if isinstance(submission, str) else json.dumps(submission), encoding="utf-8")
    return path


def marked(course: Path, tmp_path: Path, *paths: Path) -> Results:
    return grade_course(course, paths, tmp_path / "results")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def reasons(tmp_path: Path) -> dict[str, str]:
    return {row["file"]: row["reason"] for row in rows(tmp_path / "results" / "not_marked.csv")}


def again(
    course: Path, text: str = SET, roster: str = ROSTER, formats: tuple[str, ...] = ("md",), jobs: int = 1
) -> Generated:
    folder = course.parent
    return generate(
        load_set(small_set(folder, text)), load_roster(roster_file(folder, roster)), course, formats, jobs=jobs
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path, but for the lock."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@dataclass(frozen=True)
class Ran:
    """What a call of the command line came to."""

    code: int
    out: str
    err: str


def handprop(*arguments: object) -> Ran:
    """The command line, in this process: its exit code and what it printed."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    code: Any = 0
    with redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "argv", ["handprop", *map(str, arguments)]):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Ran(code, *texts)


def compiled(source: bytes, folder: Path) -> bytes:
    """A LaTeX page as PDF, by pdflatex alone in a new folder; a test that needs it is skipped where there is none."""
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None and os.environ.get("CI") != "true":
        pytest.skip("pdflatex is not installed")
    assert pdflatex is not None, "pdflatex is not installed, and CI runs every test"
    folder.mkdir()
    (folder / "page.tex").write_bytes(source)
    call = [pdflatex, "-no-shell-escape", "-interaction=batchmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(call, cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, (folder / "page.log").read_text(encoding="latin-1")[-2000:]
    return (folder / "page.pdf").read_bytes()
