"""What `make faults` takes for lost, and a small part of it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faults.rooms import Ended, snapshot
from benchmarks.faults.whole import Known, differing, not_whole, untrue
from benchmarks.faults.works import Work

OLD = {"results": "755 folder", "results/marks.jsonl": "644 1", "results/old.html": "644 1", "results/a.md": "644 1"}
NEW = {"results": "755 folder", "results/marks.jsonl": "644 2", "results/a.md": "644 2", "results/b.md": "644 2"}
READY = {"results/.ready": "755 folder"}
NOT_LOST = {
    "nothing was done": OLD,
    "all was done": NEW,
    "a scratch folder is left": OLD | {"results/.unfinished/marks.jsonl": "644 9"},
    "a part is left": OLD | {"results/marks.jsonl.part": "644 9"},
    "all is only to be moved": OLD | READY | {f"results/.ready{path[7:]}": NEW[path] for path in NEW},
    "some is moved": NEW
    | READY
    | {"results/a.md": "644 1", "results/.ready/a.md": "644 2", "results/old.html": "644 1"},
    "all is moved": NEW | READY,
}
LOST = {
    "a cut file": OLD | {"results/marks.jsonl": "644 9"},
    "an empty new file": OLD | {"results/b.md": "644 0"},
    "another mode": OLD | {"results/marks.jsonl": "666 1"},
    "marks of one run, feedback of another": OLD | {"results/marks.jsonl": "644 2"},
    "a new page beside old marks": OLD | {"results/b.md": "644 2"},
    "an old page beside new marks": NEW | {"results/old.html": "644 1"},
    "what was there is gone": {path: OLD[path] for path in OLD if path != "results/a.md"},
    "nothing is left": {},
    "what is to be moved is not all of it": OLD | READY | {"results/.ready/marks.jsonl": "644 2"},
    "what is to be moved is cut": NEW | {"results/a.md": "644 1", "results/.ready/a.md": "644 9"},
}


def run_of(together: bool) -> Known:
    work = Work("grade", ("grade",), None, together=together)
    return Known(work, OLD, NEW, Ended(0, "", "", 1.0), 9)


@pytest.mark.parametrize("found", NOT_LOST.values(), ids=NOT_LOST)
def test_what_is_whole(found: dict[str, str]) -> None:
    assert not_whole(run_of(together=True), found) == []


@pytest.mark.parametrize("found", LOST.values(), ids=LOST)
def test_what_is_lost(found: dict[str, str]) -> None:
    assert not_whole(run_of(together=True), found)


def test_pages_may_come_one_by_one_but_whole() -> None:
    come = {"marks of one run, feedback of another", "a new page beside old marks", "an old page beside new marks"}
    come.add("what is to be moved is not all of it")
    for name, found in LOST.items():
        assert bool(not_whole(run_of(together=False), found)) == (name not in come and "to be moved" not in name), name


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "handprop: full"),
        (2, ""),
        (2, "Traceback (most recent call last):\nOSError"),
        (2, "handprop: a\nhandprop: b"),
    ],
)
def test_a_run_that_could_not_write_says_so_once(code: int, said: str) -> None:
    assert untrue(Ended(code, "", said, 1.0))
    assert untrue(Ended(2, "", "handprop: marks.jsonl: no space left on device\n", 1.0)) == []


def test_what_is_compared(tmp_path: Path) -> None:
    (tmp_path / "handout").mkdir()
    (tmp_path / "handout" / "sheet.md").write_text("whole")
    (tmp_path / ".lock").touch()
    whole = snapshot(tmp_path)
    assert set(whole) == {"handout", "handout/sheet.md"}
    (tmp_path / "handout" / "sheet.md").write_text("who")
    assert differing(snapshot(tmp_path), whole) == "handout/sheet.md (differs)"


@pytest.mark.slow
def test_little_trouble() -> None:
    options = shlex.split("--kills 2 --students 2 --many 0 --submissions 0 --quick --work by --kind killed")
    done = subprocess.run([sys.executable, "-m", "benchmarks.faults", *options], capture_output=True, text=True)
    rows = [line.split(" | ") for line in done.stdout.splitlines()]
    assert [row[1::2] for row in rows if "killed" in row[0]] == [["2", "0"]], done.stderr
