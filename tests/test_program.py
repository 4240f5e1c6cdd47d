"""The program as people run it: in a pipe, on an old terminal, with names that mean harm."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import (
    TINY,
    compiled,
    handprop,
    records,
    right_answers,
    roster_file,
    small_course,
    small_set,
)


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "handprop", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, encoding="utf-8", env={**os.environ, **environment}, check=False)


def test_it_runs_as_a_module_and_is_quiet_in_a_pipe(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(right_answers(course, "s1")), encoding="utf-8")
    done = program("grade", course, path, "--out", tmp_path / "results")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 marked, 0 not marked, 2 missing\n")


def test_a_terminal_without_unicode_is_no_reason_to_stop() -> None:
    done = program("problems", "attention-backprop", PYTHONIOENCODING="cp437")
    assert (done.returncode, done.stderr) == (0, "")
    assert "X: 2?2 (n?d)" in done.stdout


def test_a_reader_who_leaves_early_is_no_error() -> None:
    call = [sys.executable, "-m", "handprop", "problems", "attention-backprop"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


# --- names that mean harm ---------------------------------------------------------------------------------------------

HOSTILE = [
    r"\input{/etc/passwd}",
    "50% & _co_ #1 $x$ ~ ^",
    "<script>alert(1)</script>",
    "李雷",
    "{{7*7}}",
    "<< 7*7 >>",
    "<% raw %> <# x #>",
    r"\immediate\write18{touch ran}",
    "Zoë Þórsdóttir Łukasz “O’Neil”",
    r"\end{document}",
    "a`b`*c*",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose students, title and labels are all out to break a page."""
    roster = "id,name\n" + "".join(f's{i},"{name}"\n' for i, name in enumerate(HOSTILE))
    odd = TINY.replace('title = "Tiny"', "title = '50% & <b> _co_ \\input{x} {{7*7}}'")
    odd = odd.replace("[lines]", "[labels]\nn = ['A & B_', '\\input{x} %']\n\n[lines]")
    folder = tmp_path_factory.mktemp("hostile")
    text = "title = 'Übung 100% << 7*7 >> {{7*7}}'\n[[problem]]\nuse = 'tiny.toml'\nask = ['loss', 'dW']\n"
    path = small_set(folder, text, odd)
    ran = handprop("generate", path, "--roster", roster_file(folder, roster), "--out", folder / "course")
    assert ran.code == 0, ran.err
    return folder / "course"


def test_names_print_as_they_were_typed(hostile: Path) -> None:
    for student, record in records(hostile).items():
        name = " ".join(record["roster"]["name"].split())
        for page in (
            hostile / "handout" / student / "sheet.md",
            hostile / "instructor" / "solutions" / student / "solution.md",
        ):
            head = page.read_text(encoding="utf-8").split("\n## ")[0]
            unescaped = re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", head)
            assert name in unescaped
            assert "<script" not in head.replace(r"\<script", "")
            assert "{{7*7}}" in unescaped


@pytest.mark.parametrize("page", ["sheet", "solution"])
def test_latex_compiles_whatever_the_names(hostile: Path, tmp_path: Path, page: str) -> None:
    folder = hostile / "handout" if page == "sheet" else hostile / "instructor" / "solutions"
    for student in records(hostile):
        compiled((folder / student / f"{page}.tex").read_bytes(), tmp_path / student)


# --- streams that are closed or full ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shell", "code", "says"),
    [
        (">/dev/full", 2, "handprop: standard output: No space left on device\n"),
        (">&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        ("2>/dev/full", 0, ""),
    ],
)
def test_a_stream_that_cannot_be_written_is_a_message_or_nothing(shell: str, code: int, says: str) -> None:
    call = f"exec {sys.executable} -m handprop problems perceptron {shell}"
    done = subprocess.run(["sh", "-c", call], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (code, says)
