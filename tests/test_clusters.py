"""A real Dask scheduler with two workers, and two processes of this machine: byte for byte what one process gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from pathlib import Path

import distributed
import pytest
from classroom import again, contents, handprop, keys, small_course

import grader.collecting
import grader.feedback.writing
import grader.pieces
import worksheets.course
from course.clusters import cluster
from course.errors import CourseError
from course.processes import ALL, spread
from grader import grade_course
from grader.feedback.formats import FEEDBACK
from worksheets.formats import FORMATS

ROSTER = "id,name\n" + "".join(f"s{i},Student {i}\n" for i in range(6))
DASK = str(Path(sys.executable).with_name("dask"))
HERE = ["--host", "127.0.0.1", "--no-dashboard"]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, each a process, in a folder of their own."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        with (folder / "log").open("ab") as log:
            words = [DASK, *map(str, arguments), "--scheduler-file", str(file)]
            return subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)

    one = ["worker", *HERE, "--no-nanny", "--nthreads", 1, "--local-directory", folder]
    running = [start("scheduler", *HERE, "--port", 0), start(*one), start(*one)]
    try:
        deadline = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield json.loads(file.read_bytes())["address"]
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small class in as many pieces as a large one."""
    for module, names in {
        worksheets.course: {"FEW_PAGES": 0, "CHUNK": 2},
        grader.collecting: {"FILES": 2},
        grader.pieces: {"PIECE": 2},
        grader.feedback.writing: {"CHUNK": 2, "MANY": 0},
    }.items():
        for name, value in names.items():
            monkeypatch.setattr(module, name, value)


def hand_in(course: Path, folder: Path) -> None:
    """A file of each student: right, with a slip, blank, and one that is none."""
    folder.mkdir()
    for number, (student, (key,)) in enumerate(keys(course).items()):
        form = json.loads((course / "handout" / student / "answers.json").read_bytes())
        for name in form["answers"] if number % 3 else ():
            value = key[name.removeprefix("1.")]
            form["answers"][name] = json.dumps(value) if number % 2 or "dW" not in name else "[[1, 2], [3, 4]]"
        (folder / f"{student}.json").write_text(json.dumps(form), encoding="utf-8")
    (folder / "bad.xlsx").write_bytes(b"PK\x03\x04 not a workbook")


def printed_and_marked(
    folder: Path, there: Path, formats: Sequence[str], feedback: Sequence[str], jobs: int
) -> dict[str, bytes]:
    """Every file of a course that is printed from its records, and of its results, by a process in another folder."""
    folder.mkdir()
    course, handed_in = folder / "course", there.parent / "handed-in"
    shutil.copytree(there, course)
    assert again(course, roster=ROSTER, formats=tuple(formats), jobs=jobs).new == 0
    if not handed_in.exists():
        hand_in(course, handed_in)
    with chdir(folder):
        marked = grade_course(Path("course"), [Path("../handed-in")], Path("results"), feedback, jobs=jobs)
    assert (len(marked.marks), len(marked.not_marked)) == (6, 1)
    return contents(folder)


def test_what_a_cluster_prints_and_marks_is_what_one_process_does(
    scheduler: str, small_pieces: None, tmp_path: Path
) -> None:
    there = small_course(tmp_path, ROSTER, formats=())
    alone = printed_and_marked(tmp_path / "one", there, ["md"], ["md"], 1)
    with cluster("dask", scheduler):
        assert printed_and_marked(tmp_path / "dask", there, ["md"], ["md"], ALL) == alone
    assert {"course/handout/s5/sheet.md", "results/feedback/s5.md", "results/marks.jsonl"} < set(alone)


@pytest.mark.slow
def test_every_format_by_others_is_what_one_process_gives(scheduler: str, small_pieces: None, tmp_path: Path) -> None:
    there = small_course(tmp_path, ROSTER, formats=())
    alone = printed_and_marked(tmp_path / "one", there, list(FORMATS), list(FEEDBACK), 1)
    assert printed_and_marked(tmp_path / "loky", there, list(FORMATS), list(FEEDBACK), 2) == alone
    with cluster("dask", scheduler):
        assert printed_and_marked(tmp_path / "dask", there, list(FORMATS), list(FEEDBACK), ALL) == alone
    assert {f"course/handout/s5/sheet.{ending}" for ending in FORMATS} < set(alone)


def test_the_workers_do_the_work(scheduler: str) -> None:
    with cluster("dask", scheduler):
        those = set(spread(lambda piece: os.getpid(), range(8), ALL))
    assert len(those) == 2
    assert os.getpid() not in those


def test_work_elsewhere_that_fails_says_what_it_says_here(scheduler: str, tmp_path: Path) -> None:
    with cluster("dask", scheduler), pytest.raises(FileNotFoundError, match="absent"):
        list(spread(os.stat, [tmp_path, tmp_path / "absent"], ALL))


def unknown_there() -> Callable[[int], int]:
    """A function by the name of a module that only this process has."""
    module = type(sys)("only_here")
    exec("def only_here(piece): return piece", module.__dict__)
    sys.modules["only_here"] = module
    return module.only_here  # type: ignore[no-any-return]


def test_workers_that_cannot_load_the_program_are_said(scheduler: str) -> None:
    function = unknown_there()
    try:
        with cluster("dask", scheduler), pytest.raises(CourseError, match=r"cannot load handprop .* install there"):
            list(spread(function, range(4), ALL))
    finally:
        del sys.modules["only_here"]


def test_where_no_scheduler_answers_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course.clusters.PATIENCE", 0.2)
    ran = handprop(
        "grade", tmp_path, tmp_path, "--out", tmp_path / "r", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"
    )
    assert ran.code == 2
    assert "--scheduler tcp://127.0.0.1:1: no Dask scheduler answers there" in ran.err
    assert "Traceback" not in ran.err
